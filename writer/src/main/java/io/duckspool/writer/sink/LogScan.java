package io.duckspool.writer.sink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads a write-ahead log of DuckDB entry by entry, without replaying it, to tell an end that a
 * power cut has torn from damage with whole commits behind it.
 *
 * <pre>
 * log     := header entry*                                     (integers little-endian)
 * header  := field 100, type 98 | field 101, version | other fields | FF FF     without a checksum
 * entry   := size u64, checksum u64, size bytes
 * bytes   := 64 00, type, fields, FF FF                        type 100 ends a commit
 * field   := id u16, then LEB128 numbers
 * </pre>
 *
 * <p>DuckDB syncs the end of a commit before it writes an entry of the next one. So what a power
 * cut tears belongs to the last commit of the log, of which any page may be on the disk or not.
 * Where an entry of a later commit stands behind something unreadable, that was once on the disk,
 * and something else than a power cut has damaged it.
 *
 * <p>A log of another version than 2, encrypted ones among them, is not known here. Used by one
 * thread, while no process writes the log.
 */
final class LogScan {

  private static final int ENTRY_HEADER_BYTES = 16;
  private static final int MIN_HEADER_BYTES = 8;
  private static final int MAX_HEADER_BYTES = 256;

  /** The shortest entry is the end of a commit, which has no fields. */
  private static final int FLUSH_BYTES = ENTRY_HEADER_BYTES + 5;

  private static final int KNOWN_VERSION = 2;
  private static final int FIELD_TYPE = 100;
  private static final int FIELD_VERSION = 101;
  private static final int FIELD_DATABASE_ID = 102;
  private static final int FIELD_CHECKPOINT = 103;
  private static final int END_OF_FIELDS = 0xFFFF;
  private static final int TYPE_VERSION = 98;
  private static final int TYPE_FLUSH = 100;

  private static final int WINDOW_BYTES = 1 << 20;

  private final FileChannel channel;
  private final long size;
  private final ByteBuffer window =
      ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private LogScan(FileChannel channel) throws IOException {
    this.channel = channel;
    this.size = channel.size();
  }

  /**
   * What is unreadable in a log, and what stands behind it.
   *
   * @param at offset of the first entry that can't be read
   * @param laterCommits commits that end behind the one that is damaged; more where an end is
   *     unreadable, too
   */
  record Damage(long at, int laterCommits) {}

  /**
   * Reads the whole log.
   *
   * @param channel borrowed until return; its position is not used
   * @return the damage with at least the begin of a later commit behind it; empty for a log that is
   *     whole, that ends in what a power cut may have torn, or that is not known
   */
  static Optional<Damage> damage(FileChannel channel) throws IOException {
    LogScan scan = new LogScan(channel);
    OptionalLong start = scan.headerEnd();
    if (start.isEmpty()) {
      return Optional.empty();
    }
    long at = start.getAsLong();
    while (scan.isEntry(at)) {
      at = scan.nextEntry(at);
    }
    return at < scan.size ? scan.damageAt(at) : Optional.empty();
  }

  private Optional<Damage> damageAt(long at) throws IOException {
    long next = find(at + 1);
    // No other entry is that short, and no page: the end of a commit is what can't be read.
    int ends = next == at + FLUSH_BYTES ? 1 : 0;
    boolean isBehindAnEnd = false;
    while (next >= 0) {
      isBehindAnEnd |= ends > 0;
      ends += isFlush(next) ? 1 : 0;
      next = find(nextEntry(next));
    }
    return isBehindAnEnd ? Optional.of(new Damage(at, ends - 1)) : Optional.empty();
  }

  /** The offset of the first whole entry at or behind an offset; -1 when there is none. */
  private long find(long from) throws IOException {
    if (isEntry(from)) {
      return from;
    }
    ByteBuffer bytes = ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long at = from;
    while (at + FLUSH_BYTES <= size) {
      read(bytes, at, WINDOW_BYTES);
      int candidates = bytes.limit() - FLUSH_BYTES + 1;
      for (int i = 0; i < candidates; i++) {
        if (bytes.getShort(i + ENTRY_HEADER_BYTES) == FIELD_TYPE && isEntry(at + i)) {
          return at + i;
        }
      }
      at += candidates;
    }
    return -1;
  }

