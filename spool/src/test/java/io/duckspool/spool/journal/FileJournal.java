package io.duckspool.spool.journal;

import io.duckspool.spool.AppendListener;
import io.duckspool.spool.CheckpointFile;
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
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** Appends under one monitor; one thread forces for all that wait. */
final class FileJournal implements Spool {

  private record Waiter(SpoolIndex index, AppendListener listener) {}

  private final Path serverFolder;
  private final String spoolId;
  private final String runId;
  private final SpoolOptions options;
  private final InstantSource clock;
  private final LongSupplier ticker;
  private final CheckpointFile durableFile;
  private final CheckpointFile committedFile;
  private final long firstSegment;
  private final Thread syncThread = new Thread(this::runSync, "journal-sync");
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  private final ArrayDeque<long[]> ages = new ArrayDeque<>();
  private final byte[] envelope = new byte[EntryCodec.HEADER_BYTES];

  private FileChannel channel;
  private long segment;
  private long nextSequence = 1;
  private long firstAppendNanos;
  private boolean isClosed;
  private boolean isPoisoned;
  private volatile SpoolPosition head;
  private volatile SpoolPosition durable;

  FileJournal(
      Path serverFolder,
      String spoolId,
      String runId,
      SpoolOptions options,
      InstantSource clock,
      LongSupplier ticker,
      CheckpointFile durableFile,
      CheckpointFile committedFile,
      SpoolPosition end,
      long firstSegment)
      throws IOException {
    this.serverFolder = serverFolder;
    this.spoolId = spoolId;
    this.runId = runId;
    this.options = options;
    this.clock = clock;
    this.ticker = ticker;
    this.durableFile = durableFile;
    this.committedFile = committedFile;
    this.firstSegment = firstSegment;
    this.head = end;
    this.durable = end;
    begin(firstSegment);
    durableFile.publish(new DurableMark(runId, end));
    syncThread.setDaemon(true);
    syncThread.start();
  }

  @Override
  public synchronized SpoolIndex append(EntryMeta meta, ByteBuffer payload, AppendListener listener)
      throws SpoolException {
    if (payload.remaining() > options.maxEntryBytes()) {
      throw new IllegalArgumentException("payload too large: " + payload.remaining());
    }
    if (isClosed) {
      throw new SpoolClosedException("closed");
    }
    try {
      if (channel.position() >= options.segmentBytes() && nextSequence > 1) {
        roll();
      }
      if (nextSequence == 1) {
        firstAppendNanos = ticker.getAsLong();
      }
      SpoolIndex index = new SpoolIndex(segment, nextSequence++);
      SpoolPosition after =
          new SpoolPosition(
              new SpoolIndex(segment, nextSequence),
              head.entries() + 1,
              head.rows() + meta.rows(),
              head.bytes() + payload.remaining());
      EntryCodec.encode(envelope, meta, after, payload.remaining(), EntryCodec.crcOf(payload));
      ByteBuffer[] parts = {ByteBuffer.wrap(envelope), payload.duplicate()};
      while (parts[0].hasRemaining() || parts[1].hasRemaining()) {
        channel.write(parts);
      }
      ages.add(new long[] {head.entries(), meta.receivedUnixNanos()});
      head = after;
      if (options.syncMode() == SyncMode.OS) {
        publish(after);
        listener.onDurable(index);
      } else {
        waiters.add(new Waiter(index, listener));
        notifyAll();
      }
      return index;
    } catch (IOException e) {
      isPoisoned = true;
      throw new SpoolPoisonedException("append failed", e);
    }
  }

  private void runSync() {
    try {
      while (true) {
        SpoolPosition target;
        FileChannel file;
        synchronized (this) {
          if (nextSequence > 1
              && ticker.getAsLong() - firstAppendNanos >= options.segmentAge().toNanos()) {
            roll();
          }
          if (waiters.isEmpty()) {
            if (isClosed) {
              return;
            }
            wait(20);
          }
          target = head;
          file = channel;
        }
        if (target.entries() > durable.entries() && options.syncMode() == SyncMode.GROUP) {
          file.force(false);
          synchronized (this) {
            publish(target);
          }
          release(target);
        }
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void release(SpoolPosition target) {
    List<Waiter> taken = new ArrayList<>();
    synchronized (this) {
      while (!waiters.isEmpty() && waiters.peek().index().compareTo(target.next()) < 0) {
        taken.add(waiters.remove());
      }
    }
    taken.forEach(waiter -> waiter.listener().onDurable(waiter.index()));
  }

  private void publish(SpoolPosition position) {
    if (position.compareTo(durable) > 0) {
      durableFile.publish(new DurableMark(runId, position));
      durable = position;
    }
  }

  private void roll() throws IOException {
    channel.force(true);
    begin(segment + 1);
  }

  private void begin(long next) throws IOException {
    channel =
        FileJournalStore.create(
            serverFolder, FileJournalStore.headerOf(spoolId, runId, next, head, clock));
    channel.force(true);
    segment = next;
    nextSequence = 1;
  }

  @Override
  public void checkRoom(long inFlightBytes) throws SpoolFullException {
    try {
      if (Files.getFileStore(serverFolder).getUsableSpace() - inFlightBytes
          < options.diskReserveBytes()) {
        throw new SpoolFullException("no room");
      }
    } catch (IOException e) {
      throw new SpoolFullException("no room", e);
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
    return committedFile.readCommitted();
  }

  @Override
  public synchronized OptionalLong oldestUncommittedAgeMillis(InstantSource now) {
    long committed = committed().position().entries();
    while (!ages.isEmpty() && ages.peek()[0] < committed) {
      ages.remove();
    }
    return ages.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(now.millis() - ages.peek()[1] / 1_000_000);
  }

  @Override
  public String spoolId() {
    return spoolId;
  }

  @Override
  public String runId() {
    return runId;
  }

  @Override
  public SpoolIndex firstIndex() {
    return new SpoolIndex(firstSegment, 0);
  }

  @Override
  public long diskBytes() {
    try {
      return FileJournalStore.bytes(serverFolder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean isPoisoned() {
    return isPoisoned;
  }

  @Override
  public void close() {
    synchronized (this) {
      if (isClosed) {
        return;
      }
      isClosed = true;
      notifyAll();
    }
    try {
      syncThread.join();
      channel.close();
    } catch (InterruptedException | IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
