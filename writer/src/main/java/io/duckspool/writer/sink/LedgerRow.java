package io.duckspool.writer.sink;

import io.duckspool.spool.SpoolPosition;
import java.time.Instant;
import java.util.Optional;

/**
 * The target's own note of how far a spool is committed. It is changed only in the transaction of
 * the rows it speaks of.
 *
 * @param spoolId the key
 * @param listenUri canonical URI of the server, for people
 * @param runId run of the receiver that made the segment of {@code position.next()}
 * @param position next index to commit, and the cumulative counters up to there: the target has
 *     everything before
 * @param seals commits so far
 * @param updatedAt when the row was last changed
 * @param ahead what the target may have beyond {@code position}; empty where all tables move at
 *     once
 */
public record LedgerRow(
    String spoolId,
    String listenUri,
    String runId,
    SpoolPosition position,
    long seals,
    Instant updatedAt,
    Optional<TablesAhead> ahead) {

  /** A row of a target whose tables stand at one place. */
  public LedgerRow(
      String spoolId,
      String listenUri,
      String runId,
      SpoolPosition position,
      long seals,
      Instant updatedAt) {
    this(spoolId, listenUri, runId, position, seals, updatedAt, Optional.empty());
  }

  /** The row as if all tables stood where the furthest does. */
  public LedgerRow furthest() {
    return ahead
        .map(
            tables ->
                new LedgerRow(
                    spoolId, listenUri, tables.runId(), tables.position(), seals, updatedAt))
        .orElse(this);
  }

  /** The same row with everything before another position in the target. */
  public LedgerRow at(SpoolPosition other) {
    return new LedgerRow(spoolId, listenUri, runId, other, seals, updatedAt, ahead);
  }
}
