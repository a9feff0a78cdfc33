package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What receivers and operators ask of a pipeline, done between two steps of its duty cycle. None of
 * it waits for a seal; the target may be asked, and take its time.
 *
 * <p>Used by the pipeline's thread.
 */
final class PipelineOperations {

  private static final Logger LOG = LoggerFactory.getLogger(PipelineOperations.class);

  /** How long the files stay closed after a release, unless a new receiver shows up earlier. */
  private static final long RELEASED_MILLIS = 10_000;

  private static final String PAUSED = "paused by an operator, until it is resumed";

  private final Workbench work;
  private final QuarantineOperations quarantine;

  PipelineOperations(Workbench work) {
    this.work = work;
    this.quarantine = new QuarantineOperations(work);
  }

  QuarantineOperations quarantine() {
    return quarantine;
  }

  /** Commits everything before an index, in one attempt; answered when that is done. */
  void seal(PipelineCommand.Seal request) {
    if (request.trigger() == SealTrigger.STOP) {
      closeAt(request);
    }
    switch (work.health.state()) {
      case STARTING -> add(request, PendingSeals.NOT_COUNTED);
      case RUNNING, STOPPING -> add(request, work.rowsUpTo(request.upTo()));
      case WAITING_FOR_RECEIVER, TARGET_REFUSED, PAUSED ->
          request.reply().complete(notSealed(work.health.trouble()));
      case ENDED -> request.reply().complete(sealedAtTheEnd());
    }
  }

  private void closeAt(PipelineCommand.Seal request) {
    try {
      work.retirement.closedAt(request.upTo());
      work.activate();
    } catch (IOException e) {
      LOG.warn("{}: the server file can't be read, trying again", work.settings.listenUri(), e);
    }
  }

  private void add(PipelineCommand.Seal request, long rowCount) {
    work.pending.add(request, rowCount, work.health.sealsTotal());
    work.health.dueNow();
  }

  /** The answer to a seal that is asked of a pipeline that has ended. */
  AdminApi.Sealed sealedAtTheEnd() {
    return work.retirement.isStored()
        ? new AdminApi.Sealed("sealed", 0, work.health.sealsTotal(), null)
        : notSealed("the pipeline has ended");
  }

  private AdminApi.Sealed notSealed(String error) {
    return new AdminApi.Sealed("error", 0, work.health.sealsTotal(), error);
  }

  /** Closes the files of the spool for a moment. */
  void release() {
    if (work.spool.release()) {
      work.health.delay(RELEASED_MILLIS);
    }
  }

  /** Drops what is in hand and seals nothing until {@link #resume}, over restarts too. */
  Outcome<PipelineState> pause() {
    try {
      if (!work.pause.isSet()) {
        work.pause.set(PAUSED);
      }
      work.drop();
      work.become(PipelineState.PAUSED, work.pause.text(), 0);
      return new Outcome.Done<>(PipelineState.PAUSED);
    } catch (IOException e) {
      return notNow(e);
    }
  }

  /** Goes on after {@link #pause}, or after too many entries in a row went to quarantine. */
  Outcome<PipelineState> resume() {
    try {
      work.pause.clear();
      work.intake.forgetQuarantinedInARow();
      if (work.health.state() == PipelineState.PAUSED) {
        work.health.become(PipelineState.STARTING, null);
      }
      work.health.dueNow();
      return new Outcome.Done<>(work.health.state());
    } catch (IOException e) {
      return notNow(e);
    }
  }

  /** Looks at what the server file says by now. */
  void lookAtServer() {
    work.lookAtServer();
  }

  /** Serves again, if the server isn't drained; else its removal is finished. */
  Outcome<AdminApi.TakenUp> takeUp() {
    try {
      Outcome<AdminApi.TakenUp> outcome = work.retirement.takeUp();
      if (outcome.equals(new Outcome.Done<>(Retirement.GONE))) {
        work.removeServer();
      } else {
        work.activate();
      }
      return outcome;
    } catch (IOException | SinkException e) {
      return notNow(e);
    }
  }

