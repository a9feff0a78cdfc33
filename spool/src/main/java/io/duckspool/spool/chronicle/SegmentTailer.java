package io.duckspool.spool.chronicle;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.FileRange;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.spool.chronicle.SegmentReader.Found;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the segment files in order. A segment has ended only when the header of the next existing
 * one says so; whatever else can't be read below the durable mark is damage, reported with what was
 * lost by the cumulative counters of the entries around it.
 *
 * <p>Owned by the pipeline's thread.
 */
final class SegmentTailer implements SpoolTailer {

  private static final Logger LOG = LoggerFactory.getLogger(SegmentTailer.class);

  private static final long NONE = -1;

  private final SegmentFolder folder;
  private final String spoolId;
  private final CheckpointFile durable;
  private final CheckpointFile committed;
  private final Predicate<String> isReceiverOfRunAlive;
  private final SpoolDisk disk;

  private SpoolPosition position = SpoolPosition.startOf(0);
  private Optional<SegmentReader> reader = Optional.empty();

  /** Where the next document of {@link #reader} begins. */
  private long offset;

  /**
   * An envelope that a damage search found, or that is to be delivered again, and that {@link
   * #read} begins with; else -1.
   */
  private long foundEnvelopeAt = NONE;

  /** Where the entry delivered last stands in the open segment, and the position before it. */
  private long deliveredEnvelopeAt = NONE;

  private SpoolPosition beforeDelivered = position;

  SegmentTailer(
      SegmentFolder folder,
      String spoolId,
      CheckpointFile durable,
      CheckpointFile committed,
      Predicate<String> isReceiverOfRunAlive,
      SpoolDisk disk) {
    this.folder = folder;
    this.spoolId = spoolId;
    this.durable = durable;
    this.committed = committed;
    this.isReceiverOfRunAlive = isReceiverOfRunAlive;
    this.disk = disk;
  }

  /** One entry back is cheap; to get anywhere else the segment is read from its start. */
  @Override
  public void moveTo(SpoolPosition next) {
    if (deliveredEnvelopeAt != NONE && next.equals(beforeDelivered)) {
      foundEnvelopeAt = deliveredEnvelopeAt;
      deliveredEnvelopeAt = NONE;
    } else {
      release();
    }
    position = next;
  }

  @Override
  public SpoolPosition position() {
    return position;
  }

  @Override
  public SpoolRead read() throws SpoolException {
    Optional<DurableMark> mark = durable.readDurable();
    if (mark.isEmpty()) {
      return new SpoolRead.WaitingForReceiver("there is no durable mark");
    }
    SpoolPosition limit = mark.get().position();
    int order = position.compareTo(limit);
    if (position.hasCountersOf(limit) && (order > 0 || limit.entries() == 0)) {
      // Of a spool without entries, start and mark may name different segments.
      return new SpoolRead.AtDurableMark();
    }
    if (order > 0 && !isReceiverOfRunAlive.test(mark.get().runId())) {
      return new SpoolRead.WaitingForReceiver(
          "the durable mark " + limit.next() + " is behind " + position.next());
    }
    if (order >= 0) {
      return new SpoolRead.AtDurableMark();
    }
    try {
      return readBelow(limit);
    } catch (IOException e) {
      release();
      throw new SpoolReadException("the spool " + folder.path() + " can't be read", e);
    }
  }

  @Override
  public Optional<DurableMark> durableMark() {
    return durable.readDurable();
  }

  @Override
  public List<Long> segments() throws SpoolException {
    try {
      return folder.segments();
    } catch (IOException e) {
      throw new SpoolReadException("the spool " + folder.path() + " can't be listed", e);
    }
  }

  @Override
  public Optional<SegmentHeader> header(long segment) throws SpoolException {
    try {
      return headerOf(segment);
    } catch (IOException e) {
      throw new SpoolReadException("segment " + segment + " can't be read", e);
    }
  }

  @Override
  public Optional<SpoolPosition> positionAt(SpoolIndex next) throws SpoolException {
    if (next.sequence() <= 1) {
      return header(next.segment()).map(header -> header.start().at(next));
    }
    long wanted = next.sequence() - 1;
    try (SegmentReader other = SegmentReader.open(folder, next.segment())) {
      long at = offsetOf(other, wanted);
      Found found = other.read(at);
      if (found instanceof Found.Nothing) {
        found = other.search(at, wanted);
      }
      return found instanceof Found.Entry entry && entry.envelope().after().next().equals(next)
          ? Optional.of(entry.envelope().after())
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new SpoolReadException("segment " + next.segment() + " can't be read", e);
    }
  }

  @Override
  public void publishCommitted(CommittedMark mark) {
    committed.publish(mark);
  }

  @Override
  public CommittedMark committed() {
    return committed.readCommitted();
  }

