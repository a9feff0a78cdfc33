package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the ledger of a pipeline that refuses to start where an operator says, with the counters and
 * the run that the spool has there. A ledger that agrees with its spool is left alone: moving it
 * could only lose or double.
 *
 * <p>If the process dies here, the ledger is the old one or the new one; the call may be repeated.
 *
 * <p>Used by the pipeline's thread.
 */
final class LedgerReset {

  private static final Logger LOG = LoggerFactory.getLogger(LedgerReset.class);

  private final PipelineSettings settings;
  private final Sink sink;
  private final Predicate<String> isReceiverOfRunAlive;
  private final InstantSource clock;

  LedgerReset(
      PipelineSettings settings,
      Sink sink,
      Predicate<String> isReceiverOfRunAlive,
      InstantSource clock) {
    this.settings = settings;
    this.sink = sink;
    this.isReceiverOfRunAlive = isReceiverOfRunAlive;
    this.clock = clock;
  }

  /** Where the ledger is to stand, and the run that made the segment there. */
  private record Place(SpoolPosition position, String runId) {}

  /** Entries with their rows. */
  private record Amount(long entries, long rows) {

    /** What lies between two positions; nothing when they stand the other way round. */
    static Amount between(SpoolPosition from, SpoolPosition to) {
      return new Amount(
          Math.max(0, to.entries() - from.entries()), Math.max(0, to.rows() - from.rows()));
    }
  }

  /** Why the ledger stays where it is, for people. */
  private static final class NotPossibleException extends Exception {
    private static final long serialVersionUID = 1L;

    NotPossibleException(String message) {
      super(message);
    }
  }

  /** Sets the ledger, durable on return, or says why not. */
  Outcome<AdminApi.LedgerSet> set(SpoolTailer tailer, AdminApi.SetLedger request)
      throws SinkException, SpoolException {
    Optional<LedgerRow> ledger = sink.readLedger(settings.spoolId());
    StartFacts facts =
        StartFacts.gather(ledger.map(LedgerRow::furthest), tailer, isReceiverOfRunAlive);
    if (!(StartDecision.decide(settings.listenUri(), facts) instanceof StartDecision.Refuse)) {
      return new Outcome.Refused<>(
          "ledger and spool agree, so the ledger"
              + ledger.map(row -> " at " + row.position().next()).orElse("")
              + " stays as it is");
    }
    try {
      Place place =
          request.next() == null
              ? oldest(facts)
              : at(SpoolIndex.parse(request.next()), tailer, facts);
      return set(place, request, tailer, facts);
    } catch (NotPossibleException e) {
      return new Outcome.Refused<>(String.valueOf(e.getMessage()));
    }
  }

  private Outcome<AdminApi.LedgerSet> set(
      Place place, AdminApi.SetLedger request, SpoolTailer tailer, StartFacts facts)
      throws SinkException, NotPossibleException {
    SpoolPosition to = place.position();
    boolean isGap = isBehindOldest(facts);
    Amount mayLose =
        isGap ? Amount.between(facts.ledger().orElseThrow().position(), to) : held(facts, to);
    // A folder that was set back has made no gap: its oldest segment counts less than the ledger.
    boolean isSomethingMissing = isGap && (facts.oldest().isEmpty() || mayLose.entries() > 0);
    if (isSomethingMissing && request.next() == null && !request.acceptGap()) {
      throw new NotPossibleException(
          (facts.oldest().isEmpty()
                  ? "an unknown number of entries"
                  : mayLose.entries() + " entries with " + mayLose.rows() + " rows")
              + " are neither in the target nor in the spool: to give them up, say"
              + " --accept-gap");
    }
    boolean isNewer = isGap || isAheadOfLedger(facts, to);
    Amount mayDouble = isNewer ? new Amount(0, 0) : Amount.between(to, mayBeStored(tailer, facts));
    LedgerRow row =
        new LedgerRow(
            settings.spoolId(),
            settings.listenUri(),
            place.runId(),
            to,
            facts.ledger().map(LedgerRow::seals).orElse(tailer.committed().seals()),
            clock.instant());
    sink.setLedger(row);
    String before = facts.ledger().map(old -> old.position().next().toString()).orElse("nowhere");
    LOG.warn(
        "{}: the ledger was set to {} by an operator, from {}: {} entries with {} rows may be lost,"
            + " {} with {} may be stored twice",
        settings.listenUri(),
        to.next(),
        before,
        mayLose.entries(),
        mayLose.rows(),
        mayDouble.entries(),
        mayDouble.rows());
    return new Outcome.Done<>(
        new AdminApi.LedgerSet(
            settings.spoolId(),
            facts.ledger().map(old -> old.position().next().toString()).orElse(null),
            to.next().toString(),
            mayLose.entries(),
            mayLose.rows(),
            mayDouble.entries(),
            mayDouble.rows()));
  }

