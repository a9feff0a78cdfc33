package io.duckspool.common.otlp;

import io.duckspool.common.fuzz.FuzzCorpus;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fuzzes JSON requests: the first byte is the signal; what is counted is what is built. */
public class JsonFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, JsonFuzzTest::take);
  }

  private static void take(byte[] input) throws Exception {
    take(PayloadFormat.JSON, input);
  }

  static void take(PayloadFormat format, byte[] input) throws Exception {
    if (input.length == 0) {
      return;
    }
    Signal signal = Signal.values()[(input[0] & 0xFF) % 3];
    byte[] body = Arrays.copyOfRange(input, 1, input.length);
    try {
      List<OtlpRow> rows = RowCollector.rowsOf(signal, format, body);
      OtlpCounts counts =
          new OtlpParser(OtlpLimits.DEFAULT)
              .parse(signal, format, body, 0, body.length, OtlpVisitor.COUNTING);
      if (counts.rows() != rows.size()) {
        throw new AssertionError(counts + " counted, " + rows.size() + " built");
      }
    } catch (MalformedOtlpException | OtlpTooLargeException e) {
      if (!e.getMessage().matches("(?s)(line \\d+, column \\d+|the (ND)?JSON body |more than).*")) {
        throw new AssertionError("no place: " + e.getMessage());
      }
    }
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("json", JsonFuzzTest::take);
  }
}
