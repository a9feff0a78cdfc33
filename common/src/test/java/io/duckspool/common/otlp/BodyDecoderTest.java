package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyDecoderTest {

  private static final int MAX_BYTES = 1 << 20;

  @ParameterizedTest
  @EnumSource(ContentCoding.class)
  void whatWasCompressed_comesBack_whateverTheChunks(ContentCoding coding) throws Exception {
    for (int size : new int[] {0, 1, 100, 8192, 8193, 300_000, MAX_BYTES}) {
      byte[] plain = sample(size);
      byte[] encoded = encode(coding, plain);
      assertArrayEquals(plain, decode(coding, encoded, MAX_BYTES, encoded.length));
      assertArrayEquals(plain, decode(coding, encoded, MAX_BYTES, 1009));
      if (size < 10_000) {
        assertArrayEquals(plain, decode(coding, encoded, MAX_BYTES, 1));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ContentCoding.class)
  void aBodyAtTheLimit_isTaken_andOneByteMoreIsNot(ContentCoding coding) throws Exception {
    for (int limit : new int[] {1, 5000, 8192, 70_000}) {
      byte[] fits = encode(coding, sample(limit));
      byte[] over = encode(coding, sample(limit + 1));
      assertEquals(limit, decode(coding, fits, limit, 777).length);
      assertEquals(limit, decode(coding, fits, limit, fits.length).length);
      assertThrows(OtlpTooLargeException.class, () -> decode(coding, over, limit, over.length));
      assertThrows(OtlpTooLargeException.class, () -> decode(coding, over, limit, 777));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ContentCoding.class,
      names = {"GZIP", "DEFLATE", "ZSTD"})
  void aBomb_stopsAtTheLimit_withNoMoreMemoryThanThat(ContentCoding coding) throws Exception {
    byte[] bomb = encode(coding, new byte[64 << 20]);
    assertTrue(bomb.length < 1 << 20);
    CountingBudget budget = new CountingBudget(Long.MAX_VALUE);
    try (BodyDecoder decoder = new BodyDecoder(coding, MAX_BYTES, budget)) {
      assertThrows(OtlpTooLargeException.class, () -> decoder.feed(bomb, 0, bomb.length));
      assertTrue(budget.highest <= 2 * MAX_BYTES, "reserved " + budget.highest);
    }
    assertEquals(0, budget.reserved);
  }

  @ParameterizedTest
  @EnumSource(ContentCoding.class)
  void aBudgetThatRefuses_endsTheDecoding_andGetsEverythingBack(ContentCoding coding)
      throws Exception {
    byte[] encoded = encode(coding, sample(500_000));
    for (long room : new long[] {0, 8192, 100_000, 499_999}) {
      CountingBudget budget = new CountingBudget(room);
      try (BodyDecoder decoder = new BodyDecoder(coding, MAX_BYTES, budget)) {
        assertThrows(
            BudgetExhaustedException.class, () -> decoder.feed(encoded, 0, encoded.length));
        assertTrue(budget.reserved <= room);
      }
      assertEquals(0, budget.reserved);
    }
  }

  @Test
  void theBudget_holdsWhatTheArrayTakes_untilTheDecoderIsClosed() throws Exception {
    CountingBudget budget = new CountingBudget(Long.MAX_VALUE);
    byte[] encoded = encode(ContentCoding.GZIP, sample(300_000));
    BodyDecoder decoder = new BodyDecoder(ContentCoding.GZIP, MAX_BYTES, budget);
    decoder.feed(encoded, 0, encoded.length);
    decoder.finish();
    assertEquals(decoder.bytes().length, budget.reserved);
    decoder.close();
    decoder.close();
    assertEquals(0, budget.reserved);
  }

  @ParameterizedTest
  @EnumSource(
      value = ContentCoding.class,
      names = {"GZIP", "DEFLATE", "ZSTD"})
  void aStreamThatIsCutAnywhere_isMalformed(ContentCoding coding) throws Exception {
    byte[] encoded = encode(coding, sample(300));
    for (int length = 0; length < encoded.length; length++) {
      byte[] cut = Arrays.copyOf(encoded, length);
      assertThrows(
          MalformedOtlpException.class,
          () -> decode(coding, cut, MAX_BYTES, Math.max(1, cut.length)),
          coding + " cut at " + length);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ContentCoding.class,
      names = {"GZIP", "DEFLATE", "ZSTD"})
  void bytesBehindTheStream_areMalformed(ContentCoding coding) throws Exception {
    byte[] encoded = encode(coding, sample(300));
    for (int garbage : new int[] {0, 1, 0x1F, 0xFF}) {
      byte[] longer = Arrays.copyOf(encoded, encoded.length + 1);
      longer[encoded.length] = (byte) garbage;
      for (int chunk : new int[] {1, encoded.length, longer.length}) {
        assertThrows(
            MalformedOtlpException.class,
            () -> decode(coding, longer, MAX_BYTES, chunk),
            coding + " and " + garbage + " in chunks of " + chunk);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ContentCoding.class,
      names = {"GZIP", "DEFLATE", "ZSTD"})
  void flippedBits_giveOurOwnExceptionOrBytes_neverAnother(ContentCoding coding) throws Exception {
    byte[] encoded = encode(coding, sample(2000));
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] damaged = encoded.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        decode(coding, damaged, MAX_BYTES, 1 + random.nextInt(damaged.length));
      } catch (MalformedOtlpException | OtlpTooLargeException e) {
        refused++;
      }
    }
    assertTrue(refused > 1000, "refused " + refused);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 10_000})
  void severalMembers_areReadToTheEnd(int chunk) throws Exception {
    byte[] first = sample(5000);
    byte[] second = sample(20);
    for (ContentCoding coding : new ContentCoding[] {ContentCoding.GZIP, ContentCoding.ZSTD}) {
      byte[] encoded =
          concat(encode(coding, first), encode(coding, new byte[0]), encode(coding, second));
      assertArrayEquals(concat(first, second), decode(coding, encoded, MAX_BYTES, chunk));
    }
  }

  @Test
  void rawDeflate_isTaken_asWellAsZlib() throws Exception {
    byte[] plain = sample(5000);
    for (int level : new int[] {0, 1, 6, 9}) {
      for (boolean raw : new boolean[] {true, false}) {
        byte[] encoded = deflate(plain, level, raw);
        assertArrayEquals(plain, decode(ContentCoding.DEFLATE, encoded, MAX_BYTES, 1));
        assertArrayEquals(plain, decode(ContentCoding.DEFLATE, encoded, MAX_BYTES, 99_999));
      }
    }
  }

  @Test
  void aGzipHeader_mayHaveEveryOptionalPart() throws Exception {
    byte[] plain = sample(100);
    byte[] raw = deflate(plain, 6, true);
    byte[] header = {
      0x1F, (byte) 0x8B, 8, 1 + 2 + 4 + 8 + 16, 1, 2, 3, 4, 0, 3, 2, 0, 9, 0, 'n', 0, 'c', 'c', 0
    };
    CRC32 crc = new CRC32();
    crc.update(header);
    int headerCrc = (int) crc.getValue() & 0xFFFF;
    crc.reset();
    crc.update(plain);
    byte[] encoded =
        concat(
            header,
            new byte[] {(byte) headerCrc, (byte) (headerCrc >> 8)},
            raw,
            littleEndian((int) crc.getValue()),
            littleEndian(plain.length));
    assertArrayEquals(plain, decode(ContentCoding.GZIP, encoded, MAX_BYTES, 1));
    assertArrayEquals(plain, decode(ContentCoding.GZIP, encoded, MAX_BYTES, encoded.length));
    encoded[header.length] ^= 1;
    assertThrows(
        MalformedOtlpException.class, () -> decode(ContentCoding.GZIP, encoded, MAX_BYTES, 50));
  }

  @Test
  void aZstdStreamWithoutItsSize_isTaken() throws Exception {
    byte[] plain = sample(400_000);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZstdOutputStream zstd = new ZstdOutputStream(out, 19)) {
      for (int i = 0; i < plain.length; i += 1000) {
        zstd.write(plain, i, Math.min(1000, plain.length - i));
        zstd.flush();
      }
    }
    assertArrayEquals(plain, decode(ContentCoding.ZSTD, out.toByteArray(), MAX_BYTES, 333));
  }

  @Test
  void headers_nameTheCodingsInAnyCase() {
    assertEquals(ContentCoding.GZIP, ContentCoding.ofHeader(" X-GZip ").orElseThrow());
    assertEquals(ContentCoding.GZIP, ContentCoding.ofHeader("gzip").orElseThrow());
    assertEquals(ContentCoding.DEFLATE, ContentCoding.ofHeader("deflate").orElseThrow());
    assertEquals(ContentCoding.ZSTD, ContentCoding.ofHeader("zstd").orElseThrow());
    assertEquals(ContentCoding.IDENTITY, ContentCoding.ofHeader("identity").orElseThrow());
    assertTrue(ContentCoding.ofHeader("br").isEmpty());
    assertTrue(ContentCoding.ofHeader("gzip, zstd").isEmpty());
  }

  private static byte[] decode(ContentCoding coding, byte[] encoded, int maxBytes, int chunk)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    try (BodyDecoder decoder = new BodyDecoder(coding, maxBytes, ByteBudget.UNLIMITED)) {
      for (int at = 0; at < encoded.length; at += chunk) {
        decoder.feed(encoded, at, Math.min(chunk, encoded.length - at));
      }
      decoder.finish();
      return Arrays.copyOf(decoder.bytes(), decoder.length());
    }
  }

  private static byte[] encode(ContentCoding coding, byte[] plain) throws IOException {
    return switch (coding) {
      case IDENTITY -> plain;
      case DEFLATE -> deflate(plain, 6, false);
      case ZSTD -> {
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
          yield context.setChecksum(true).compress(plain);
        }
      }
      case GZIP -> {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
          gzip.write(plain);
        }
        yield out.toByteArray();
      }
    };
  }

  private static byte[] deflate(byte[] plain, int level, boolean raw) {
    Deflater deflater = new Deflater(level, raw);
    deflater.setInput(plain);
    deflater.finish();
    byte[] out = new byte[plain.length + plain.length / 10 + 100];
    int length = deflater.deflate(out);
    deflater.end();
    return Arrays.copyOf(out, length);
  }

  /** Half of it repeats. */
  private static byte[] sample(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    Arrays.fill(bytes, 0, size / 2, (byte) 'x');
    return bytes;
  }

  private static byte[] littleEndian(int value) {
    return new byte[] {
      (byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)
    };
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static final class CountingBudget implements ByteBudget {
    private final long limit;
    private long reserved;
    private long highest;

    CountingBudget(long limit) {
      this.limit = limit;
    }

    @Override
    public boolean tryReserve(long bytes) {
      if (reserved + bytes > limit) {
        return false;
      }
      reserved += bytes;
      highest = Math.max(highest, reserved);
      return true;
    }

    @Override
    public void release(long bytes) {
      reserved -= bytes;
    }
  }
}
