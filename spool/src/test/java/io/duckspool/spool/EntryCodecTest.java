package io.duckspool.spool;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.EntryCodec.HeaderCheck;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** The golden files were computed from the drawing in {@link EntryCodec}, not by its code. */
class EntryCodecTest {

  private static final EntryMeta META =
      new EntryMeta(
          2, 3, 1, 512, 1_795_348_800_123_456_789L, 0x0011223344556677L, 0x8899aabbccddeeffL);
  private static final SpoolPosition AFTER =
      new SpoolPosition(new SpoolIndex(91_234_567, 43), 1000, 50_000, 7_777_777);
  private static final byte[] PAYLOAD = "hello, spool".getBytes(StandardCharsets.US_ASCII);
  private static final SegmentHeader SEGMENT_HEADER =
      new SegmentHeader(
          "0123456789abcdef0123456789abcdef",
          "fedcba9876543210fedcba9876543210",
          91_234_567,
          91_234_566,
          new SpoolPosition(new SpoolIndex(91_234_567, 0), 999, 49_488, 7_777_765),
          new SpoolPosition(new SpoolIndex(91_234_566, 100), 999, 49_488, 7_777_765),
          1_795_348_800_000_000_000L);

  @Test
  void anEntryIsWrittenAsInTheGoldenFile() throws IOException {
    assertArrayEquals(golden("entry-v1.bin"), encoded());
  }

  @Test
  void anEntryReadsBackFromTheGoldenFile() throws IOException {
    byte[] golden = golden("entry-v1.bin");
    assertEquals(HeaderCheck.VALID, EntryCodec.check(golden, 0, golden.length));
    Envelope envelope = EntryCodec.decode(golden, 0);
    assertEquals(META, envelope.meta());
    assertEquals("00112233445566778899aabbccddeeff", envelope.meta().requestId());
    assertEquals(AFTER, envelope.after());
    assertEquals(new SpoolIndex(91_234_567, 42), envelope.index());
    assertEquals(
        new SpoolPosition(new SpoolIndex(91_234_567, 42), 999, 49_488, 7_777_765),
        envelope.before());
    assertFalse(envelope.isSegmentHeader());
    assertEquals(PAYLOAD.length, envelope.payloadBytes());
    assertEquals(EntryCodec.crcOf(PAYLOAD, 0, PAYLOAD.length), envelope.payloadCrc());
    assertEquals(golden.length, envelope.totalBytes());
  }

  @Test
  void aSegmentHeaderIsWrittenAndReadAsInTheGoldenFile() throws IOException {
    byte[] golden = golden("segment-header-v1.bin");
    assertArrayEquals(golden, EntryCodec.encode(SEGMENT_HEADER));
    Envelope envelope = EntryCodec.decode(golden, 0);
    assertTrue(envelope.isSegmentHeader());
    assertEquals(SEGMENT_HEADER, EntryCodec.decodeSegmentHeader(envelope, golden, 92));
  }

  @Test
  void truncationAtAnyByteIsInvalid() {
    byte[] whole = encoded();
    for (int length = 0; length < EntryCodec.HEADER_BYTES; length++) {
      assertEquals(HeaderCheck.INVALID, EntryCodec.check(whole, 0, length));
      byte[] cut = Arrays.copyOf(Arrays.copyOf(whole, length), whole.length);
      assertEquals(HeaderCheck.INVALID, EntryCodec.check(cut, 0, cut.length));
    }
  }

  @Test
  void anyFlippedBitOfTheEnvelopeIsInvalid() {
    byte[] whole = encoded();
    for (int bit = 0; bit < 8 * EntryCodec.HEADER_BYTES; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertEquals(HeaderCheck.INVALID, EntryCodec.check(flipped, 0, flipped.length), "bit " + bit);
    }
  }

