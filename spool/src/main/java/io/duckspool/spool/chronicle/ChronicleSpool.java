package io.duckspool.spool.chronicle;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.spool.AppendListener;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.EntryMeta;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolClosedException;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolFullException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolPoisonedException;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SyncMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one appender of a spool. Appends run under one lock, in the caller's thread; one sync thread
 * forces the file for all that wait, ends segments, and tells the listeners. No other thread ever
 * forces: an I/O error is reported to one caller only.
 *
 * <p>If the process dies here: entries are in the page cache from the append on, on the disk from
 * the force on. The mark is published after the force and before the listeners hear of it, so a
 * reader that stops at the mark sees nothing that a power cut could take back.
 */
final class ChronicleSpool implements Spool {

  private static final Logger LOG = LoggerFactory.getLogger(ChronicleSpool.class);

  /** How often the age of a segment is looked at. */
  private static final long AGE_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Pause after a roll by age that found no room. */
  private static final long ROLL_RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final ChronicleSpoolFiles files;
  private final SpoolOptions options;
  private final ReentrantLock appendLock = new ReentrantLock();
  private final Condition segmentChanged = appendLock.newCondition();
  private final Waiters waiters = new Waiters();
  private final Thread syncThread;
  private final byte[] envelope = new byte[EntryCodec.HEADER_BYTES];

  // Guarded by appendLock.
  private final SegmentAppender appender;
  private long nextSequence = 1;
  private long firstAppendNanos;
  private boolean isRollWanted;
  private boolean rollFailed;
  private long rollFailedNanos;
  private Optional<SpoolFullException> rollFailure = Optional.empty();
  private boolean isClosed;

  private volatile SpoolPosition head;
  private volatile SpoolPosition durable;
  private volatile Optional<SpoolPoisonedException> poison = Optional.empty();
  private volatile boolean isStopping;

  ChronicleSpool(
      ChronicleSpoolFiles files,
      SpoolOptions options,
      SegmentAppender appender,
      SpoolPosition end) {
    this.files = files;
    this.options = options;
    this.appender = appender;
    this.head = end;
    this.durable = end;
    this.syncThread = new Thread(this::runSync, "spool-sync-" + files.serverName());
    syncThread.setDaemon(true);
  }

  void start() {
    syncThread.start();
  }

  @Override
  public SpoolIndex append(EntryMeta meta, ByteBuffer payload, AppendListener listener)
      throws SpoolException {
    int payloadBytes = payload.remaining();
    if (payloadBytes > options.maxEntryBytes()) {
      throw new IllegalArgumentException(
          "payload must be <= " + options.maxEntryBytes() + " bytes, got " + payloadBytes);
    }
    int payloadCrc = EntryCodec.crcOf(payload);
    SpoolIndex index;
    appendLock.lock();
    try {
      awaitRoomInSegment();
      reserve(EntryCodec.HEADER_BYTES + payloadBytes);
      index = write(meta, payload, payloadCrc);
      if (options.syncMode() == SyncMode.GROUP) {
        waiters.add(index, listener);
      } else {
        publish(head);
      }
    } finally {
      appendLock.unlock();
    }
    if (options.syncMode() == SyncMode.GROUP) {
      LockSupport.unpark(syncThread);
    } else {
      Waiters.tell(index, () -> listener.onDurable(index));
    }
    return index;
  }

  @Override
  public void checkRoom(long inFlightBytes) throws SpoolFullException {
    long usable;
    try {
      usable = files.disk().usableBytes(files.folder().path());
    } catch (IOException e) {
      throw new SpoolFullException("the free space of the spool's disk can't be read", e);
    }
    if (usable - inFlightBytes < options.diskReserveBytes()) {
      throw new SpoolFullException(
          "the spool's disk has "
              + usable
              + " bytes free, "
              + inFlightBytes
              + " of them in flight; spool.disk_reserve is "
              + options.diskReserveBytes());
    }
  }

  @Override
  public SpoolPosition head() {
    return head;
  }

  @Override
  public SpoolPosition durable() {
    return durable;
  }

  @Override
  public CommittedMark committed() {
    return files.committed().readCommitted();
  }

