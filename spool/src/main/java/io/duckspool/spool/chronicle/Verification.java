package io.duckspool.spool.chronicle;

import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.FileRange;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.chronicle.SegmentReader.Found;
import io.duckspool.spool.chronicle.SpoolInspection.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Follows the counters from the first thing readable to the durable mark. */
final class Verification implements SpoolInspection.Visitor {

  private final List<Problem> problems = new ArrayList<>();
  private Optional<SpoolPosition> last = Optional.empty();
  private long entries;
  private long payloadBytes;

  /** What can't be read since the last thing that could, in the segments before this one. */
  private final List<FileRange> unreadable = new ArrayList<>();

  private long segment = -1;

  /** In this segment, behind what was readable last. */
  private long readTo;

  long entries() {
    return entries;
  }

  long payloadBytes() {
    return payloadBytes;
  }

  List<Problem> problems() {
    return problems;
  }

  @Override
  public boolean visit(SegmentReader reader, Found.Entry found, boolean isAfterDamage) {
    moveTo(reader);
    Envelope envelope = found.envelope();
    SpoolPosition before = envelope.before();
    long lost = last.map(position -> before.entries() - position.entries()).orElse(0L);
    if (lost != 0 || isAfterDamage) {
      addBefore(reader, found, lost);
    }
    if (!envelope.isSegmentHeader()) {
      entries++;
      payloadBytes += envelope.payloadBytes();
    }
    last = Optional.of(envelope.after());
    unreadable.clear();
    readTo = found.nextOffset();
    return true;
  }

  @Override
  public void newer(SegmentReader reader, Found.Newer found) {
    moveTo(reader);
    SpoolIndex first = firstUnread(segment);
    problems.add(
        new Problem(
            segment,
            found.offset(),
            0,
            0,
            "format version " + found.version() + " is newer than " + EntryCodec.VERSION,
            first,
            first,
            List.of()));
  }

  @Override
  public void end(SegmentReader reader) throws IOException {
    moveTo(reader);
    long end = reader.endOfContent(readTo);
    // An end mark alone is no damage.
    if (end > readTo + SegmentReader.END_MARK_BYTES) {
      unreadable.add(new FileRange(reader.file(), readTo, end - readTo));
    }
  }

  /** All segments were read. */
  void end(SpoolPosition mark) {
    if (last.map(SpoolPosition::entries).orElse(0L) < mark.entries()) {
      add(
          mark.next().segment(),
          0,
          mark,
          mark.next(),
          "entries are missing up to the durable mark " + mark.next());
    }
  }

  private void moveTo(SegmentReader reader) {
    if (reader.segment() != segment) {
      segment = reader.segment();
      readTo = 0;
    }
  }

  private SpoolIndex firstUnread(long inSegment) {
    return last.map(SpoolPosition::next).orElse(new SpoolIndex(inSegment, 0));
  }

  private void addBefore(SegmentReader reader, Found.Entry found, long lost) {
    Envelope envelope = found.envelope();
    long to = found.offset() - SegmentReader.WORD_BYTES;
    // Before a header are only Chronicle's own pages: what is lost stood in another segment.
    boolean isElsewhere = envelope.isSegmentHeader() && lost > 0;
    if (to > readTo && !isElsewhere) {
      unreadable.add(new FileRange(reader.file(), readTo, to - readTo));
    }
    add(
        segment,
        found.offset(),
        envelope.before(),
        envelope.index(),
        "unreadable bytes or missing entries before " + envelope.before().next());
  }

  private void add(long at, long offset, SpoolPosition before, SpoolIndex next, String message) {
    SpoolPosition from = last.orElse(before);
    problems.add(
        new Problem(
            at,
            offset,
            before.entries() - from.entries(),
            before.rows() - from.rows(),
            message,
            firstUnread(at),
            next,
            unreadable));
  }
}