  @Override
  public int deleteBelow(SpoolIndex committedIndex) throws SpoolException {
    int deleted = 0;
    try {
      List<Long> segments = folder.segments();
      for (int i = 0; i + 1 < segments.size(); i++) {
        if (!isCommitted(segments.get(i), segments.get(i + 1), committedIndex)) {
          break;
        }
        closeIfOpen(segments.get(i));
        Files.deleteIfExists(folder.file(segments.get(i)));
        CrashPoint.SPOOL_SEGMENT_DELETED.reached();
        deleted++;
      }
      if (deleted > 0) {
        disk.forceFolder(folder.path());
      }
      return deleted;
    } catch (IOException e) {
      throw new SpoolReadException(
          "committed segments of " + folder.path() + " can't be deleted", e);
    }
  }

  @Override
  public void release() {
    try {
      if (reader.isPresent()) {
        reader.get().close();
      }
    } catch (IOException e) {
      // It was open for reading only: nothing is lost.
      LOG.warn("{} can't be closed", reader.get().file(), e);
    }
    reader = Optional.empty();
    foundEnvelopeAt = NONE;
    deliveredEnvelopeAt = NONE;
  }

  @Override
  public void close() {
    release();
  }

  private SpoolRead readBelow(SpoolPosition limit) throws IOException {
    while (true) {
      locate();
      if (reader.isPresent()) {
        Found found = readNext(reader.get());
        if (found instanceof Found.Newer newer) {
          return new SpoolRead.NewerFormat(position, newer.version());
        }
        if (found instanceof Found.Entry entry) {
          long wanted = position.next().sequence();
          long sequence = entry.envelope().index().sequence();
          if (sequence == 0 || sequence < wanted) {
            offset = entry.nextOffset();
            continue;
          }
          if (sequence == Math.max(1, wanted)) {
            return deliver(entry);
          }
          return missingBefore(hiddenBefore(entry).orElse(entry));
        }
      }
      Optional<SpoolRead> damage = endOrDamage(limit);
      if (damage.isPresent()) {
        return damage.get();
      }
    }
  }

  private Found readNext(SegmentReader open) throws IOException {
    if (foundEnvelopeAt == NONE) {
      return open.read(offset);
    }
    Found found = open.readEnvelopeAt(foundEnvelopeAt);
    foundEnvelopeAt = NONE;
    return found;
  }

  /** Opens the file of the position's segment, if there is one, and finds the position in it. */
  private void locate() throws IOException {
    if (reader.isPresent()) {
      return;
    }
    long segment = position.next().segment();
    if (!Files.exists(folder.file(segment))) {
      return;
    }
    reader = Optional.of(SegmentReader.open(folder, segment));
    offset = offsetOf(reader.get(), position.next().sequence());
  }

  private SpoolRead deliver(Found.Entry entry) {
    Envelope envelope = entry.envelope();
    deliveredEnvelopeAt = entry.offset();
    beforeDelivered = position;
    offset = entry.nextOffset();
    position = envelope.after();
    return new SpoolEntry(
        envelope.index(),
        position,
        envelope.meta(),
        reader.orElseThrow().array(),
        envelope.headerBytes(),
        envelope.payloadBytes());
  }

  /** An entry that was passed over, for the word of metadata before it had a wrong length. */
  private Optional<Found.Entry> hiddenBefore(Found.Entry entry) throws IOException {
    long maxEntries = entry.envelope().before().entries();
    return reader.orElseThrow().search(offset, Math.max(1, position.next().sequence()))
                instanceof Found.Entry hidden
            && isBetween(hidden.envelope(), maxEntries)
        ? Optional.of(hidden)
        : Optional.empty();
  }

  /** Entries are missing before one that was found in the open segment. */
  private SpoolRead.Damaged missingBefore(Found.Entry entry) {
    FileRange range = rangeBefore(reader.orElseThrow(), offset, entry);
    foundEnvelopeAt = entry.offset();
    return damaged(
        entry.envelope().before(), List.of(range), "entries are missing from the segment");
  }

  /**
   * Nothing can be read where the tailer stands: either the segment has ended, and the tailer moves
   * to the next one; or something is damaged, and it moves to what can be read next.
   */
  private Optional<SpoolRead> endOrDamage(SpoolPosition limit) throws IOException {
    long segment = position.next().segment();
    List<Long> later = folder.segments().stream().filter(other -> other > segment).toList();
    Optional<SegmentHeader> next = later.isEmpty() ? Optional.empty() : headerOf(later.get(0));
    if (next.isPresent() && hasEndedBefore(next.get())) {
      moveTo(next.get().start().at(new SpoolIndex(next.get().segment(), 1)));
      return Optional.empty();
    }
    List<FileRange> ranges = new ArrayList<>();
    if (reader.isPresent()) {
      long bound =
          Math.min(limit.entries(), next.map(n -> n.start().entries()).orElse(Long.MAX_VALUE));
      Optional<SpoolRead> here = searchOpenSegment(bound);
      if (here.isPresent()) {
        return here;
      }
      boolean isCut =
          next.map(n -> n.previousSegment() == segment).orElse(limit.next().segment() == segment);
      if (isCut || !reader.get().isEmptyFrom(offset)) {
        ranges.add(rangeFrom(reader.get(), offset));
      }
    }
    for (long other : later) {
      if (other > limit.next().segment()) {
        break;
      }
      Optional<SpoolRead> there = searchLaterSegment(other, limit, ranges);
      if (there.isPresent()) {
        return there;
      }
    }
    return Optional.of(damaged(limit, ranges, "nothing can be read up to the durable mark"));
  }

