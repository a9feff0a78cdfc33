package io.duckspool.spool.chronicle;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.spool.EntryCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LegacyRollCycles;
import net.openhft.chronicle.wire.DocumentContext;

/**
 * Writes entries into segment files through one Chronicle appender.
 *
 * <p>Chronicle works in a private folder, {@code spool/.appending}, that is made anew by each run:
 * it never opens, repairs, marks or waits for a file of an earlier run, and no queue metadata or
 * lock outlives its run. Each segment file is linked into {@code spool/} once its header entry is
 * written, and its link in the private folder goes when the segment ends.
 *
 * <p>Blocks are reserved ahead of the write position, so that a full disk is an exception here and
 * never a fault in a mapped page. Used under the append lock of its spool, by any thread.
 *
 * <p>If the process dies here, the private folder is wiped by the next start; a segment that was
 * not yet linked held no entry.
 */
final class SegmentAppender {

  static final String FOLDER = ".appending";

  private static final String METADATA_FILE = "metadata.cq4t";

  private static final RollCycle ROLL_CYCLE = LegacyRollCycles.MINUTELY;
  private static final long MILLIS_PER_CYCLE = 60_000;
  private static final long BLOCK_STEP_BYTES = 1 << 20;
  private static final long MIN_RESERVE_STEP_BYTES = 32 << 20;

  /** What a file needs before its first entry; the header entry and two index pages fit. */
  private static final long FIRST_RESERVE_BYTES = 256 << 10;

  /** What Chronicle maps of its metadata: a block of 64 KiB and its overlap. */
  private static final long METADATA_BYTES = 128 << 10;

  /** Index pages and padding that an append may write beside the entry: measured 34 KiB. */
  private static final long SLACK_BYTES = 128 << 10;

  private final SegmentFolder folder;
  private final Path appending;
  private final SpoolDisk disk;
  private final long reserveStepBytes;
  private final ChronicleQueue queue;
  private final ExcerptAppender appender;

  private volatile long segment;
  private FileChannel channel;
  private long entriesOffset;
  private long endOffset;
  private long reservedTo;

