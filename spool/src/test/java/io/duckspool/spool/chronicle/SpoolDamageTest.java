package io.duckspool.spool.chronicle;

import static io.duckspool.spool.TestSpools.SPOOL_ID;
import static io.duckspool.spool.TestSpools.append;
import static io.duckspool.spool.TestSpools.newRunId;
import static io.duckspool.spool.TestSpools.payload;
import static io.duckspool.spool.TestSpools.payloadOf;
import static io.duckspool.spool.TestSpools.readAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.EntryMeta;
import io.duckspool.spool.FileRange;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.spool.SyncMode;
import io.duckspool.spool.TestSpools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damages a spool of several runs and segments: whatever is whole must be read, whatever isn't must
 * be reported with exact counts, before and after the receiver starts on it again.
 */
class SpoolDamageTest {

  private static final SpoolOptions OPTIONS =
      new SpoolOptions(SyncMode.GROUP, 12_000, Duration.ofSeconds(60), 0, 64 << 10);
  private static final int RUNS = 3;
  private static final int ENTRIES_PER_RUN = 40;

  /** Where an entry stands, and its bytes: envelope and payload. */
  private record Stored(Path file, long from, long to, long rows, byte[] payload) {}

  @TempDir static Path base;
  private static Path master;
  private static final Map<SpoolIndex, Stored> STORED = new LinkedHashMap<>();
  private static SpoolPosition start;
  private static SpoolPosition end;

  @TempDir Path temp;

  @BeforeAll
  static void fillASpool() throws Exception {
    master = Files.createDirectory(base.resolve("master"));
    ChronicleSpoolStore store = store();
    long seed = 0;
    for (int run = 0; run < RUNS; run++) {
      try (Spool spool = store.openForAppend(master, SPOOL_ID, newRunId(), OPTIONS)) {
        start = run == 0 ? spool.head() : start;
        for (int i = 0; i < ENTRIES_PER_RUN; i++, seed++) {
          append(spool, payload(seed, (int) (seed * 37 % 1500)), seed % 7);
        }
        end = spool.head();
      }
    }
    SpoolInspection inspection = SpoolInspection.of(master);
    for (SpoolInspection.Segment segment : inspection.segments()) {
      inspection.entries(
          segment.number(),
          entry -> {
            long n = entry.after().entries() - 1;
            STORED.put(
                entry.index(),
                new Stored(
                    segment.file().getFileName(),
                    entry.payloadOffset() - 92,
                    entry.payloadOffset() + entry.payloadBytes(),
                    entry.meta().rows(),
                    payload(n, (int) (n * 37 % 1500))));
          });
    }
    assertEquals(RUNS * ENTRIES_PER_RUN, STORED.size());
    assertTrue(inspection.segments().size() >= 8);
    assertTrue(inspection.verify().isSound());
  }

  @Test
  void anUndamagedSpoolIsReadWhole() throws Exception {
    check(Set.of());
  }

  @Test
  void aZeroedHeaderInTheMiddleHidesNothing() throws Exception {
    // The word before the envelope: to Chronicle it looks as if nothing had been written yet.
    Stored entry = STORED.values().stream().toList().get(50);
    Folders.copy(master, temp);
    overwrite(entry.file(), entry.from() - 4, new byte[4]);
    List<SpoolRead> reads = check(Set.of());
    assertEquals(1, reads.stream().filter(SpoolRead.Damaged.class::isInstance).count());
  }

  /** A word that says "metadata" makes a reader pass over as many bytes as it says. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void aWordTurnedIntoMetadataHidesNothing(int entries) throws Exception {
    List<Stored> all = STORED.values().stream().toList();
    Stored entry = all.get(47);
    Stored behind = all.get(47 + entries);
    assertEquals(entry.file(), behind.file());
    Folders.copy(master, temp);
    int length = (int) (behind.from() - entry.from() - 4);
    byte[] word = {(byte) length, (byte) (length >> 8), (byte) (length >> 16), 0x40};
    overwrite(entry.file(), entry.from() - 4, word);
    check(Set.of());
  }

  /** Chronicle's own word at the start of a file makes a reader pass over header and entries. */
  @ParameterizedTest
  @ValueSource(ints = {0, 20, 60})
  void aWordOfMetadataWithAWrongLengthHidesNothing(int behindAWord) throws Exception {
    List<Stored> all = STORED.values().stream().toList();
    Path file = all.get(47).file();
    Stored behind = all.stream().filter(entry -> entry.file().equals(file)).toList().get(3);
    Folders.copy(master, temp);
    assertEquals(0x40, read(temp.resolve("spool").resolve(file), 3, 1)[0]);
    int length = (int) behind.from() - 8 + behindAWord;
    byte[] word = {(byte) length, (byte) (length >> 8), (byte) (length >> 16), 0x40};
    overwrite(file, 0, word);
    check(Set.of());
  }