  private Place oldest(StartFacts facts) throws NotPossibleException {
    if (facts.oldest().isPresent()) {
      return new Place(facts.oldest().get().start(), facts.oldest().get().runId());
    }
    if (facts.oldestSegment().isEmpty()) {
      throw new NotPossibleException("the spool has no segment yet: start the receiver first");
    }
    // The counters before it are unknown: with the ledger's, what is missing is reported as lost.
    SpoolIndex start = new SpoolIndex(facts.oldestSegment().get(), 0);
    return facts
        .ledger()
        .map(row -> new Place(row.position().at(start), row.runId()))
        .orElseThrow(
            () ->
                new NotPossibleException(
                    "the header of the oldest segment "
                        + start.segment()
                        + " is damaged: choose an index behind its first entry with --next"));
  }

  private static Place at(SpoolIndex next, SpoolTailer tailer, StartFacts facts)
      throws NotPossibleException, SpoolException {
    List<Long> segments = tailer.segments();
    Optional<DurableMark> mark = tailer.durableMark();
    if (segments.isEmpty() || mark.isEmpty()) {
      throw new NotPossibleException("the spool can't be read yet: start the receiver first");
    }
    SpoolIndex end = mark.get().position().next();
    Optional<SpoolPosition> position = tailer.positionAt(next);
    if (position.isEmpty() || next.compareTo(end) > 0) {
      throw new NotPossibleException(
          "no entry of the spool ends at "
              + next
              + "; it holds "
              + new SpoolIndex(segments.get(0), 0)
              + " to "
              + end
              + ", `duckspool spool inspect` shows its segments");
    }
    Optional<String> runId =
        tailer
            .header(next.segment())
            .map(SegmentHeader::runId)
            .or(() -> facts.ledger().map(LedgerRow::runId));
    return new Place(position.get(), runId.orElse(mark.get().runId()));
  }

  /** Whether the ledger is right, but what follows it is no longer in the spool. */
  private static boolean isBehindOldest(StartFacts facts) {
    return facts.ledgerSegment().isEmpty()
        && facts.ledger().isPresent()
        && facts.oldestSegment().isPresent()
        && facts.ledger().get().position().next().segment() < facts.oldestSegment().get();
  }

  /** Whether the place is in a segment that was begun after the last one that the target has. */
  private static boolean isAheadOfLedger(StartFacts facts, SpoolPosition to) {
    return facts.ledger().isPresent()
        && to.next().segment() > facts.ledger().get().position().next().segment();
  }

  /** What the spool still holds before the place. */
  private static Amount held(StartFacts facts, SpoolPosition to) {
    return facts
        .oldest()
        .map(header -> Amount.between(header.start(), to))
        .orElse(new Amount(to.entries(), to.rows()));
  }

  /**
   * Up to where the target may have the spool's rows: where there is a ledger of another history,
   * up to all of them; where it is lost, as far as was once committed.
   */
  private static SpoolPosition mayBeStored(SpoolTailer tailer, StartFacts facts) {
    return facts.ledger().isEmpty()
        ? facts.hint()
        : tailer.durableMark().map(DurableMark::position).orElse(facts.hint());
  }
}
