package io.duckspool.common.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Small bodies that become large ones: what is inflated, and what is held, ends at the limit. */
class BombTest {

  private static final int LIMIT = 1 << 20;
  private static final int CHUNK = 256;
  private static final byte[] PLAIN = new byte[64 * LIMIT];

  /** Asks for what it gets, and keeps the largest sum. */
  private static final class Meter implements ByteBudget {
    private long reserved;
    private long highest;

    @Override
    public boolean tryReserve(long bytes) {
      reserved += bytes;
      highest = Math.max(highest, reserved);
      return true;
    }

    @Override
    public void release(long bytes) {
      reserved -= bytes;
    }
  }

  private static Stream<Arguments> bombs() throws IOException {
    byte[] sixtyFourth = Arrays.copyOf(PLAIN, LIMIT);
    return Stream.of(
        Arguments.of("gzip", ContentCoding.GZIP, gzip(PLAIN)),
        Arguments.of("64 gzip members", ContentCoding.GZIP, repeat(gzip(sixtyFourth), 64)),
        Arguments.of("zlib", ContentCoding.DEFLATE, deflate(PLAIN, false)),
        Arguments.of("raw deflate", ContentCoding.DEFLATE, deflate(PLAIN, true)),
        Arguments.of("zstd", ContentCoding.ZSTD, zstdWithoutSize(PLAIN)),
        Arguments.of("64 zstd frames", ContentCoding.ZSTD, repeat(Zstd.compress(sixtyFourth), 64)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bombs")
  void aBomb_isInflatedUpToTheLimit_andNoFurther(String name, ContentCoding coding, byte[] bomb) {
    assertTrue(PLAIN.length / bomb.length > 500, "1:" + PLAIN.length / bomb.length);
    Meter meter = new Meter();
    int fed = 0;
    boolean isStopped = false;
    try (BodyDecoder decoder = new BodyDecoder(coding, LIMIT, meter)) {
      while (!isStopped && fed < bomb.length) {
        int count = Math.min(CHUNK, bomb.length - fed);
        int from = fed;
        fed += count;
        try {
          decoder.feed(bomb, from, count);
        } catch (OtlpTooLargeException e) {
          isStopped = true;
        } catch (MalformedOtlpException | BudgetExhaustedException e) {
          throw new AssertionError(e);
        }
        assertTrue(decoder.length() <= LIMIT, "inflated " + decoder.length());
      }
    }
    assertTrue(isStopped);
    assertTrue(meter.highest <= 2 * LIMIT, "held " + meter.highest);
    // A 64th of the bomb is the limit; a zstd block is 128 KiB, inflated at once.
    assertTrue(fed <= bomb.length / 64 + 2 * CHUNK + 64, "fed " + fed + " of " + bomb.length);
    assertEquals(0, meter.reserved);
  }

  @Test
  void aBombInABomb_isInflatedOnce() throws Exception {
    byte[] nested = gzip(gzip(PLAIN));
    Meter meter = new Meter();
    try (BodyDecoder decoder = new BodyDecoder(ContentCoding.GZIP, LIMIT, meter)) {
      decoder.feed(nested, 0, nested.length);
      decoder.finish();
      assertEquals(gzip(PLAIN).length, decoder.length());
      assertTrue(meter.highest <= 4L * decoder.length(), "held " + meter.highest);
    }
  }

  /** A million members of nothing are a million headers to read, and hold nothing. */
  @Test
  void membersOfNothing_holdNothing() throws Exception {
    byte[] members = repeat(gzip(new byte[0]), 50_000);
    Meter meter = new Meter();
    try (BodyDecoder decoder = new BodyDecoder(ContentCoding.GZIP, LIMIT, meter)) {
      decoder.feed(members, 0, members.length);
      decoder.finish();
      assertEquals(0, decoder.length());
      assertTrue(meter.highest <= 8 << 10, "held " + meter.highest);
    }
  }

  /** The window is memory of the library, which no budget counts. */
  @Test
  void aZstdWindow_largerThanTheBodyMayBe_isRefused() {
    byte[] frame;
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      context.setLevel(1).setLong(27).setContentSize(false);
      frame = context.compress(PLAIN);
    }
    try (BodyDecoder decoder = new BodyDecoder(ContentCoding.ZSTD, LIMIT, new Meter())) {
      MalformedOtlpException e =
          assertThrows(
              MalformedOtlpException.class,
              () -> decoder.feed(frame, 0, Math.min(frame.length, 64)));
      assertTrue(e.getMessage().contains("too much memory"), e.getMessage());
    }
  }

  private static byte[] gzip(byte[] body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(new GZIPOutputStream(bytes), body);
    return bytes.toByteArray();
  }

  private static byte[] deflate(byte[] body, boolean isRaw) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(new DeflaterOutputStream(bytes, new Deflater(6, isRaw)), body);
    return bytes.toByteArray();
  }

  private static byte[] zstdWithoutSize(byte[] body) {
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      return context.setContentSize(false).compress(body);
    }
  }

  private static byte[] repeat(byte[] part, int count) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  private static void write(OutputStream out, byte[] body) throws IOException {
    try (out) {
      out.write(body);
    }
  }
}
