package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.batch.BatchFullException;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.batch.SealPolicy;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.quarantine.QuarantineStore;
import io.duckspool.writer.sink.LedgerMove;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writer's work for one server: tail up to the durable mark, decode into the batch, seal,
 * commit with the ledger, publish the checkpoint, delete what is committed.
 *
 * <p>A duty cycle: one thread calls {@link #doWork} and {@link #accept} in turn, and closes it;
 * only {@link #snapshot} and {@link #seals} are for others. No method sleeps; waits are returned.
 *
 * <p>Invariants: every entry before the ledger's index is in the target or in quarantine; nothing
 * from it on is. After any failure the batch is dropped and read again from there.
 *
 * <p>If the process dies here, at any line, the next start asks the ledger where to go on.
 */
final class Pipeline implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  /** Entries taken up before the mailbox is looked at again. */
  private static final int ENTRIES_PER_CYCLE = 64;

  /** How often an idle pipeline looks at the durable mark: a guess between latency and wake-ups. */
  private static final long IDLE_MILLIS = 10;

  /** How often a pipeline that waits for a receiver or an operator looks again. */
  private static final long WAITING_MILLIS = 200;

  private static final long REFUSED_MILLIS = 10_000;

  /** How long the files stay closed after a release, unless a new receiver shows up earlier. */
  private static final long RELEASED_MILLIS = 10_000;

  private static final long RELEASED_POLL_MILLIS = 50;

  private final PipelineSettings settings;
  private final PipelineParts parts;
  private final Sink sink;
  private final SpoolHandle spool;
  private final Starter starter;
  private final LedgerReset ledgerReset;
  private final QuarantineStore quarantine;
  private final DeathWatch watch;
  private final SealLog sealLog;
  private final StopSequence stopSequence;
  private final SealStep seal;
  private final PauseNote pause;
  private final Intake intake;
  private final PipelineHealth health;
  private final Progress progress;
  private final PendingSeals pending = new PendingSeals();
  private SealLimits limits;

  private @Nullable LedgerRow ledger;

  /** Where the batch in hand begins to be read: the ledger's place, or behind a gap. */
  private SpoolPosition readFrom = SpoolPosition.startOf(0);

  private boolean isRefusedForGood;
  private boolean isStopping;
  private boolean isShuttingDown;
  private @Nullable SpoolIndex closedAt;
  private volatile PipelineSnapshot snapshot = PipelineSnapshot.NEW;

  /** Opens the files beside the spool; nothing is asked of spool or target yet. */
  Pipeline(PipelineSettings settings, PipelineParts parts, Sink sink) throws IOException {
    this.settings = settings;
    this.parts = parts;
    this.sink = sink;
    this.spool = new SpoolHandle(settings, parts);
    this.limits = settings.limits();
    this.starter = new Starter(settings, sink, parts.isReceiverOfRunAlive(), parts.clock());
    this.ledgerReset = new LedgerReset(settings, sink, parts.isReceiverOfRunAlive(), parts.clock());
    this.quarantine = QuarantineStore.open(settings.folder().quarantine());
    this.sealLog = SealLog.open(settings.folder().seals());
    this.stopSequence = new StopSequence(parts.data());
    this.pause = new PauseNote(settings.folder().path());
    this.watch =
        new DeathWatch(
            AttemptsNote.open(settings.folder().attemptsNote()),
            settings.limits().sealTargetBytes() + settings.maxEntryBytes());
    this.intake =
        new Intake(
            settings.listenUri(),
            parts.memory().openBatch(),
            new EntryDecoder(),
            quarantine,
            watch,
            parts.clock(),
            parts.nanoTicker());
    this.health = new PipelineHealth(settings.listenUri(), parts.nanoTicker());
    this.progress = new Progress(settings.listenUri());
    this.seal = new SealStep(sink, intake, watch, sealLog, health, parts.nanoTicker());
  }

  /**
   * Does what there is to do, in a bounded step.
   *
   * @return milliseconds to wait for a command before the next call; 0 when there is more to do
   */
  long doWork() {
    long wait = isReleased() ? RELEASED_POLL_MILLIS : health.millisUntilDue();
    if (wait == 0 || isShuttingDown) {
      wait = step();
    }
    publishSnapshot();
    return wait;
  }

  /** Takes up what an admin thread asked for. */
  void accept(PipelineCommand command) {
    if (command instanceof PipelineCommand.Seal seal) {
      acceptSeal(seal);
    } else if (command instanceof PipelineCommand.Release release) {
      release(release);
    } else if (command instanceof PipelineCommand.Resume resume) {
      resume(resume);
    } else if (command instanceof PipelineCommand.SetLedger ledger) {
      ledger.reply().complete(setLedger(ledger.request()));
    } else if (command instanceof PipelineCommand.StopServer stop) {
      isStopping = true;
      if (stop.isDrained()) {
        closedAt = new SpoolIndex(0, 0);
      }
      if (health.state() == PipelineState.RUNNING) {
        health.become(PipelineState.STOPPING, null);
      }
    } else if (command instanceof PipelineCommand.Limits other) {
      limits = other.limits();
    } else if (command instanceof PipelineCommand.ShutDown) {
      isShuttingDown = true;
    }
    publishSnapshot();
  }

  boolean isEnded() {
    return health.state() == PipelineState.ENDED;
  }

  /** How the pipeline was after its last step. Any thread. */
  PipelineSnapshot snapshot() {
    return snapshot;
  }

  /** The last seals, newest first. Any thread. */
  List<SealRecord> seals() {
    return sealLog.newestFirst();
  }

  /** The step of the ledger that is due next, while a batch is frozen. */
  Optional<LedgerMove> batchInHand() {
    return seal.move();
  }

  /** Drops the batch in hand and closes all files. Nothing that is committed depends on it. */
  @Override
  public void close() throws IOException {
    end();
    pending.fail("the writer ends", health.sealsTotal());
    seal.drop();
    intake.close();
    watch.survived();
    watch.close();
    spool.close();
    sink.close();
    publishSnapshot();
  }

  private long step() {
    try {
      return switch (health.state()) {
        case STARTING, WAITING_FOR_RECEIVER, TARGET_REFUSED -> start();
        case RUNNING, STOPPING -> seal.hasBatch() ? seal() : read(spool.tailer());
        case PAUSED -> isShuttingDown ? end() : WAITING_MILLIS;
        case ENDED -> 0;
      };
    } catch (SinkException | SpoolException | IOException | BatchFullException e) {
      return stumble(e);
    }
  }

  private long start() throws SinkException, SpoolException, IOException {
    if (isShuttingDown && health.state() != PipelineState.STARTING || isRefusedForGood) {
      return isShuttingDown ? end() : REFUSED_MILLIS;
    }
    if (pause.isSet()) {
      return become(PipelineState.PAUSED, pause.reason(), WAITING_MILLIS);
    }
    SpoolTailer tailer = spool.tailer();
    // While only a receiver is waited for, the target needs no second look.
    boolean isWaiting = health.state() == PipelineState.WAITING_FOR_RECEIVER;
    Starter.Start start = starter.attempt(tailer, !isWaiting);
    if (start instanceof Starter.Start.At at) {
      ledger = at.ledger();
      readFrom = at.from();
      rewind();
      progress.publish(tailer, new CommittedMark(readFrom, at.ledger().seals()));
      pending.countRows(this::rowsUpTo);
      health.become(isStopping ? PipelineState.STOPPING : PipelineState.RUNNING, null);
      health.recovered();
      return 0;
    }
    return start instanceof Starter.Start.Wait wait
        ? become(PipelineState.WAITING_FOR_RECEIVER, wait.reason(), WAITING_MILLIS)
        : become(
            PipelineState.TARGET_REFUSED, ((Starter.Start.Refused) start).reason(), REFUSED_MILLIS);
  }

  /** Takes up entries until the batch is to be sealed, nothing is left, or the cycle is over. */
  private long read(SpoolTailer tailer) throws SpoolException, SinkException, IOException {
    // Before the first read: what lies below this mark has been read when the end is met.
    Optional<DurableMark> mark = tailer.durableMark();
    for (int i = 0; i < ENTRIES_PER_CYCLE; i++) {
      SpoolRead read = tailer.read();
      if (read instanceof SpoolEntry entry) {
        if (!intake.take(entry)) {
          tailer.moveTo(intake.next());
          return freeze(SealTrigger.SIZE);
        }
      } else if (read instanceof SpoolRead.Damaged damaged) {
        intake.take(damaged);
      } else {
        return read instanceof SpoolRead.AtDurableMark ? atDurableMark(mark) : blocked(read);
      }
      Optional<SealTrigger> trigger = triggerWithMoreBehind();
      if (trigger.isPresent()) {
        return freeze(trigger.get());
      }
    }
    return 0;
  }

  private Optional<SealTrigger> triggerWithMoreBehind() {
    if (intake.entryCount() >= seal.maxEntries() || intake.hasTooManyInQuarantineInARow()) {
      return Optional.of(SealTrigger.SIZE);
    }
    return SealPolicy.decide(
        intake.moment(true, pending.request(intake.next().next(), true)), limits);
  }

  private long atDurableMark(Optional<DurableMark> mark)
      throws SpoolException, SinkException, IOException {
    SpoolIndex reached = intake.next().next();
    if (mark.isPresent() && mark.get().position().next().compareTo(reached) > 0) {
      reached = mark.get().position().next(); // Only headers and ends of segments lie between.
    }
    SealPolicy.Request request =
        isStopping || isShuttingDown ? SealPolicy.Request.STOP : pending.request(reached, false);
    Optional<SealTrigger> trigger = SealPolicy.decide(intake.moment(false, request), limits);
    if (trigger.isPresent()) {
      return freeze(trigger.get());
    }
    if (intake.entryCount() > 0) {
      return IDLE_MILLIS;
    }
    pending.committed(reached, health.sealsTotal());
    if (isStopping && isSpoolClosed(mark, reached)) {
      return removeServer();
    }
    if (isShuttingDown) {
      return end();
    }
    return isStopping ? WAITING_MILLIS : IDLE_MILLIS;
  }

  /** There is more, but it can't be read now. */
  private long blocked(SpoolRead read) throws SpoolException {
    if (intake.entryCount() > 0) {
      return freeze(SealTrigger.AGE);
    }
    if (read instanceof SpoolRead.NewerFormat) {
      return refuseForGood("written by a newer duckspool, upgrade the writer");
    }
    String reason =
        read instanceof SpoolRead.WaitingForReceiver waiting ? waiting.reason() : read.toString();
    return isShuttingDown
        ? end()
        : become(PipelineState.WAITING_FOR_RECEIVER, reason, WAITING_MILLIS);
  }

  private long freeze(SealTrigger trigger) throws SpoolException {
    SpoolPosition next = intake.next();
    seal.freeze(
        new LedgerMove(
            settings.spoolId(),
            settings.listenUri(),
            ledger().position().next(),
            next,
            spool.runOf(next.next().segment(), ledger().runId()),
            trigger,
            parts.clock().instant()));
    return 0;
  }

  private long seal() throws SpoolException, IOException {
    SealStep.Next next = seal.attempt();
    if (next instanceof SealStep.Next.Sealed sealed) {
      return sealed(sealed.ledger());
    }
    if (next instanceof SealStep.Next.TryAgain again) {
      pending.fail(again.error(), health.sealsTotal());
      return isShuttingDown ? end() : health.millisUntilDue();
    }
    if (next instanceof SealStep.Next.ReadAgain) {
      rewind();
      return 0;
    }
    return next instanceof SealStep.Next.Refused refused
        ? become(PipelineState.TARGET_REFUSED, refused.error(), REFUSED_MILLIS)
        : refuseForGood(((SealStep.Next.Fenced) next).error());
  }

  private long sealed(LedgerRow row) throws IOException, SpoolException {
    ledger = row;
    readFrom = row.position();
    progress.publish(spool.tailer(), new CommittedMark(row.position(), row.seals()));
    pending.committed(row.position().next(), health.sealsTotal());
    if (intake.hasTooManyInQuarantineInARow()) {
      String reason = Intake.MAX_QUARANTINED_IN_A_ROW + " entries in a row went to quarantine";
      pause.set(reason);
      return become(PipelineState.PAUSED, reason, WAITING_MILLIS);
    }
    return 0;
  }

  /** Anything but a seal went wrong: drop the batch, and ask the ledger again after a while. */
  private long stumble(Exception cause) {
    String error = String.valueOf(cause.getMessage());
    pending.fail(error, health.sealsTotal());
    seal.drop();
    health.become(PipelineState.STARTING, health.trouble());
    health.failed(cause, error);
    return isShuttingDown ? end() : health.millisUntilDue();
  }

  private long become(PipelineState state, String reason, long waitMillis) {
    health.become(state, reason);
    health.delay(waitMillis);
    pending.fail(reason, health.sealsTotal());
    return isShuttingDown ? end() : waitMillis;
  }

  private long refuseForGood(String reason) {
    isRefusedForGood = true;
    return become(PipelineState.TARGET_REFUSED, reason, REFUSED_MILLIS);
  }

  private long end() {
    health.become(PipelineState.ENDED, null);
    return 0;
  }

  private void rewind() throws SpoolException {
    spool.tailer().moveTo(readFrom);
    intake.beginAt(readFrom);
  }

  private void acceptSeal(PipelineCommand.Seal seal) {
    if (seal.trigger() == SealTrigger.STOP) {
      closedAt = seal.upTo();
    }
    switch (health.state()) {
      case STARTING, RUNNING, STOPPING -> {
        boolean isStarted = health.state() != PipelineState.STARTING;
        pending.add(
            seal,
            isStarted ? rowsUpTo(seal.upTo()) : PendingSeals.NOT_COUNTED,
            health.sealsTotal());
        health.dueNow();
      }
      case WAITING_FOR_RECEIVER, TARGET_REFUSED, PAUSED, ENDED ->
          seal.reply()
              .complete(new AdminApi.Sealed("error", 0, health.sealsTotal(), health.trouble()));
    }
  }

  /** Rows between the committed index and another one; 0 where that can't be told. */
  private long rowsUpTo(SpoolIndex upTo) {
    try {
      long committedRows = ledger().position().rows();
      return spool.rowsBefore(upTo).map(rows -> Math.max(0, rows - committedRows)).orElse(0L);
    } catch (SpoolException e) {
      LOG.warn("{}: the rows before {} are not known", settings.listenUri(), upTo, e);
      return 0;
    }
  }

  private void release(PipelineCommand.Release release) {
    if (spool.release()) {
      health.delay(RELEASED_MILLIS);
    }
    release.reply().complete(true);
  }

  /** Whether a starting receiver is still to be left alone with the files. */
  private boolean isReleased() {
    if (!spool.isReleased()) {
      return false;
    }
    if (spool.isNewRunSeen()) {
      health.dueNow();
    }
    if (health.millisUntilDue() == 0) {
      spool.takeBack();
    }
    return spool.isReleased();
  }

  private void resume(PipelineCommand.Resume resume) {
    try {
      pause.clear();
      intake.forgetQuarantinedInARow();
      if (health.state() == PipelineState.PAUSED) {
        health.become(PipelineState.STARTING, null);
      }
      health.dueNow();
      resume.reply().complete(true);
    } catch (IOException e) {
      resume.reply().completeExceptionally(e);
    }
  }

  /**
   * Whether nothing can be appended any more: the receiver said so, or there is none. One that
   * started later looks for entries behind the mark, and has yet to say where the spool ends.
   */
  private boolean isSpoolClosed(Optional<DurableMark> mark, SpoolIndex reached)
      throws SpoolException, IOException {
    if (closedAt != null) {
      return closedAt.compareTo(reached) <= 0;
    }
    // The mark is final only once its receiver is known to be gone: it may have acked one more
    // entry after the mark was read, and then died.
    return mark.isPresent()
        && !spool.isAlive(mark.get())
        && ProcessLock.holder(parts.data().receiverLock()).isEmpty()
        && spool.tailer().durableMark().equals(mark);
  }

  private long removeServer() throws SinkException, IOException {
    spool.close();
    stopSequence.run(settings.folder(), sink);
    return end();
  }

  private LedgerOutcome setLedger(AdminApi.SetLedger request) {
    if (health.state() != PipelineState.TARGET_REFUSED || isRefusedForGood) {
      return new LedgerOutcome.Refused(
          "the pipeline is "
              + health.state().text()
              + (isRefusedForGood
                  ? ", and has to be started anew with its writer: " + health.trouble()
                  : ": there is nothing to set"));
    }
    try {
      LedgerOutcome outcome = ledgerReset.set(spool.tailer(), request);
      health.dueNow();
      return outcome;
    } catch (SinkException | SpoolException e) {
      return new LedgerOutcome.Refused(String.valueOf(e.getMessage()));
    }
  }

  private LedgerRow ledger() {
    if (ledger == null) {
      throw new IllegalStateException("the pipeline has not read its ledger");
    }
    return ledger;
  }

  private void publishSnapshot() {
    snapshot =
        health.snapshot(
            ledger == null ? SpoolPosition.startOf(0) : ledger.position(),
            quarantine.entryCount(),
            quarantine.rowCount(),
            intake.decodedBytes(),
            Math.min(intake.oldestUnixNanos(), seal.oldestUnixNanos()));
  }
}
