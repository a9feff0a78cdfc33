package io.duckspool.deploy.export;

import io.duckspool.spool.DurableMark;
import io.duckspool.spool.FileRange;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.chronicle.SpoolInspection;
import io.duckspool.spool.chronicle.SpoolInspection.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A problem of a journal with the bytes that lie where nothing can be read: between what is
 * readable before it and what is readable behind it.
 *
 * @param problem as the verification tells it
 * @param lost what stood there
 * @param bytes oldest first; empty where no bytes are left, as of a missing segment
 */
public record SpoolDamage(Problem problem, Fragment.Lost lost, List<FileRange> bytes) {

  public SpoolDamage {
    bytes = List.copyOf(bytes);
  }

  /** Finds the bytes of all problems; reads every segment again when there are any. */
  public static List<SpoolDamage> of(SpoolInspection spool, List<Problem> problems)
      throws SpoolReadException, IOException {
    return problems.isEmpty() ? List.of() : new Search(problems).run(spool);
  }

  /** The bytes, one range behind the other; closed by the caller. */
  public InputStream open() {
    return SegmentBytes.open(bytes);
  }

  /** Goes through what is readable, in order, and stops at each problem. */
  private static final class Search {
    /** Length of the word that Chronicle writes before an entry. */
    private static final int WORD_BYTES = 4;

    /** Length of the mark that it writes behind the last one: no damage. */
    private static final int END_MARK_BYTES = 8;

    private final Deque<Problem> problems;
    private final List<SpoolDamage> found = new ArrayList<>();

    /** What can't be read since the last thing that could, in the segments before this one. */
    private final List<FileRange> before = new ArrayList<>();

    private Path file = Path.of("");
    private long segment;

    /** In this segment, behind what was readable last. */
    private long end;

    private Optional<SpoolIndex> next = Optional.empty();

    Search(List<Problem> problems) {
      this.problems = new ArrayDeque<>(problems);
    }

    List<SpoolDamage> run(SpoolInspection spool) throws SpoolReadException, IOException {
      for (SpoolInspection.Segment each : spool.segments()) {
        try {
          look(spool, each);
        } catch (NoSuchFileException e) {
          continue; // The writer deleted it meanwhile.
        }
      }
      Optional<DurableMark> mark = spool.durableMark();
      while (!problems.isEmpty()) {
        Problem last = problems.remove();
        add(
            last,
            mark.map(known -> known.position().next()).orElse(new SpoolIndex(last.segment(), 0)),
            before);
      }
      return found;
    }

    private void look(SpoolInspection spool, SpoolInspection.Segment each)
        throws SpoolReadException, IOException {
      file = each.file();
      segment = each.number();
      end = 0;
      if (each.header().isPresent()) {
        SegmentBytes.header(file, segment)
            .ifPresent(
                header ->
                    readable(
                        header.offset(),
                        header.offset() + header.length(),
                        new SpoolIndex(segment, 0),
                        new SpoolIndex(segment, 1)));
      }
      spool.entries(
          segment,
          entry ->
              readable(
                  entry.payloadOffset(),
                  entry.payloadOffset() + entry.payloadBytes(),
                  entry.index(),
                  entry.after().next()));
      while (!problems.isEmpty() && problems.peek().segment() == segment && hasOffset()) {
        // Of a later version: from there on nothing is read.
        Problem newer = problems.remove();
        add(newer, next.orElse(new SpoolIndex(segment, 0)), List.of());
      }
      long endOfContent = SegmentBytes.endOfContent(file, end);
      if (endOfContent > end + END_MARK_BYTES) {
        before.add(new FileRange(file, end, endOfContent - end));
      }
    }

    /**
     * @param offset in the entry, not before its envelope
     */
    private void readable(long offset, long endOffset, SpoolIndex index, SpoolIndex after) {
      if (!problems.isEmpty()
          && problems.peek().segment() == segment
          && hasOffset()
          && problems.peek().offset() <= offset) {
        Problem problem = problems.remove();
        long to = problem.offset() - WORD_BYTES;
        // Before a header are only Chronicle's own pages: what is lost stood in another segment.
        boolean isElsewhere = index.sequence() == 0 && problem.lostEntries() > 0;
        if (to > end && !isElsewhere) {
          before.add(new FileRange(file, end, to - end));
        }
        add(problem, index, before);
      }
      before.clear();
      end = (endOffset + 3) & ~3L;
      next = Optional.of(after);
    }

    /** Whether the next problem is at a place, and not the end of all. */
    private boolean hasOffset() {
      return problems.peek().offset() > 0;
    }

    private void add(Problem problem, SpoolIndex behind, List<FileRange> bytes) {
      SpoolIndex first = next.orElse(new SpoolIndex(problem.segment(), 0));
      found.add(
          new SpoolDamage(
              problem,
              new Fragment.Lost(first, behind, problem.lostEntries(), problem.lostRows()),
              bytes));
    }
  }
}
