package io.duckspool.spool.chronicle;

import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.EntryMeta;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.FileRange;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.chronicle.SegmentReader.Found;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Looks at the files of a spool without changing them, also while receiver and writer work on it:
 * what {@code duckspool spool inspect} and {@code spool verify} show. Any thread; nothing to close.
 */
public final class SpoolInspection {

  /**
   * One segment file.
   *
   * @param header empty when it is damaged
   * @param entries readable entries
   * @param rows rows of those
   * @param payloadBytes payload bytes of those
   * @param end after the last readable entry; empty when nothing is readable
   */
  public record Segment(
      long number,
      Path file,
      long fileBytes,
      Optional<SegmentHeader> header,
      long entries,
      long rows,
      long payloadBytes,
      Optional<SpoolPosition> end) {}

  /**
   * One entry.
   *
   * @param after the position behind it
   * @param payloadOffset where its payload begins in the file
   */
  public record Entry(
      SpoolIndex index,
      SpoolPosition after,
      EntryMeta meta,
      long payloadOffset,
      int payloadBytes) {}

  /**
   * Something {@link #verify} found.
   *
   * @param segment number of the segment where reading went on, or ended
   * @param offset in that segment's file
   * @param lostEntries entries that the counters miss here; 0 for damaged bytes around whole
   *     entries
   * @param lostRows rows of those
   * @param first index of what is read next behind the last thing readable
   * @param next index of what is readable next
   * @param bytes what lies between the two, oldest first; none where none are left, as of a missing
   *     segment
   */
  public record Problem(
      long segment,
      long offset,
      long lostEntries,
      long lostRows,
      String message,
      SpoolIndex first,
      SpoolIndex next,
      List<FileRange> bytes) {
    public Problem {
      bytes = List.copyOf(bytes);
    }
  }

  /**
   * What {@link #verify} says of the whole spool.
   *
   * @param entries entries whose checksums hold
   * @param payloadBytes payload bytes of those
   */
  public record Verdict(long segments, long entries, long payloadBytes, List<Problem> problems) {
    public Verdict {
      problems = List.copyOf(problems);
    }

    public boolean isSound() {
      return problems.isEmpty();
    }
  }

  private final Path serverFolder;
  private final SegmentFolder folder;

  private SpoolInspection(Path serverFolder) {
    this.serverFolder = serverFolder;
    this.folder = SegmentFolder.of(serverFolder);
  }

  /** Inspects the spool in a server's folder. */
  public static SpoolInspection of(Path serverFolder) {
    return new SpoolInspection(serverFolder);
  }

  /** The receiver's mark; empty when missing or damaged. */
  public Optional<DurableMark> durableMark() throws SpoolReadException {
    try {
      return CheckpointFile.durable(serverFolder, false).readDurable();
    } catch (IOException e) {
      throw new SpoolReadException("the durable mark can't be read", e);
    }
  }

  /** The writer's checkpoint, a hint; zero counters when missing or damaged. */
  public CommittedMark committedMark() throws SpoolReadException {
    try {
      return CheckpointFile.committed(serverFolder, false).readCommitted();
    } catch (IOException e) {
      throw new SpoolReadException("the committed checkpoint can't be read", e);
    }
  }

  /** The segments, oldest first; reads every file whole. */
  public List<Segment> segments() throws SpoolReadException {
    List<Segment> segments = new ArrayList<>();
    for (long number : numbers()) {
      summary(number).ifPresent(segments::add);
    }
    return segments;
  }

  /** Takes what was read. */
  @FunctionalInterface
  public interface Visit {
    /**
     * @param envelope of the entry
     * @param array envelope and payload, from 0; borrowed until return
     * @return false: nothing more is wanted
     */
    boolean entry(Envelope envelope, byte[] array) throws IOException;
  }

  /** The readable entries of a segment in order; none when there is no such file. */
  public void entries(long segment, Consumer<Entry> consumer) throws SpoolReadException {
    walk(
        segment,
        (reader, found, isAfterDamage) -> {
          Envelope envelope = found.envelope();
          if (!envelope.isSegmentHeader()) {
            consumer.accept(
                new Entry(
                    envelope.index(),
                    envelope.after(),
                    envelope.meta(),
                    found.offset() + envelope.headerBytes(),
                    envelope.payloadBytes()));
          }
          return true;
        });
  }

