package io.duckspool.writer.pipeline;

import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.batch.SealPolicy;
import io.duckspool.writer.batch.SealTrigger;
import java.io.IOException;
import java.util.Optional;

/**
 * Takes up entries until the batch is to be sealed, nothing is left below the durable mark, or the
 * cycle is over.
 *
 * <p>Used by the pipeline's thread.
 */
final class ReadStep {

  /** Entries taken up before the mailbox is looked at again. */
  private static final int ENTRIES_PER_CYCLE = 64;

  private final Intake intake;
  private final PendingSeals pending;
  private final BatchBounds bounds;

  ReadStep(Intake intake, PendingSeals pending, BatchBounds bounds) {
    this.intake = intake;
    this.pending = pending;
    this.bounds = bounds;
  }

  /** What the pipeline has to do now. */
  sealed interface Next {

    /** There is more to read. */
    record More() implements Next {}

    /** The batch is to be sealed. */
    record Freeze(SealTrigger trigger) implements Next {}

    /**
     * Everything is read, and too young to be sealed, or nothing is in the batch.
     *
     * @param mark read before the last entry was: what lies below it has been read
     * @param reached behind the last entry, and behind what holds no entry up to the mark
     */
    record AtEnd(Optional<DurableMark> mark, SpoolIndex reached) implements Next {}

    /** There is more, but it can't be read now; nothing is in the batch. */
    record Blocked(SpoolRead read) implements Next {}
  }

  /**
   * Reads on.
   *
   * @param maxEntries what the batch may hold
   * @param isLeaving whether everything below the mark is to be sealed, whatever its age
   */
  Next attempt(SpoolTailer tailer, long maxEntries, boolean isLeaving)
      throws SpoolException, IOException {
    // Before the first read: what lies below this mark has been read when the end is met.
    Optional<DurableMark> mark = tailer.durableMark();
    for (int i = 0; i < ENTRIES_PER_CYCLE; i++) {
      SpoolRead read = tailer.read();
      if (read instanceof SpoolEntry entry) {
        if (!intake.take(entry)) {
          tailer.moveTo(intake.next());
          return new Next.Freeze(SealTrigger.SIZE);
        }
      } else if (read instanceof SpoolRead.Damaged damaged) {
        takeOrPass(damaged);
      } else if (read instanceof SpoolRead.AtDurableMark) {
        return atDurableMark(mark, isLeaving);
      } else {
        return intake.entryCount() > 0 ? new Next.Freeze(SealTrigger.AGE) : new Next.Blocked(read);
      }
      Optional<SealTrigger> trigger = triggerWithMoreBehind(maxEntries);
      if (trigger.isPresent()) {
        return new Next.Freeze(trigger.get());
      }
    }
    return new Next.More();
  }

  /**
   * Between two entries there is nothing for the ledger to pass; it is met again after a restart.
   */
  private void takeOrPass(SpoolRead.Damaged damaged) throws IOException {
    if (damaged.from().next().equals(damaged.to().next())) {
      intake.pass(damaged);
    } else {
      intake.take(damaged);
    }
  }

  private Optional<SealTrigger> triggerWithMoreBehind(long maxEntries) {
    if (intake.hasCaughtUp()) {
      return Optional.of(SealTrigger.REPLAY);
    }
    if (intake.entryCount() >= maxEntries || intake.hasTooManyInQuarantineInARow()) {
      return Optional.of(SealTrigger.SIZE);
    }
    return SealPolicy.decide(
        intake.moment(true, pending.request(intake.next().next(), true)), bounds.limits());
  }

  private Next atDurableMark(Optional<DurableMark> mark, boolean isLeaving) {
    SpoolIndex reached = intake.next().next();
    if (mark.isPresent() && mark.get().position().next().compareTo(reached) > 0) {
      reached = mark.get().position().next(); // Only headers and ends of segments lie between.
    }
    SealPolicy.Request request =
        isLeaving ? SealPolicy.Request.STOP : pending.request(reached, false);
    Optional<SealTrigger> trigger =
        SealPolicy.decide(intake.moment(false, request), bounds.limits());
    return trigger.isPresent() ? new Next.Freeze(trigger.get()) : new Next.AtEnd(mark, reached);
  }
}
