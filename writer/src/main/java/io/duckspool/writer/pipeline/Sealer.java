package io.duckspool.writer.pipeline;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.sink.Commit;
import io.duckspool.writer.sink.LedgerMove;
import io.duckspool.writer.sink.MoveFate;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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

  /** Where a commit goes that may have been applied, now or later; null when there is none. */
  private @Nullable SpoolPosition unknownUpTo;

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
    if (outcome instanceof SealOutcome.Committed || outcome instanceof SealOutcome.LedgerMoved) {
      unknownUpTo = null; // The ledger has left the place that such a commit expects.
    }
    return outcome;
  }

  /** Up to where a commit may have gone that had no answer. */
  Optional<SpoolPosition> unknownUpTo() {
    return Optional.ofNullable(unknownUpTo);
  }

  private SealOutcome resolveThenCommit(SealedBatch rows, LedgerMove move) {
    if (unknownUpTo != null) {
      Optional<SealOutcome> known = resolve(rows, move);
      if (known.isPresent()) {
        return known.get();
      }
    }
    try {
      return new SealOutcome.Committed(sink.commit(rows, move));
    } catch (SinkException e) {
      return outcomeOf(e, rows, move);
    }
  }

  private SealOutcome outcomeOf(SinkException failure, SealedBatch rows, LedgerMove move) {
    String reason = failure.reason();
    if (failure instanceof SinkException.Fenced) {
      // A commit that was given up for lost may have been applied after we looked.
      Optional<SealOutcome> late = unknownUpTo == null ? Optional.empty() : resolve(rows, move);
      return late.orElseGet(() -> new SealOutcome.Fenced(reason));
    }
    if (failure instanceof SinkException.Overtaken) {
      return new SealOutcome.LedgerMoved(reason);
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
      unknownUpTo = move.next();
      return resolve(rows, move).orElseGet(() -> failed(failure));
    }
    return failed(failure);
  }

  /** What the ledger says of the move; empty when it wasn't made. */
  private Optional<SealOutcome> resolve(SealedBatch rows, LedgerMove move) {
    MoveFate fate;
    try {
      fate = sink.fateOf(rows, move);
    } catch (SinkException e) {
      return Optional.of(failed(e));
    }
    if (fate instanceof MoveFate.NotMade) {
      return Optional.empty();
    }
    if (fate instanceof MoveFate.Made made) {
      return Optional.of(new SealOutcome.Committed(new Commit(made.ledger(), 0, 0)));
    }
    if (fate instanceof MoveFate.PartlyMade) {
      return Optional.of(
          new SealOutcome.LedgerMoved("the commit was applied to some tables, not to all"));
    }
    if (fate instanceof MoveFate.Gone) {
      return Optional.of(new SealOutcome.Fenced(fenced("the ledger row is gone")));
    }
    SpoolIndex at = ((MoveFate.Elsewhere) fate).at();
    if (unknownUpTo != null && at.equals(unknownUpTo.next())) {
      // A batch that was given up for lost, and read again in other portions, is there after all.
      return Optional.of(
          new SealOutcome.LedgerMoved("an earlier commit was applied late, to " + at));
    }
    return Optional.of(
        new SealOutcome.Fenced(
            fenced("the ledger stands at " + at + ", expected " + move.first())));
  }

  private static SealOutcome failed(SinkException failure) {
    return failure.isOutOfMemory()
        ? new SealOutcome.OutOfMemory(failure.reason())
        : new SealOutcome.Failed(failure.reason());
  }

  private static String fenced(String detail) {
    return "another writer commits this spool: " + detail;
  }
}
