package io.duckspool.common.otlp;

import io.duckspool.common.fuzz.FuzzCorpus;
import org.junit.jupiter.api.Test;

/** Fuzzes compressed bodies: the first byte is the coding, and how the rest is fed. */
public class CodingFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, CodingFuzzTest::take);
  }

  private static final int MAX_DECODED_BYTES = 64 << 10;

  private static void take(byte[] input) throws Exception {
    if (input.length == 0) {
      return;
    }
    ContentCoding coding = ContentCoding.values()[input[0] & 3];
    int chunk = 1 + (input[0] >> 2 & 0x3F);
    try (BodyDecoder decoder = new BodyDecoder(coding, MAX_DECODED_BYTES, ByteBudget.UNLIMITED)) {
      for (int at = 1; at < input.length; at += chunk) {
        decoder.feed(input, at, Math.min(chunk, input.length - at));
      }
      decoder.finish();
    } catch (MalformedOtlpException | OtlpTooLargeException e) {
      return;
    }
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("coding", CodingFuzzTest::take);
  }
}
