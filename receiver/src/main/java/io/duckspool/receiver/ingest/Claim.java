package io.duckspool.receiver.ingest;

import io.duckspool.common.otlp.ByteBudget;

/**
 * What one admitted request holds of the budgets, counted as it grows and given back by {@link
 * #close}. Used by one thread at a time.
 */
public final class Claim implements AutoCloseable, ByteBudget {

  private final Admission admission;
  private long reservedBytes;
  private long payloadBytes;
  private boolean isClosed;

  Claim(Admission admission) {
    this.admission = admission;
  }

  /** Takes memory for a buffer, before it is allocated; {@link ExportError} when there is none. */
  public void reserve(long bytes) throws ExportError {
    if (!tryReserve(bytes)) {
      throw admission.outOfMemory(bytes);
    }
  }

  @Override
  public boolean tryReserve(long bytes) {
    boolean reserved = admission.tryReserve(bytes);
    reservedBytes += reserved ? bytes : 0;
    return reserved;
  }

  @Override
  public boolean tryReserveWorking(long bytes) {
    boolean reserved = admission.tryReserveWorking(bytes, reservedBytes);
    reservedBytes += reserved ? bytes : 0;
    return reserved;
  }

  /** As {@link #tryReserveWorking}; {@link ExportError} when there is none. */
  void reserveWorking(long bytes) throws ExportError {
    if (!tryReserveWorking(bytes)) {
      throw admission.outOfMemory(bytes);
    }
  }

  @Override
  public void release(long bytes) {
    reservedBytes -= bytes;
    admission.release(bytes);
  }

  /** Counts payload bytes that arrived; {@link ExportError} when the backlog has no room. */
  public void addPayload(long bytes) throws ExportError {
    admission.addPayload(bytes);
    payloadBytes += bytes;
  }

  /** The payload is in the spool now, whose backlog counts it. */
  public void payloadAppended() {
    admission.removePayload(payloadBytes);
    payloadBytes = 0;
  }

  /** Gives all bytes back; the request itself still counts, until {@link #close}. */
  public void giveBack() {
    payloadAppended();
    release(reservedBytes);
  }

  /** Gives everything back; safe to call twice. */
  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      giveBack();
      admission.closeClaim();
    }
  }
}
