package io.duckspool.common.otlp;

import io.duckspool.common.fuzz.FuzzCorpus;
import org.junit.jupiter.api.Test;

/** Fuzzes NDJSON requests, as {@link JsonFuzzTest} does JSON ones. */
public class NdjsonFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, NdjsonFuzzTest::take);
  }

  private static void take(byte[] input) throws Exception {
    JsonFuzzTest.take(PayloadFormat.NDJSON, input);
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("ndjson", NdjsonFuzzTest::take);
  }
}
