package io.duckspool.spool;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What tests of spools share: ids, payloads, clocks that stand still, acks as futures. */
public final class TestSpools {

  public static final String SPOOL_ID = "0123456789abcdef0123456789abcdef";
  public static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

  private static final AtomicLong RUNS = new AtomicLong();

  private TestSpools() {}

  public static String newRunId() {
    return HexFormat.of().toHexDigits(0L) + HexFormat.of().toHexDigits(RUNS.incrementAndGet());
  }

  public static InstantSource clock() {
    return InstantSource.fixed(START);
  }

  /** A ticker that moves when told. */
  public static final class Ticker implements java.util.function.LongSupplier {
    private final AtomicLong nanos = new AtomicLong();

    @Override
    public long getAsLong() {
      return nanos.get();
    }

    public void advanceMillis(long millis) {
      nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
    }
  }

  /** An ack to come. */
  public static final class Ack extends CompletableFuture<SpoolIndex> implements AppendListener {
    private final AtomicLong calls = new AtomicLong();

    @Override
    public void onDurable(SpoolIndex index) {
      calls.incrementAndGet();
      complete(index);
    }

    @Override
    public void onFailed(SpoolIndex index, SpoolException failure) {
      calls.incrementAndGet();
      completeExceptionally(failure);
    }

    public long calls() {
      return calls.get();
    }

    public SpoolIndex await() throws Exception {
      return get(30, TimeUnit.SECONDS);
    }
  }

  public static EntryMeta meta(long rows) {
    long nanos = START.getEpochSecond() * 1_000_000_000L;
    return new EntryMeta(1, 2, 3, rows, nanos, 0x1122334455667788L, rows);
  }

  /** Bytes that only this seed gives. */
  public static byte[] payload(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Appends and waits for the ack. */
  public static SpoolIndex append(Spool spool, byte[] payload, long rows) throws Exception {
    Ack ack = new Ack();
    spool.append(meta(rows), ByteBuffer.wrap(payload), ack);
    return ack.await();
  }

  /** Reads until the durable mark; damage included. */
  public static List<SpoolRead> readAll(SpoolTailer tailer) throws SpoolException {
    List<SpoolRead> reads = new ArrayList<>();
    while (true) {
      SpoolRead read = tailer.read();
      if (read instanceof SpoolEntry entry) {
        reads.add(copy(entry));
      } else if (read instanceof SpoolRead.Damaged) {
        reads.add(read);
      } else {
        return reads;
      }
    }
  }

  /** The entry with an array of its own. */
  public static SpoolEntry copy(SpoolEntry entry) {
    return new SpoolEntry(
        entry.index(),
        entry.after(),
        entry.meta(),
        java.util.Arrays.copyOf(entry.array(), entry.payloadOffset() + entry.payloadLength()),
        entry.payloadOffset(),
        entry.payloadLength());
  }

  public static byte[] payloadOf(SpoolEntry entry) {
    return java.util.Arrays.copyOfRange(
        entry.array(), entry.payloadOffset(), entry.payloadOffset() + entry.payloadLength());
  }

  public static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited 30 s for: " + what);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }
}
