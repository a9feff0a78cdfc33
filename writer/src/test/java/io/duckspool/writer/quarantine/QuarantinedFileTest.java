package io.duckspool.writer.quarantine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.QuarantineNote.Kind;
import io.duckspool.writer.quarantine.QuarantinedFile.Content;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The golden files were computed from the drawings of file and envelope, not by their code; all
 * later versions read them. One is of a build that knew no reasons.
 */
final class QuarantinedFileTest {

  private static final String WITH_REASON = "60000001-7.quarantined";
  private static final String WITH_RANGES = "60000001-10.quarantined";
  private static final String WITHOUT_REASON = "60000001-8.quarantined";

  @TempDir Path folder;

  @Test
  void theGoldenFile_isRead() throws IOException {
    QuarantinedFile file = golden(WITH_REASON);
    assertEquals(
        new QuarantineNote(
            Kind.ENTRY,
            new SpoolIndex(60_000_001, 7),
            new SpoolIndex(60_000_001, 8),
            1,
            1,
            QuarantineReason.UNDECODABLE,
            "byte 3, resource_logs[0]: \u00e9",
            "2026-01-01T00:00:01Z"),
        file.note().orElseThrow());
    assertTrue(file.fault().isEmpty());
    Content.Entry entry = assertInstanceOf(Content.Entry.class, file.content());
    assertEquals(1_767_225_600_123_456_789L, entry.envelope().meta().receivedUnixNanos());
    assertEquals("00112233445566778899aabbccddeeff", entry.envelope().meta().requestId());
    assertEquals(entry.envelope().totalBytes(), entry.array().length);
  }

  @Test
  void theGoldenFileOfDamage_isRead() throws IOException {
    QuarantinedFile file = golden(WITH_RANGES);
    assertEquals(
        new QuarantineNote(
            Kind.DAMAGE,
            new SpoolIndex(60_000_001, 10),
            new SpoolIndex(60_000_001, 13),
            3,
            40,
            QuarantineReason.DAMAGE,
            List.of(
                new DamagedRange("20840129-1601.cq4", 4096, 4102),
                new DamagedRange("20840129-1602.cq4", 0, 0)),
            "the segment is damaged",
            "2026-01-01T00:00:01Z"),
        file.note().orElseThrow());
    assertTrue(file.fault().isEmpty());
    assertInstanceOf(Content.Damage.class, file.content());
  }

  @Test
  void aFileWithRangesThatAreNone_isCorrupt() throws IOException {
    String line = Files.readString(copy(WITH_RANGES), StandardCharsets.ISO_8859_1);
    Path file = folder.resolve(WITH_RANGES);
    for (String wrong : List.of("-1", "9999", "\"x\"")) {
      Files.writeString(
          file,
          line.replace(
              "\"first_byte\":4096,\"next_byte\":4102",
              "\"first_byte\":5000,\"next_byte\":" + wrong),
          StandardCharsets.ISO_8859_1);
      assertEquals(wrong.equals("9999"), only().note().isPresent(), wrong);
    }
    Files.writeString(file, line.replaceAll("\\[.*\\]", "7"), StandardCharsets.ISO_8859_1);
    assertEquals(List.of(), only().note().orElseThrow().damagedRanges());
  }

  @Test
  void aFileOfAnEarlierBuild_hasAnUnknownReason() throws IOException {
    QuarantinedFile file = golden(WITHOUT_REASON);
    assertEquals(QuarantineReason.UNKNOWN, file.note().orElseThrow().reason());
    assertEquals("byte 3, resource_logs[0]: \u00e9", file.note().orElseThrow().error());
    assertInstanceOf(Content.Entry.class, file.content());
    assertEquals(1, QuarantineStore.open(folder).entriesByReason().get(QuarantineReason.UNKNOWN));
  }

  @Test
  void whatWasGivenUp_isCounted_withTheOthers() throws IOException {
    copy(WITH_REASON);
    copy("60000001-9.dropped");
    QuarantineStore store = QuarantineStore.open(folder);
    assertEquals(4, store.entryCount());
    assertEquals(41, store.rowCount());
    assertEquals(List.of(new SpoolIndex(60_000_001, 7)), store.indices());
  }

  @Test
  void aFileCutAtAnyByte_isListedAsCorrupt_andItsContentIsNoEntry() throws IOException {
    byte[] whole = Files.readAllBytes(copy(WITH_REASON));
    for (int length = 0; length < whole.length; length++) {
      Files.write(folder.resolve(WITH_REASON), Arrays.copyOf(whole, length));
      QuarantinedFile file = only();
      assertTrue(file.fault().isPresent(), "cut at " + length);
      assertFalse(file.content() instanceof Content.Entry, "cut at " + length);
      assertEquals(1, QuarantineFolder.ranges(folder).size());
    }
  }

  @Test
  void aFlippedBit_isNeverAnotherEntry() throws IOException {
    byte[] whole = Files.readAllBytes(copy(WITH_REASON));
    byte[] expected = assertInstanceOf(Content.Entry.class, only().content()).array();
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(folder.resolve(WITH_REASON), flipped);
      QuarantinedFile file = only();
      if (file.content() instanceof Content.Entry entry) {
        assertTrue(Arrays.equals(expected, entry.array()), "bit " + bit);
      }
      QuarantineStore unused = QuarantineStore.open(folder);
    }
  }

  @Test
  void strangeFiles_areListed_orLeftAlone() throws IOException {
    Files.write(folder.resolve("not an index.quarantined"), new byte[3]);
    Files.write(folder.resolve("60000001-7.quarantined.tmp"), new byte[3]);
    Files.write(folder.resolve("60000001-9.quarantined"), new byte[300 << 10]);
    Files.writeString(folder.resolve("60000001-8.quarantined"), "{\"version\":2}\n");
    List<QuarantinedFile> files = QuarantineFolder.files(folder);
    assertEquals(
        List.of("60000001-8", "60000001-9", "none"),
        files.stream().map(f -> f.index().map(SpoolIndex::toString).orElse("none")).toList());
    assertTrue(files.stream().allMatch(file -> file.fault().isPresent()));
    QuarantineStore store = QuarantineStore.open(folder);
    assertEquals(3, store.entryCount());
    assertEquals(
        Set.of(new SpoolIndex(60_000_001, 8), new SpoolIndex(60_000_001, 9)),
        Set.copyOf(store.indices()));
  }

  private QuarantinedFile golden(String name) throws IOException {
    return QuarantinedFile.read(copy(name));
  }

  private QuarantinedFile only() throws IOException {
    return QuarantineFolder.files(folder).get(0);
  }

  private Path copy(String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream golden = getClass().getResourceAsStream(name)) {
      Files.copy(Objects.requireNonNull(golden), file);
    }
    return file;
  }
}