  /** The header of the next existing segment proves that nothing stands at the position. */
  private boolean hasEndedBefore(SegmentHeader next) {
    boolean isSuccessor =
        next.previousSegment() == position.next().segment()
            && next.previousEnd().compareTo(position) <= 0;
    return isSuccessor || next.start().hasCountersOf(position);
  }

  private Optional<SpoolRead> searchOpenSegment(long maxEntries) throws IOException {
    SegmentReader open = reader.orElseThrow();
    long from = offset;
    Found found = open.search(from, position.next().sequence());
    while (found instanceof Found.Entry entry) {
      if (isBetween(entry.envelope(), maxEntries)) {
        FileRange range = rangeBefore(open, from, entry);
        foundEnvelopeAt = entry.offset();
        return Optional.of(
            damaged(entry.envelope().before(), List.of(range), "the segment is damaged"));
      }
      found = open.search(entry.nextOffset(), position.next().sequence());
    }
    return found instanceof Found.Newer newer
        ? Optional.of(new SpoolRead.NewerFormat(position, newer.version()))
        : Optional.empty();
  }

  /**
   * Looks where reading can go on in a segment behind the damage.
   *
   * @param ranges gets what can't be read of it
   */
  private Optional<SpoolRead> searchLaterSegment(
      long segment, SpoolPosition limit, List<FileRange> ranges) throws IOException {
    Optional<SegmentHeader> header = headerOf(segment);
    if (header.isPresent() && header.get().start().entries() >= position.entries()) {
      SpoolPosition start = header.get().start().at(new SpoolIndex(segment, 1));
      return Optional.of(
          damaged(start, ranges, "the end of a segment, or a whole one, is missing"));
    }
    SegmentReader other = SegmentReader.open(folder, segment);
    boolean isKept = false;
    try {
      Found found = other.search(0, 1);
      while (found instanceof Found.Entry entry) {
        if (isBetween(entry.envelope(), limit.entries())) {
          ranges.add(rangeBefore(other, 0, entry));
          SpoolRead.Damaged damaged =
              damaged(entry.envelope().before(), ranges, "the start of a segment is damaged");
          reader = Optional.of(other);
          isKept = true;
          foundEnvelopeAt = entry.offset();
          return Optional.of(damaged);
        }
        found = other.search(entry.nextOffset(), 1);
      }
      ranges.add(rangeFrom(other, 0));
      return Optional.empty();
    } finally {
      if (!isKept) {
        other.close();
      }
    }
  }

  /** Guards against bytes in a payload that look like an entry: the counters must fit. */
  private boolean isBetween(Envelope envelope, long maxEntries) {
    return envelope.before().entries() >= position.entries()
        && envelope.after().entries() <= maxEntries;
  }

  private SpoolRead.Damaged damaged(SpoolPosition to, List<FileRange> ranges, String reason) {
    SpoolRead.Damaged damaged = new SpoolRead.Damaged(position, to, ranges, reason);
    deliveredEnvelopeAt = NONE;
    if (to.next().segment() != position.next().segment()) {
      release();
    }
    position = to;
    return damaged;
  }

  private boolean isCommitted(long segment, long nextSegment, SpoolIndex committedIndex)
      throws IOException {
    if (segment != committedIndex.segment()) {
      return segment < committedIndex.segment();
    }
    return headerOf(nextSegment)
        .filter(next -> next.previousSegment() == segment)
        .filter(next -> next.previousEnd().next().compareTo(committedIndex) <= 0)
        .isPresent();
  }

  private void closeIfOpen(long segment) {
    if (reader.isPresent() && reader.get().segment() == segment) {
      release();
    }
  }

  private Optional<SegmentHeader> headerOf(long segment) throws IOException {
    try (SegmentReader other = SegmentReader.open(folder, segment)) {
      return other.header().filter(header -> header.spoolId().equals(spoolId));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Behind the last entry before this sequence. */
  private static long offsetOf(SegmentReader reader, long sequence) throws IOException {
    long at = 0;
    while (true) {
      Found found = reader.read(at);
      if (found instanceof Found.Nothing nothing) {
        found = reader.search(nothing.offset(), 0);
      }
      if (!(found instanceof Found.Entry entry)
          || entry.envelope().index().sequence() >= sequence) {
        return at;
      }
      at = entry.nextOffset();
    }
  }

  private static FileRange rangeBefore(SegmentReader reader, long from, Found.Entry entry) {
    long to = Math.max(from, entry.offset() - SegmentReader.WORD_BYTES);
    return new FileRange(reader.file(), from, to - from);
  }

  private static FileRange rangeFrom(SegmentReader reader, long from) throws IOException {
    return new FileRange(reader.file(), from, reader.endOfContent(from) - from);
  }
}
