package io.duckspool.writer.pipeline;

import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.quarantine.QuarantineStore;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the thread of one pipeline works with: its parts, where it stands in spool and ledger, and
 * the changes of its state that both the duty cycle and an operator's wish lead to.
 *
 * <p>Used by the pipeline's thread, which closes it.
 */
final class Workbench implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Workbench.class);

  final PipelineSettings settings;
  final PipelineParts parts;
  final SpoolHandle spool;
  final QuarantineStore quarantine;
  final DeathWatch watch;
  final SealLog sealLog;
  final Retirement retirement;
  final FolderNote pause;
  final BatchBounds bounds;
  final Intake intake;
  final PipelineHealth health;
  final PendingSeals pending = new PendingSeals();
  final SealMetrics metrics = new SealMetrics();
  private final CheckpointFile durable;
  private TargetSide target;

  private @Nullable LedgerRow ledger;

  /** As the ledger says; until it is read, as the committed checkpoint does. */
  private SpoolPosition committed;

  /** Since when there has been something to read and nothing in hand; the largest number if not. */
  private long unreadSinceUnixNanos = Long.MAX_VALUE;

  /** Where the batch in hand begins to be read: the ledger's place, or behind a gap. */
  private SpoolPosition readFrom = SpoolPosition.startOf(0);

  /** Why nothing but another writer process, or another target, helps; null when all is well. */
  private @Nullable String refusal;

  /** Whether something of a replay of the quarantine may be left to do. */
  private boolean isReplayOpen;

  private boolean isShuttingDown;

  /** Opens the files beside the spool; nothing is asked of spool or target yet. */
  Workbench(PipelineSettings settings, PipelineParts parts, Sink sink) throws IOException {
    this.settings = settings;
    this.parts = parts;
    this.spool = new SpoolHandle(settings, parts);
    this.quarantine = QuarantineStore.open(settings.folder().quarantine());
    this.sealLog = SealLog.open(settings.folder().seals());
    this.retirement = new Retirement(settings, parts, spool);
    retirement.look();
    this.pause = FolderNote.paused(settings.folder());
    this.durable = CheckpointFile.durable(settings.folder().path(), false);
    this.committed =
        CheckpointFile.committed(settings.folder().path(), false).readCommitted().position();
    this.bounds = new BatchBounds(settings.listenUri(), settings.limits());
    this.watch =
        new DeathWatch(
            AttemptsNote.open(settings.folder().attemptsNote()),
            settings.limits().sealTargetBytes() + settings.maxEntryBytes());
    this.intake =
        new Intake(
            settings.listenUri(),
            parts.memory().openBatch(settings.promoted()),
            new EntryDecoder(settings.promoted()),
            quarantine,
            watch,
            parts.clock(),
            parts.nanoTicker());
    this.health = new PipelineHealth(settings.listenUri(), parts.nanoTicker());
    this.target = targetSide(settings, sink);
  }

  private TargetSide targetSide(PipelineSettings of, Sink sink) {
    return TargetSide.of(
        of,
        parts,
        sink,
        new SealStep(sink, this),
        new QuarantineReplay(of, parts, sink, bounds, sealLog));
  }

  TargetSide target() {
    return target;
  }

  /**
   * Goes on to another target, or with other columns, from where its ledger says.
   *
   * @param other settings with that target
   * @param sink closed with this workbench
   */
  void replaceTarget(PipelineSettings other, Sink sink) {
    target.close();
    target = targetSide(other, sink);
    intake.promote(
        parts.memory().openBatch(other.promoted()), new EntryDecoder(other.promoted()), readFrom);
    intake.forgetVerdicts();
    ledger = null;
    refusal = null;
  }

  /** The row that the next seal moves. */
  LedgerRow ledger() {
    if (ledger == null) {
      throw new IllegalStateException("the pipeline has not read its ledger");
    }
    return ledger;
  }

  /**
   * The ledger was read, or moved.
   *
   * @param from where to read on
   */
  void standAt(LedgerRow row, SpoolPosition from) {
    ledger = row;
    committed = row.position();
    readFrom = from;
  }

  /** What this pipeline knows of its target; nothing that another writer may have changed. */
  CommittedSoFar.Memory memory() {
    return new CommittedSoFar.Memory(
        refusal == null ? Optional.ofNullable(ledger) : Optional.empty(),
        target.seal().unknownUpTo());
  }

  /** Does what is left of a replay of the quarantine, where the target answers. */
  void settleReplay() {
    isReplayOpen = !target.quarantineReplay().settle(quarantine, settings.spoolId());
    publishQuarantine();
  }

  /** What the receiver is told of how far the target is. */
  CommittedMark committedMark(SpoolPosition position, long seals) {
    return new CommittedMark(
        position, seals, quarantine.rowCount() - quarantine.rowsFrom(position.next()));
  }

  /** Tells the receiver what left the quarantine since the last seal. */
  void publishQuarantine() {
    try {
      SpoolTailer tailer = spool.tailer();
      CommittedMark last = tailer.committed();
      tailer.publishCommitted(committedMark(last.position(), last.seals()));
    } catch (SpoolException e) {
      LOG.warn("{}: the checkpoint could not be published", settings.listenUri(), e);
    }
  }

  /** Whether {@link #settleReplay} has something to do, as far as is known. */
  boolean isReplayOpen() {
    return isReplayOpen;
  }

  /** A replay of the quarantine was made, and perhaps not brought to its end. */
  void lookForReplay() {
    isReplayOpen = QuarantineReplay.isOpen(quarantine);
  }

  /** Forgets what was read, and reads it again. */
  void rewind() throws SpoolException {
    spool.tailer().moveTo(readFrom);
    beginBatch();
  }

  /** Forgets what was read, frozen or not, and gives its memory back. */
  void drop() {
    target.seal().drop();
    beginBatch();
  }

  private void beginBatch() {
    intake.beginAt(readFrom, ledger == null ? Optional.empty() : ledger.ahead());
  }

  /** Rows between the committed index and another one; 0 where that can't be told. */
  long rowsUpTo(SpoolIndex upTo) {
    try {
      long committedRows = ledger().position().rows();
      return spool.rowsBefore(upTo).map(rows -> Math.max(0, rows - committedRows)).orElse(0L);
    } catch (SpoolException e) {
      LOG.warn("{}: the rows before {} are not known", settings.listenUri(), upTo, e);
      return 0;
    }
  }

  /** Enters a state in which nothing is sealed: who waits for a seal is told why. */
  void become(PipelineState state, String reason, long waitMillis) {
    health.become(state, reason);
    health.delay(waitMillis);
    pending.fail(reason, health.sealsTotal());
  }

  void refuseForGood(String reason, long waitMillis) {
    refusal = reason;
    become(PipelineState.TARGET_REFUSED, reason, waitMillis);
  }

  Optional<String> refusal() {
    return Optional.ofNullable(refusal);
  }

  void end() {
    health.become(PipelineState.ENDED, null);
  }

  /** Running or stopping, as the server file says. */
  PipelineState activeState() {
    return retirement.isStopping() ? PipelineState.STOPPING : PipelineState.RUNNING;
  }

  /** Looks at what the server file says by now. */
  void lookAtServer() {
    try {
      retirement.look();
      activate();
    } catch (IOException e) {
      LOG.warn("{}: the server file can't be read, trying again", settings.listenUri(), e);
    }
  }

  /** Shows a running pipeline as what its server does. */
  void activate() {
    if (health.isActive()) {
      health.become(activeState(), null);
    }
  }

  /** Removes the server, and ends; or finds that it is to stay. */
  void removeServer() throws SinkException, IOException {
    if (isReplayOpen) {
      settleReplay();
    }
    if (retirement.remove(target.sink())) {
      end();
    } else {
      activate();
    }
  }

  boolean isShuttingDown() {
    return isShuttingDown;
  }

  /** The process ends: drain to the durable mark, then end; the server stays. */
  void shutDown() {
    isShuttingDown = true;
  }

  PipelineSnapshot snapshot() {
    return health.snapshot(
        committed,
        quarantine,
        intake.decodedBytes(),
        oldestUnixNanos(),
        target.maintenance().counts());
  }

  private long oldestUnixNanos() {
    long inHand = Math.min(intake.oldestUnixNanos(), target.seal().oldestUnixNanos());
    if (inHand < Long.MAX_VALUE || !hasUnread()) {
      unreadSinceUnixNanos = Long.MAX_VALUE;
      return inHand;
    }
    long now = TimeUnit.MILLISECONDS.toNanos(parts.clock().millis());
    unreadSinceUnixNanos = Math.min(unreadSinceUnixNanos, now);
    return unreadSinceUnixNanos;
  }

  private boolean hasUnread() {
    return durable
        .readDurable()
        .filter(mark -> mark.position().entries() > committed.entries())
        .isPresent();
  }

  /** Drops the batch in hand and closes all files. Nothing that is committed depends on it. */
  @Override
  public void close() throws IOException {
    end();
    if (retirement.isStored()) {
      pending.sealedAtTheEnd(health.sealsTotal());
    } else {
      pending.fail("the writer ends", health.sealsTotal());
    }
    target.close();
    intake.close();
    watch.survived();
    watch.close();
    spool.close();
  }
}
