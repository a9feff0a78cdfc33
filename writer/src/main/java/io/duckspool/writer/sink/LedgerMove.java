package io.duckspool.writer.sink;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.SealTrigger;
import java.time.Instant;
import java.util.Optional;

/**
 * The step of a ledger row that belongs to a batch, taken by compare-and-set.
 *
 * @param spoolId key of the row
 * @param listenUri canonical URI of the server, for the provenance row
 * @param first where the row must stand: where the last seal ended
 * @param next where it stands afterwards, with the cumulative counters up to there
 * @param runId run of the receiver that made the segment of {@code next}
 * @param trigger why the batch was sealed
 * @param startedAt when the seal began
 * @param ahead what the target already has beyond {@code first}, as its ledger said
 */
public record LedgerMove(
    String spoolId,
    String listenUri,
    SpoolIndex first,
    SpoolPosition next,
    String runId,
    SealTrigger trigger,
    Instant startedAt,
    Optional<TablesAhead> ahead) {

  public LedgerMove {
    if (next.next().compareTo(first) <= 0) {
      throw new IllegalArgumentException(
          "next must be > first (" + first + "), got " + next.next());
    }
  }

  /** A step of a ledger whose tables stand at one place. */
  public LedgerMove(
      String spoolId,
      String listenUri,
      SpoolIndex first,
      SpoolPosition next,
      String runId,
      SealTrigger trigger,
      Instant startedAt) {
    this(spoolId, listenUri, first, next, runId, trigger, startedAt, Optional.empty());
  }
}