  /** The answer to a {@link #takeUp} that is asked of a pipeline that has ended. */
  Outcome<AdminApi.TakenUp> takenUpAtTheEnd() {
    return work.retirement.isGone()
        ? new Outcome.Done<>(Retirement.GONE)
        : new Outcome.NotNow<>("the pipeline has ended");
  }

  /** Removes the kept spool of a stopped server with all that is not committed. */
  Outcome<AdminApi.Discarded> discard() {
    try {
      Uncommitted left = Uncommitted.find(work);
      Outcome<AdminApi.Discarded> outcome = work.retirement.discard(left.from(), left.end());
      if (outcome instanceof Outcome.Done) {
        work.drop();
        work.pending.fail("the server is being discarded", work.health.sealsTotal());
        work.removeServer();
      }
      return outcome;
    } catch (IOException | SinkException e) {
      work.health.dueNow();
      return notNow(e);
    }
  }

  /**
   * Goes on to another target, also when it was paused at the one before.
   *
   * @param config as the server file has it, with that target
   * @param other settings with that target
   * @param sink on that target; the pipeline's when this is done, else the caller's
   */
  Outcome<AdminApi.Replayed> replay(ServerConfig config, PipelineSettings other, Sink sink) {
    try {
      Outcome<AdminApi.Replayed> outcome =
          new Retarget(work.settings, work.parts)
              .run(work.target().sink(), sink, config, work.spool.tailer(), work.memory());
      if (outcome instanceof Outcome.Done) {
        work.pause.clear();
        work.intake.forgetQuarantinedInARow();
        work.replaceTarget(other, sink);
        work.lookAtServer();
        work.health.startAnew();
      }
      return outcome;
    } catch (SinkException.Refused e) {
      return new Outcome.Refused<>(e.reason());
    } catch (IOException | SinkException | SpoolException e) {
      return notNow(e);
    }
  }

  /** Goes on with the same target, and asks something else of it. */
  void reconfigure(PipelineSettings other, Sink sink) {
    if (work.health.state() == PipelineState.ENDED) {
      sink.close();
      return;
    }
    Optional<String> refusal = work.refusal();
    work.bounds.configure(other.limits());
    work.replaceTarget(other, sink);
    work.health.startAnew();
    // Nothing that was asked of the target makes this the writer that it belongs to.
    refusal.ifPresent(reason -> work.refuseForGood(reason, 0));
  }

  /** Puts the ledger of a pipeline that refuses its target where an operator says. */
  Outcome<AdminApi.LedgerSet> setLedger(AdminApi.SetLedger request) {
    if (work.refusal().isPresent()) {
      return new Outcome.Refused<>(
          "the pipeline has to be started anew with its writer: " + work.refusal().get());
    }
    if (work.health.state() != PipelineState.TARGET_REFUSED) {
      return new Outcome.Refused<>(
          "the pipeline is " + work.health.state().text() + ": there is nothing to set");
    }
    try {
      Outcome<AdminApi.LedgerSet> outcome =
          work.target().ledgerReset().set(work.spool.tailer(), request);
      work.health.dueNow();
      return outcome;
    } catch (SinkException | SpoolException e) {
      return new Outcome.Refused<>(String.valueOf(e.getMessage()));
    }
  }

  /** Says what the spool has at an index. */
  Outcome<SpoolFacts> lookAtSpool(SpoolIndex index) {
    if (work.spool.isReleased()) {
      return new Outcome.NotNow<>("a starting receiver looks at the spool, try again");
    }
    try {
      return new Outcome.Done<>(SpoolFacts.gather(work.spool.tailer(), index));
    } catch (SpoolException e) {
      return notNow(e);
    }
  }

  /** Other limits, from now on. */
  void limit(SealLimits limits) {
    work.bounds.configure(limits);
  }

  /** The process ends: drains to the durable mark, then ends; the server stays. */
  void shutDown() {
    work.shutDown();
  }

  private static <T> Outcome<T> notNow(Exception e) {
    return new Outcome.NotNow<>(String.valueOf(e.getMessage()));
  }
}