  /** Whether an entry stands here whose checksum holds. */
  private boolean isEntry(long at) throws IOException {
    if (at + FLUSH_BYTES > size) {
      return false;
    }
    long start = at + ENTRY_HEADER_BYTES;
    read(window, at, ENTRY_HEADER_BYTES);
    long bytes = window.getLong();
    long checksum = window.getLong();
    return bytes >= FLUSH_BYTES - ENTRY_HEADER_BYTES
        && bytes <= size - start
        // Two cheap looks, so that the checksum is rarely computed where no entry stands.
        && shortAt(start) == FIELD_TYPE
        && shortAt(start + bytes - Short.BYTES) == END_OF_FIELDS
        && checksum == checksum(start, bytes);
  }

  private int shortAt(long at) throws IOException {
    read(window, at, Short.BYTES);
    return Short.toUnsignedInt(window.getShort());
  }

  /** The offset behind a whole entry. */
  private long nextEntry(long at) throws IOException {
    read(window, at, Long.BYTES);
    return at + ENTRY_HEADER_BYTES + window.getLong();
  }

  private boolean isFlush(long at) throws IOException {
    read(window, at + ENTRY_HEADER_BYTES + Short.BYTES, 1);
    return window.get() == TYPE_FLUSH;
  }

  /** Offset behind the header; empty when it isn't one of the version that is known here. */
  private OptionalLong headerEnd() throws IOException {
    if (size < MIN_HEADER_BYTES) {
      return OptionalLong.empty();
    }
    read(window, 0, MAX_HEADER_BYTES);
    long version = 0;
    while (window.remaining() >= Short.BYTES) {
      int field = Short.toUnsignedInt(window.getShort());
      if (field == END_OF_FIELDS) {
        return version == KNOWN_VERSION ? OptionalLong.of(window.position()) : OptionalLong.empty();
      }
      long value = number();
      if (field == FIELD_VERSION) {
        version = value;
      } else if (field == FIELD_DATABASE_ID) {
        for (long i = 0; i < value && window.hasRemaining(); i++) {
          number();
        }
      } else if (field == FIELD_TYPE ? value != TYPE_VERSION : field != FIELD_CHECKPOINT) {
        return OptionalLong.empty();
      }
    }
    return OptionalLong.empty();
  }

  /** Reads a LEB128 number at the window's position; any value where the window ends before. */
  private long number() {
    long value = 0;
    for (int shift = 0; window.hasRemaining() && shift < Long.SIZE; shift += 7) {
      byte part = window.get();
      value |= (part & 0x7FL) << shift;
      if (part >= 0) {
        break;
      }
    }
    return value;
  }

  /** DuckDB's own: whole words, in any order, and a hash of the rest. */
  private long checksum(long from, long bytes) throws IOException {
    long result = 5381;
    long words = bytes / Long.BYTES * Long.BYTES;
    long done = 0;
    while (done < words) {
      read(window, from + done, (int) Math.min(WINDOW_BYTES, words - done));
      if (!window.hasRemaining()) {
        return 0;
      }
      while (window.remaining() >= Long.BYTES) {
        result ^= window.getLong() * 0xbf58476d1ce4e5b9L;
      }
      done += window.position();
    }
    if (words < bytes) {
      read(window, from + words, (int) (bytes - words));
      result ^= hashOfRest();
    }
    return result;
  }

  /** MurmurHash64A, as DuckDB has it, of the up to seven bytes in the window. */
  private long hashOfRest() {
    long multiplier = 0xc6a4a7935bd1e995L;
    int count = window.remaining();
    long hash = 0xe17a1465L ^ (count * multiplier);
    for (int i = count - 1; i >= 0; i--) {
      hash ^= (window.get(i) & 0xFFL) << (8 * i);
    }
    hash *= multiplier;
    hash ^= hash >>> 47;
    hash *= multiplier;
    hash ^= hash >>> 47;
    return hash;
  }

  /** Fills a buffer from an offset, with so many bytes or as many as there are. */
  private void read(ByteBuffer into, long from, int bytes) throws IOException {
    into.clear().limit(bytes);
    while (into.hasRemaining() && channel.read(into, from + into.position()) >= 0) {
      // Read on until it is full, or the file ends.
    }
    into.flip();
  }
}
