package io.duckspool.spool.chronicle;

import io.duckspool.common.server.AtomicFile;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * What an open spool has beside its segments: ids, checkpoints, the counter of segments, the lock.
 *
 * @param lock holds the OS lock while open
 */
record ChronicleSpoolFiles(
    Path serverFolder,
    String spoolId,
    String runId,
    long firstSegment,
    SpoolDisk disk,
    CheckpointFile durable,
    CheckpointFile committed,
    OldestEntry oldest,
    FileChannel lock,
    InstantSource clock,
    LongSupplier nanoTicker)
    implements Closeable {

  private static final String COUNTER_FILE = "segment.counter";

  SegmentFolder folder() {
    return SegmentFolder.of(serverFolder);
  }

  String serverName() {
    return String.valueOf(serverFolder.getFileName());
  }

  /** Notes a segment's number before the segment is used, so that no later start repeats it. */
  void persistCounter(long segment) throws IOException {
    AtomicFile.replace(
        serverFolder.resolve(COUNTER_FILE), (segment + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /** The header of a new segment that follows what ends at {@code end}. */
  SegmentHeader headerOf(long segment, SpoolPosition end) {
    Instant now = clock.instant();
    boolean isFirst = end.next().sequence() == 0;
    return new SegmentHeader(
        spoolId,
        runId,
        segment,
        isFirst ? 0 : end.next().segment(),
        end.at(new SpoolIndex(segment, 0)),
        end,
        Math.max(0, now.getEpochSecond() * 1_000_000_000 + now.getNano()));
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
