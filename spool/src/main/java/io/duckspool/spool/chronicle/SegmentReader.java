package io.duckspool.spool.chronicle;

import static java.nio.file.StandardOpenOption.READ;

import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.EntryCodec.HeaderCheck;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.SegmentHeader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads one segment file as bytes, by positioned reads: a damaged or truncated file can neither
 * raise SIGBUS nor be changed by looking at it. What it knows of Chronicle's file format:
 *
 * <pre>
 * file     := document*                      each at a multiple of 4 bytes
 * document := word u32 (little-endian), then length bytes, then padding to 4 bytes
 * word     := bit 31 not complete | bit 30 metadata | bits 0..29 length
 * 0          nothing written here yet
 * 0xC0000000 and the bytes C3 45 4F 46: end of the file's documents
 * </pre>
 *
 * <p>What lies behind the end of the file reads as zeros, for zeros are trimmed off it.
 *
 * <p>A complete data document holds one envelope and its payload; metadata documents (the file's
 * header, index pages) are passed over. Owned by one thread; closed by its owner.
 */
final class SegmentReader implements Closeable {

  /** Length of the word before a document. */
  static final int WORD_BYTES = 4;

  /** Length of the mark that Chronicle writes behind the last document at a roll. */
  static final int END_MARK_BYTES = 8;

  private static final int NOT_COMPLETE = 0x8000_0000;
  private static final int METADATA = 0x4000_0000;
  private static final int END_MARK = NOT_COMPLETE | METADATA;
  private static final int LENGTH_MASK = 0x3FFF_FFFF;
  private static final int FIRST_READ_BYTES = 4096;
  private static final int MAX_READ_BYTES = 1 << 20;
  private static final int SEARCH_BYTES = 256 << 10;
  private static final int KEPT_ARRAY_BYTES = 32 << 20;

  /** What stands at an offset. */
  sealed interface Found {
    /**
     * An entry or segment header whose checksums hold. Its bytes are in {@link
     * SegmentReader#array()} from 0 until the next call.
     *
     * @param offset where its envelope begins in the file
     * @param nextOffset where the next document begins
     */
    record Entry(Envelope envelope, long offset, long nextOffset) implements Found {}

    /** An envelope of a later format version. */
    record Newer(long offset, int version) implements Found {}

    /**
     * No entry can be read here: nothing was written, an end mark, or damage.
     *
     * @param offset where the document would begin
     */
    record Nothing(long offset) implements Found {}
  }

  private final Path file;
  private final long segment;
  private final FileChannel channel;
  private byte[] array = new byte[FIRST_READ_BYTES];
  private int arrayLimit;

  private SegmentReader(Path file, long segment, FileChannel channel) {
    this.file = file;
    this.segment = segment;
    this.channel = channel;
  }

  /** Opens the file; {@link java.nio.file.NoSuchFileException} when it isn't there. */
  static SegmentReader open(SegmentFolder folder, long segment) throws IOException {
    return open(folder.file(segment), segment);
  }

  static SegmentReader open(Path file, long segment) throws IOException {
    return new SegmentReader(file, segment, FileChannel.open(file, READ));
  }

  Path file() {
    return file;
  }

  long segment() {
    return segment;
  }

  /** Envelope and payload of the entry found last; borrowed until the next call. */
  byte[] array() {
    return array;
  }

  /** Reads the entry at or, past metadata, after the offset of a document. */
  Found read(long offset) throws IOException {
    long at = offset;
    while (true) {
      fill(at, FIRST_READ_BYTES);
      if (arrayLimit < 4) {
        return new Found.Nothing(at);
      }
      int word = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
      int length = word & LENGTH_MASK;
      if ((word & NOT_COMPLETE) != 0 || length == 0) {
        return new Found.Nothing(at);
      }
      if ((word & METADATA) == 0 || isEnvelopeNext()) {
        arrayLimit -= 4;
        System.arraycopy(array, 4, array, 0, arrayLimit);
        Found found = readEnvelope(at + 4);
        return found instanceof Found.Nothing ? new Found.Nothing(at) : found;
      }
      long next = align(at + 4 + length);
      if (next > channel.size()) {
        return new Found.Nothing(at);
      }
      at = next;
    }
  }

