package io.duckspool.receiver.ingest;

import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolFullException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Decides whether one server takes a request: by memory, by what its writer has not committed yet,
 * by the disk, and by the state of its spool. Full means the new request is rejected. Thread-safe.
 */
public final class Admission {

  private static final long UNLIMITED = Long.MAX_VALUE;

  private final InFlightBytes memory;
  private final Spool spool;
  private final long maxBufferedBytes;
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final AtomicLong payloadBytes = new AtomicLong();
  private final AtomicLong claims = new AtomicLong();
  private final LongSupplier ticker;
  private final Object idle = new Object();

  /**
   * Admits for one server.
   *
   * @param memory shared with all servers of the process
   * @param maxBufferedBytes payload bytes in flight plus accepted but not committed; empty = as far
   *     as the disk guard allows
   * @param ticker monotonic nanoseconds
   */
  public Admission(
      InFlightBytes memory, Spool spool, OptionalLong maxBufferedBytes, LongSupplier ticker) {
    this.memory = memory;
    this.spool = spool;
    this.maxBufferedBytes = maxBufferedBytes.orElse(UNLIMITED);
    this.ticker = ticker;
  }

  /**
   * Admits a request, or says why not; nothing of its body has been read. The claim must be closed.
   *
   * @param announcedBytes the Content-Length; 0 when there is none
   */
  public Claim admit(long announcedBytes) throws ExportError {
    // Counted before the flag is read: whoever sets the flag and then sees no claims is alone.
    claims.incrementAndGet();
    boolean admitted = false;
    try {
      checkState();
      checkMemory(announcedBytes);
      checkBacklog(announcedBytes);
      checkDisk(announcedBytes);
      admitted = true;
      return new Claim(this);
    } finally {
      if (!admitted) {
        closeClaim();
      }
    }
  }

  /** From now on nothing is admitted; what was admitted goes on. */
  public void stop() {
    stopping.set(true);
  }

  /**
   * After {@link #stop}: waits until all that was admitted was replied to.
   *
   * @return false when that took longer than the timeout
   */
  public boolean awaitIdle(Duration timeout) throws InterruptedException {
    long deadlineNanos = ticker.getAsLong() + timeout.toNanos();
    synchronized (idle) {
      while (claims.get() > 0) {
        long leftMillis = (deadlineNanos - ticker.getAsLong()) / 1_000_000;
        if (leftMillis <= 0) {
          return false;
        }
        idle.wait(leftMillis);
      }
      return true;
    }
  }

  public boolean isStopping() {
    return stopping.get();
  }

  /** Requests admitted and not replied to. */
  public long claims() {
    return claims.get();
  }

  /** Payload bytes that arrived and are not appended yet. */
  public long payloadBytes() {
    return payloadBytes.get();
  }

  private void checkState() throws ExportError {
    if (stopping.get()) {
      throw ExportError.unavailable("the server is stopping");
    }
    if (spool.isPoisoned()) {
      throw ExportError.unavailable(
          "a sync of the spool failed; nothing is accepted until the receiver restarts");
    }
  }

  private void checkMemory(long announcedBytes) throws ExportError {
    if (announcedBytes > memory.maxBytes() - memory.reservedBytes()) {
      throw outOfMemory(announcedBytes);
    }
  }

  private void checkBacklog(long moreBytes) throws ExportError {
    if (maxBufferedBytes == UNLIMITED) {
      return;
    }
    long bufferedBytes = payloadBytes.get() + spool.backlogBytes();
    if (moreBytes > maxBufferedBytes - bufferedBytes) {
      throw ExportError.busy(
          "max_buffered_bytes: "
              + bufferedBytes
              + " bytes wait for the writer, "
              + moreBytes
              + " more would pass the limit of "
              + maxBufferedBytes);
    }
  }

  private void checkDisk(long announcedBytes) throws ExportError {
    try {
      spool.checkRoom(memory.payloadBytes() + announcedBytes);
    } catch (SpoolFullException e) {
      throw ExportError.unavailable(String.valueOf(e.getMessage()));
    }
  }

  boolean tryReserve(long bytes) {
    return memory.tryReserve(bytes);
  }

  boolean tryReserveWorking(long bytes, long ownBytes) {
    return memory.tryReserveWorking(bytes, ownBytes);
  }

  void release(long bytes) {
    memory.release(bytes);
  }

  /** Counts payload bytes as they arrive. */
  void addPayload(long bytes) throws ExportError {
    checkBacklog(bytes);
    payloadBytes.addAndGet(bytes);
    memory.addPayload(bytes);
  }

  void removePayload(long bytes) {
    payloadBytes.addAndGet(-bytes);
    memory.addPayload(-bytes);
  }

  void closeClaim() {
    if (claims.decrementAndGet() == 0 && stopping.get()) {
      synchronized (idle) {
        idle.notifyAll();
      }
    }
  }

  ExportError outOfMemory(long bytes) {
    return ExportError.busy(
        "receiver.max_in_flight_bytes: "
            + memory.reservedBytes()
            + " bytes are in flight, "
            + bytes
            + " more would pass the limit of "
            + memory.maxBytes());
  }
}
