package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.metrics.Families;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.batch.BatchFullException;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.LedgerMove;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The writer's work for one server: tail up to the durable mark, decode into the batch, seal,
 * commit with the ledger, publish the checkpoint, delete what is committed.
 *
 * <p>A duty cycle: one thread calls {@link #doWork} and has commands applied in turn, and closes
 * it; only {@link #snapshot} and {@link #seals} are for others. No method sleeps; waits are
 * returned.
 *
 * <p>Invariants: every entry before the ledger's index is in the target or in quarantine; nothing
 * from it on is. After any failure the batch is dropped and read again from there.
 *
 * <p>If the process dies here, at any line, the next start asks the ledger where to go on.
 */
final class Pipeline implements AutoCloseable {

  /** How often an idle pipeline looks at the durable mark: a guess between latency and wake-ups. */
  private static final long IDLE_MILLIS = 10;

  /** How often a pipeline that waits for a receiver or an operator looks again. */
  private static final long WAITING_MILLIS = 200;

  private static final long REFUSED_MILLIS = 10_000;
  private static final long RELEASED_POLL_MILLIS = 50;

  private final Workbench work;
  private final PipelineOperations operations;
  private final ReadStep reading;
  private final PipelineHealth health;
  private final Progress progress;
  private volatile PipelineSnapshot snapshot;

  /** Opens the files beside the spool; nothing is asked of spool or target yet. */
  Pipeline(PipelineSettings settings, PipelineParts parts, Sink sink) throws IOException {
    this.work = new Workbench(settings, parts, sink);
    this.operations = new PipelineOperations(work);
    this.reading = new ReadStep(work.intake, work.pending, work.bounds);
    this.health = work.health;
    this.progress = new Progress(settings.listenUri());
    this.snapshot = work.snapshot();
  }

  /**
   * Does what there is to do, in a bounded step.
   *
   * @return milliseconds to wait for a command before the next call; 0 when there is more to do
   */
  long doWork() {
    long wait = isReleased() ? RELEASED_POLL_MILLIS : health.millisUntilDue();
    if (wait == 0 || work.isShuttingDown()) {
      wait = step();
    }
    snapshot = work.snapshot();
    return wait;
  }

  /** Takes up what an admin thread asked for. */
  void accept(PipelineCommand command) {
    command.applyTo(operations);
    snapshot = work.snapshot();
  }

  /** Answers what was asked for too late: the pipeline is closed. */
  void refuse(PipelineCommand command) {
    command.refuse(operations);
  }

  boolean isEnded() {
    return health.state() == PipelineState.ENDED;
  }

  /** How the pipeline was after its last step. Any thread. */
  PipelineSnapshot snapshot() {
    return snapshot;
  }

  /** The last seals, newest first. Any thread. */
  List<AdminApi.SealRow> seals() {
    return work.sealLog.newestFirst();
  }

  /** Adds what the seals took, and what is in quarantine. Any thread. */
  void addMetrics(Families families) {
    work.metrics.addTo(families, work.settings.listenUri());
    snapshot
        .quarantine()
        .forEach(
            (reason, entries) ->
                families.gauge(
                    "duckspool_writer_quarantine_entries",
                    "Requests that are in quarantine, by why; not those that were given up.",
                    entries,
                    "server",
                    work.settings.listenUri(),
                    "reason",
                    reason.text()));
  }

  /** The step of the ledger that is due next, while a batch is frozen. */
  Optional<LedgerMove> batchInHand() {
    return work.target().seal().move();
  }

  /** Drops the batch in hand and closes all files. Nothing that is committed depends on it. */
  @Override
  public void close() throws IOException {
    work.close();
    snapshot = work.snapshot();
  }

  /** Whether a starting receiver is still to be left alone with the files. */
  private boolean isReleased() {
    if (!work.spool.isReleased()) {
      return false;
    }
    if (work.spool.isNewRunSeen()) {
      health.dueNow();
    }
    if (health.millisUntilDue() == 0) {
      work.spool.takeBack();
    }
    return work.spool.isReleased();
  }

  private long step() {
    try {
      if (work.retirement.isDue() && !isEnded()) {
        work.removeServer();
        return 0;
      }
      return switch (health.state()) {
        case STARTING, WAITING_FOR_RECEIVER, TARGET_REFUSED -> start();
        case RUNNING, STOPPING -> work.target().seal().hasBatch() ? seal() : read();
        case PAUSED -> work.isShuttingDown() ? end() : WAITING_MILLIS;
        case ENDED -> 0;
      };
    } catch (SinkException | SpoolException | IOException | BatchFullException e) {
      return stumble(e);
    }
  }

  private long start() throws SinkException, SpoolException, IOException {
    if (work.isShuttingDown() && health.state() != PipelineState.STARTING) {
      return end();
    }
    if (work.pause.isSet()) {
      return become(PipelineState.PAUSED, work.pause.text(), WAITING_MILLIS);
    }
    if (work.refusal().isPresent()) {
      return become(PipelineState.TARGET_REFUSED, work.refusal().get(), REFUSED_MILLIS);
    }
    SpoolTailer tailer = work.spool.tailer();
    // While only a receiver is waited for, the target needs no second look.
    boolean isWaiting = health.state() == PipelineState.WAITING_FOR_RECEIVER;
    Starter.Start start = work.target().starter().attempt(tailer, !isWaiting);
    if (start instanceof Starter.Start.At at) {
      work.standAt(at.ledger(), at.from());
      work.rewind();
      progress.publish(tailer, work.committedMark(at.from(), at.ledger().seals()));
      work.settleReplay();
      work.pending.countRows(work::rowsUpTo);
      health.become(work.activeState(), null);
      return 0;
    }
    return start instanceof Starter.Start.Wait wait
        ? become(PipelineState.WAITING_FOR_RECEIVER, wait.reason(), WAITING_MILLIS)
        : become(
            PipelineState.TARGET_REFUSED, ((Starter.Start.Refused) start).reason(), REFUSED_MILLIS);
  }

  private long read() throws SpoolException, SinkException, IOException {
    boolean isLeaving = work.retirement.isStopping() || work.isShuttingDown();
    ReadStep.Next next =
        reading.attempt(work.spool.tailer(), work.target().seal().maxEntries(), isLeaving);
    if (next instanceof ReadStep.Next.Freeze freeze) {
      freeze(freeze.trigger());
      return 0;
    }
    if (next instanceof ReadStep.Next.AtEnd atEnd) {
      return atEnd(atEnd);
    }
    return next instanceof ReadStep.Next.Blocked blocked ? blocked(blocked.read()) : 0;
  }

  private long atEnd(ReadStep.Next.AtEnd end) throws SpoolException, SinkException, IOException {
    if (work.intake.entryCount() > 0) {
      return IDLE_MILLIS;
    }
    health.recovered();
    work.pending.committed(end.reached(), health.sealsTotal());
    boolean isStopping = work.retirement.isStopping();
    if (isStopping && work.retirement.isSpoolClosed(end.mark(), end.reached())) {
      work.removeServer();
      return 0;
    }
    if (work.isShuttingDown()) {
      return end();
    }
    return isStopping ? WAITING_MILLIS : IDLE_MILLIS;
  }

  /** There is more, but it can't be read now. */
  private long blocked(SpoolRead read) {
    if (read instanceof SpoolRead.NewerFormat) {
      return refuseForGood("written by a newer duckspool, upgrade the writer");
    }
    String reason =
        read instanceof SpoolRead.WaitingForReceiver waiting ? waiting.reason() : read.toString();
    return become(PipelineState.WAITING_FOR_RECEIVER, reason, WAITING_MILLIS);
  }

  private void freeze(SealTrigger trigger) throws SpoolException, IOException {
    SpoolPosition next = work.intake.next();
    LedgerRow ledger = work.ledger();
    work.target()
        .seal()
        .freeze(
            new LedgerMove(
                work.settings.spoolId(),
                work.settings.listenUri(),
                ledger.position().next(),
                next,
                work.spool.runOf(next.next().segment(), ledger.runId()),
                work.retirement.isReplaying(work.target().sink().target())
                    ? SealTrigger.REPLAY
                    : trigger,
                work.parts.clock().instant(),
                ledger.ahead()));
  }

  private long seal() throws SpoolException, IOException {
    SealStep.Next next = work.target().seal().attempt();
    if (next instanceof SealStep.Next.Sealed sealed) {
      return sealed(sealed);
    }
    if (next instanceof SealStep.Next.TryAgain again) {
      return failSeal(again.error());
    }
    if (next instanceof SealStep.Next.ReadLess less) {
      work.rewind();
      return failSeal(less.error());
    }
    if (next instanceof SealStep.Next.ReadAgain) {
      work.rewind();
      return 0;
    }
    if (next instanceof SealStep.Next.StartAgain again) {
      return become(PipelineState.STARTING, again.error(), 0);
    }
    return next instanceof SealStep.Next.Refused refused
        ? become(PipelineState.TARGET_REFUSED, refused.error(), REFUSED_MILLIS)
        : refuseForGood(((SealStep.Next.Fenced) next).error());
  }

  private long failSeal(String error) {
    work.pending.fail(error, health.sealsTotal());
    return work.isShuttingDown() ? end() : health.millisUntilDue();
  }

  private long sealed(SealStep.Next.Sealed sealed) throws IOException, SpoolException {
    LedgerRow row = sealed.ledger();
    SpoolTailer tailer = work.spool.tailer();
    work.standAt(row, row.position());
    progress.publish(tailer, work.committedMark(row.position(), row.seals()));
    work.pending.committed(row.position().next(), health.sealsTotal());
    if (work.isReplayOpen()) {
      work.settleReplay();
    }
    if (work.intake.hasTooManyInQuarantineInARow()) {
      String reason =
          "paused: " + Intake.MAX_QUARANTINED_IN_A_ROW + " entries in a row went to quarantine";
      work.pause.set(reason);
      return become(PipelineState.PAUSED, reason, WAITING_MILLIS);
    }
    if (!work.retirement.isStopping() && !work.isShuttingDown()) {
      work.target()
          .maintenance()
          .sealed(
              sealed.trigger(),
              sealed.rowCount(),
              row.position(),
              CommittedSoFar.end(tailer, row.position()),
              work.bounds.limits());
    }
    return 0;
  }

  /** Anything but a seal went wrong: drop the batch, and ask the ledger again after a while. */
  private long stumble(Exception cause) {
    String error = String.valueOf(cause.getMessage());
    work.pending.fail(error, health.sealsTotal());
    work.target().seal().drop();
    health.become(PipelineState.STARTING, health.trouble());
    health.failed(cause, error);
    return work.isShuttingDown() ? end() : health.millisUntilDue();
  }

  private long become(PipelineState state, String reason, long waitMillis) {
    work.become(state, reason, waitMillis);
    return work.isShuttingDown() ? end() : waitMillis;
  }

  private long refuseForGood(String reason) {
    work.refuseForGood(reason, REFUSED_MILLIS);
    return work.isShuttingDown() ? end() : REFUSED_MILLIS;
  }

  private long end() {
    work.end();
    return 0;
  }
}
