package io.duckspool.receiver.ingest;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that requests in flight take, over all servers of the process: encoded and decoded
 * buffers, from the first byte to the reply. A reservation that doesn't fit is refused; nobody
 * waits. Thread-safe.
 */
public final class InFlightBytes {

  /** How far a request that is alone may go past the bound (a guess: half of the default heap). */
  private static final int ALONE_FACTOR = 2;

  private final long maxBytes;
  private final AtomicLong reservedBytes = new AtomicLong();
  private final AtomicLong payloadBytes = new AtomicLong();

  /**
   * Makes an empty budget.
   *
   * @param maxBytes above 0
   */
  public InFlightBytes(long maxBytes) {
    if (maxBytes <= 0) {
      throw new IllegalArgumentException("maxBytes must be > 0, got " + maxBytes);
    }
    this.maxBytes = maxBytes;
  }

  public long maxBytes() {
    return maxBytes;
  }

  /** Bytes of buffers held now. */
  public long reservedBytes() {
    return reservedBytes.get();
  }

  /** Payload bytes that arrived and are not appended yet, over all servers. */
  public long payloadBytes() {
    return payloadBytes.get();
  }

  boolean tryReserve(long bytes) {
    long before = reservedBytes.get();
    while (before + bytes <= maxBytes) {
      long seen = reservedBytes.compareAndExchange(before, before + bytes);
      if (seen == before) {
        return true;
      }
      before = seen;
    }
    return false;
  }

  /**
   * Takes memory that is held beside bodies for a moment. A request that is alone may go past the
   * bound, up to twice of it: else a body near its limit could never be taken, at any time.
   *
   * @param ownBytes what the request holds now
   */
  boolean tryReserveWorking(long bytes, long ownBytes) {
    if (tryReserve(bytes)) {
      return true;
    }
    return ownBytes + bytes <= ALONE_FACTOR * maxBytes
        && reservedBytes.compareAndSet(ownBytes, ownBytes + bytes);
  }

  void release(long bytes) {
    reservedBytes.addAndGet(-bytes);
  }

  void addPayload(long bytes) {
    payloadBytes.addAndGet(bytes);
  }
}
