package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.chronicle.SpoolInspection;
import io.duckspool.writer.quarantine.DamagedRange;
import io.duckspool.writer.quarantine.QuarantineNote;
import io.duckspool.writer.quarantine.QuarantinedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The segments of a spool before and after they were damaged: which entries the damage hit, held
 * against the bytes that are reported, which name what is left of each of them, and no entry that
 * is whole.
 */
final class SegmentBytes {

  private record Entry(SpoolIndex index, int from, int to) {}

  private record Segment(Path file, byte[] bytes, List<Entry> entries) {}

  private final Map<String, Segment> before = new TreeMap<>();

  /** Without those that are missing. */
  private final Map<String, byte[]> after = new TreeMap<>();

  /** Reads all segments, which are whole. */
  static SegmentBytes of(Path serverFolder) throws IOException, SpoolReadException {
    SegmentBytes read = new SegmentBytes();
    SpoolInspection spool = SpoolInspection.of(serverFolder);
    for (SpoolInspection.Segment segment : spool.segments()) {
      List<Entry> entries = new ArrayList<>();
      spool.entries(
          segment.number(),
          entry -> {
            int payload = (int) entry.payloadOffset();
            entries.add(
                new Entry(
                    entry.index(),
                    payload - EntryCodec.HEADER_BYTES,
                    payload + entry.payloadBytes()));
          });
      read.before.put(
          segment.file().getFileName().toString(),
          new Segment(segment.file(), Files.readAllBytes(segment.file()), entries));
    }
    return read;
  }

  /** Reads them again, with the damage. */
  void readDamaged() throws IOException {
    for (Map.Entry<String, Segment> segment : before.entrySet()) {
      if (Files.exists(segment.getValue().file())) {
        after.put(segment.getKey(), Files.readAllBytes(segment.getValue().file()));
      }
    }
  }

  /** Entries of which envelope or payload have changed: their checksums can't hold. */
  Set<SpoolIndex> destroyed() {
    Set<SpoolIndex> destroyed = new HashSet<>();
    before.forEach(
        (name, segment) -> {
          byte[] bytes = after.getOrDefault(name, new byte[0]);
          segment.entries().stream()
              .filter(entry -> !isSame(segment.bytes(), bytes, entry.from(), entry.to()))
              .map(Entry::index)
              .forEach(destroyed::add);
        });
    return destroyed;
  }

  /**
   * Asserts that notes and log name the damaged bytes.
   *
   * @param files all of the quarantine
   * @param writerOutput its log
   */
  void assertNamed(List<QuarantinedFile> files, String writerOutput) {
    List<DamagedRange> ranges =
        files.stream()
            .flatMap(file -> file.note().map(QuarantineNote::damagedRanges).stream())
            .flatMap(List::stream)
            .toList();
    for (DamagedRange range : ranges) {
      assertTrue(writerOutput.contains(range.toString()), () -> range + " is not in the log");
      assertNotNull(after.get(range.segmentFile()), () -> range + " was not there");
    }
    after.forEach(
        (name, bytes) -> {
          Segment segment = before.get(name);
          List<DamagedRange> here =
              ranges.stream().filter(range -> range.segmentFile().equals(name)).toList();
          assertTrue(
              here.isEmpty() || !Arrays.equals(segment.bytes(), bytes),
              () -> "not damaged: " + here);
          for (Entry entry : segment.entries()) {
            assertNamed(entry, segment.bytes(), bytes, here);
          }
        });
  }

  private static void assertNamed(
      Entry entry, byte[] whole, byte[] damaged, List<DamagedRange> ranges) {
    boolean isWhole = isSame(whole, damaged, entry.from(), entry.to());
    int to = Math.min(entry.to(), end(damaged));
    if (isWhole) {
      assertTrue(
          ranges.stream()
              .allMatch(
                  range -> range.nextByte() <= entry.from() || range.firstByte() >= entry.to()),
          () -> entry + " is whole, and in " + ranges);
    } else if (to > entry.from()) {
      assertTrue(
          ranges.stream()
              .anyMatch(range -> range.firstByte() <= entry.from() && range.nextByte() >= to),
          () -> entry + " is damaged, and not in " + ranges);
    }
  }

  /** What lies behind the end of a segment counts as zeros. */
  private static boolean isSame(byte[] whole, byte[] damaged, int from, int to) {
    byte[] there = damaged.length >= to ? damaged : Arrays.copyOf(damaged, to);
    return Arrays.equals(whole, from, to, there, from, to);
  }

  private static int end(byte[] bytes) {
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }
}