  /** Metadata never begins so: a bit of the word before an entry has flipped. */
  private boolean isEnvelopeNext() {
    return arrayLimit >= 2 * WORD_BYTES
        && ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN).getInt(WORD_BYTES)
            == EntryCodec.MAGIC;
  }

  /** Reads the entry whose envelope begins at an offset, as a search found it. */
  Found readEnvelopeAt(long envelopeOffset) throws IOException {
    fill(envelopeOffset, FIRST_READ_BYTES);
    return readEnvelope(envelopeOffset);
  }

  /**
   * Searches for the next envelope that is whole, belongs to this segment and has at least a given
   * sequence. Reads the rest of the file.
   *
   * @param offset where to begin
   */
  Found search(long offset, long minSequence) throws IOException {
    long size = channel.size();
    byte[] window = new byte[SEARCH_BYTES];
    ByteBuffer words = ByteBuffer.wrap(window).order(ByteOrder.LITTLE_ENDIAN);
    long at = align(offset);
    while (at < size) {
      int limit = readInto(window, at, window.length);
      if (limit < 4) {
        break;
      }
      long next = at + (limit & ~3);
      for (int i = 0; i + 4 <= limit; i += 4) {
        if (words.getInt(i) != EntryCodec.MAGIC) {
          continue;
        }
        Found found = readEnvelopeAt(at + i);
        if (found instanceof Found.Entry entry
            && entry.envelope().index().sequence() < minSequence) {
          // Whole, but not wanted: nor is anything inside its payload.
          next = entry.nextOffset();
          break;
        }
        if (!(found instanceof Found.Nothing)) {
          return found;
        }
      }
      at = next;
    }
    return new Found.Nothing(align(offset));
  }

  /** The segment's header, when it is whole and stands where it belongs. */
  Optional<SegmentHeader> header() throws IOException {
    if (read(0) instanceof Found.Entry entry && entry.envelope().isSegmentHeader()) {
      return Optional.of(
          EntryCodec.decodeSegmentHeader(entry.envelope(), array, entry.envelope().headerBytes()));
    }
    return Optional.empty();
  }

  /** Whether nothing but metadata, and perhaps the mark of the end, stands from an offset on. */
  boolean isEmptyFrom(long offset) throws IOException {
    if (!(read(offset) instanceof Found.Nothing nothing)) {
      return false;
    }
    long end = nothing.offset();
    long contentEnd = endOfContent(end);
    return contentEnd == end
        || (contentEnd == end + END_MARK_BYTES
            && fill(end, END_MARK_BYTES)
            && ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN).getInt(0) == END_MARK);
  }

  /** Offset behind the last byte of the file, from an offset on, that is not zero. */
  long endOfContent(long from) throws IOException {
    byte[] window = new byte[SEARCH_BYTES];
    long end = channel.size();
    while (end > from) {
      long begin = Math.max(from, end - window.length);
      int limit = readInto(window, begin, (int) (end - begin));
      for (int i = limit - 1; i >= 0; i--) {
        if (window[i] != 0) {
          return begin + i + 1;
        }
      }
      end = begin;
    }
    return from;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Reads on from an envelope's first bytes, which {@link #array} holds. */
  private Found readEnvelope(long offset) throws IOException {
    HeaderCheck check = EntryCodec.check(array, 0, arrayLimit);
    if (check == HeaderCheck.NEWER) {
      return new Found.Newer(offset, EntryCodec.versionOf(array, 0));
    }
    if (check == HeaderCheck.INVALID) {
      return new Found.Nothing(offset);
    }
    Envelope envelope = EntryCodec.decode(array, 0);
    if (envelope.index().segment() != segment) {
      return new Found.Nothing(offset);
    }
    if (envelope.totalBytes() > arrayLimit && !fill(offset, envelope.totalBytes())) {
      // Zeros at the end of a file are trimmed, also those that a payload ends with.
      Arrays.fill(array, arrayLimit, envelope.totalBytes(), (byte) 0);
      arrayLimit = envelope.totalBytes();
    }
    if (EntryCodec.crcOf(array, envelope.headerBytes(), envelope.payloadBytes())
        != envelope.payloadCrc()) {
      return new Found.Nothing(offset);
    }
    return new Found.Entry(envelope, offset, align(offset + envelope.totalBytes()));
  }

  /**
   * Makes at least {@code length} bytes from an offset available in {@link #array}, as far as the
   * file goes.
   *
   * @return false when the file ends before
   */
  private boolean fill(long offset, int length) throws IOException {
    int wanted = Math.max(length, FIRST_READ_BYTES);
    if (array.length < wanted || (array.length > KEPT_ARRAY_BYTES && wanted < MAX_READ_BYTES)) {
      array = new byte[Math.max(wanted, Math.min(2 * array.length, KEPT_ARRAY_BYTES))];
    }
    arrayLimit = readInto(array, offset, wanted);
    return arrayLimit >= length;
  }

  /** In pieces: the JDK keeps a direct buffer as large as the largest piece for each thread. */
  private int readInto(byte[] target, long offset, int length) throws IOException {
    int filled = 0;
    while (filled < length) {
      ByteBuffer piece = ByteBuffer.wrap(target, filled, Math.min(length - filled, MAX_READ_BYTES));
      int count = channel.read(piece, offset + filled);
      if (count < 0) {
        break;
      }
      filled += count;
    }
    return filled;
  }

  private static long align(long offset) {
    return (offset + 3) & ~3L;
  }
}
