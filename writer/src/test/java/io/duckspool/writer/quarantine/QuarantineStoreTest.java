package io.duckspool.writer.quarantine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.QuarantineNote.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class QuarantineStoreTest {

  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void nameFolder() {
    folder = temp.resolve("quarantine");
  }

  @Test
  void anEntryIsAFileNamedByItsIndex_withTheErrorInTheFirstLine_andTheBytesBehindIt()
      throws IOException {
    byte[] content = {0, 10, 13, 34, -1, 127};
    open().put(entry(7, 3, "line 1: \"bad\"\nvalue"), ByteBuffer.wrap(content));

    byte[] file = Files.readAllBytes(folder.resolve("60000001-7.quarantined"));
    int end = indexOf(file, (byte) '\n');
    JsonNode line = new ObjectMapper().readTree(new String(file, 0, end, StandardCharsets.UTF_8));
    assertEquals("entry", line.get("kind").asText());
    assertEquals("60000001-7", line.get("first_index").asText());
    assertEquals("60000001-8", line.get("next_index").asText());
    assertEquals("line 1: \"bad\"\nvalue", line.get("error").asText());
    assertEquals(3, line.get("rows").asLong());
    assertEquals(content.length, line.get("content_bytes").asLong());
    assertArrayEquals(content, Arrays.copyOfRange(file, end + 1, file.length));
  }

  @Test
  void aRepeatRewritesTheFile_andIsCountedOnce() throws IOException {
    QuarantineStore store = open();
    store.put(entry(7, 3, "first"), ByteBuffer.wrap(new byte[100]));
    store.put(entry(7, 3, "second"), ByteBuffer.wrap(new byte[10]));

    assertEquals(1, store.entryCount());
    assertEquals(3, store.rowCount());
    assertTrue(Files.readString(folder.resolve("60000001-7.quarantined")).contains("second"));
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void anEntryThatIsTakenBack_isGoneAndNotCounted_alsoAfterARestart() throws IOException {
    open().put(entry(7, 3, "refused"), ByteBuffer.wrap(new byte[100]));
    QuarantineStore store = open();
    store.put(entry(8, 5, "refused"), ByteBuffer.wrap(new byte[100]));
    store.takeBack(index(6));
    store.takeBack(index(7));
    store.takeBack(index(7));

    assertEquals(1, store.entryCount());
    assertEquals(5, store.rowCount());
    assertEquals(1, open().entryCount());
    assertFalse(Files.exists(folder.resolve("60000001-7.quarantined")));
  }

  @Test
  void countsAreFoundAgainAfterARestart_andALeftoverTemporaryFileIsNotCounted() throws IOException {
    QuarantineStore store = open();
    store.put(entry(7, 3, "e"), ByteBuffer.wrap(new byte[10]));
    store.put(damage(List.of()), ByteBuffer.wrap(new byte[10]));
    Files.write(folder.resolve("60000001-20.quarantined.tmp"), new byte[5]);

    QuarantineStore again = open();
    assertEquals(4, again.entryCount());
    assertEquals(43, again.rowCount());
  }

  @Test
  void aFileCutAtAnyByteIsStillOneQuarantinedEntry() throws IOException {
    open().put(entry(7, 3, "e"), ByteBuffer.wrap(new byte[10]));
    byte[] whole = Files.readAllBytes(folder.resolve("60000001-7.quarantined"));
    for (int length = 0; length < whole.length; length++) {
      Files.write(folder.resolve("60000001-7.quarantined"), Arrays.copyOf(whole, length));
      assertTrue(open().entryCount() <= 1, "cut at " + length);
    }
  }

  @Test
  void whatIsGivenUp_losesItsBytes_andStaysCounted_alsoAfterARestart() throws IOException {
    QuarantineStore store = open();
    store.put(entry(7, 3, "e"), ByteBuffer.wrap(new byte[10]));
    store.put(entry(8, 5, "e"), ByteBuffer.wrap(new byte[10]));
    assertEquals(3, store.drop(index(7), "2026-01-02T00:00:00Z").orElseThrow().rows());
    assertTrue(store.drop(index(7), "2026-01-02T00:00:00Z").isEmpty());

    for (QuarantineStore each : List.of(store, open())) {
      assertEquals(2, each.entryCount());
      assertEquals(8, each.rowCount());
      assertEquals(List.of(index(8)), each.indices());
      assertEquals(1, each.entriesByReason().get(QuarantineReason.UNDECODABLE));
    }
    assertFalse(Files.exists(folder.resolve("60000001-7.quarantined")));
    String line = Files.readString(folder.resolve("60000001-7.dropped"));
    assertTrue(line.contains("\"dropped_at\":\"2026-01-02T00:00:00Z\""), line);
    assertEquals(2, QuarantineFolder.ranges(folder).size());
    assertEquals(1, QuarantineFolder.files(folder).size());
  }

  @Test
  void aDropThatWasCutOff_isFinishedByTheNextStart_andAnEntryThatComesAgainIsThereAgain()
      throws IOException {
    QuarantineStore store = open();
    store.put(entry(7, 3, "e"), ByteBuffer.wrap(new byte[10]));
    byte[] file = Files.readAllBytes(folder.resolve("60000001-7.quarantined"));
    assertTrue(store.drop(index(7), "2026-01-02T00:00:00Z").isPresent());
    Files.write(folder.resolve("60000001-7.quarantined"), file);

    QuarantineStore again = open();
    assertEquals(List.of(), again.indices());
    assertEquals(3, again.rowCount());
    again.put(entry(7, 3, "e"), ByteBuffer.wrap(new byte[10]));
    assertEquals(List.of(index(7)), again.indices());
    assertEquals(3, again.rowCount());
    assertEquals(List.of(index(7)), open().indices());
    again.takeBack(index(7));
    assertEquals(0, again.rowCount());
  }

  @Test
  void entriesThatWereStored_areGone_andThoseThatFailedAgainHaveTheNewError() throws IOException {
    QuarantineStore store = open();
    store.put(entry(7, 3, "e"), ByteBuffer.wrap(new byte[10]));
    store.put(entry(8, 5, "e"), ByteBuffer.wrap(new byte[] {1, 2, 3}));
    store.stored(List.of(index(7), index(99)));
    store.failedAgain(index(8), QuarantineReason.REJECTED_BY_TARGET, "no such day");

    assertEquals(1, store.entryCount());
    assertEquals(5, store.rowCount());
    QuarantinedFile file = open().find(index(8)).orElseThrow();
    assertEquals("no such day", file.note().orElseThrow().error());
    assertEquals(QuarantineReason.REJECTED_BY_TARGET, file.note().orElseThrow().reason());
    assertEquals("2026-01-01T00:00:00Z", file.note().orElseThrow().quarantinedAt());
    assertArrayEquals(new byte[] {1, 2, 3}, file.openContent().readAllBytes());
    assertTrue(open().find(index(7)).isEmpty());
  }

  @Test
  void anErrorOfAnyLength_leavesALineThatIsRead() throws IOException {
    open().put(entry(7, 3, "\u0000".repeat(100_000)), ByteBuffer.wrap(new byte[10]));
    QuarantineNote note = open().find(index(7)).orElseThrow().note().orElseThrow();
    assertEquals(QuarantineNote.MAX_ERROR_CHARS, note.error().length());
    assertTrue(note.error().endsWith("\u2026"));
  }

  @Test
  void damageIsNamedByItsBytes_alsoAfterItWasGivenUp() throws IOException {
    List<DamagedRange> ranges =
        List.of(new DamagedRange("a.cq4", 4096, 8192), new DamagedRange("b.cq4", 0, 0));
    open().put(damage(ranges), ByteBuffer.wrap(new byte[10]));
    assertEquals(ranges, open().find(index(9)).orElseThrow().note().orElseThrow().damagedRanges());
    assertEquals(
        ranges, open().drop(index(9), "2026-01-02T00:00:00Z").orElseThrow().damagedRanges());
    String line = Files.readString(folder.resolve("60000001-9.dropped"));
    assertTrue(
        line.contains(
            "\"damaged_ranges\":["
                + "{\"segment_file\":\"a.cq4\",\"first_byte\":4096,\"next_byte\":8192},"
                + "{\"segment_file\":\"b.cq4\",\"first_byte\":0,\"next_byte\":0}]"),
        line);
  }

  @Test
  void anyNumberOfRanges_leavesALineThatIsRead() throws IOException {
    DamagedRange range = new DamagedRange("20840129-0001.cq4", 0, Long.MAX_VALUE);
    open().put(damage(Collections.nCopies(100_000, range)), ByteBuffer.wrap(new byte[10]));
    QuarantineNote note = open().find(index(9)).orElseThrow().note().orElseThrow();
    assertEquals(Collections.nCopies(QuarantineNote.MAX_RANGES, range), note.damagedRanges());
  }

  @Test
  void noFolderIsMadeBeforeTheFirstEntry() throws IOException {
    assertEquals(0, open().entryCount());
    assertFalse(Files.exists(folder));
  }

  private QuarantineStore open() throws IOException {
    return QuarantineStore.open(folder);
  }

  private static QuarantineNote entry(long sequence, long rows, String error) {
    return new QuarantineNote(
        Kind.ENTRY,
        index(sequence),
        index(sequence + 1),
        1,
        rows,
        QuarantineReason.UNDECODABLE,
        error,
        "2026-01-01T00:00:00Z");
  }

  private static QuarantineNote damage(List<DamagedRange> ranges) {
    return new QuarantineNote(
        Kind.DAMAGE,
        index(9),
        index(12),
        3,
        40,
        QuarantineReason.DAMAGE,
        ranges,
        "zeroed",
        "2026-01-01T00:00:00Z");
  }

  private static SpoolIndex index(long sequence) {
    return new SpoolIndex(60_000_001, sequence);
  }

  private static int indexOf(byte[] bytes, byte wanted) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }
}