  @Override
  public OptionalLong oldestUncommittedAgeMillis(InstantSource clock) {
    OptionalLong received =
        files.oldest().receivedUnixNanos(committed().position().entries(), head.entries());
    return received.isEmpty()
        ? received
        : OptionalLong.of(
            Math.max(0, clock.millis() - TimeUnit.NANOSECONDS.toMillis(received.getAsLong())));
  }

  @Override
  public String spoolId() {
    return files.spoolId();
  }

  @Override
  public String runId() {
    return files.runId();
  }

  @Override
  public SpoolIndex firstIndex() {
    return new SpoolIndex(files.firstSegment(), 0);
  }

  @Override
  public long diskBytes() {
    long openSegment;
    long openBytes;
    appendLock.lock();
    try {
      openSegment = appender.segment();
      openBytes = appender.reservedTo();
    } finally {
      appendLock.unlock();
    }
    try {
      return openBytes + files.folder().bytes(segment -> segment != openSegment);
    } catch (IOException e) {
      LOG.warn("the size of the spool {} can't be read", files.folder().path(), e);
      return openBytes;
    }
  }

  @Override
  public boolean isPoisoned() {
    return poison.isPresent();
  }

  @Override
  public void close() {
    appendLock.lock();
    try {
      if (isClosed) {
        return;
      }
      isClosed = true;
      segmentChanged.signalAll();
    } finally {
      appendLock.unlock();
    }
    isStopping = true;
    LockSupport.unpark(syncThread);
    awaitSyncThread();
    waiters.fail(new SpoolClosedException("the spool was closed before a sync"));
    try {
      // Nobody may open a spool again whose server is stopped: its writer ends at this mark.
      files.durable().force();
    } catch (java.io.UncheckedIOException e) {
      SpoolPoisonedException unused = poison("the mark could not be synced", e);
    }
    try {
      appender.close();
      files.close();
    } catch (IOException | RuntimeException e) {
      LOG.warn("the spool {} was synced but not closed cleanly", files.folder().path(), e);
    }
  }

  // Under appendLock.

  private void awaitRoomInSegment() throws SpoolException {
    requireOpen();
    rollFailure = Optional.empty();
    while (appender.entryBytes() >= options.segmentBytes() && nextSequence > 1) {
      isRollWanted = true;
      LockSupport.unpark(syncThread);
      segmentChanged.awaitUninterruptibly();
      requireOpen();
      if (rollFailure.isPresent()) {
        throw rollFailure.get();
      }
    }
  }

  private void requireOpen() throws SpoolException {
    if (poison.isPresent()) {
      throw poison.get();
    }
    if (isClosed) {
      throw new SpoolClosedException("the spool is closed");
    }
  }

  private void reserve(int entryBytes) throws SpoolFullException {
    try {
      appender.reserve(entryBytes);
    } catch (IOException e) {
      throw new SpoolFullException("no room for the next entries: " + e.getMessage(), e);
    }
  }

  private SpoolIndex write(EntryMeta meta, ByteBuffer payload, int payloadCrc)
      throws SpoolException {
    int payloadBytes = payload.remaining();
    long sequence = nextSequence;
    SpoolIndex index = new SpoolIndex(appender.segment(), sequence);
    SpoolPosition before = head;
    SpoolPosition after =
        new SpoolPosition(
            new SpoolIndex(index.segment(), sequence + 1),
            before.entries() + 1,
            before.rows() + meta.rows(),
            before.bytes() + payloadBytes);
    EntryCodec.encode(envelope, meta, after, payloadBytes, payloadCrc);
    try {
      appender.write(sequence, envelope, EntryCodec.HEADER_BYTES, payload);
    } catch (RuntimeException | Error e) {
      throw poison("an append failed at " + index, e);
    }
    nextSequence = sequence + 1;
    if (sequence == 1) {
      firstAppendNanos = files.nanoTicker().getAsLong();
    }
    files.oldest().add(before.entries(), meta.receivedUnixNanos());
    head = after;
    return index;
  }

  // The sync thread.

  private void runSync() {
    try {
      while (!isStopping) {
        boolean isBehind = syncAppended();
        boolean hasRolled = rollWhenDue();
        if (!isBehind && !hasRolled) {
          LockSupport.parkNanos(this, AGE_CHECK_NANOS);
        }
      }
      syncAppended();
    } catch (IOException | RuntimeException | Error e) {
      poison("a sync failed", e);
    }
  }

