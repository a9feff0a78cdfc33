package io.duckspool.writer.pipeline;

import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.pipeline.StartFacts.LedgerSegment;
import io.duckspool.writer.sink.LedgerRow;
import java.time.Instant;
import java.util.Optional;

/**
 * What a pipeline does when it starts, by what target and spool say. The ledger is the truth about
 * what is committed; where it and the spool can't both be right, and nobody can know which is, the
 * pipeline refuses and names both indices, what happened, and the way out.
 */
sealed interface StartDecision {

  /**
   * The ledger names the next entry to read, or the end of a segment that is gone with all its
   * entries committed: nothing to say.
   *
   * @param from where to read on, with the counters up to there
   */
  record GoOn(SpoolPosition from) implements StartDecision {}

  /**
   * The target is older than the committed checkpoint, and the segments are still there: go on at
   * the ledger, which stores again what the target lost.
   */
  record Replay(SpoolPosition from, long entryCount, long rowCount) implements StartDecision {}

  /**
   * The ledger stands past the end of what a power cut left of its segment: go on at the next one.
   *
   * @param entryCount entries that only the target has
   */
  record SkipTornTail(SpoolPosition from, long entryCount, long rowCount)
      implements StartDecision {}

  /** A receiver has to scan the spool first. */
  record WaitForReceiver(String reason) implements StartDecision {}

  /** Nobody can know what is right: an operator has to say. */
  record Refuse(String reason) implements StartDecision {}

  /** Decides. Pure. */
  static StartDecision decide(String listenUri, StartFacts facts) {
    if (facts.ledger().isEmpty()) {
      return refuseWithoutLedger(listenUri, facts);
    }
    LedgerRow ledger = facts.ledger().get();
    if (facts.ledgerSegment().isPresent()) {
      return inPresentSegment(listenUri, facts, ledger, facts.ledgerSegment().get());
    }
    if (facts.oldestSegment().isEmpty()) {
      return new WaitForReceiver("the spool has no segment yet");
    }
    if (ledger.position().next().segment() > facts.oldestSegment().get()) {
      return new Refuse(
          "the ledger stands at "
              + ledger.position().next()
              + ", in a segment that is not there, though the older segment "
              + facts.oldestSegment().get()
              + " is: the data folder was restored from a backup; "
              + wayOut(listenUri, "--from-oldest", "may store twice what the target has")
              + ", "
              + wayOut(listenUri, "--next INDEX", "gives up what stands before INDEX"));
    }
    return behindOldest(listenUri, facts, ledger);
  }

  private static StartDecision refuseWithoutLedger(String listenUri, StartFacts facts) {
    return new Refuse(
        "the target has no ledger row for this spool, though it had one (committed up to "
            + facts.hint().next()
            + ", the oldest segment is "
            + facts.oldestSegment().map(String::valueOf).orElse("none")
            + "): the target was lost, dropped or replaced; "
            + wayOut(listenUri, "--next INDEX", "gives up what stands before INDEX")
            + ", "
            + wayOut(listenUri, "--from-oldest", "stores again all that the spool still holds"));
  }

