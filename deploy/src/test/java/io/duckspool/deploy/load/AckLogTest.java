package io.duckspool.deploy.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AckLogTest {
  private static final Stamp STAMP = new Stamp("r1");
  private static final String HEADER =
      "{\"ack_log\":1,\"run\":\"r1\",\"records_per_request\":10,\"url\":\"http://h:1\","
          + "\"started_at\":\"2026-01-02T03:04:05.006Z\"}\n";
  private static final String LINES =
      "{\"first\":20,\"count\":10,\"status\":202,\"index\":\"5-7\",\"attempts\":3,"
          + "\"time\":\"2026-01-02T03:04:05.006Z\"}\n"
          + "{\"first\":0,\"count\":10,\"error\":\"cut \\\"off\\\"\",\"attempts\":1,"
          + "\"time\":\"2026-01-02T03:04:05.006Z\"}\n";

  @TempDir Path folder;

  @Test
  void whatIsWritten_isReadBack() throws Exception {
    Path file = folder.resolve("acks");
    write(file);
    assertEquals(HEADER + LINES + "{\"requests\":3}\n", Files.readString(file));
    AckLogReader reader = AckLogReader.open(file);
    assertEquals(STAMP, reader.stamp());
    assertEquals(10, reader.recordsPerRequest());
    List<AckLogReader.Line> lines = new ArrayList<>();
    assertEquals(OptionalLong.of(3), reader.forEach(lines::add));
    assertEquals(
        List.of(
            new AckLogReader.Line(2, OptionalInt.of(202), Optional.of("5-7")),
            new AckLogReader.Line(0, OptionalInt.empty(), Optional.empty())),
        lines);
  }

  @Test
  void aFileThatIsThere_isNotOverwritten() throws Exception {
    Path file = folder.resolve("acks");
    write(file);
    assertThrows(FileAlreadyExistsException.class, () -> write(file));
  }

  /** Cut at each byte: all whole lines are read, and none that isn't. */
  @Test
  void aKilledLoad_leavesItsWholeLines() throws Exception {
    byte[] all = (HEADER + LINES).getBytes(StandardCharsets.UTF_8);
    for (int length = HEADER.length(); length <= all.length; length++) {
      Path file = folder.resolve("cut-" + length);
      Files.write(file, Arrays.copyOf(all, length));
      List<AckLogReader.Line> lines = new ArrayList<>();
      assertTrue(AckLogReader.open(file).forEach(lines::add).isEmpty());
      String text = new String(all, 0, length, StandardCharsets.UTF_8);
      assertEquals(text.chars().filter(c -> c == '\n').count() - 1, lines.size());
    }
  }

  @Test
  void mistakes_areToldWithTheirLine() throws Exception {
    assertBadHeader("not the header of an ack log of version 1", "{}");
    assertBadHeader(
        "not the header of an ack log of version 1", HEADER.replace("log\":1", "log\":2"));
    assertBadHeader("records_per_request must be > 0, got 0", HEADER.replace(":10", ":0"));
    assertBadHeader("run must be 1 to 32 of a-z and 0-9, got \"R\"", HEADER.replace("r1", "R"));
    assertBadHeader("not a JSON object", "[]");
    assertBadHeader("not a JSON object", "");
    assertBadHeader("not JSON: ", "{");
    assertBadLine("first must be a multiple of 10, got 21", LINES.replace(":20", ":21"));
    assertBadLine("count must be 10, got 9", LINES.replace("count\":10", "count\":9"));
    assertBadLine("needs either status or error", LINES.replace("status", "state"));
    assertBadLine("not JSON: ", "first=1\n");
    Path file = folder.resolve("tail");
    Files.writeString(file, HEADER + "{\"requests\":3}\n" + LINES);
    assertTrue(
        failure(file).startsWith(file + ":3: nothing may follow the line that ends the log"),
        failure(file));
  }

  private void assertBadHeader(String message, String header) throws IOException {
    Path file = folder.resolve("bad");
    Files.writeString(file, header);
    String told =
        assertThrows(AckLogReader.BadAckLogException.class, () -> AckLogReader.open(file))
            .getMessage();
    assertTrue(told.startsWith(file + ":1: " + message), told);
  }

  private void assertBadLine(String message, String lines) throws Exception {
    Path file = folder.resolve("bad");
    Files.writeString(file, HEADER + lines);
    assertTrue(failure(file).startsWith(file + ":2: " + message), failure(file));
  }

  private static String failure(Path file) throws Exception {
    AckLogReader reader = AckLogReader.open(file);
    return assertThrows(AckLogReader.BadAckLogException.class, () -> reader.forEach(line -> {}))
        .getMessage();
  }

  private static void write(Path file) throws IOException {
    Clock clock = Clock.fixed(Instant.parse("2026-01-02T03:04:05.006789Z"), ZoneOffset.UTC);
    try (AckLogWriter log = AckLogWriter.create(file, STAMP, 10, "http://h:1", clock)) {
      var reply = new HttpConnection.Reply(202, Map.of("duckspool-index", "5-7"), "");
      log.answered(new Answer(2, 10, 3, Optional.of(reply), "", 0));
      log.answered(new Answer(0, 10, 1, Optional.empty(), "cut \"off\"", 0));
      log.ended(3);
    }
  }
}