  @Test
  void anyFlippedBitOfThePayloadChangesItsChecksum() {
    int crc = EntryCodec.crcOf(PAYLOAD, 0, PAYLOAD.length);
    for (int bit = 0; bit < 8 * PAYLOAD.length; bit++) {
      byte[] flipped = PAYLOAD.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertTrue(crc != EntryCodec.crcOf(flipped, 0, flipped.length));
    }
  }

  @Test
  void aLaterVersionIsToldFromDamage() {
    byte[] newer = encoded();
    newer[4] = 2;
    assertEquals(HeaderCheck.INVALID, EntryCodec.check(newer, 0, newer.length));
    sealHeader(newer);
    assertEquals(HeaderCheck.NEWER, EntryCodec.check(newer, 0, newer.length));
    assertEquals(2, EntryCodec.versionOf(newer, 0));
    newer[4] = 0;
    sealHeader(newer);
    assertEquals(HeaderCheck.INVALID, EntryCodec.check(newer, 0, newer.length));
  }

  @Property(tries = 2000)
  void fieldsOutOfBoundsNeverThrow_evenUnderAGoodChecksum(
      @ForAll @IntRange(min = 8, max = 83) int at, @ForAll long value) {
    byte[] bytes = encoded();
    for (int i = at; i < Math.min(84, at + 8); i++) {
      bytes[i] = (byte) (value >>> 8 * (i - at));
    }
    sealHeader(bytes);
    if (EntryCodec.check(bytes, 0, bytes.length) == HeaderCheck.VALID) {
      EntryCodec.decode(bytes, 0).before();
    }
  }

  @Property(tries = 500)
  void everyEntryReadsBackTheSame(
      @ForAll @IntRange(max = 255) int signal,
      @ForAll @LongRange(max = 0xFFFF_FFFFL) long rows,
      @ForAll @LongRange(max = Long.MAX_VALUE / 2) long counter,
      @ForAll @IntRange(max = 268_435_456) int payloadBytes,
      @ForAll long id) {
    EntryMeta meta = new EntryMeta(signal, 255 - signal, signal, rows, counter, id, ~id);
    SpoolPosition after =
        new SpoolPosition(
            new SpoolIndex(counter % 1000, 1 + counter % 0xFFFF_FFFEL),
            counter + 1,
            counter + rows,
            counter + payloadBytes);
    byte[] bytes = new byte[EntryCodec.HEADER_BYTES];
    EntryCodec.encode(bytes, meta, after, payloadBytes, (int) id);
    boolean isEntry = after.next().sequence() > 1;
    assertEquals(
        isEntry ? HeaderCheck.VALID : HeaderCheck.INVALID,
        EntryCodec.check(bytes, 0, bytes.length));
    Envelope envelope = EntryCodec.decode(bytes, 0);
    assertEquals(meta, envelope.meta());
    assertEquals(after, envelope.after());
    assertEquals(payloadBytes, envelope.payloadBytes());
    assertEquals((int) id, envelope.payloadCrc());
  }

  private static byte[] encoded() {
    byte[] bytes = new byte[EntryCodec.HEADER_BYTES + PAYLOAD.length];
    int crc = EntryCodec.crcOf(ByteBuffer.wrap(PAYLOAD));
    byte[] envelope = new byte[EntryCodec.HEADER_BYTES];
    EntryCodec.encode(envelope, META, AFTER, PAYLOAD.length, crc);
    System.arraycopy(envelope, 0, bytes, 0, envelope.length);
    System.arraycopy(PAYLOAD, 0, bytes, envelope.length, PAYLOAD.length);
    return bytes;
  }

  private static void sealHeader(byte[] bytes) {
    byte[] covered = new byte[88];
    System.arraycopy(bytes, 0, covered, 0, 84);
    System.arraycopy(bytes, 88, covered, 84, 4);
    ByteBuffer.wrap(bytes)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .putInt(84, EntryCodec.crcOf(covered, 0, covered.length));
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(EntryCodecTest.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    }
  }
}
