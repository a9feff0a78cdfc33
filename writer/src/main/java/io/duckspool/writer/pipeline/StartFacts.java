package io.duckspool.writer.pipeline;

import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.sink.LedgerRow;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a pipeline knows at its start, before it has read an entry: the target's ledger, the
 * writer's own hint, and the segments that are there. Immutable.
 *
 * @param ledger the target's row for this spool, if any
 * @param hint the committed checkpoint; zero counters when missing or damaged
 * @param oldestSegment number of the oldest segment that is there, if any
 * @param oldest its header, if that can be read
 * @param ledgerSegment the segment in which the ledger's next index stands, if it is there
 * @param following the header of the first segment after that one, if any
 * @param isMarkTrusted whether the durable mark's receiver runs, or the mark isn't behind the
 *     ledger
 */
record StartFacts(
    Optional<LedgerRow> ledger,
    SpoolPosition hint,
    Optional<Long> oldestSegment,
    Optional<SegmentHeader> oldest,
    Optional<LedgerSegment> ledgerSegment,
    Optional<SegmentHeader> following,
    boolean isMarkTrusted) {

  /**
   * The segment of the ledger's next index.
   *
   * @param header empty when it is damaged
   * @param atNext the counters up to the ledger's next index as the spool has them; empty when the
   *     entry before it isn't there, or is damaged
   */
  record LedgerSegment(Optional<SegmentHeader> header, Optional<SpoolPosition> atNext) {}

  /**
   * Reads the facts from the spool. The mark first: a receiver that starts meanwhile publishes it
   * when its segment is there, so that one who trusts the mark has seen that segment.
   */
  static StartFacts gather(
      Optional<LedgerRow> ledger, SpoolTailer tailer, Predicate<String> isReceiverOfRunAlive)
      throws SpoolException {
    Optional<DurableMark> mark = tailer.durableMark();
    boolean isReceiverAlive = mark.isPresent() && isReceiverOfRunAlive.test(mark.get().runId());
    List<Long> segments = tailer.segments();
    Optional<Long> oldestSegment = segments.stream().findFirst();
    Optional<SegmentHeader> oldest = Optional.empty();
    if (oldestSegment.isPresent()) {
      oldest = tailer.header(oldestSegment.get());
    }
    Optional<LedgerSegment> ledgerSegment = Optional.empty();
    Optional<SegmentHeader> following = Optional.empty();
    boolean isMarkTrusted = false;
    if (ledger.isPresent()) {
      SpoolIndex next = ledger.get().position().next();
      if (segments.contains(next.segment())) {
        ledgerSegment =
            Optional.of(new LedgerSegment(tailer.header(next.segment()), tailer.positionAt(next)));
      }
      Optional<Long> after = segments.stream().filter(s -> s > next.segment()).findFirst();
      if (after.isPresent()) {
        following = tailer.header(after.get());
      }
      isMarkTrusted =
          isReceiverAlive || mark.filter(m -> m.position().next().compareTo(next) >= 0).isPresent();
    }
    return new StartFacts(
        ledger,
        tailer.committed().position(),
        oldestSegment,
        oldest,
        ledgerSegment,
        following,
        isMarkTrusted);
  }
}
