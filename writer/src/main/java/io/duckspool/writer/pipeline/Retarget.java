package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the kept spool of a stopped server another target: ledger row in the new target &rarr;
 * server file names the new target &rarr; ledger row of the old target removed, where that answers.
 *
 * <p>The new ledger begins where the old one stands. Where the old one can't be read, it begins at
 * the last place that is known to be committed, and what the old target may have beyond that is
 * counted: those entries are in both targets, none is in neither.
 *
 * <p>A target that has a ledger row of this spool already, from a call that was interrupted or from
 * an earlier replay, has everything before that row: the later of the two places counts.
 *
 * <p>A call that is repeated for the target that it led to is answered as the first time.
 *
 * <p>If the process dies here: before the server file is replaced the old target counts, and the
 * row in the new one only waits for a repetition; after it the new target counts, and a row that is
 * left in the old one fences whatever still tries to commit there from elsewhere.
 *
 * <p>Used by the pipeline's thread.
 */
final class Retarget {

  private static final Logger LOG = LoggerFactory.getLogger(Retarget.class);

  private final PipelineSettings settings;
  private final PipelineParts parts;

  Retarget(PipelineSettings settings, PipelineParts parts) {
    this.settings = settings;
    this.parts = parts;
  }

  /**
   * Runs all steps.
   *
   * @param old the target until now
   * @param fresh the other target; stays the caller's
   * @param config as the server file has it, with the other target
   * @param memory what the pipeline knows of the old target
   */
  Outcome<AdminApi.Replayed> run(
      Sink old, Sink fresh, ServerConfig config, SpoolTailer tailer, CommittedSoFar.Memory memory)
      throws IOException, SinkException, SpoolException {
    ServerFile file = ServerFile.read(settings.folder());
    if (file.state() != ServerState.STOPPING || FolderNote.discarded(settings.folder()).isSet()) {
      return new Outcome.Refused<>(
          settings.listenUri()
              + " is "
              + file.state().name().toLowerCase(Locale.ROOT)
              + ", only what a stopped server has kept can be replayed");
    }
    if (old.target().equalsIgnoreCase(fresh.target())) {
      return repeated(old);
    }
    CommittedSoFar soFar = CommittedSoFar.find(settings, old, tailer, memory);
    LedgerRow row = laterOf(soFar.ledger(), fresh.readLedger(settings.spoolId()));
    StartFacts facts = StartFacts.gather(Optional.of(row), tailer, parts.isReceiverOfRunAlive());
    if (StartDecision.decide(settings.listenUri(), facts) instanceof StartDecision.Refuse refuse) {
      return new Outcome.Refused<>(refuse.reason());
    }
    makeLedger(fresh, row);
    CrashPoint.REPLAY_LEDGER_MADE.reached();
    AdminApi.Replayed expected = replayed(row, tailer, soFar.mayHoldEntriesBehind(row.position()));
    new ReplayNote(fresh.target(), expected).write(settings.folder());
    file.with(config).write(settings.folder());
    CrashPoint.REPLAY_TARGET_CHANGED.reached();
    Optional<SpoolPosition> last = removeOld(old);
    long doubled =
        last.map(at -> Math.max(0, at.entries() - row.position().entries()))
            .orElse(expected.mayDoubleEntries());
    return new Outcome.Done<>(announce(replayed(row, tailer, doubled), old, fresh));
  }

  private static LedgerRow laterOf(LedgerRow row, Optional<LedgerRow> present) {
    // Beyond its position some tables of that target may have rows: only its own row says which.
    return present
        .filter(other -> other.furthest().position().compareTo(row.position()) > 0)
        .orElse(row);
  }

  private void makeLedger(Sink fresh, LedgerRow row) throws SinkException {
    LedgerRow begun =
        new LedgerRow(
            settings.spoolId(),
            settings.listenUri(),
            row.runId(),
            row.position(),
            row.seals(),
            parts.clock().instant());
    LedgerRow there = fresh.prepare(begun);
    if (!there.position().equals(begun.position())) {
      fresh.setLedger(begun);
    }
  }

  /**
   * Removes the row of the old target.
   *
   * @return where it stood at the end: a commit that had no answer may have moved it meanwhile;
   *     empty when that can't be told
   */
  private Optional<SpoolPosition> removeOld(Sink old) {
    try {
      Optional<LedgerRow> last = old.readLedger(settings.spoolId());
      boolean unused = old.removeLedger(settings.spoolId());
      CrashPoint.REPLAY_LEDGER_REMOVED.reached();
      return last.map(LedgerRow::position);
    } catch (SinkException e) {
      LOG.warn(
          "{}: the ledger row of spool {} stays in {}",
          settings.listenUri(),
          settings.spoolId(),
          old.target(),
          e);
      return Optional.empty();
    }
  }

  /** The call was made before, and got through: it is answered as it was then. */
  private Outcome<AdminApi.Replayed> repeated(Sink target) throws IOException {
    Optional<ReplayNote> note = ReplayNote.read(settings.folder(), target.target());
    return note.isPresent()
        ? new Outcome.Done<>(note.get().replayed())
        : new Outcome.Refused<>(
            target.target() + " is the target of " + settings.listenUri() + " already");
  }

  private AdminApi.Replayed replayed(LedgerRow row, SpoolTailer tailer, long doubled) {
    SpoolPosition from = row.position();
    SpoolPosition end = CommittedSoFar.end(tailer, from);
    return new AdminApi.Replayed(
        settings.listenUri(),
        settings.spoolId(),
        from.next().toString(),
        end.entries() - from.entries(),
        end.rows() - from.rows(),
        doubled);
  }

  private static AdminApi.Replayed announce(AdminApi.Replayed replayed, Sink old, Sink fresh) {
    LOG.warn(
        "{}: replayed from {} on to {} instead of {}: {} entries with {} rows are left, {} entries"
            + " may be in both",
        replayed.listenUri(),
        replayed.nextIndex(),
        fresh.target(),
        old.target(),
        replayed.pendingEntries(),
        replayed.pendingRows(),
        replayed.mayDoubleEntries());
    return replayed;
  }
}
