package io.duckspool.writer.pipeline;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether and how the server of a pipeline goes. The server file decides: the receiver writes that
 * a server stops; from then on this is the file's only writer, until the server is gone or taken up
 * again. What was read from the file earlier never counts: it is read again before each step.
 *
 * <p>If the process dies here, the file says stopping, drained or serving, and each step is
 * repeated or needs not be.
 *
 * <p>Used by the pipeline's thread.
 */
final class Retirement {

  /** All is committed, the server is removed. */
  static final AdminApi.TakenUp GONE = new AdminApi.TakenUp("gone");

  private static final AdminApi.TakenUp TAKEN = new AdminApi.TakenUp("taken");

  private static final Logger LOG = LoggerFactory.getLogger(Retirement.class);

  private final PipelineSettings settings;
  private final PipelineParts parts;
  private final SpoolHandle spool;
  private final StopSequence stopSequence;
  private final FolderNote discardNote;
  private final FolderNote replayNote;

  private boolean isStopping;
  private boolean isDue;
  private boolean isGone;
  private boolean isRemoved;
  private boolean isDiscarded;
  private @Nullable SpoolIndex closedAt;

  Retirement(PipelineSettings settings, PipelineParts parts, SpoolHandle spool) {
    this.settings = settings;
    this.parts = parts;
    this.spool = spool;
    this.stopSequence = new StopSequence(parts.data());
    this.discardNote = FolderNote.discarded(settings.folder());
    this.replayNote = FolderNote.replayed(settings.folder());
  }

  /** Whether the pipeline drains to the head of the spool, then removes its server. */
  boolean isStopping() {
    return isStopping;
  }

  /**
   * Whether it drains to another target than the one it was stopped with.
   *
   * @param target the present one
   */
  boolean isReplaying(String target) throws IOException {
    return isStopping && ReplayNote.read(settings.folder(), target).isPresent();
  }

  /** Whether the removal is due, whatever target and spool say. */
  boolean isDue() {
    return isDue;
  }

  /** Whether the server is removed, at least by name. */
  boolean isGone() {
    return isGone;
  }

  /** Whether the server is gone because all of it is committed: removed from here, not given up. */
  boolean isStored() {
    return isGone && isRemoved && !isDiscarded;
  }

  /** Looks at the server file. */
  void look() throws IOException {
    if (!Files.exists(settings.folder().serverFile())) {
      isGone = isStopping;
      return;
    }
    ServerFile file = ServerFile.read(settings.folder());
    if (!file.spoolId().equals(settings.spoolId())) {
      // This server lost its folder in an earlier try; the next one at the same URI has its name.
      isGone = true;
      isStopping = false;
      isDue = false;
      return;
    }
    ServerState state = file.state();
    isStopping = state == ServerState.STOPPING || state == ServerState.DRAINED;
    isDiscarded = isStopping && discardNote.isSet();
    isDue = state == ServerState.DRAINED || isDiscarded;
    if (!isStopping) {
      closedAt = null;
      replayNote.clear(); // A take-up that was cut off may have left it.
    }
  }

  /** The receiver says where the spool ends; it counts only for a server that stops. */
  void closedAt(SpoolIndex end) throws IOException {
    look();
    if (isStopping) {
      closedAt = end;
    }
  }

  /**
   * Whether nothing can be appended any more: the receiver said so, or there is none, and the last
   * one has made the mark durable. One that started later looks for entries behind the mark, and
   * has yet to say where the spool ends.
   */
  boolean isSpoolClosed(Optional<DurableMark> mark, SpoolIndex reached)
      throws SpoolException, IOException {
    if (closedAt != null) {
      return closedAt.compareTo(reached) <= 0;
    }
    // The mark is final only once its receiver is known to be gone: it may have acked one more
    // entry after the mark was read, and then died.
    return mark.isPresent()
        && settings.folder().isEndKnown()
        && !spool.isAlive(mark.get())
        && ProcessLock.holder(parts.data().receiverLock()).isEmpty()
        && spool.tailer().durableMark().equals(mark);
  }

  /**
   * Removes the server: of one that isn't discarded, everything is committed.
   *
   * @return false when the server is to stay: its file says something else by now
   */
  boolean remove(Sink sink) throws IOException, SinkException {
    look();
    if (!isStopping && !isGone) {
      return false;
    }
    spool.close();
    if (!isGone) {
      isDue = true;
      isRemoved = true;
      stopSequence.run(settings.folder(), sink);
      isGone = true;
    }
    return true;
  }

  /** Calls the stop off, if there is still something to call off. */
  Outcome<AdminApi.TakenUp> takeUp() throws IOException {
    look();
    if (isGone || isDue) {
      return new Outcome.Done<>(GONE);
    }
    ServerFile file = ServerFile.read(settings.folder());
    if (isStopping) {
      try {
        file.with(ServerState.SERVING).write(settings.folder());
      } finally {
        look(); // A write that failed may have reached the disk all the same.
      }
      CrashPoint.TAKE_UP_WRITTEN.reached();
      LOG.info("{}: the stop is called off, it serves again", settings.listenUri());
    }
    return new Outcome.Done<>(TAKEN);
  }

  /**
   * Notes, durable, that the server goes with all that is not committed.
   *
   * @param committed how far its target is
   * @param end of the spool
   */
  Outcome<AdminApi.Discarded> discard(SpoolPosition committed, SpoolPosition end)
      throws IOException {
    look();
    ServerFile file = ServerFile.read(settings.folder());
    if (!isStopping) {
      return new Outcome.Refused<>(
          file.listenUri() + " serves: only what a stopped server has kept can be discarded");
    }
    boolean isDrained = file.state() == ServerState.DRAINED && !discardNote.isSet();
    long entries = isDrained ? 0 : Math.max(0, end.entries() - committed.entries());
    long rows = isDrained ? 0 : Math.max(0, end.rows() - committed.rows());
    discardNote.set(entries + " entries with " + rows + " rows");
    CrashPoint.DISCARD_NOTED.reached();
    isDue = true;
    isDiscarded = true;
    LOG.warn(
        "{}: discarded with {} entries of {} rows from {} on",
        settings.listenUri(),
        entries,
        rows,
        committed.next());
    return new Outcome.Done<>(
        new AdminApi.Discarded(settings.listenUri(), settings.spoolId(), entries, rows));
  }
}
