package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.server.ServerFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class QuarantineReplaysTest {
  private static final String REPLAY =
      "{\"replay_id\":\"0123456789abcdef0123456789abcdef\",\"target\":\"otlp.main\","
          + "\"spool_id\":\"00000000000000000000000000000001\","
          + "\"stored_at\":\"2024-05-01T00:00:00Z\",\"entries\":2,\"rows\":7,"
          + "\"first_index\":\"60000001-7\",\"last_index\":\"60000002-1\"}";

  /** Kept as it is: later versions read it. */
  private static final String VERSION_1 = "{\"version\":1,\"replays\":[" + REPLAY + "]}";

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("quarantine.replays.json");
  }

  private QuarantineReplays replays() {
    return new QuarantineReplays(new ServerFolder(folder));
  }

  private static QuarantineReplays.Stored replay(String id) {
    return new QuarantineReplays.Stored(
        id,
        "otlp.main",
        "00000000000000000000000000000001",
        "2024-05-01T00:00:00Z",
        2,
        7,
        "60000001-7",
        "60000002-1");
  }

  @Test
  void version1_isWritten_andAReplayIsAddedOnce() throws IOException {
    replays().add(replay("0123456789abcdef0123456789abcdef"));
    assertEquals(VERSION_1, Files.readString(file()));
    replays().add(replay("0123456789abcdef0123456789abcdef"));
    assertEquals(VERSION_1, Files.readString(file()));
  }

  @Test
  void anotherVersion_isRefused() throws IOException {
    String newer = VERSION_1.replace("1,\"replays", "2,\"replays");
    Files.writeString(file(), newer);
    String said =
        assertThrows(IOException.class, () -> replays().add(replay("1".repeat(32)))).getMessage();
    assertTrue(said.contains("format version 2") && said.contains(file().toString()), said);
    assertEquals(newer, Files.readString(file()));
  }

  @Test
  void cutAtAnyByte_itIsBegunAnew() throws IOException {
    for (int length = 0; length < VERSION_1.length(); length++) {
      Files.writeString(file(), VERSION_1.substring(0, length));
      replays().add(replay("0123456789abcdef0123456789abcdef"));
      assertEquals(VERSION_1, Files.readString(file()), "length " + length);
    }
  }

  @Test
  void theOldestBeyondTheBound_isForgotten() throws IOException {
    for (int i = 0; i <= QuarantineReplays.MAX_REPLAYS; i++) {
      replays().add(replay("%032x".formatted(i)));
    }
    String text = Files.readString(file());
    assertTrue(!text.contains("%032x".formatted(0)) && text.contains("%032x".formatted(1)));
  }
}