  @ParameterizedTest
  @ValueSource(ints = {'x', 0xB9})
  void aDamagedCounterOfSegmentsIsPassedOver(int firstByte) throws Exception {
    Folders.copy(master, temp);
    Path counter = temp.resolve("segment.counter");
    byte[] bytes = Files.readAllBytes(counter);
    bytes[0] = (byte) firstByte;
    Files.write(counter, bytes);
    check(Set.of());
  }

  @Test
  void aZeroedFirstPageLosesWhatStoodThere() throws Exception {
    Stored entry = STORED.values().stream().toList().get(45);
    Folders.copy(master, temp);
    overwrite(entry.file(), 0, new byte[4096]);
    check(hitBy(entry.file(), 0, 4096));
  }

  @Test
  void aMissingSegmentInTheMiddleIsCountedExactly() throws Exception {
    Stored entry = STORED.values().stream().toList().get(60);
    Folders.copy(master, temp);
    Files.delete(temp.resolve("spool").resolve(entry.file()));
    Set<SpoolIndex> hit = hitBy(entry.file(), 0, Long.MAX_VALUE);
    List<SpoolRead> reads = check(hit);
    SpoolRead.Damaged damaged =
        (SpoolRead.Damaged)
            reads.stream().filter(SpoolRead.Damaged.class::isInstance).findFirst().orElseThrow();
    assertEquals(hit.size(), damaged.lostEntries());
    assertEquals(rowsOf(hit), damaged.lostRows());
    assertEquals(List.of(), damaged.bytes());
  }

  @Test
  void everySegmentMissingIsCountedExactly() throws Exception {
    Folders.copy(master, temp);
    for (Path file : files()) {
      Files.delete(temp.resolve("spool").resolve(file));
    }
    check(STORED.keySet());
  }

  @Test
  void theDamagedBytesAreHandedOver() throws Exception {
    Stored entry = STORED.values().stream().toList().get(20);
    Folders.copy(master, temp);
    byte[] garbage = payload(99, 40);
    overwrite(entry.file(), entry.from() + 10, garbage);
    List<SpoolRead> reads = check(hitBy(entry.file(), entry.from() + 10, entry.from() + 50));
    SpoolRead.Damaged damaged =
        (SpoolRead.Damaged)
            reads.stream().filter(SpoolRead.Damaged.class::isInstance).findFirst().orElseThrow();
    FileRange range = damaged.bytes().get(0);
    assertEquals(temp.resolve("spool").resolve(entry.file()), range.file());
    assertTrue(range.offset() <= entry.from() && range.offset() + range.length() >= entry.to());
    assertTrue(range.length() < entry.to() - entry.from() + 16);
  }

