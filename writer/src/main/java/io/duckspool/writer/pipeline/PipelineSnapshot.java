package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.quarantine.QuarantineReason;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline at one moment, as its thread left it.
 *
 * @param committed where the ledger stands, as far as is known
 * @param quarantinedRows those of entries before and behind the ledger
 * @param quarantinedRowsAhead those of entries that the ledger has not passed yet
 * @param oldestUnixNanos when the oldest entry in hand arrived, or when one was first seen that is
 *     not in hand; the largest number for none
 * @param isSealFailing whether a seal, or what leads to it, failed and none succeeded since
 * @param maintenance since the process start, or the last change of the target
 * @param quarantine entries that are in quarantine, by reason
 * @param lastSealNanos of the ticker; meaningful when {@code sealsTotal} &gt; 0
 */
record PipelineSnapshot(
    PipelineState state,
    SpoolPosition committed,
    long quarantinedEntries,
    long quarantinedRows,
    long quarantinedRowsAhead,
    long bufferedBytes,
    long oldestUnixNanos,
    long lastSealNanos,
    long sealsTotal,
    long sealFailuresTotal,
    boolean isSealFailing,
    @Nullable String sealLastError,
    @Nullable String lastError,
    Maintenance.Counts maintenance,
    Map<QuarantineReason, Long> quarantine) {

  PipelineSnapshot {
    quarantine = Map.copyOf(quarantine);
  }

  /** As the control port shows it, with ages as of now. */
  AdminApi.PipelineStatus toStatus(
      PipelineSettings settings, long nowUnixMillis, long tickerNanos) {
    @Nullable Long oldestAge =
        oldestUnixNanos == Long.MAX_VALUE
            ? null
            : Math.max(0, nowUnixMillis - TimeUnit.NANOSECONDS.toMillis(oldestUnixNanos));
    @Nullable Long lastSealAge = sealsTotal == 0 ? null : ageMillis(lastSealNanos, tickerNanos);
    return new AdminApi.PipelineStatus(
        settings.spoolId(),
        settings.listenUri(),
        state.text(),
        committed.next().toString(),
        committed.entries(),
        Math.max(0, committed.rows() - (quarantinedRows - quarantinedRowsAhead)),
        committed.bytes(),
        quarantinedEntries,
        quarantinedRows,
        bufferedBytes,
        oldestAge,
        lastSealAge,
        sealsTotal,
        sealFailuresTotal,
        isSealFailing,
        sealLastError,
        lastError,
        maintenance.runsTotal(),
        maintenance.failuresTotal(),
        maintenance.runsTotal() == 0 ? null : ageMillis(maintenance.lastRunNanos(), tickerNanos),
        maintenance.lastError(),
        settings.promoted().count());
  }

  /**
   * Not below 0 where a pipeline's thread has published this after the caller looked at the clock.
   */
  private static long ageMillis(long sinceNanos, long nowNanos) {
    return TimeUnit.NANOSECONDS.toMillis(Math.max(0, nowNanos - sinceNanos));
  }
}
