package io.duckspool.receiver.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.receiver.FakeSpool;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyBufferTest {

  private final InFlightBytes memory = new InFlightBytes(1 << 24);
  private final Admission admission =
      new Admission(memory, new FakeSpool(), OptionalLong.empty(), System::nanoTime);
  private final ChunkPool pool = new ChunkPool(1 << 20);

  private static void fill(BodyBuffer buffer, byte[] body, int most, Random random)
      throws ExportError {
    int sent = 0;
    while (sent < body.length) {
      byte[] tail = buffer.tail();
      int room = Math.min(tail.length - buffer.tailOffset(), body.length - sent);
      int count = 1 + random.nextInt(Math.min(room, most));
      System.arraycopy(body, sent, tail, buffer.tailOffset(), count);
      buffer.advance(count);
      sent += count;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, true", "16383, true", "16384, true", "16385, true", "65536, true", "1000000, true",
    "1, false", "16383, false", "16384, false", "16385, false", "65536, false", "1000000, false"
  })
  void aBody_isJoinedAsItArrived_andCountsWhatItHolds(int bytes, boolean isAnnounced)
      throws ExportError {
    Random random = new Random(bytes);
    byte[] body = new byte[bytes];
    random.nextBytes(body);
    try (Claim claim = admission.admit(0)) {
      BodyBuffer buffer = new BodyBuffer(claim, pool, isAnnounced ? bytes : -1, 1 << 20);
      assertEquals(0, memory.reservedBytes());
      fill(buffer, body, 9_000, random);
      assertEquals(isAnnounced, buffer.isFull());
      assertArrayEquals(body, buffer.join());
      assertEquals(bytes, memory.reservedBytes());
      assertEquals(bytes, memory.payloadBytes());
    }
    assertEquals(0, memory.reservedBytes());
    assertEquals(0, memory.payloadBytes());
    assertEquals(0, admission.claims());
  }

  @ParameterizedTest
  @ValueSource(ints = {100_000, 1_000_000})
  void anAnnouncedBody_holdsWhatArrived_untilAQuarterIsThere(int bytes) throws ExportError {
    Random random = new Random(1);
    try (Claim claim = admission.admit(0)) {
      BodyBuffer buffer = new BodyBuffer(claim, pool, bytes, 1 << 20);
      fill(buffer, new byte[bytes / 4 - 1], 1_000, random);
      assertTrue(memory.reservedBytes() <= bytes / 4 + ChunkPool.CHUNK_BYTES);
      fill(buffer, new byte[ChunkPool.CHUNK_BYTES + 1], 1_000, random);
      assertEquals(bytes, memory.reservedBytes());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 100})
  void aByteOverTheLimit_isRefused(long announcedBytes) throws ExportError {
    try (Claim claim = admission.admit(0)) {
      BodyBuffer buffer = new BodyBuffer(claim, pool, announcedBytes, 100);
      fill(buffer, new byte[100], 100, new Random(1));
      if (announcedBytes < 0) {
        buffer.tail();
        ExportError error = assertThrows(ExportError.class, () -> buffer.advance(1));
        assertEquals(ExportError.Kind.PAYLOAD_TOO_LARGE, error.kind());
      } else {
        assertTrue(buffer.isFull());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 4_000_000})
  void memoryThatIsNotThere_isRefused_beforeItIsAllocated(long announcedBytes) throws ExportError {
    InFlightBytes little = new InFlightBytes(50_000);
    Admission admitting =
        new Admission(little, new FakeSpool(), OptionalLong.empty(), System::nanoTime);
    try (Claim claim = admitting.admit(0)) {
      BodyBuffer buffer = new BodyBuffer(claim, pool, announcedBytes, 1 << 23);
      ExportError error =
          assertThrows(
              ExportError.class, () -> fill(buffer, new byte[60_000], 8_000, new Random(1)));
      assertEquals(ExportError.Kind.UNAVAILABLE, error.kind());
      assertTrue(little.reservedBytes() <= 50_000);
    }
    assertEquals(0, little.reservedBytes());
  }
}