  @Test
  void aSegmentThatIsCutBehindAnEntryIsNamedByThatByte() throws Exception {
    Stored entry = STORED.values().stream().toList().get(20);
    Folders.copy(master, temp);
    Path file = temp.resolve("spool").resolve(entry.file());
    long cut = (entry.to() + 3) & ~3L;
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(cut);
    }
    Set<SpoolIndex> hit = hitBy(entry.file(), cut, Long.MAX_VALUE);
    assertFalse(hit.isEmpty());
    SpoolRead.Damaged damaged =
        (SpoolRead.Damaged)
            check(hit).stream()
                .filter(SpoolRead.Damaged.class::isInstance)
                .findFirst()
                .orElseThrow();
    assertEquals(List.of(new FileRange(file, cut, 0)), damaged.bytes());
  }

  @Test
  void anEntryInsideAPayloadIsNotTakenForOne() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("nested"));
    try (Spool spool = store().openForAppend(folder, SPOOL_ID, newRunId(), OPTIONS)) {
      append(spool, payload(1, 100), 1);
      byte[] first = wholeEntry(folder, 1);
      byte[] forged = new byte[first.length + 400];
      System.arraycopy(first, 0, forged, 200, first.length);
      append(spool, forged, 1);
      append(spool, payload(3, 100), 1);
    }
    SpoolInspection.Entry second = entries(folder).get(1);
    Path file = SpoolInspection.of(folder).segments().get(0).file();
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(second.payloadOffset() - 50);
      open.write(new byte[40]);
    }
    try (SpoolTailer tailer = store().openForRead(folder, SPOOL_ID, runId -> false)) {
      List<SpoolRead> reads = readAll(tailer);
      assertEquals(3, reads.size());
      assertEquals(1, ((SpoolRead.Damaged) reads.get(1)).lostEntries());
      assertArrayEquals(payload(3, 100), payloadOf((SpoolEntry) reads.get(2)));
    }
  }

  /** A power cut tore the entry around them, and took the mark. */
  @ParameterizedTest
  @ValueSource(strings = {"entry", "entry of a chain", "segment header"})
  void countersInsideAPayload_areNeverTheEndOfTheSpool(String kind) throws Exception {
    Path folder = Files.createDirectory(temp.resolve("nested"));
    SpoolPosition before;
    try (Spool spool = store().openForAppend(folder, SPOOL_ID, newRunId(), OPTIONS)) {
      append(spool, payload(1, 100), 1);
      before = spool.head();
      append(spool, forged(kind, before), 1);
    }
    SpoolInspection.Entry outer = entries(folder).get(1);
    Path file = SpoolInspection.of(folder).segments().get(0).file();
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(outer.payloadOffset() - 50);
      open.write(new byte[40]);
    }
    Files.delete(folder.resolve("durable.ckpt"));
    try (Spool spool = store().openForAppend(folder, SPOOL_ID, newRunId(), OPTIONS);
        SpoolTailer tailer = store().openForRead(folder, SPOOL_ID, runId -> false)) {
      assertTrue(spool.head().entries() <= before.entries() + 1, spool.head()::toString);
      assertTrue(spool.head().bytes() <= before.bytes() + 100, spool.head()::toString);
      append(spool, payload(3, 100), 1);
      List<SpoolRead> reads = readAll(tailer);
      SpoolEntry last = (SpoolEntry) reads.get(reads.size() - 1);
      assertArrayEquals(payload(3, 100), payloadOf(last));
    }
  }

  /** A payload with documents in it that claim to follow what stands before it. */
  private static byte[] forged(String kind, SpoolPosition before) {
    ByteBuffer payload = ByteBuffer.allocate(4000).position(200);
    long segment = before.next().segment();
    if (!kind.equals("entry")) {
      put(payload, document(before, 1, 4)); // It could be the torn entry itself.
    }
    if (kind.equals("segment header")) {
      SpoolPosition start = new SpoolPosition(new SpoolIndex(segment, 0), 99, 9, 9);
      put(
          payload,
          EntryCodec.encode(
              new SegmentHeader("f".repeat(32), newRunId(), segment, 7, start, start, 0)));
    } else {
      put(payload, document(before, 5_000_000, 4_000_000_000L));
    }
    return payload.array();
  }

  private static void put(ByteBuffer payload, byte[] document) {
    payload.order(ByteOrder.LITTLE_ENDIAN).putInt(document.length).put(document);
  }

  private static byte[] document(SpoolPosition before, long entries, long bytes) {
    byte[] array = new byte[EntryCodec.HEADER_BYTES + 4];
    SpoolIndex next = new SpoolIndex(before.next().segment(), before.next().sequence() + entries);
    EntryCodec.encode(
        array,
        new EntryMeta(1, 1, 0, 1, 0, 0, 0),
        new SpoolPosition(
            next, before.entries() + entries, before.rows() + entries, before.bytes() + bytes),
        4,
        EntryCodec.crcOf(array, EntryCodec.HEADER_BYTES, 4));
    return array;
  }

  @ParameterizedTest
  @ValueSource(strings = {"zero", "flip", "truncate", "garbage", "missing", "mixed"})
  void damageAtRandomPlacesIsExact(String kind) throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      Folders.delete(temp);
      Folders.copy(master, temp);
      Set<SpoolIndex> hit = new HashSet<>();
      int count = kind.equals("mixed") ? 4 : 1 + random.nextInt(2);
      for (int i = 0; i < count; i++) {
        String each =
            kind.equals("mixed")
                ? List.of("zero", "flip", "truncate", "garbage", "missing").get(random.nextInt(5))
                : kind;
        damage(each, random, hit);
      }
      try {
        check(hit);
      } catch (AssertionError e) {
        throw new AssertionError(kind + " with seed " + seed, e);
      }
    }
  }

  private void damage(String kind, Random random, Set<SpoolIndex> hit) throws Exception {
    List<Path> files =
        files().stream().filter(f -> Files.exists(temp.resolve("spool").resolve(f))).toList();
    Path file = files.get(random.nextInt(files.size()));
    Path path = temp.resolve("spool").resolve(file);
    long size = Files.size(path);
    if (size == 0) {
      return;
    }
    long at = random.nextLong(size);
    switch (kind) {
      case "missing" -> {
        Files.delete(path);
        hit.addAll(hitBy(file, 0, Long.MAX_VALUE));
      }
      case "truncate" -> {
        try (RandomAccessFile open = new RandomAccessFile(path.toFile(), "rw")) {
          open.setLength(at);
        }
        hit.addAll(hitBy(file, at, Long.MAX_VALUE));
      }
      case "flip" -> {
        byte[] one = read(path, at, 1);
        one[0] ^= (byte) (1 << random.nextInt(8));
        overwrite(file, at, one);
        hit.addAll(hitBy(file, at, at + 1));
      }
      default -> {
        int length = (int) Math.min(1 + random.nextInt(5000), size - at);
        byte[] bytes = kind.equals("zero") ? new byte[length] : payload(at, length);
        overwrite(file, at, bytes);
        hit.addAll(hitBy(file, at, at + length));
      }
    }
  }

  /**
   * Reads the damaged copy, then lets a receiver start on it and append, and reads it again.
   *
   * @param hit entries whose bytes may have changed; all others must be read
   */
  private List<SpoolRead> check(Set<SpoolIndex> hit) throws Exception {
    if (!Files.exists(temp.resolve("spool"))) {
      Folders.copy(master, temp);
    }
    List<SpoolRead> reads;
    try (SpoolTailer tailer = store().openForRead(temp, SPOOL_ID, runId -> false)) {
      tailer.moveTo(start);
      reads = readAll(tailer);
      assertEquals(end, tailer.position());
      checkReads(reads, hit, 0);
      checkRanges(reads);
      checkInspection(reads);
    }
    try (Spool spool = store().openForAppend(temp, SPOOL_ID, newRunId(), OPTIONS);
        SpoolTailer tailer = store().openForRead(temp, SPOOL_ID, runId -> false)) {
      assertTrue(spool.head().hasCountersOf(end));
      append(spool, payload(1000, 77), 3);
      append(spool, payload(1001, 77), 3);
      tailer.moveTo(start);
      checkReads(readAll(tailer), hit, 2);
    }
    return reads;
  }

  private static void checkReads(List<SpoolRead> reads, Set<SpoolIndex> hit, int appended) {
    Set<SpoolIndex> read = new HashSet<>();
    long lostEntries = 0;
    long lostRows = 0;
    long lostBytes = 0;
    SpoolPosition last = start;
    int fresh = 0;
    for (SpoolRead each : reads) {
      if (each instanceof SpoolRead.Damaged damaged) {
        assertTrue(damaged.from().hasCountersOf(last));
        assertTrue(damaged.lostEntries() >= 0);
        lostEntries += damaged.lostEntries();
        lostRows += damaged.lostRows();
        lostBytes += damaged.lostBytes();
        last = damaged.to();
      } else if (each instanceof SpoolEntry entry) {
        assertEquals(last.entries() + 1, entry.after().entries());
        Stored stored = STORED.get(entry.index());
        if (stored == null) {
          assertArrayEquals(payload(1000 + fresh, 77), payloadOf(entry));
          fresh++;
        } else {
          assertTrue(read.add(entry.index()), "read twice: " + entry.index());
          assertArrayEquals(stored.payload(), payloadOf(entry));
          assertEquals(stored.rows(), entry.meta().rows());
        }
        last = entry.after();
      }
    }
    assertEquals(appended, fresh);
    Set<SpoolIndex> lost = new HashSet<>(STORED.keySet());
    lost.removeAll(read);
    for (SpoolIndex index : lost) {
      assertTrue(hit.contains(index), index + " is whole and was not read");
    }
    assertEquals(lost.size(), lostEntries);
    assertEquals(rowsOf(lost), lostRows);
    assertEquals(lost.stream().mapToLong(i -> STORED.get(i).payload().length).sum(), lostBytes);
    assertFalse(lostEntries > 0 && hit.isEmpty());
  }

  /** Whoever looks at the spool sees what its writer reads. */
  private void checkInspection(List<SpoolRead> reads) throws Exception {
    SpoolInspection inspection = SpoolInspection.of(temp);
    List<SpoolIndex> seen = new ArrayList<>();
    for (SpoolInspection.Segment segment : inspection.segments()) {
      inspection.entries(segment.number(), entry -> seen.add(entry.index()));
    }
    List<SpoolIndex> read = new ArrayList<>();
    for (SpoolRead each : reads) {
      if (each instanceof SpoolEntry entry) {
        read.add(entry.index());
      }
    }
    assertEquals(read, seen);
    SpoolInspection.Verdict verdict = inspection.verify();
    assertEquals(read.size(), verdict.entries());
    // What was removed from the start of a spool is not missed: nothing says that it was there.
    boolean isMissed =
        reads.stream()
            .anyMatch(
                each ->
                    each instanceof SpoolRead.Damaged damaged
                        && !damaged.from().hasCountersOf(start));
    assertTrue(!isMissed || !verdict.isSound(), () -> reads + ": " + verdict);
    assertTrue(
        verdict.isSound() || reads.stream().anyMatch(SpoolRead.Damaged.class::isInstance),
        () -> reads + ": " + verdict);
  }

  /** What is left of an entry that can't be read stands in a range that is reported. */
  private void checkRanges(List<SpoolRead> reads) throws IOException {
    for (SpoolRead each : reads) {
      if (each instanceof SpoolRead.Damaged damaged) {
        for (Map.Entry<SpoolIndex, Stored> lost : STORED.entrySet()) {
          if (lost.getKey().compareTo(damaged.from().next()) >= 0
              && lost.getKey().compareTo(damaged.to().next()) < 0) {
            Path file = temp.resolve("spool").resolve(lost.getValue().file());
            assertTrue(
                !Files.exists(file) || isIn(damaged.bytes(), file, lost.getValue()),
                () -> lost + " is in none of " + damaged.bytes());
          }
        }
      }
    }
  }

  private static boolean isIn(List<FileRange> ranges, Path file, Stored entry) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }
    long to = Math.min(entry.to(), end);
    return ranges.stream()
        .anyMatch(
            range ->
                range.file().equals(file)
                    && range.offset() <= entry.from()
                    && range.offset() + range.length() >= to);
  }

  private static long rowsOf(Set<SpoolIndex> indices) {
    return indices.stream().mapToLong(index -> STORED.get(index).rows()).sum();
  }

  private static Set<SpoolIndex> hitBy(Path file, long from, long to) {
    Set<SpoolIndex> hit = new HashSet<>();
    STORED.forEach(
        (index, stored) -> {
          if (stored.file().equals(file) && stored.from() < to && stored.to() > from) {
            hit.add(index);
          }
        });
    return hit;
  }

  private static List<Path> files() {
    return STORED.values().stream().map(Stored::file).distinct().toList();
  }

  private void overwrite(Path file, long offset, byte[] bytes) throws Exception {
    Path path = temp.resolve("spool").resolve(file);
    try (RandomAccessFile open = new RandomAccessFile(path.toFile(), "rw")) {
      open.seek(offset);
      open.write(bytes);
    }
  }

  private static byte[] read(Path path, long offset, int length) throws Exception {
    try (RandomAccessFile open = new RandomAccessFile(path.toFile(), "r")) {
      byte[] bytes = new byte[length];
      open.seek(offset);
      open.readFully(bytes);
      return bytes;
    }
  }

  private static byte[] wholeEntry(Path folder, int sequence) throws Exception {
    SpoolInspection.Entry entry = entries(folder).get(sequence - 1);
    Path file = SpoolInspection.of(folder).segments().get(0).file();
    return read(file, entry.payloadOffset() - 92, 92 + entry.payloadBytes());
  }

  private static List<SpoolInspection.Entry> entries(Path folder) throws Exception {
    SpoolInspection inspection = SpoolInspection.of(folder);
    List<SpoolInspection.Entry> entries = new ArrayList<>();
    inspection.entries(inspection.segments().get(0).number(), entries::add);
    return entries;
  }

  private static ChronicleSpoolStore store() {
    return new ChronicleSpoolStore(TestSpools.clock(), () -> 0);
  }
}
