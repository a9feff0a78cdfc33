package io.duckspool.writer.pipeline;

import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a spool is in a target that may not answer.
 *
 * <ol>
 *   <li>Its ledger says so, where that can be read: exact.
 *   <li>Else this pipeline knows where it last left the ledger. Beyond that the target has at most
 *       the one batch whose commit had no answer.
 *   <li>Else the committed checkpoint is a hint: it is published after each seal, but not forced,
 *       so that after a power cut any number of seals may lie between it and the ledger. Each entry
 *       that follows it may be in the target.
 * </ol>
 *
 * @param ledger where the target stands, at least
 * @param doubtEnd up to where it may stand; equal to the ledger's position when that is exact
 */
record CommittedSoFar(LedgerRow ledger, SpoolPosition doubtEnd) {

  private static final Logger LOG = LoggerFactory.getLogger(CommittedSoFar.class);

  /** What the pipeline knows by itself. */
  record Memory(Optional<LedgerRow> ledger, Optional<SpoolPosition> unknownUpTo) {}

  /** Asks the target first. */
  static CommittedSoFar find(
      PipelineSettings settings, Sink sink, SpoolTailer tailer, Memory memory)
      throws SpoolException {
    Optional<LedgerRow> row = Optional.empty();
    try {
      row = sink.readLedger(settings.spoolId());
    } catch (SinkException e) {
      LOG.warn("{}: the ledger of {} can't be read", settings.listenUri(), sink.target(), e);
    }
    if (row.isPresent()) {
      return new CommittedSoFar(row.get(), row.get().furthest().position());
    }
    if (memory.ledger().isPresent()) {
      LedgerRow known = memory.ledger().get();
      return new CommittedSoFar(known, memory.unknownUpTo().orElse(known.position()));
    }
    SpoolPosition hint = hint(tailer);
    String runId =
        tailer
            .header(hint.next().segment())
            .map(SegmentHeader::runId)
            .or(() -> tailer.durableMark().map(DurableMark::runId))
            .orElse("");
    LedgerRow made =
        new LedgerRow(
            settings.spoolId(),
            settings.listenUri(),
            runId,
            hint,
            tailer.committed().seals(),
            Instant.EPOCH);
    return new CommittedSoFar(made, end(tailer, hint));
  }

  /** The end of what is durable in the spool; the position itself when that lies behind it. */
  static SpoolPosition end(SpoolTailer tailer, SpoolPosition from) {
    return tailer
        .durableMark()
        .map(DurableMark::position)
        .filter(position -> position.compareTo(from) > 0)
        .orElse(from);
  }

  /** Entries before {@code from} that may be in the target, too. */
  long mayHoldEntriesBehind(SpoolPosition from) {
    return Math.max(0, doubtEnd.entries() - from.entries());
  }

  /** The checkpoint with the spool's own counters, or the oldest segment where that is newer. */
  private static SpoolPosition hint(SpoolTailer tailer) throws SpoolException {
    SpoolPosition hint = tailer.committed().position();
    Optional<Long> oldest = tailer.segments().stream().findFirst();
    if (oldest.isPresent()
        && hint.next().compareTo(new SpoolIndex(oldest.get(), 0)) < 0
        && tailer.header(oldest.get()).isPresent()) {
      return tailer.header(oldest.get()).get().start();
    }
    return tailer.positionAt(hint.next()).orElse(hint);
  }
}
