package io.duckspool.spool.chronicle;

import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOpenException;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.chronicle.SegmentReader.Found;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a starting receiver does with the files of earlier runs: from the durable mark on it reads
 * every entry, keeps what passes the checksums, makes it durable, and so finds where the spool
 * ends. Nothing is written into those files; what fails at the tail was never acked, what fails
 * before it is left for the writer to report. Used once, by the thread that opens the spool.
 */
final class StartScan {

  /**
   * @param end after the last entry, or the start of the spool; empty for a new spool
   * @param present numbers of the segments found
   * @param unused newest segments without an entry, to be removed once a new one is durable
   */
  record Result(Optional<SpoolPosition> end, List<Long> present, List<Long> unused) {}

  private final SegmentFolder folder;
  private final SpoolDisk disk;
  private final String spoolId;
  private final OldestEntry oldest;
  private Optional<SpoolPosition> end = Optional.empty();

  StartScan(SegmentFolder folder, SpoolDisk disk, String spoolId, OldestEntry oldest) {
    this.folder = folder;
    this.disk = disk;
    this.spoolId = spoolId;
    this.oldest = oldest;
  }

  /** Scans; when it returns, everything up to the end it found is durable. */
  Result run(Optional<DurableMark> mark, CommittedMark committed)
      throws IOException, SpoolOpenException {
    List<Long> present = folder.segments();
    mark.ifPresent(m -> advance(m.position()));
    long scanFrom = mark.map(m -> m.position().next().segment()).orElse(0L);
    List<Long> empty = new ArrayList<>();
    for (long segment : present) {
      try (SegmentReader reader = SegmentReader.open(folder, segment)) {
        sampleAge(reader);
        if (segment >= scanFrom && !holdsEntries(reader)) {
          empty.add(segment);
        }
      }
      if (segment >= scanFrom) {
        force(segment);
        SegmentAppender.trim(folder, segment, disk);
      }
    }
    advanceBy(committed);
    if (!present.isEmpty()) {
      disk.forceFolder(folder.path());
    }
    return new Result(end, present, unused(present, empty));
  }

  /** Reads a segment to its end. */
  private boolean holdsEntries(SegmentReader reader) throws IOException, SpoolOpenException {
    SegmentWalk walk = new SegmentWalk(reader);
    boolean hasEntries = false;
    while (true) {
      Found found = walk.next();
      if (found instanceof Found.Newer newer) {
        throw new SpoolOpenException(
            reader.file()
                + " holds format version "
                + newer.version()
                + ", newer than "
                + EntryCodec.VERSION
                + ": upgrade the receiver");
      }
      if (found instanceof Found.Nothing nothing) {
        // Bytes that are no entry, perhaps acked once: evidence, so the file is kept.
        long endMark = nothing.offset() + SegmentReader.END_MARK_BYTES;
        return hasEntries || reader.endOfContent(endMark) > endMark;
      }
      Found.Entry entry = (Found.Entry) found;
      if (entry.envelope().isSegmentHeader()) {
        int payloadOffset = entry.envelope().headerBytes();
        SegmentHeader header =
            EntryCodec.decodeSegmentHeader(entry.envelope(), reader.array(), payloadOffset);
        requireOwn(header, reader.file());
        advance(header.previousEnd());
      } else {
        hasEntries = true;
        advance(entry.envelope().after());
      }
    }
  }

  private void requireOwn(SegmentHeader header, Path file) throws SpoolOpenException {
    if (!header.spoolId().equals(spoolId)) {
      throw new SpoolOpenException(
          file + " belongs to spool " + header.spoolId() + ", not to " + spoolId);
    }
  }

  private void advance(SpoolPosition position) {
    if (end.isEmpty() || position.compareTo(end.get()) > 0) {
      end = Optional.of(position);
    }
  }

  /**
   * The writer knows more where it has committed entries that are no longer here. Else its position
   * is not taken: at the start of a segment it hides which one came before.
   */
  private void advanceBy(CommittedMark committed) {
    SpoolPosition position = committed.position();
    if (position.next().segment() > 0
        && (end.isEmpty() || position.entries() > end.get().entries())) {
      end = Optional.of(position);
    }
  }

  /** The newest segments without entries, unless the mark says that there were some. */
  private List<Long> unused(List<Long> present, List<Long> empty) {
    List<Long> unused = new ArrayList<>();
    for (int i = present.size() - 1; i >= 0; i--) {
      long segment = present.get(i);
      boolean hadEntries =
          end.isPresent() && end.get().next().compareTo(new SpoolIndex(segment, 1)) > 0;
      if (!empty.contains(segment) || hadEntries) {
        break;
      }
      unused.add(segment);
    }
    return unused;
  }

  private void sampleAge(SegmentReader reader) throws IOException {
    if (reader.read(0) instanceof Found.Entry header
        && reader.read(header.nextOffset()) instanceof Found.Entry first
        && !first.envelope().isSegmentHeader()) {
      oldest.add(first.envelope().before().entries(), first.envelope().meta().receivedUnixNanos());
    }
  }

  private void force(long segment) throws IOException {
    try (FileChannel channel = FileChannel.open(folder.file(segment), WRITE)) {
      disk.force(channel, true);
    }
  }
}
