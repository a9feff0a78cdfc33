package io.duckspool.writer.sink;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DuckDB's write-ahead log after a power cut. The end of it is what the kernel had written of a
 * commit under way; where the file had grown before its bytes were there, zeros. DuckDB takes a log
 * that just ends for torn, and goes on; at bytes that are wrong it refuses to open the file.
 *
 * <pre>
 * version entry     8 bytes or more, without a checksum
 * then entries:     size u64, checksum u64, size bytes       (little-endian)
 * </pre>
 *
 * <p>Cutting such a log at the first wrong entry makes it one that just ends. That loses nothing:
 * the ledger moved in the transaction that is cut off, so that is there with its rows or not at
 * all, and the pipeline finds by the ledger what to commit again, or that it is no longer in the
 * spool and must refuse. A log that has commits behind the wrong entry is none that a power cut
 * tears ({@link DamagedLog}), and is refused before it comes to this. What is cut off is kept
 * beside the log.
 *
 * <p>Used by the thread that opens the database, which no other process has open. If the process
 * dies here, the next opening finds the log as it was and does the same, or cut; a copy that was
 * not finished is written anew.
 */
final class TornLog {

  private static final Logger LOG = LoggerFactory.getLogger(TornLog.class);

  private static final Pattern REPLAY_FAILED =
      Pattern.compile("Failure while replaying WAL file \"(.+\\.wal)\": ");

  /** The position is that of the entry's bytes, behind its size and checksum. */
  private static final Pattern WRONG_ENTRY =
      Pattern.compile(
          "Corrupt WAL file: entry at byte position (\\d+) computed checksum \\d+ does not match"
              + " stored checksum (\\d+)");

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final int ENTRY_HEADER_BYTES = 16;
  private static final int MIN_VERSION_BYTES = 8;

  private final Path log;

  private TornLog(Path log) {
    this.log = log;
  }

  /**
   * Cuts the log of a database that can't be opened, if it is torn. Durable when it returns.
   *
   * @param failure of the opening
   * @return whether another opening may succeed
   * @throws SQLException the log is torn and can't be cut
   */
  static boolean cutOff(SQLException failure) throws SQLException {
    String message = DuckDbErrors.message(failure);
    Matcher replay = REPLAY_FAILED.matcher(message);
    if (!replay.find()) {
      return false;
    }
    Path log = Path.of(replay.group(1));
    try {
      return new TornLog(log).cutOff(message);
    } catch (IOException e) {
      failure.addSuppressed(e);
      throw new SQLException("the torn write-ahead log " + log + " can't be cut: " + e, failure);
    }
  }

  private boolean cutOff(String message) throws IOException {
    try (FileChannel channel = FileChannel.open(log, READ, WRITE)) {
      OptionalLong end = intactEnd(channel, message);
      if (end.isEmpty()) {
        return false;
      }
      long at = end.getAsLong();
      long bytes = channel.size() - at;
      Path kept = cutAt(channel, at);
      LOG.warn(
          "the write-ahead log {} is torn, as a power cut leaves it: {} bytes from byte {} on, of a"
              + " commit that did not end, are cut off and kept in {}",
          log,
          bytes,
          at,
          kept);
      return true;
    }
  }

  /**
   * Cuts a log at an offset. Durable when it returns.
   *
   * @return the file that keeps what was cut off
   */
  static Path cut(Path log, long at) throws IOException {
    try (FileChannel channel = FileChannel.open(log, READ, WRITE)) {
      return new TornLog(log).cutAt(channel, at);
    }
  }

  private Path cutAt(FileChannel channel, long at) throws IOException {
    Path kept = keep(channel, at);
    channel.truncate(at);
    channel.force(true);
    return kept;
  }

  /** Where the entries end that can be read; empty when that is not known. */
  private static OptionalLong intactEnd(FileChannel channel, String message) throws IOException {
    Matcher wrong = WRONG_ENTRY.matcher(message);
    if (wrong.find()) {
      long start = Long.parseLong(wrong.group(1)) - ENTRY_HEADER_BYTES;
      long checksum = Long.parseUnsignedLong(wrong.group(2));
      // Another layout than this one has the checksum elsewhere.
      return start >= MIN_VERSION_BYTES && read(channel, start + Long.BYTES) == checksum
          ? OptionalLong.of(start)
          : OptionalLong.empty();
    }
    return isZeroFrom(channel, MIN_VERSION_BYTES + ENTRY_HEADER_BYTES)
        ? OptionalLong.of(0)
        : OptionalLong.empty();
  }

  /** Copies the end of the log to a file of its own, which has its name only once it is whole. */
  private Path keep(FileChannel channel, long from) throws IOException {
    Path kept = log.resolveSibling(log.getFileName() + ".torn-at-" + from);
    for (int i = 2; Files.exists(kept); i++) {
      kept = log.resolveSibling(log.getFileName() + ".torn-at-" + from + "." + i);
    }
    Path unfinished = log.resolveSibling(log.getFileName() + ".torn.part");
    Files.deleteIfExists(unfinished);
    try (FileChannel copy = FileChannel.open(unfinished, Set.of(CREATE_NEW, WRITE), OWNER_ALONE)) {
      long at = from;
      while (at < channel.size()) {
        at += channel.transferTo(at, channel.size() - at, copy);
      }
      copy.force(true);
    }
    Files.move(unfinished, kept, ATOMIC_MOVE);
    Path folder = kept.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException("no parent folder: " + kept);
    }
    AtomicFile.syncFolder(folder);
    return kept;
  }

  private static long read(FileChannel channel, long at) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, at + bytes.position()) >= 0) {
      // Read on until it is full.
    }
    return bytes.getLong(0);
  }

  /** No commit fits before {@code from}: the log was begun, and nothing in it was ever finished. */
  private static boolean isZeroFrom(FileChannel channel, long from) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
    long at = from;
    while (channel.read(bytes.clear(), at) > 0) {
      bytes.flip();
      at += bytes.remaining();
      while (bytes.hasRemaining()) {
        if (bytes.get() != 0) {
          return false;
        }
      }
    }
    return true;
  }
}
