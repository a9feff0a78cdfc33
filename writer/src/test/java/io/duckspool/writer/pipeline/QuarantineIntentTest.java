package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class QuarantineIntentTest {
  /** Kept as it is: later versions read it. */
  private static final String VERSION_1 =
      "{\"version\":1,\"replay_id\":\"0123456789abcdef0123456789abcdef\",\"target\":\"otlp.main\","
          + "\"tries\":2,\"committed\":true,\"indices\":[\"60000001-7\",\"60000002-1\"]}";

  private static final QuarantineIntent INTENT =
      new QuarantineIntent(
          "0123456789abcdef0123456789abcdef",
          "otlp.main",
          2,
          true,
          List.of("60000001-7", "60000002-1"));

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("replay.intent.json");
  }

  @Test
  void version1_isWrittenAndRead() throws IOException {
    assertEquals(Optional.empty(), QuarantineIntent.read(folder));
    INTENT.write(folder);
    assertEquals(VERSION_1, Files.readString(file()));
    assertEquals(Optional.of(INTENT), QuarantineIntent.read(folder));
  }

  @Test
  void anotherVersion_isRefused() throws IOException {
    Files.writeString(file(), VERSION_1.replace("1,\"replay", "2,\"replay"));
    String said = assertThrows(IOException.class, () -> QuarantineIntent.read(folder)).getMessage();
    assertTrue(said.contains("format version 2") && said.contains(file().toString()), said);
  }

  @Test
  void cutAtAnyByte_isRefused() throws IOException {
    for (int length = 0; length < VERSION_1.length(); length++) {
      Files.writeString(file(), VERSION_1.substring(0, length));
      assertThrows(IOException.class, () -> QuarantineIntent.read(folder), "length " + length);
    }
  }
}