  /**
   * The readable entries of all segments with their payloads, in order; what is damaged is passed
   * over. Memory for one entry.
   *
   * @param from the first index that is wanted
   * @throws IOException of the visit, or of reading
   */
  public void payloads(SpoolIndex from, Visit visit) throws IOException, SpoolReadException {
    for (long number : numbers()) {
      if (number >= from.segment() && !payloads(number, from, visit)) {
        return;
      }
    }
  }

  private boolean payloads(long segment, SpoolIndex from, Visit visit)
      throws IOException, SpoolReadException {
    List<IOException> failed = new ArrayList<>(1);
    List<Boolean> ended = new ArrayList<>(1);
    walk(
        segment,
        (reader, found, isAfterDamage) -> {
          Envelope envelope = found.envelope();
          if (envelope.isSegmentHeader() || envelope.index().compareTo(from) < 0) {
            return true;
          }
          try {
            if (visit.entry(envelope, reader.array())) {
              return true;
            }
            ended.add(true);
          } catch (IOException e) {
            failed.add(e); // Of the visit: reading has failures of its own.
          }
          return false;
        });
    if (!failed.isEmpty()) {
      throw failed.get(0);
    }
    return ended.isEmpty();
  }

  /**
   * Checks every checksum, the order of the entries, the chain of the segments and the counters, up
   * to the durable mark. Entries behind the mark may be half written and are no problem.
   */
  public Verdict verify() throws SpoolReadException {
    Verification verification = new Verification();
    List<Long> numbers = numbers();
    for (long number : numbers) {
      walk(number, verification);
    }
    Optional<DurableMark> mark = durableMark();
    if (mark.isPresent()) {
      verification.end(mark.get().position());
    }
    return new Verdict(
        numbers.size(),
        verification.entries(),
        verification.payloadBytes(),
        verification.problems());
  }

  /** Is shown what is readable of a segment, in order. */
  interface Visitor {
    /** False: nothing more of the segment is wanted. */
    boolean visit(SegmentReader reader, Found.Entry found, boolean isAfterDamage);

    default void newer(SegmentReader reader, Found.Newer found) {}

    /** Nothing more of the segment can be read. */
    default void end(SegmentReader reader) throws IOException {}
  }

  private void walk(long segment, Visitor visitor) throws SpoolReadException {
    try (SegmentReader reader = SegmentReader.open(folder, segment)) {
      SegmentWalk walk = new SegmentWalk(reader);
      while (true) {
        Found found = walk.next();
        if (found instanceof Found.Newer newer) {
          visitor.newer(reader, newer);
        }
        if (!(found instanceof Found.Entry entry)) {
          visitor.end(reader);
          return;
        }
        if (!visitor.visit(reader, entry, walk.isAfterDamage())) {
          return;
        }
      }
    } catch (NoSuchFileException e) {
      // The writer deleted it meanwhile: it is no longer part of the spool.
      return;
    } catch (IOException e) {
      throw new SpoolReadException("segment " + segment + " can't be read", e);
    }
  }

  private Optional<Segment> summary(long number) throws SpoolReadException {
    long[] sums = new long[3];
    List<SpoolPosition> ends = new ArrayList<>(1);
    List<SegmentHeader> headers = new ArrayList<>(1);
    walk(
        number,
        (reader, found, isAfterDamage) -> {
          Envelope envelope = found.envelope();
          ends.clear();
          ends.add(envelope.after());
          if (envelope.isSegmentHeader()) {
            headers.add(
                EntryCodec.decodeSegmentHeader(envelope, reader.array(), envelope.headerBytes()));
          } else {
            sums[0]++;
            sums[1] += envelope.meta().rows();
            sums[2] += envelope.payloadBytes();
          }
          return true;
        });
    Path file = folder.file(number);
    try {
      return Optional.of(
          new Segment(
              number,
              file,
              java.nio.file.Files.size(file),
              headers.stream().findFirst(),
              sums[0],
              sums[1],
              sums[2],
              ends.stream().findFirst()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new SpoolReadException("segment " + number + " can't be read", e);
    }
  }

  private List<Long> numbers() throws SpoolReadException {
    try {
      return folder.segments();
    } catch (IOException e) {
      throw new SpoolReadException("the spool " + folder.path() + " can't be listed", e);
    }
  }
}
