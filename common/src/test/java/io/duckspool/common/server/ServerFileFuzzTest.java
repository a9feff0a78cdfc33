package io.duckspool.common.server;

import io.duckspool.common.fuzz.FuzzCorpus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Fuzzes {@code server.json}. */
public class ServerFileFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, ServerFileFuzzTest::take);
  }

  private static final ServerFolder FOLDER = new ServerFolder(folder());

  private static Path folder() {
    try {
      Path folder = Files.createTempDirectory("fuzz");
      folder.resolve("server.json").toFile().deleteOnExit();
      return folder;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void take(byte[] input) throws Exception {
    Files.write(FOLDER.serverFile(), input);
    try {
      ServerFile.read(FOLDER);
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("server.json")) {
        throw new AssertionError("no name of the file", e);
      }
    }
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("server-file", ServerFileFuzzTest::take);
  }
}
