package io.duckspool.common.otlp;

import com.google.protobuf.InvalidProtocolBufferException;
import io.duckspool.common.fuzz.FuzzCorpus;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Fuzzes protobuf requests: the first byte is the signal; the rows are those of the oracle. */
public class ProtobufFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, ProtobufFuzzTest::take);
  }

  private static void take(byte[] input) throws Exception {
    if (input.length == 0) {
      return;
    }
    Signal signal = Signal.values()[(input[0] & 0xFF) % 3];
    byte[] body = Arrays.copyOfRange(input, 1, input.length);
    List<OtlpRow> expected;
    try {
      expected = OtlpOracle.rows(OtlpOracle.parse(signal, body));
    } catch (InvalidProtocolBufferException | OtlpOracle.Refused e) {
      expected = null;
    }
    List<OtlpRow> rows;
    try {
      rows = RowCollector.rowsOf(signal, PayloadFormat.PROTOBUF, body);
    } catch (MalformedOtlpException | OtlpTooLargeException e) {
      rows = null;
    }
    if (!Objects.equals(expected, rows)) {
      throw new AssertionError("expected " + expected + ", got " + rows);
    }
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("protobuf", ProtobufFuzzTest::take);
  }
}
