package io.duckspool.writer.quarantine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.spool.FileRange;
import io.duckspool.spool.SpoolIndex;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The quarantine of one server: a folder with one file for each entry that could not be stored, and
 * for each damaged range of the spool, named by its first index. A file is
 *
 * <pre>
 * one line of JSON, in UTF-8, then LF:
 *   version 1, kind entry | damage, first_index, next_index, rows, entries, error, quarantined_at, content_bytes
 * the entry's envelope with its payload, as it stood in the spool; or the damaged bytes
 * </pre>
 *
 * <p>Written under a temporary name, synced, renamed, and the folder synced: durable when a method
 * returns, so that the ledger may pass the entry afterwards. If the process dies here, the entry is
 * met again and its file written again: the name makes that a repetition, not a second file.
 *
 * <p>Used by the pipeline's thread.
 */
public final class QuarantineStore {

  private static final Logger LOG = LoggerFactory.getLogger(QuarantineStore.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SUFFIX = ".quarantined";
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path folder;
  private final Map<String, Counts> files = new HashMap<>();
  private long entryCount;
  private long rowCount;

  private QuarantineStore(Path folder) {
    this.folder = folder;
  }

  private record Counts(long entries, long rows) {}

  /**
   * What is put away.
   *
   * @param kind entry or damage
   * @param first its index
   * @param next the index after it
   * @param entries how many entries it is, 1 for an entry
   * @param rows how many rows they would have been
   * @param error why, in words
   * @param quarantinedAt ISO-8601, UTC
   */
  public record Note(
      Kind kind,
      SpoolIndex first,
      SpoolIndex next,
      long entries,
      long rows,
      String error,
      String quarantinedAt) {}

  /** What a file of the quarantine holds. */
  public enum Kind {
    ENTRY("entry"),
    DAMAGE("damage");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /** Opens the quarantine and counts what is in it; the folder is made with the first file. */
  public static QuarantineStore open(Path folder) throws IOException {
    QuarantineStore store = new QuarantineStore(folder);
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(QuarantineStore::isQuarantined).toList()) {
          store.count(nameOf(file), readCounts(file));
        }
      }
    }
    return store;
  }

  /**
   * Puts an entry away; one that is already there is written again, and counted once. Durable when
   * it returns.
   *
   * @param content the envelope and the payload, borrowed until return; read from its position to
   *     its limit
   */
  public void put(Note note, ByteBuffer content) throws IOException {
    write(note, content.remaining(), channel -> writeFully(channel, content.duplicate()));
  }

  /**
   * Puts the bytes of a damaged range away, as far as their files are still there. Durable when it
   * returns.
   */
  public void putDamage(Note note, List<FileRange> ranges) throws IOException {
    long bytes = 0;
    for (FileRange range : ranges) {
      bytes += readableBytes(range);
    }
    write(
        note,
        bytes,
        channel -> {
          for (FileRange range : ranges) {
            copy(range, channel);
          }
        });
  }

  /**
   * Takes an entry back that can be stored after all: its verdict was reached by a try whose ledger
   * never moved. To be called before the ledger passes the entry, while the spool still has it.
   * Durable when it returns.
   */
  public void takeBack(SpoolIndex index) throws IOException {
    if (files.isEmpty()) {
      return;
    }
    String name = index + SUFFIX;
    Counts counts = files.get(name);
    if (counts != null) {
      Files.deleteIfExists(folder.resolve(name));
      AtomicFile.syncFolder(folder);
      files.remove(name);
      entryCount -= counts.entries();
      rowCount -= counts.rows();
    }
  }

  /** Entries in quarantine. */
  public long entryCount() {
    return entryCount;
  }

  /** Rows that those entries would have been. */
  public long rowCount() {
    return rowCount;
  }

  @FunctionalInterface
  private interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private void write(Note note, long contentBytes, Content content) throws IOException {
    AtomicFile.createFolder(folder);
    String name = note.first() + SUFFIX;
    Path temporary = folder.resolve(name + ".tmp");
    byte[] line = (JSON.writeValueAsString(firstLine(note, contentBytes)) + "\n").getBytes(UTF_8);
    try (FileChannel channel =
        FileChannel.open(temporary, Set.of(CREATE, WRITE, TRUNCATE_EXISTING), OWNER_ONLY)) {
      writeFully(channel, ByteBuffer.wrap(line));
      content.writeTo(channel);
      channel.force(true);
    }
    Files.move(temporary, folder.resolve(name), ATOMIC_MOVE);
    AtomicFile.syncFolder(folder);
    CrashPoint.QUARANTINE_SYNCED.reached();
    count(name, new Counts(note.entries(), note.rows()));
  }

  private static ObjectNode firstLine(Note note, long contentBytes) {
    ObjectNode line = JSON.createObjectNode();
    line.put("version", 1);
    line.put("kind", note.kind().text);
    line.put("first_index", note.first().toString());
    line.put("next_index", note.next().toString());
    line.put("rows", note.rows());
    line.put("entries", note.entries());
    line.put("error", note.error());
    line.put("quarantined_at", note.quarantinedAt());
    line.put("content_bytes", contentBytes);
    return line;
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static long readableBytes(FileRange range) throws IOException {
    if (!Files.exists(range.file())) {
      return 0;
    }
    return Math.max(0, Math.min(range.length(), Files.size(range.file()) - range.offset()));
  }

  private static void copy(FileRange range, FileChannel to) throws IOException {
    long left = readableBytes(range);
    if (left == 0) {
      return;
    }
    try (FileChannel from = FileChannel.open(range.file(), READ)) {
      long at = range.offset();
      while (left > 0) {
        long moved = from.transferTo(at, left, to);
        if (moved <= 0) {
          throw new IOException("the damaged file became shorter while it was copied: " + range);
        }
        at += moved;
        left -= moved;
      }
    }
  }

  private void count(String name, Counts counts) {
    Counts before = files.put(name, counts);
    if (before != null) {
      entryCount -= before.entries();
      rowCount -= before.rows();
    }
    entryCount += counts.entries();
    rowCount += counts.rows();
  }

  private static Counts readCounts(Path file) throws IOException {
    JsonNode line = readFirstLine(file);
    return line.isMissingNode()
        ? new Counts(1, 0)
        : new Counts(line.path("entries").asLong(), line.path("rows").asLong());
  }

  /** The line before the content; missing when it is no JSON. */
  static JsonNode readFirstLine(Path file) throws IOException {
    String first;
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      first = reader.readLine();
    }
    try {
      return JSON.readTree(first == null ? "" : first);
    } catch (JsonProcessingException e) {
      LOG.warn(
          "a file in quarantine has no readable first line, its rows aren't counted: {}", file, e);
      return MissingNode.getInstance();
    }
  }

  /** Whether a file of the folder is one of these, and whole. */
  static boolean isQuarantined(Path file) {
    return file.toString().endsWith(SUFFIX);
  }

  /** The index that a file is named by. */
  static String indexOf(Path file) {
    String name = nameOf(file);
    return name.substring(0, name.length() - SUFFIX.length());
  }

  private static String nameOf(Path file) {
    return String.valueOf(file.getFileName());
  }
}
