package io.duckspool.writer.pipeline;

import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Maintains the catalog of a target between two seals, when {@link MaintenancePolicy} says so. It
 * can't hurt rows: they are committed, and a failure is counted and forgotten until the next time.
 * Off for good where the catalog has no such thing.
 *
 * <p>Used by the pipeline's thread.
 */
final class Maintenance {

  private static final Logger LOG = LoggerFactory.getLogger(Maintenance.class);

  private final String listenUri;
  private final Sink sink;
  private final LongSupplier nanoTicker;

  private Optional<IngestRate> rate = Optional.empty();
  private boolean isOff;
  private long seals;
  private long attemptNanos;
  private long runsTotal;
  private long failuresTotal;
  private long lastRunNanos;
  private @Nullable String lastError;

  Maintenance(String listenUri, Sink sink, LongSupplier nanoTicker) {
    this.listenUri = listenUri;
    this.sink = sink;
    this.nanoTicker = nanoTicker;
    this.attemptNanos = nanoTicker.getAsLong();
  }

  /**
   * What the lists show.
   *
   * @param lastRunNanos of the ticker; meaningful when {@code runsTotal} &gt; 0
   * @param lastError of the last attempt; null when it went well
   */
  record Counts(long runsTotal, long failuresTotal, long lastRunNanos, @Nullable String lastError) {

    static final Counts NONE = new Counts(0, 0, 0, null);
  }

  Counts counts() {
    return new Counts(runsTotal, failuresTotal, lastRunNanos, lastError);
  }

  /**
   * A seal is committed; runs maintenance when that is due, which may take its time.
   *
   * @param rowCount that it stored
   * @param committed where the ledger stands now
   * @param durable where the spool ends
   */
  void sealed(
      SealTrigger trigger,
      long rowCount,
      SpoolPosition committed,
      SpoolPosition durable,
      SealLimits limits) {
    long now = nanoTicker.getAsLong();
    if (rate.isEmpty()) {
      rate = Optional.of(new IngestRate(now, durable.bytes()));
    }
    long bytesPerSecond = rate.get().bytesPerSecond(now, durable.bytes());
    if (rowCount > 0 && MaintenancePolicy.isAutomatic(trigger)) {
      seals++;
    }
    MaintenancePolicy.Moment moment =
        new MaintenancePolicy.Moment(
            sink.kind(),
            trigger,
            seals,
            TimeUnit.NANOSECONDS.toMillis(now - attemptNanos),
            durable.bytes() - committed.bytes(),
            durable.rows() - committed.rows(),
            bytesPerSecond);
    if (!isOff && MaintenancePolicy.isDue(moment, limits)) {
      run();
    }
  }

  private void run() {
    seals = 0;
    long began = nanoTicker.getAsLong();
    try {
      sink.maintain();
      runsTotal++;
      lastRunNanos = nanoTicker.getAsLong();
      lastError = null;
      LOG.debug(
          "{}: maintained {} in {} ms",
          listenUri,
          sink.target(),
          TimeUnit.NANOSECONDS.toMillis(lastRunNanos - began));
    } catch (SinkException.Refused e) {
      isOff = true;
      LOG.warn("{}: {} takes no maintenance, it is off from now on", listenUri, sink.target(), e);
    } catch (SinkException e) {
      if (!Objects.equals(lastError, e.reason())) {
        LOG.warn("{}: maintenance of {} failed, later again", listenUri, sink.target(), e);
      }
      failuresTotal++;
      lastError = e.reason();
    }
    attemptNanos = nanoTicker.getAsLong();
  }
}