  private static StartDecision inPresentSegment(
      String listenUri, StartFacts facts, LedgerRow ledger, LedgerSegment present) {
    SpoolIndex next = ledger.position().next();
    if (present.header().isEmpty()) {
      return new GoOn(ledger.position()); // A damaged header tells no run; the tailer reports it.
    }
    SegmentHeader header = present.header().get();
    if (!header.runId().equals(ledger.runId())) {
      return new Refuse(
          "the ledger stands at "
              + next
              + " of run "
              + ledger.runId()
              + ", but segment "
              + next.segment()
              + ", which starts at "
              + header.start().next()
              + ", was written by run "
              + header.runId()
              + ": the data folder or the target was restored from a backup; "
              + wayOut(listenUri, "--next INDEX", "gives up what stands before INDEX")
              + ", "
              + wayOut(listenUri, "--from-oldest", "may store twice what the target has"));
    }
    Optional<SegmentHeader> following = facts.following();
    if (following.isPresent() && isTorn(next, following.get())) {
      return skipTornTail(ledger.position(), following.get());
    }
    if (present.atNext().isPresent() && !present.atNext().get().hasCountersOf(ledger.position())) {
      return new Refuse(
          "at "
              + next
              + " the ledger counts "
              + counters(ledger.position())
              + ", the spool "
              + counters(present.atNext().get())
              + ": the data folder or the target was restored from a backup; "
              + wayOut(listenUri, "--next INDEX", "gives up what stands before INDEX")
              + ", "
              + wayOut(listenUri, "--from-oldest", "may store twice what the target has"));
    }
    if (present.atNext().isEmpty() && following.isEmpty() && !facts.isMarkTrusted()) {
      return new WaitForReceiver("the spool is not readable up to the ledger's " + next);
    }
    if (facts.hint().compareTo(ledger.position()) > 0) {
      return new Replay(
          ledger.position(),
          facts.hint().entries() - ledger.position().entries(),
          facts.hint().rows() - ledger.position().rows());
    }
    return new GoOn(ledger.position());
  }

  /** Whether the next segment says that the one of {@code next} ended before it. */
  private static boolean isTorn(SpoolIndex next, SegmentHeader following) {
    SpoolIndex end = following.previousEnd().next();
    return following.previousSegment() == next.segment()
        && end.segment() == next.segment()
        && end.compareTo(next) < 0;
  }

  private static SkipTornTail skipTornTail(SpoolPosition ledger, SegmentHeader following) {
    SpoolPosition from = following.start();
    return new SkipTornTail(from, ledger.entries() - from.entries(), ledger.rows() - from.rows());
  }

  private static StartDecision behindOldest(String listenUri, StartFacts facts, LedgerRow ledger) {
    SpoolPosition position = ledger.position();
    if (facts.oldest().isEmpty()) {
      // Its header is damaged. Where nothing was committed yet, the chain of counters tells all.
      return position.entries() == 0
          ? new GoOn(position)
          : new Refuse(
              "the ledger stands at "
                  + position.next()
                  + ", behind the oldest segment "
                  + facts.oldestSegment().map(String::valueOf).orElse("none")
                  + ", whose header is damaged, so that the gap between them is not known; "
                  + acceptGap(listenUri));
    }
    SegmentHeader oldest = facts.oldest().get();
    if (oldest.start().hasCountersOf(position)) {
      return new GoOn(oldest.start());
    }
    if (isTorn(position.next(), oldest)) {
      // Its segment was deleted when the tail was skipped, and nothing has been sealed since.
      return skipTornTail(position, oldest);
    }
    if (oldest.start().entries() < position.entries()) {
      // Made after the ledger's segment, with less before it: by a folder that was set back.
      return new Refuse(
          "the ledger stands at "
              + position.next()
              + " and counts "
              + counters(position)
              + ", the oldest segment starts at "
              + oldest.start().next()
              + " and counts "
              + counters(oldest.start())
              + " before it: the data folder was restored from a backup, or a power cut took the end of"
              + " the journal (spool.sync: os); "
              + wayOut(listenUri, "--from-oldest", "stores what the spool holds"));
    }
    return new Refuse(
        "the ledger stands at "
            + position.next()
            + ", the oldest segment starts at "
            + oldest.start().next()
            + ": between them "
            + (oldest.start().entries() - position.entries())
            + " entries with "
            + (oldest.start().rows() - position.rows())
            + " rows, of the time from "
            + ledger.updatedAt()
            + " to "
            + Instant.ofEpochSecond(0, oldest.createdUnixNanos())
            + ", are neither in the target nor in the spool; "
            + acceptGap(listenUri));
  }

  private static String acceptGap(String listenUri) {
    return wayOut(listenUri, "--from-oldest --accept-gap", "gives them up and stores the rest");
  }

  private static String wayOut(String listenUri, String flags, String effect) {
    return "`duckspool ledger set " + listenUri + " " + flags + "` " + effect;
  }

  private static String counters(SpoolPosition position) {
    return position.entries()
        + " entries, "
        + position.rows()
        + " rows, "
        + position.bytes()
        + " bytes";
  }
}
