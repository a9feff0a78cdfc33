package io.duckspool.writer.pipeline;

import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out where a pipeline goes on: checks the target, reads its ledger and the segments,
 * decides.
 *
 * <p>Used by the pipeline's thread.
 */
final class Starter {

  private static final Logger LOG = LoggerFactory.getLogger(Starter.class);

  private final PipelineSettings settings;
  private final Sink sink;
  private final Predicate<String> isReceiverOfRunAlive;
  private final InstantSource clock;

  Starter(
      PipelineSettings settings,
      Sink sink,
      Predicate<String> isReceiverOfRunAlive,
      InstantSource clock) {
    this.settings = settings;
    this.sink = sink;
    this.isReceiverOfRunAlive = isReceiverOfRunAlive;
    this.clock = clock;
  }

  /** Where a pipeline stands after an attempt to start. */
  sealed interface Start {

    /**
     * It reads on.
     *
     * @param ledger the row that the next seal moves
     * @param from where to read, with the counters up to there
     */
    record At(LedgerRow ledger, SpoolPosition from) implements Start {}

    /** It has to wait for a receiver. */
    record Wait(String reason) implements Start {}

    /** It must not go on. */
    record Refused(String reason) implements Start {}
  }

  /**
   * Makes one attempt.
   *
   * @param checksTarget whether the tables are looked at, too
   * @throws SinkException.Unavailable the target doesn't answer: try again later
   */
  Start attempt(SpoolTailer tailer, boolean checksTarget) throws SinkException, SpoolException {
    Optional<LedgerRow> ledger;
    try {
      if (checksTarget) {
        sink.check();
      }
      ledger = sink.readLedger(settings.spoolId());
    } catch (SinkException.Refused e) {
      return new Start.Refused(e.reason());
    }
    if (ledger.isEmpty() && settings.isTargetVolatile()) {
      ledger = beginVolatileLedger(tailer);
      if (ledger.isEmpty()) {
        return new Start.Wait("the spool has no segment yet");
      }
    }
    StartFacts facts =
        StartFacts.gather(ledger.map(LedgerRow::furthest), tailer, isReceiverOfRunAlive);
    StartDecision decision = StartDecision.decide(settings.listenUri(), facts);
    if (decision instanceof StartDecision.Refuse refuse) {
      return new Start.Refused(refuse.reason());
    }
    if (decision instanceof StartDecision.WaitForReceiver wait) {
      return new Start.Wait(wait.reason());
    }
    Start.At at = at(ledger.orElseThrow(), announce(decision), facts, tailer);
    new QuarantineReplays(settings.folder()).compare(settings, sink, at.from().next());
    return at;
  }

  /**
   * Where the last seal may be in some of its tables alone, it is read again. The committed
   * checkpoint is published when a seal is known to be in all of them; a power cut may set it back,
   * nothing sets it forth.
   */
  private Start.At at(LedgerRow row, SpoolPosition from, StartFacts facts, SpoolTailer tailer)
      throws SpoolException {
    LedgerRow furthest = row.furthest();
    if (row.ahead().isEmpty() || facts.hint().equals(furthest.position())) {
      return new Start.At(furthest, from);
    }
    SpoolPosition begin = readable(row.position(), facts, tailer).orElse(from);
    if (begin.compareTo(from) >= 0 || begin.compareTo(furthest.position()) >= 0) {
      return new Start.At(furthest, from);
    }
    LOG.info(
        "{}: reading again from {} to {}, which may be in some tables alone",
        settings.listenUri(),
        begin.next(),
        furthest.position().next());
    return new Start.At(row.at(begin), begin);
  }

  /** The position itself, or the oldest entry where that is gone: it was committed, then. */
  private static Optional<SpoolPosition> readable(
      SpoolPosition position, StartFacts facts, SpoolTailer tailer) throws SpoolException {
    return tailer
        .positionAt(position.next())
        .filter(position::hasCountersOf)
        .or(() -> facts.oldest().map(SegmentHeader::start));
  }

  private SpoolPosition announce(StartDecision decision) {
    String uri = settings.listenUri();
    if (decision instanceof StartDecision.Replay replay) {
      LOG.warn(
          "{}: the target was restored to an earlier state: {} entries with {} rows are stored again"
              + " from {} on",
          uri,
          replay.entryCount(),
          replay.rowCount(),
          replay.from().next());
      return replay.from();
    }
    if (decision instanceof StartDecision.SkipTornTail torn) {
      LOG.warn(
          "{}: {} entries with {} rows are in the target, but no longer in the spool, which lost its"
              + " tail; going on at {}",
          uri,
          torn.entryCount(),
          torn.rowCount(),
          torn.from().next());
      return torn.from();
    }
    if (decision instanceof StartDecision.GoOn goOn) {
      LOG.info("{}: going on at {}", uri, goOn.from().next());
      return goOn.from();
    }
    throw new IllegalStateException("not a decision to go on: " + decision);
  }

  /** A target in memory lost all at the writer's exit, the ledger too, as announced. */
  private Optional<LedgerRow> beginVolatileLedger(SpoolTailer tailer)
      throws SinkException, SpoolException {
    Optional<Long> oldest = tailer.segments().stream().findFirst();
    if (oldest.isEmpty()) {
      return Optional.empty();
    }
    Optional<SegmentHeader> header = tailer.header(oldest.get());
    if (header.isEmpty()) {
      return Optional.empty();
    }
    LedgerRow row =
        new LedgerRow(
            settings.spoolId(),
            settings.listenUri(),
            header.get().runId(),
            header.get().start(),
            0,
            clock.instant());
    sink.setLedger(row);
    LOG.warn(
        "{}: the database is in memory and empty: storing what the spool still holds, from {} on",
        settings.listenUri(),
        row.position().next());
    return Optional.of(row);
  }
}
