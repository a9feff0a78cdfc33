package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi.SealRow;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.Commit;
import io.duckspool.writer.sink.LedgerMove;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import java.io.IOException;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The seal: freezes the open batch and commits it, as often as it takes. Holds at most one frozen
 * batch, and its memory, until it is committed or dropped.
 *
 * <p>Used by the pipeline's thread.
 */
final class SealStep {

  private final Sealer sealer;
  private final Intake intake;
  private final DeathWatch watch;
  private final Bisection bisection;
  private final SealLog log;
  private final PipelineHealth health;
  private final SealMetrics metrics;
  private final BatchBounds bounds;
  private final LongSupplier nanoTicker;

  private @Nullable SealInHand inHand;
  private boolean isTriedBefore;

  /** Seals to a sink, with the parts of a workbench. */
  SealStep(Sink sink, Workbench work) {
    this.sealer = new Sealer(sink);
    this.intake = work.intake;
    this.watch = work.watch;
    this.bisection = new Bisection();
    this.log = work.sealLog;
    this.health = work.health;
    this.metrics = work.metrics;
    this.bounds = work.bounds;
    this.nanoTicker = work.parts.nanoTicker();
  }

  /** What the pipeline has to do after an attempt. */
  sealed interface Next {

    /**
     * The batch is in the target: publish and read on.
     *
     * @param rowCount of the batch
     */
    record Sealed(LedgerRow ledger, SealTrigger trigger, long rowCount) implements Next {}

    /** The batch stays in hand: try again when it is due. */
    record TryAgain(String error) implements Next {}

    /** The batch is dropped: read it again, in smaller parts. */
    record ReadAgain(String error) implements Next {}

    /** The batch is dropped, it was too large for the memory: read less of it, when it is due. */
    record ReadLess(String error) implements Next {}

    /** The batch is dropped: ask the ledger where to go on. */
    record StartAgain(String error) implements Next {}

    /** The batch is dropped, the target is not fit to take it. */
    record Refused(String error) implements Next {}

    /** The batch is dropped, another writer has the ledger. */
    record Fenced(String error) implements Next {}
  }

  boolean hasBatch() {
    return inHand != null;
  }

  /** The step of the ledger that the frozen batch is to take. */
  Optional<LedgerMove> move() {
    return Optional.ofNullable(inHand).map(SealInHand::move);
  }

  /** When the oldest entry of the frozen batch arrived; the largest number when there is none. */
  long oldestUnixNanos() {
    return inHand == null ? Long.MAX_VALUE : inHand.taken().oldestUnixNanos();
  }

  /** How many entries the next batch may hold. */
  long maxEntries() {
    return Math.min(watch.maxEntries(), bisection.maxEntries());
  }

  /**
   * Freezes the open batch.
   *
   * @param move the step of the ledger to behind it
   */
  void freeze(LedgerMove move) {
    inHand = new SealInHand(intake.freeze(), move, nanoTicker.getAsLong());
    isTriedBefore = false;
    CrashPoint.SEAL_FROZEN.reached();
  }

  /** Makes one attempt to commit the frozen batch. */
  Next attempt() throws IOException {
    SealInHand seal = inHand;
    if (seal == null) {
      throw new IllegalStateException("no batch is frozen");
    }
    if (isTriedBefore && seal.taken().firstEntry().isPresent()) {
      watch.begin(seal.taken().firstEntry().get());
    }
    isTriedBefore = true;
    SealOutcome outcome = sealer.attempt(seal.taken().rows(), seal.move());
    if (outcome instanceof SealOutcome.Committed committed) {
      return committed(seal, committed.commit());
    }
    watch.survived();
    if (outcome instanceof SealOutcome.Failed failed) {
      logFailure(seal, failed.error());
      health.sealFailed(failed.error());
      return new Next.TryAgain(failed.error());
    }
    if (outcome instanceof SealOutcome.OutOfMemory tooLarge) {
      return readLess(seal, tooLarge.error());
    }
    if (outcome instanceof SealOutcome.EntryToBlame blame) {
      return blame(seal, blame.error());
    }
    if (outcome instanceof SealOutcome.LedgerMoved moved) {
      drop();
      return new Next.StartAgain(moved.error());
    }
    String error =
        outcome instanceof SealOutcome.Refused refused
            ? refused.error()
            : ((SealOutcome.Fenced) outcome).error();
    logFailure(seal, error);
    health.sealRefused(error);
    drop();
    return outcome instanceof SealOutcome.Refused
        ? new Next.Refused(error)
        : new Next.Fenced(error);
  }

  /** Up to where a commit may have gone that had no answer. */
  Optional<SpoolPosition> unknownUpTo() {
    return sealer.unknownUpTo();
  }

  /** Forgets the frozen batch, if any, and gives its memory back. */
  void drop() {
    if (inHand != null) {
      inHand.taken().rows().close();
      inHand = null;
    }
  }

  private Next committed(SealInHand seal, Commit commit) throws IOException {
    LedgerRow row = commit.ledger();
    long now = nanoTicker.getAsLong();
    SealRow done = seal.committed(row.seals(), now, commit.appendNanos(), commit.commitNanos());
    metrics.sealed(
        seal.move().trigger(),
        now - seal.startedNanos(),
        seal.taken().decodeNanos(),
        commit.appendNanos(),
        commit.commitNanos());
    drop();
    watch.passed(seal.taken().payloadBytes());
    watch.survived();
    bisection.committed(row.position().next());
    intake.committed(row.position().next());
    bounds.sealed();
    health.sealed();
    log.add(done);
    return new Next.Sealed(row, seal.move().trigger(), done.rows());
  }

  /** Finds the entry that the target refuses: the only one, or one of half as many. */
  private Next blame(SealInHand seal, String error) throws IOException {
    logFailure(seal, error);
    health.sealRefused(error);
    Intake.Taken taken = seal.taken();
    if (taken.entryCount() > 1) {
      bisection.split(taken.entryCount(), taken.next().next());
    } else {
      intake.condemn(taken.firstEntry().orElseThrow(), error);
      bisection.found();
    }
    drop();
    return new Next.ReadAgain(error);
  }

  private Next readLess(SealInHand seal, String error) throws IOException {
    logFailure(seal, error);
    health.sealFailed(error);
    bounds.ranOutOfMemory(seal.taken().rows().rows(), seal.taken().decodedBytes());
    drop();
    return new Next.ReadLess(error);
  }

  private void logFailure(SealInHand seal, String error) {
    if (!health.isSealFailing()) {
      log.add(seal.failed(nanoTicker.getAsLong(), error));
    }
  }
}