  /** Forces what was appended. Returns false when there was nothing. */
  private boolean syncAppended() throws IOException {
    SpoolPosition target = head;
    if (options.syncMode() == SyncMode.OS) {
      return false;
    }
    if (target.entries() == durable.entries()) {
      // An appender that was held up between its write and its wait was already forced.
      waiters.release(target.next());
      return false;
    }
    CrashPoint.SPOOL_APPENDED.reached();
    files.disk().force(appender.channel(), false);
    CrashPoint.SPOOL_FORCED.reached();
    publish(target);
    CrashPoint.SPOOL_MARK_PUBLISHED.reached();
    waiters.release(target.next());
    return true;
  }

  private boolean rollWhenDue() throws IOException {
    SpoolPosition target;
    appendLock.lock();
    try {
      if (!isRollDue()) {
        return false;
      }
      target = head;
      if (!roll()) {
        return false;
      }
    } catch (IOException | RuntimeException | Error e) {
      // Before the lock is free: no append may follow into a segment that is half begun.
      poison("a segment could not be ended", e);
      throw e;
    } finally {
      segmentChanged.signalAll();
      appendLock.unlock();
    }
    waiters.release(target.next());
    return true;
  }

  private boolean isRollDue() {
    if (nextSequence == 1) {
      return false;
    }
    long now = files.nanoTicker().getAsLong();
    boolean isTooSoonAfterFailure = rollFailed && now - rollFailedNanos < ROLL_RETRY_NANOS;
    return isRollWanted
        || (!isTooSoonAfterFailure && now - firstAppendNanos >= options.segmentAge().toNanos());
  }

  /**
   * Ends the open segment. The old file is durable before the new one names its end; old, new and
   * folder are durable before anything appended to the new one is acked.
   *
   * @return false when there was no room for a new segment: the old one stays open
   */
  private boolean roll() throws IOException {
    boolean isGroup = options.syncMode() == SyncMode.GROUP;
    long next = appender.segment() + 1;
    long preparedBytes;
    try {
      files.persistCounter(next);
      preparedBytes = appender.prepare(next);
    } catch (IOException e) {
      if (!rollFailed) {
        LOG.warn("no room for a new segment of {}", files.folder().path(), e);
      }
      rollFailed = true;
      rollFailedNanos = files.nanoTicker().getAsLong();
      isRollWanted = false;
      rollFailure = Optional.of(new SpoolFullException("no room for a new segment", e));
      return false;
    }
    SpoolPosition end = head;
    if (isGroup) {
      files.disk().force(appender.channel(), false);
    }
    CrashPoint.SPOOL_SEGMENT_ENDING.reached();
    SegmentAppender.Ended ended =
        appender.roll(next, EntryCodec.encode(files.headerOf(next, end)), preparedBytes);
    CrashPoint.SPOOL_SEGMENT_BEGUN.reached();
    if (isGroup) {
      files.disk().force(ended.channel(), false);
      files.disk().force(appender.channel(), true);
      files.disk().forceFolder(files.folder().path());
      publish(end);
    }
    nextSequence = 1;
    isRollWanted = false;
    rollFailed = false;
    appender.release(ended);
    return true;
  }

  private void publish(SpoolPosition position) {
    files.durable().publish(new DurableMark(files.runId(), position));
    durable = position;
  }

  private SpoolPoisonedException poison(String what, Throwable cause) {
    appendLock.lock();
    try {
      if (poison.isEmpty()) {
        SpoolPoisonedException e =
            new SpoolPoisonedException(
                what
                    + "; the spool "
                    + files.folder().path()
                    + " takes nothing more until the receiver restarts",
                cause);
        poison = Optional.of(e);
        LOG.error("the spool is poisoned", e);
      }
      waiters.fail(poison.get());
      segmentChanged.signalAll();
      return poison.get();
    } finally {
      appendLock.unlock();
    }
  }

  private void awaitSyncThread() {
    boolean interrupted = false;
    while (syncThread.isAlive()) {
      try {
        syncThread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
