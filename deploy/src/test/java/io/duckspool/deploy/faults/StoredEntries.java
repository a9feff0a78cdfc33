package io.duckspool.deploy.faults;

import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.chronicle.SpoolInspection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The entries of a spool as they stood on the disk before it was damaged. Entries are named by
 * their index as the tables write it. Used by one thread.
 */
final class StoredEntries {
  /** The word that Chronicle writes before an entry: kind and length. */
  private static final int WORD_BYTES = 4;

  private final List<Entry> entries;

  /**
   * An entry.
   *
   * @param from where its envelope begins in the file
   * @param bytes the word before it, its envelope and its payload
   */
  private record Entry(long index, Path file, int from, byte[] bytes) {}

  private StoredEntries(List<Entry> entries) {
    this.entries = entries;
  }

  /** Reads all segments; nobody may append to them. */
  static StoredEntries in(Path serverFolder) throws IOException, SpoolReadException {
    SpoolInspection inspection = SpoolInspection.of(serverFolder);
    List<Entry> entries = new ArrayList<>();
    for (SpoolInspection.Segment segment : inspection.segments()) {
      byte[] file = Files.readAllBytes(segment.file());
      inspection.entries(
          segment.number(),
          entry -> {
            int from = (int) entry.payloadOffset() - EntryCodec.HEADER_BYTES;
            int to = (int) entry.payloadOffset() + entry.payloadBytes();
            entries.add(
                new Entry(
                    entry.index().toLong(),
                    segment.file(),
                    from,
                    Arrays.copyOfRange(file, from - WORD_BYTES, to)));
          });
    }
    return new StoredEntries(entries);
  }

  /** Those of which envelope or payload have changed: their checksums can't hold. */
  Set<Long> destroyed() throws IOException {
    return changed(WORD_BYTES);
  }

  /** Those, and the ones of which the word before them has changed. */
  Set<Long> touched() throws IOException {
    return changed(0);
  }

  private Set<Long> changed(int skippedBytes) throws IOException {
    Map<Path, byte[]> files = new HashMap<>();
    Set<Long> changed = new HashSet<>();
    for (Entry entry : entries) {
      if (!files.containsKey(entry.file())) {
        files.put(entry.file(), bytesOrNone(entry.file()));
      }
      byte[] now = files.get(entry.file());
      int begin = entry.from() - WORD_BYTES + skippedBytes;
      int end = entry.from() - WORD_BYTES + entry.bytes().length;
      // What lies behind the end of a file counts as zeros, as it does for who reads a segment.
      byte[] there =
          begin < now.length ? Arrays.copyOfRange(now, begin, end) : new byte[end - begin];
      if (!Arrays.equals(
          there, 0, there.length, entry.bytes(), skippedBytes, entry.bytes().length)) {
        changed.add(entry.index());
      }
    }
    return changed;
  }

  private static byte[] bytesOrNone(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return new byte[0];
    }
  }
}
