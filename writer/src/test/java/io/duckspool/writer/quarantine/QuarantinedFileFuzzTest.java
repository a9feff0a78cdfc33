package io.duckspool.writer.quarantine;

import io.duckspool.common.fuzz.FuzzCorpus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Fuzzes a file in quarantine: whatever is wrong with it is a part of the answer. */
public class QuarantinedFileFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, QuarantinedFileFuzzTest::take);
  }

  private static final Path FILE = file();

  private static Path file() {
    try {
      return Files.createTempDirectory("fuzz").resolve("7-1.quarantined");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void take(byte[] input) throws Exception {
    Files.write(FILE, input);
    QuarantinedFile.read(FILE).content();
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("quarantined-file", QuarantinedFileFuzzTest::take);
  }
}
