package io.duckspool.writer.pipeline;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.sink.Commit;
import io.duckspool.writer.sink.LedgerMove;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits a batch, and finds out what became of a commit whose fate the target didn't tell: the
 * ledger knows.
 *
 * <p>Used by the pipeline's thread. If the process dies here: the target holds the rows and the
 * moved ledger, or neither, and the next start reads the ledger.
 */
final class Sealer {

  private static final Logger LOG = LoggerFactory.getLogger(Sealer.class);

  private final Sink sink;

  /** Whether a commit of the batch in hand may have been applied, now or later. */
  private boolean isOutcomeUnknown;

  Sealer(Sink sink) {
    this.sink = sink;
  }

  /**
   * Makes one attempt; called again with the same batch until the outcome is final.
   *
   * @param rows borrowed until return
   */
  SealOutcome attempt(SealedBatch rows, LedgerMove move) {
    SealOutcome outcome = resolveThenCommit(rows, move);
    if (!(outcome instanceof SealOutcome.Failed)) {
      isOutcomeUnknown = false;
    }
    return outcome;
  }

  private SealOutcome resolveThenCommit(SealedBatch rows, LedgerMove move) {
    if (isOutcomeUnknown) {
      Optional<SealOutcome> known = resolve(move);
      if (known.isPresent()) {
        return known.get();
      }
    }
    try {
      return new SealOutcome.Committed(sink.commit(rows, move));
    } catch (SinkException e) {
      return outcomeOf(e, move);
    }
  }

  private SealOutcome outcomeOf(SinkException failure, LedgerMove move) {
    String reason = failure.reason();
    if (failure instanceof SinkException.Fenced) {
      // A commit that was given up for lost may have been applied after we looked.
      Optional<SealOutcome> late = isOutcomeUnknown ? resolve(move) : Optional.empty();
      return late.orElseGet(() -> new SealOutcome.Fenced(reason));
    }
    if (failure instanceof SinkException.Refused) {
      return new SealOutcome.Refused(reason);
    }
    if (failure instanceof SinkException.EntryFault) {
      return new SealOutcome.EntryToBlame(reason);
    }
    if (failure instanceof SinkException.UnknownOutcome) {
      LOG.warn(
          "{}: the outcome of a commit is unknown, reading the ledger", move.listenUri(), failure);
      isOutcomeUnknown = true;
      return resolve(move).orElseGet(() -> new SealOutcome.Failed(reason));
    }
    return new SealOutcome.Failed(reason);
  }

  /** What the ledger says of the move; empty when it wasn't made. */
  private Optional<SealOutcome> resolve(LedgerMove move) {
    Optional<LedgerRow> row;
    try {
      row = sink.readLedger(move.spoolId());
    } catch (SinkException e) {
      return Optional.of(new SealOutcome.Failed(e.reason()));
    }
    if (row.isEmpty()) {
      return Optional.of(new SealOutcome.Fenced(fenced("the ledger row is gone")));
    }
    SpoolIndex at = row.get().position().next();
    if (at.equals(move.next().next())) {
      return Optional.of(new SealOutcome.Committed(new Commit(row.get(), 0, 0)));
    }
    if (at.equals(move.first())) {
      return Optional.empty();
    }
    return Optional.of(
        new SealOutcome.Fenced(
            fenced("the ledger stands at " + at + ", expected " + move.first())));
  }

  private static String fenced(String detail) {
    return "another writer commits this spool: " + detail;
  }
}