  /**
   * Opens the queue in its private folder and begins the first segment of this run, which is linked
   * into the spool when this returns, not yet durable.
   *
   * @param header envelope and payload of its header entry; borrowed until return
   */
  SegmentAppender(
      SegmentFolder folder, SpoolDisk disk, int maxEntryBytes, long firstSegment, byte[] header)
      throws IOException {
    this.folder = folder;
    this.disk = disk;
    this.appending = folder.path().resolve(FOLDER);
    long largestMessage = EntryCodec.HEADER_BYTES + (long) maxEntryBytes;
    this.reserveStepBytes = Math.max(MIN_RESERVE_STEP_BYTES, 2 * largestMessage);
    Files.createDirectory(
        appending,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    this.segment = firstSegment;
    // Chronicle writes to it through a map at once, which a full disk would turn into a SIGBUS.
    reserve(appending.resolve(METADATA_FILE), METADATA_BYTES);
    this.queue =
        SingleChronicleQueueBuilder.binary(appending)
            .rollCycle(ROLL_CYCLE)
            .timeProvider(() -> segment * MILLIS_PER_CYCLE + 1)
            .blockSize(blockBytes(largestMessage))
            .syncMode(net.openhft.chronicle.bytes.SyncMode.NONE)
            .checkInterrupts(false)
            .build();
    this.appender = queue.createAppender();
    appender.singleThreadedCheckDisabled(true);
    try {
      // After the queue: it would wait for the header of a file that it finds.
      this.reservedTo = prepare(firstSegment);
      write(0, header, header.length, ByteBuffer.allocate(0));
      this.entriesOffset = endOffset;
      this.channel = link(firstSegment);
    } catch (IOException | RuntimeException | Error e) {
      appender.close();
      queue.close();
      throw e;
    }
  }

  /**
   * Removes what the appender of an earlier run left; nothing there is the only link of an entry.
   */
  static void wipe(SegmentFolder folder) throws IOException {
    Path appending = folder.path().resolve(FOLDER);
    if (!Files.isDirectory(appending)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(appending)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(appending);
  }

  /** Number of the open segment. */
  long segment() {
    return segment;
  }

  /** The open segment's file, for the sync thread to force. */
  FileChannel channel() {
    return channel;
  }

  /** Bytes of entries in the open segment, envelopes included. */
  long entryBytes() {
    return endOffset - entriesOffset;
  }

  /** Bytes reserved for the open segment. */
  long reservedTo() {
    return reservedTo;
  }

  /**
   * Makes sure that an entry can be written without running out of disk.
   *
   * @throws IOException no room; nothing was written, the caller may try again
   */
  void reserve(int entryBytes) throws IOException {
    long wanted = endOffset + entryBytes + SLACK_BYTES;
    while (reservedTo < wanted) {
      disk.reserve(
          appending.resolve(SegmentFolder.fileName(segment)), reservedTo, reserveStepBytes);
      reservedTo += reserveStepBytes;
    }
  }

  /**
   * Writes one document, for which space was reserved.
   *
   * @param sequence where it must come to stand
   * @param header borrowed until return; {@code headerBytes} of it are written
   * @param payload borrowed until return, from position to limit
   * @throws IllegalStateException it can't be written, or stands elsewhere: the state of the file
   *     is unknown
   */
  void write(long sequence, byte[] header, int headerBytes, ByteBuffer payload) {
    try (DocumentContext document = appender.writingDocument()) {
      try {
        Bytes<?> bytes = document.wire().bytes();
        bytes.write(header, 0, headerBytes);
        writePayload(bytes, payload);
        endOffset = bytes.writePosition();
      } catch (Throwable e) {
        // Closing would else commit the document as far as it got.
        document.rollbackOnClose();
        throw e;
      }
    }
    long expected = ROLL_CYCLE.toIndex((int) segment, sequence);
    if (appender.lastIndexAppended() != expected) {
      throw new IllegalStateException(
          "entry "
              + segment
              + "-"
              + sequence
              + " was written at another index: "
              + Long.toHexString(appender.lastIndexAppended()));
    }
  }

  /**
   * Prepares the file of the next segment: the only step of a roll that may fail for want of space.
   *
   * @throws IOException no room; nothing was changed that matters
   */
  long prepare(long nextSegment) throws IOException {
    reserve(appending.resolve(SegmentFolder.fileName(nextSegment)), FIRST_RESERVE_BYTES);
    return FIRST_RESERVE_BYTES;
  }

  /**
   * Ends the open segment and begins the prepared one with its header entry. Nothing is durable
   * yet.
   *
   * @return the ended segment, for the caller to force and {@link #release}
   */
  Ended roll(long nextSegment, byte[] header, long preparedBytes) throws IOException {
    Ended ended = new Ended(segment, channel);
    segment = nextSegment;
    reservedTo = preparedBytes;
    write(0, header, header.length, ByteBuffer.allocate(0));
    entriesOffset = endOffset;
    channel = link(nextSegment);
    return ended;
  }

  /**
   * A segment that takes no more entries.
   *
   * @param channel still open, to be forced
   */
  record Ended(long segment, FileChannel channel) {}

  /** Closes an ended segment that is durable, and gives back what it had reserved. */
  void release(Ended ended) throws IOException {
    ended.channel().close();
    trim(folder, ended.segment(), disk);
    Files.deleteIfExists(appending.resolve(SegmentFolder.fileName(ended.segment())));
    queue.refreshDirectoryListing();
  }

  /** Closes the files and gives back what was reserved. */
  void close() throws IOException {
    appender.close();
    queue.close();
    channel.close();
    trim(folder, segment, disk);
    wipe(folder);
  }

  /** Cuts the zeros off the end of a segment's file that is not written to any more. */
  static void trim(SegmentFolder folder, long segment, SpoolDisk disk) throws IOException {
    Path file = folder.file(segment);
    if (!Files.exists(file)) {
      return;
    }
    try (SegmentReader reader = SegmentReader.open(folder, segment)) {
      long end = reader.endOfContent(0);
      disk.trim(file, (end + 4095) & ~4095L);
    }
  }

  /** Reserves the beginning of a file, which is made when it is missing. */
  private void reserve(Path file, long bytes) throws IOException {
    if (!Files.exists(file)) {
      FileChannel.open(
              file,
              Set.of(CREATE_NEW, WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
          .close();
    }
    disk.reserve(file, 0, bytes);
  }

  private FileChannel link(long linkedSegment) throws IOException {
    Path file = folder.file(linkedSegment);
    Files.createLink(file, appending.resolve(SegmentFolder.fileName(linkedSegment)));
    return FileChannel.open(file, WRITE);
  }

  /** The largest message is a quarter of the block less 4 bytes; blocks are whole pages. */
  private static long blockBytes(long largestMessage) {
    long wanted = 4 * (largestMessage + 64);
    return (wanted + BLOCK_STEP_BYTES - 1) / BLOCK_STEP_BYTES * BLOCK_STEP_BYTES;
  }

  private static void writePayload(Bytes<?> bytes, ByteBuffer payload) {
    int length = payload.remaining();
    if (payload.hasArray()) {
      bytes.write(payload.array(), payload.arrayOffset() + payload.position(), length);
    } else {
      long at = bytes.writePosition();
      bytes.write(at, payload, payload.position(), length);
      bytes.writePosition(at + length);
    }
  }
}
