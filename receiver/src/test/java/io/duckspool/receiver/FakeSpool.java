package io.duckspool.receiver;

import io.duckspool.spool.AppendListener;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.EntryMeta;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolClosedException;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolFullException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPoisonedException;
import io.duckspool.spool.SpoolPosition;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** A spool in memory whose faults and syncs the test decides. Thread-safe. */
public final class FakeSpool implements Spool {

  private static final long SEGMENT = 7;

  /** One appended entry. */
  public record Entry(SpoolIndex index, EntryMeta meta, byte[] payload) {}

  private final List<Entry> entries = new ArrayList<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private final List<AppendListener> waitingListeners = new ArrayList<>();
  private SpoolPosition head = SpoolPosition.startOf(SEGMENT).at(new SpoolIndex(SEGMENT, 1));
  private SpoolPosition committed = head;
  private boolean isSyncHeld;
  private boolean isPoisoned;
  private boolean isClosed;
  private boolean isFull;
  private boolean dropsPayloads;
  private RuntimeException bug;
  private Error error;
  private long usableBytes = Long.MAX_VALUE;
  private OptionalLong oldestAgeMillis = OptionalLong.empty();

  @Override
  public synchronized SpoolIndex append(EntryMeta meta, ByteBuffer payload, AppendListener listener)
      throws SpoolException {
    if (bug != null) {
      throw bug;
    }
    if (isClosed) {
      throw new SpoolClosedException("closed");
    }
    if (isPoisoned) {
      throw new SpoolPoisonedException("poisoned");
    }
    if (isFull) {
      throw new SpoolFullException("no room on the disk");
    }
    SpoolIndex index = head.next();
    int length = payload.remaining();
    if (!dropsPayloads) {
      byte[] bytes = new byte[length];
      payload.duplicate().get(bytes);
      entries.add(new Entry(index, meta, bytes));
    }
    head =
        new SpoolPosition(
            new SpoolIndex(SEGMENT, index.sequence() + 1),
            head.entries() + 1,
            head.rows() + meta.rows(),
            head.bytes() + length);
    if (isSyncHeld) {
      waiting.add(() -> listener.onDurable(index));
      waitingListeners.add(listener);
    } else {
      listener.onDurable(index);
    }
    return index;
  }

  /** From now on payloads are dropped: for tests that send more than the heap holds. */
  public synchronized void dropPayloads() {
    dropsPayloads = true;
  }

  public synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** The entries behind the first {@code count}. */
  public synchronized List<Entry> entriesFrom(int count) {
    return List.copyOf(entries.subList(count, entries.size()));
  }

  /** From now on appends wait for {@link #sync}. */
  public synchronized void holdSync() {
    isSyncHeld = true;
  }

  public synchronized int waitingCount() {
    return waiting.size();
  }

  public synchronized void sync() {
    waiting.forEach(Runnable::run);
    waiting.clear();
    waitingListeners.clear();
  }

  /** The sync fails: whoever waits is told so, and nothing is taken any more. */
  public synchronized void failSync() {
    isPoisoned = true;
    waitingListeners.forEach(
        listener -> listener.onFailed(firstIndex(), new SpoolPoisonedException("fsync failed")));
    waiting.clear();
    waitingListeners.clear();
  }

  public synchronized void poison() {
    isPoisoned = true;
  }

  public synchronized void setFull(boolean full) {
    isFull = full;
  }

  public synchronized void setBug(RuntimeException failure) {
    bug = failure;
  }

  /** From now on this is thrown when a request asks for room, before its body. */
  public synchronized void setError(Error failure) {
    error = failure;
  }

  public synchronized void setUsableBytes(long bytes) {
    usableBytes = bytes;
  }

  public synchronized void setOldestAgeMillis(long millis) {
    oldestAgeMillis = OptionalLong.of(millis);
  }

  public synchronized void commitAll() {
    committed = head;
  }

  @Override
  public synchronized void checkRoom(long inFlightBytes) throws SpoolFullException {
    if (error != null) {
      throw error;
    }
    if (inFlightBytes > usableBytes) {
      throw new SpoolFullException("the disk has no room for " + inFlightBytes + " bytes");
    }
  }

  @Override
  public synchronized SpoolPosition head() {
    return head;
  }

  @Override
  public synchronized SpoolPosition durable() {
    return head;
  }

  @Override
  public synchronized CommittedMark committed() {
    return new CommittedMark(committed, 0);
  }

  @Override
  public synchronized OptionalLong oldestUncommittedAgeMillis(InstantSource clock) {
    return oldestAgeMillis;
  }

  @Override
  public String spoolId() {
    return "0123456789abcdef0123456789abcdef";
  }

  @Override
  public String runId() {
    return "fedcba9876543210fedcba9876543210";
  }

  @Override
  public SpoolIndex firstIndex() {
    return new SpoolIndex(SEGMENT, 0);
  }

  @Override
  public long diskBytes() {
    return 0;
  }

  @Override
  public synchronized boolean isPoisoned() {
    return isPoisoned;
  }

  public synchronized boolean isClosed() {
    return isClosed;
  }

  @Override
  public synchronized void close() {
    isClosed = true;
  }
}
