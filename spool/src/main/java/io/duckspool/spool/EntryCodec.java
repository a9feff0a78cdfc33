package io.duckspool.spool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * Writes and reads the envelope of an entry. Little-endian, 92 bytes in version 1:
 *
 * <pre>
 * offset size
 *      0    4  magic              44 53 50 31, "DSP1"
 *      4    1  version            1
 *      5    1  flags              bit 0: segment header
 *      6    2  headerLen          92; the payload begins there
 *      8    8  segment
 *     16    8  sequence           dense from 0 in each segment; 0 is the segment header
 *     24    8  receivedAtUnixNanos
 *     32    8  cumulativeEntries  over the life of the spool, this entry included
 *     40    8  cumulativeRows     likewise
 *     48    8  cumulativeBytes    likewise: payload bytes as received
 *     56    4  rows
 *     60    1  signal             code
 *     61    1  format             code
 *     62    1  encoding           code
 *     63    1  0
 *     64   16  request id
 *     80    4  payloadLen
 *     84    4  headerCrc32c       over bytes [0, 84) and [88, headerLen)
 *     88    4  payloadCrc32c      over the payload
 *     92    -  payload, as received
 * </pre>
 *
 * <p>The payload of a segment header (flag bit 0; it is in no counter, its rows are 0), 88 bytes:
 *
 * <pre>
 *      0    4  format version     1
 *      4    4  0
 *      8   16  spool id
 *     24   16  run id
 *     40    8  previous segment   0 in the first
 *     48    8  end of the previous segment: next segment &lt;&lt; 32 | next sequence
 *     56    8  end of the previous segment: cumulativeEntries
 *     64    8                               cumulativeRows
 *     72    8                               cumulativeBytes
 *     80    8  created at, Unix nanoseconds
 * </pre>
 *
 * <p>What later versions must keep: magic, version, headerLen and headerCrc32c stay where they are
 * and mean the same, so that a newer entry is told from a damaged one. Stateless; any thread.
 */
public final class EntryCodec {

  /** The version this code writes. */
  public static final int VERSION = 1;

  /** Length of the envelope. */
  public static final int HEADER_BYTES = 92;

  /** Length of a segment header's payload. */
  public static final int SEGMENT_HEADER_PAYLOAD_BYTES = 88;

  /** "DSP1", read as a little-endian int. */
  public static final int MAGIC = 0x31505344;

  private static final int FLAG_SEGMENT_HEADER = 1;
  private static final int HEADER_CRC_OFFSET = 84;
  private static final int MAX_HEADER_BYTES = 4096;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  /** What {@link #check} found. */
  public enum HeaderCheck {
    /** An envelope of our version whose checksum holds. */
    VALID,
    /** An envelope of a later version whose checksum holds. */
    NEWER,
    /** No envelope, or a damaged one. */
    INVALID
  }

  private EntryCodec() {}

