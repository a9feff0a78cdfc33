package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi.SealRow;
import io.duckspool.writer.sink.LedgerMove;
import org.jspecify.annotations.Nullable;

/**
 * A frozen batch on its way into the target, tried until it is there.
 *
 * @param taken the rows and what they were made of
 * @param move the step of the ledger
 * @param startedNanos of the ticker
 */
record SealInHand(Intake.Taken taken, LedgerMove move, long startedNanos) {

  /** As the list of seals shows it once committed. */
  SealRow committed(long sealId, long nowNanos, long appendNanos, long commitNanos) {
    return record(sealId, nowNanos, appendNanos, commitNanos, "committed", null);
  }

  /** As the list of seals shows an attempt that failed. */
  SealRow failed(long nowNanos, String error) {
    return record(0, nowNanos, 0, 0, "failed", error);
  }

  private SealRow record(
      long sealId,
      long nowNanos,
      long appendNanos,
      long commitNanos,
      String status,
      @Nullable String error) {
    return new SealRow(
        move.listenUri(),
        move.spoolId(),
        sealId,
        move.trigger().text(),
        move.startedAt().toString(),
        (nowNanos - startedNanos) / 1_000_000,
        taken.decodeNanos() / 1_000_000,
        appendNanos / 1_000_000,
        commitNanos / 1_000_000,
        taken.entryCount(),
        taken.rows().rows(),
        taken.payloadBytes(),
        taken.quarantinedCount(),
        move.first().toString(),
        move.next().next().toString(),
        status,
        error);
  }
}
