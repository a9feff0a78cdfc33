package io.duckspool.writer.pipeline;

import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.quarantine.QuarantineStore;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * State, counters, last errors and the next due time of a pipeline. Logs each change of state once,
 * and the first of failures in a row.
 *
 * <p>Used by the pipeline's thread.
 */
final class PipelineHealth {

  private static final Logger LOG = LoggerFactory.getLogger(PipelineHealth.class);

  private final String listenUri;
  private final LongSupplier nanoTicker;

  private PipelineState state = PipelineState.STARTING;
  private long notBeforeNanos;

  /** Until a seal is committed, or nothing is left to seal: that a target answers is not enough. */
  private long failuresInARow;

  private long sealsTotal;
  private long sealFailuresTotal;
  private long lastSealNanos;
  private @Nullable String sealLastError;
  private @Nullable String lastError;

  PipelineHealth(String listenUri, LongSupplier nanoTicker) {
    this.listenUri = listenUri;
    this.nanoTicker = nanoTicker;
    this.notBeforeNanos = nanoTicker.getAsLong();
  }

  PipelineState state() {
    return state;
  }

  /** Seals since the process start. */
  long sealsTotal() {
    return sealsTotal;
  }

  boolean isSealFailing() {
    return sealLastError != null;
  }

  /** Why the pipeline doesn't do what it should, for people. */
  String trouble() {
    return Objects.requireNonNullElse(
        lastError != null ? lastError : sealLastError, "the pipeline is " + state.text());
  }

  /** Whether entries are read and sealed. */
  boolean isActive() {
    return state == PipelineState.RUNNING || state == PipelineState.STOPPING;
  }

  /** Everything is to be asked for anew, now: the target is another one. */
  void startAnew() {
    failuresInARow = 0;
    sealLastError = null;
    become(PipelineState.STARTING, null);
    dueNow();
  }

  /** Enters a state, or stays in it; a reason explains why it isn't a good one. */
  void become(PipelineState next, @Nullable String reason) {
    if (next != state || !Objects.equals(reason, lastError)) {
      if (reason == null) {
        LOG.info("{}: {}", listenUri, next.text());
      } else {
        LOG.warn("{}: {}: {}", listenUri, next.text(), reason);
      }
    }
    state = next;
    lastError = reason;
  }

  /** Something that may pass went wrong: due again after a while, longer each time. */
  void failed(Exception cause, String error) {
    if (failuresInARow == 0) {
      LOG.warn("{}: failed, trying again until it works", listenUri, cause);
    }
    failuresInARow++;
    lastError = error;
    delay(Backoff.millisAfter(failuresInARow));
  }

  /** A seal failed for a reason that may pass. */
  void sealFailed(String error) {
    if (sealLastError == null) {
      LOG.warn("{}: a seal failed, trying again until it works: {}", listenUri, error);
    }
    sealFailuresTotal++;
    failuresInARow++;
    sealLastError = error;
    delay(Backoff.millisAfter(failuresInARow));
  }

  /** A seal failed and won't be tried again as it was. */
  void sealRefused(String error) {
    sealFailuresTotal++;
    sealLastError = error;
  }

  /** A seal is committed: earlier failures are over. */
  void sealed() {
    if (sealLastError != null) {
      LOG.info("{}: seals work again, after {} failures in a row", listenUri, failuresInARow);
    }
    sealsTotal++;
    lastSealNanos = nanoTicker.getAsLong();
    sealLastError = null;
    recovered();
  }

  /** What went wrong before works again. */
  void recovered() {
    failuresInARow = 0;
    if (isActive()) {
      lastError = null;
    }
  }

  /** The next step is due in so many milliseconds. */
  void delay(long millis) {
    notBeforeNanos = nanoTicker.getAsLong() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** The next step is due now. */
  void dueNow() {
    notBeforeNanos = nanoTicker.getAsLong();
  }

  /** Milliseconds until the next step is due, rounded up; 0 when it is. */
  long millisUntilDue() {
    long nanos = notBeforeNanos - nanoTicker.getAsLong();
    return nanos <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(nanos + 999_999);
  }

  PipelineSnapshot snapshot(
      SpoolPosition committed,
      QuarantineStore quarantine,
      long bufferedBytes,
      long oldestUnixNanos,
      Maintenance.Counts maintenance) {
    return new PipelineSnapshot(
        state,
        committed,
        quarantine.entryCount(),
        quarantine.rowCount(),
        quarantine.rowsFrom(committed.next()),
        bufferedBytes,
        oldestUnixNanos,
        lastSealNanos,
        sealsTotal,
        sealFailuresTotal,
        failuresInARow > 0 || sealLastError != null,
        sealLastError,
        lastError,
        maintenance,
        quarantine.entriesByReason());
  }
}