  /** CRC32C from position to limit; the position is left alone. */
  public static int crcOf(ByteBuffer payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload.duplicate());
    return (int) crc.getValue();
  }

  /** CRC32C of a part of an array. */
  public static int crcOf(byte[] array, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(array, offset, length);
    return (int) crc.getValue();
  }

  /**
   * Writes the envelope of an entry.
   *
   * @param array at least {@link #HEADER_BYTES}, written from 0; borrowed until return
   * @param after the position behind the entry; its index is the entry's plus one
   */
  public static void encode(
      byte[] array, EntryMeta meta, SpoolPosition after, int payloadBytes, int payloadCrc) {
    SpoolIndex index =
        new SpoolIndex(after.next().segment(), Math.max(0, after.next().sequence() - 1));
    encode(array, 0, meta, index, after, payloadBytes, payloadCrc);
  }

  /** Envelope and payload of a segment header. */
  public static byte[] encode(SegmentHeader header) {
    byte[] array = new byte[HEADER_BYTES + SEGMENT_HEADER_PAYLOAD_BYTES];
    ByteBuffer payload =
        ByteBuffer.wrap(array, HEADER_BYTES, SEGMENT_HEADER_PAYLOAD_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    payload.putInt(VERSION).putInt(0);
    payload.put(HexFormat.of().parseHex(header.spoolId()));
    payload.put(HexFormat.of().parseHex(header.runId()));
    SpoolPosition end = header.previousEnd();
    payload.putLong(header.previousSegment()).putLong(end.next().toLong());
    payload.putLong(end.entries()).putLong(end.rows()).putLong(end.bytes());
    payload.putLong(header.createdUnixNanos());
    encode(
        array,
        FLAG_SEGMENT_HEADER,
        new EntryMeta(0, 0, 0, 0, header.createdUnixNanos(), 0, 0),
        new SpoolIndex(header.segment(), 0),
        header.start(),
        SEGMENT_HEADER_PAYLOAD_BYTES,
        crcOf(array, HEADER_BYTES, SEGMENT_HEADER_PAYLOAD_BYTES));
    return array;
  }

  private static void encode(
      byte[] array,
      int flags,
      EntryMeta meta,
      SpoolIndex index,
      SpoolPosition after,
      int payloadBytes,
      int payloadCrc) {
    ByteBuffer out = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(MAGIC).put((byte) VERSION).put((byte) flags).putShort((short) HEADER_BYTES);
    out.putLong(index.segment()).putLong(index.sequence()).putLong(meta.receivedUnixNanos());
    out.putLong(after.entries()).putLong(after.rows()).putLong(after.bytes());
    out.putInt((int) meta.rows());
    out.put((byte) meta.signal()).put((byte) meta.format()).put((byte) meta.coding()).put((byte) 0);
    // The id reads as its 32 hex characters do: most significant byte first.
    out.putLong(Long.reverseBytes(meta.requestIdHigh()));
    out.putLong(Long.reverseBytes(meta.requestIdLow()));
    out.putInt(payloadBytes).putInt(0).putInt(payloadCrc);
    out.putInt(HEADER_CRC_OFFSET, headerCrc(array, 0, HEADER_BYTES));
  }

  /**
   * Looks whether an envelope begins at an offset.
   *
   * @param limit end of the bytes that may be read
   */
  public static HeaderCheck check(byte[] array, int offset, int limit) {
    if (limit - offset < HEADER_BYTES || (int) INT.get(array, offset) != MAGIC) {
      return HeaderCheck.INVALID;
    }
    int version = array[offset + 4] & 0xFF;
    int headerBytes = (short) SHORT.get(array, offset + 6) & 0xFFFF;
    if (version == 0
        || headerBytes < HEADER_BYTES
        || headerBytes > MAX_HEADER_BYTES
        || (version == VERSION && headerBytes != HEADER_BYTES)
        || headerBytes > limit - offset
        || headerCrc(array, offset, headerBytes)
            != (int) INT.get(array, offset + HEADER_CRC_OFFSET)) {
      return HeaderCheck.INVALID;
    }
    if (version > VERSION) {
      return HeaderCheck.NEWER;
    }
    return hasSaneFields(ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN), offset)
        ? HeaderCheck.VALID
        : HeaderCheck.INVALID;
  }

  /** The version byte of the envelope at an offset that {@link #check} found newer. */
  public static int versionOf(byte[] array, int offset) {
    return array[offset + 4] & 0xFF;
  }

  /** Reads the envelope at an offset that {@link #check} found valid. */
  public static Envelope decode(byte[] array, int offset) {
    ByteBuffer in = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
    boolean isSegmentHeader = (array[offset + 5] & FLAG_SEGMENT_HEADER) != 0;
    SpoolIndex index = new SpoolIndex(in.getLong(offset + 8), in.getLong(offset + 16));
    EntryMeta meta =
        new EntryMeta(
            array[offset + 60] & 0xFF,
            array[offset + 61] & 0xFF,
            array[offset + 62] & 0xFF,
            in.getInt(offset + 56) & 0xFFFF_FFFFL,
            in.getLong(offset + 24),
            Long.reverseBytes(in.getLong(offset + 64)),
            Long.reverseBytes(in.getLong(offset + 72)));
    SpoolPosition after =
        new SpoolPosition(
            new SpoolIndex(index.segment(), index.sequence() + 1),
            in.getLong(offset + 32),
            in.getLong(offset + 40),
            in.getLong(offset + 48));
    return new Envelope(
        isSegmentHeader,
        HEADER_BYTES,
        index,
        after,
        meta,
        in.getInt(offset + 80),
        in.getInt(offset + 88));
  }

  /**
   * Reads the payload of a segment header.
   *
   * @param array its payload from {@code offset}, {@link #SEGMENT_HEADER_PAYLOAD_BYTES} long, whose
   *     checksum holds
   */
  public static SegmentHeader decodeSegmentHeader(Envelope envelope, byte[] array, int offset) {
    ByteBuffer in = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
    HexFormat hex = HexFormat.of();
    return new SegmentHeader(
        hex.formatHex(array, offset + 8, offset + 24),
        hex.formatHex(array, offset + 24, offset + 40),
        envelope.index().segment(),
        in.getLong(offset + 40),
        envelope.before(),
        new SpoolPosition(
            SpoolIndex.ofLong(in.getLong(offset + 48)),
            in.getLong(offset + 56),
            in.getLong(offset + 64),
            in.getLong(offset + 72)),
        in.getLong(offset + 80));
  }

  /** Bounds that the records check too: a checksum alone must not lead to an exception. */
  private static boolean hasSaneFields(ByteBuffer in, int offset) {
    boolean isSegmentHeader = (in.get(offset + 5) & FLAG_SEGMENT_HEADER) != 0;
    int payloadBytes = in.getInt(offset + 80);
    long segment = in.getLong(offset + 8);
    long sequence = in.getLong(offset + 16);
    long rows = in.getInt(offset + 56) & 0xFFFF_FFFFL;
    return segment >= 0
        && segment <= Integer.MAX_VALUE
        && sequence >= 0
        && sequence < 0xFFFF_FFFFL
        && isSegmentHeader == (sequence == 0)
        && payloadBytes >= 0
        && payloadBytes <= SpoolOptions.LARGEST_ENTRY_BYTES
        && (!isSegmentHeader || payloadBytes == SEGMENT_HEADER_PAYLOAD_BYTES)
        && in.getLong(offset + 24) >= 0
        && in.getLong(offset + 32) >= (isSegmentHeader ? 0 : 1)
        && in.getLong(offset + 40) >= rows
        && in.getLong(offset + 48) >= (isSegmentHeader ? 0 : payloadBytes);
  }

  private static int headerCrc(byte[] array, int offset, int headerBytes) {
    CRC32C crc = new CRC32C();
    crc.update(array, offset, HEADER_CRC_OFFSET);
    crc.update(array, offset + HEADER_CRC_OFFSET + 4, headerBytes - HEADER_CRC_OFFSET - 4);
    return (int) crc.getValue();
  }
}
