package io.duckspool.writer.pipeline;

import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.CatalogKind;
import java.util.concurrent.TimeUnit;

/**
 * Decides whether the catalog of a target is maintained after a seal. A pure function: it reads no
 * clock and acts on nothing. Maintenance holds up the seals of all servers on its target, so it
 * waits until there is little to hold up.
 */
final class MaintenancePolicy {

  /** Automatic seals with rows since the last attempt. */
  static final long MIN_SEALS = 32;

  /**
   * Property of the JVM, of tests alone, which can't wait for minutes: milliseconds instead of
   * {@link #MIN_MILLIS}.
   */
  private static final String INTERVAL = "duckspool.test.maintenance.interval";

  /** Time since the last attempt. */
  static final long MIN_MILLIS = Long.getLong(INTERVAL, TimeUnit.MINUTES.toMillis(5));

  /** What arrives in so many seconds has to fit into one seal, for the rate to be low (a guess). */
  static final long PAUSE_SECONDS = 10;

  private MaintenancePolicy() {}

  /**
   * A pipeline right after a seal.
   *
   * @param kind of the target's catalog
   * @param trigger of that seal
   * @param sealsSinceAttempt automatic seals with rows, that one included
   * @param millisSinceAttempt since the pipeline's start, where there was none
   * @param backlogBytes payload bytes that are durable, and not committed
   * @param backlogRows rows that are durable, and not committed
   * @param bytesPerSecond payload bytes that were accepted lately
   */
  record Moment(
      CatalogKind kind,
      SealTrigger trigger,
      long sealsSinceAttempt,
      long millisSinceAttempt,
      long backlogBytes,
      long backlogRows,
      long bytesPerSecond) {}

  /** Whether a seal is automatic: neither asked for nor part of a server's end. */
  static boolean isAutomatic(SealTrigger trigger) {
    return switch (trigger) {
      case SIZE, AGE -> true;
      case FLUSH, STOP, REPLAY -> false;
    };
  }

  /** Whether maintenance is due now. */
  static boolean isDue(Moment moment, SealLimits limits) {
    return moment.kind().isMaintained()
        && isAutomatic(moment.trigger())
        && moment.sealsSinceAttempt() >= MIN_SEALS
        && moment.millisSinceAttempt() >= MIN_MILLIS
        && moment.backlogBytes() <= limits.sealTargetBytes()
        && moment.backlogRows() <= limits.maxBatchRows()
        && moment.bytesPerSecond() <= limits.sealTargetBytes() / PAUSE_SECONDS;
  }
}
