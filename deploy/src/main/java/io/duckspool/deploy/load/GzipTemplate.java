package io.duckspool.deploy.load;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;

/**
 * A gzip member compressed beforehand in which the digits of the stamps can be written in place.
 *
 * <pre>
 * header, 10 bytes
 * for each stamp:
 *   deflate blocks of what stands before the digits, ended on a byte boundary (a sync flush)
 *   a stored block: 00, length 12 u16, its complement u16, the 12 digits
 * deflate blocks of the rest, an empty last block
 * crc32 u32, length u32, little-endian
 * </pre>
 *
 * The compressor sees the whole text before a block, so the rate is near that of one pass; but
 * never the digits, which no block may refer back to. Immutable.
 */
final class GzipTemplate {
  /** For requests that aren't compressed. */
  static final GzipTemplate NONE = new GzipTemplate(new byte[0], new int[0]);

  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};
  private static final byte[] LAST_BLOCK = {1, 0, 0, (byte) 0xff, (byte) 0xff};
  private static final byte[] DIGITS_BLOCK = {0, Stamp.DIGITS, 0, ~Stamp.DIGITS, (byte) 0xff};
  private static final int TRAILER_BYTES = 8;

  /** How far deflate may look back (RFC 1951). */
  private static final int WINDOW_BYTES = 32 * 1024;

  private final byte[] bytes;
  private final int[] offsets;

  private GzipTemplate(byte[] bytes, int[] offsets) {
    this.bytes = bytes;
    this.offsets = offsets;
  }

  /**
   * Compresses a template.
   *
   * @param decoded borrowed until return
   * @param offsets {@code offsets[k]}: where the digits of stamp k begin, ascending
   */
  static GzipTemplate of(byte[] decoded, int[] offsets) {
    GzipTemplate template = compress(decoded, offsets, true);
    // What stands for the digits in the window may by chance be found in the text, too.
    return template.isRight(decoded, offsets) ? template : compress(decoded, offsets, false);
  }

  int byteCount() {
    return bytes.length;
  }

  byte[] copy() {
    return bytes.clone();
  }

  /**
   * Writes the digits of consecutive sequence numbers, and the check sum.
   *
   * @param compressed a {@link #copy}, changed
   * @param decoded the text with these stamps, borrowed until return
   */
  void stamp(byte[] compressed, long firstSequence, byte[] decoded) {
    long sequence = firstSequence;
    for (int offset : offsets) {
      Stamp.write(sequence++, compressed, offset);
    }
    CRC32 sum = new CRC32();
    sum.update(decoded);
    ByteBuffer.wrap(compressed)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(compressed.length - TRAILER_BYTES, (int) sum.getValue())
        .putInt(compressed.length - TRAILER_BYTES / 2, decoded.length);
  }

  private static GzipTemplate compress(byte[] decoded, int[] offsets, boolean hasWindow) {
    byte[] window = decoded.clone();
    for (int offset : offsets) {
      Arrays.fill(window, offset, offset + Stamp.DIGITS, (byte) 0xff);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(HEADER);
    int[] compressedOffsets = new int[offsets.length];
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try {
      int from = 0;
      for (int k = 0; k <= offsets.length; k++) {
        int to = k == offsets.length ? decoded.length : offsets[k];
        deflater.reset();
        int seen = hasWindow ? Math.min(from, WINDOW_BYTES) : 0;
        if (seen > 0) {
          deflater.setDictionary(window, from - seen, seen);
        }
        deflate(deflater, decoded, from, to, out);
        if (k < offsets.length) {
          out.writeBytes(DIGITS_BLOCK);
          compressedOffsets[k] = out.size();
          out.write(decoded, to, Stamp.DIGITS);
          from = to + Stamp.DIGITS;
        }
      }
    } finally {
      deflater.end();
    }
    out.writeBytes(LAST_BLOCK);
    out.writeBytes(new byte[TRAILER_BYTES]);
    return new GzipTemplate(out.toByteArray(), compressedOffsets);
  }

  private static void deflate(
      Deflater deflater, byte[] decoded, int from, int to, ByteArrayOutputStream out) {
    byte[] buffer = new byte[4096];
    deflater.setInput(decoded, from, to - from);
    int count;
    do {
      count = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
      out.write(buffer, 0, count);
      // A full buffer: there may be more.
    } while (count == buffer.length);
  }

  /** Whether other digits come out again, and all else as it was. */
  private boolean isRight(byte[] decoded, int[] decodedOffsets) {
    byte[] changed = decoded.clone();
    long first = Stamp.MAX_SEQUENCE - offsets.length;
    for (int k = 0; k < decodedOffsets.length; k++) {
      Stamp.write(first + k, changed, decodedOffsets[k]);
    }
    byte[] compressed = copy();
    stamp(compressed, first, changed);
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
      return Arrays.equals(changed, in.readAllBytes());
    } catch (IOException e) {
      return false;
    }
  }
}
