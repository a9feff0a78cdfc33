package io.duckspool.writer.sink;

import io.duckspool.spool.SpoolPosition;
import java.time.Instant;

/**
 * The target's own note of how far a spool is committed. It is changed only in the transaction of
 * the rows it speaks of.
 *
 * @param spoolId the key
 * @param listenUri canonical URI of the server, for people
 * @param runId run of the receiver that made the segment of {@code position.next()}
 * @param position next index to commit, and the cumulative counters up to there
 * @param seals commits so far
 * @param updatedAt when the row was last changed
 */
public record LedgerRow(
    String spoolId,
    String listenUri,
    String runId,
    SpoolPosition position,
    long seals,
    Instant updatedAt) {}
