package io.duckspool.writer.pipeline;

import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.SpoolStore;
import io.duckspool.spool.SpoolTailer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A real store whose tailers fail at a chosen step: with an I/O error, or like a kill; or meet
 * damage between two entries, or a receiver that starts meanwhile.
 */
final class FaultyStore implements SpoolStore {

  /** Stands for the end of the process. */
  static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private final SpoolStore real;
  private int failAt;
  private int steps;
  private boolean isKill;
  private Optional<SpoolIndex> damagedBefore = Optional.empty();
  private Runnable afterListing = () -> {};

  FaultyStore(SpoolStore real) {
    this.real = real;
  }

  /** The Nth step of tailers from now fails once. */
  void failAt(int step, boolean asKill) {
    failAt = step;
    isKill = asKill;
    steps = 0;
  }

  /** Tailers meet damage in which no entry is lost. */
  void damageBefore(SpoolIndex index) {
    damagedBefore = Optional.of(index);
  }

  /** Lets something happen right after a tailer has listed the segments. */
  void afterNextListing(Runnable event) {
    afterListing = event;
  }

  boolean hasFailed() {
    return failAt > 0 && steps >= failAt;
  }

  @Override
  public Spool openForAppend(Path serverFolder, String spoolId, String runId, SpoolOptions options)
      throws SpoolException {
    return real.openForAppend(serverFolder, spoolId, runId, options);
  }

  @Override
  public SpoolTailer openForRead(
      Path serverFolder, String spoolId, Predicate<String> isReceiverOfRunAlive)
      throws SpoolException {
    step();
    return new FaultyTailer(real.openForRead(serverFolder, spoolId, isReceiverOfRunAlive));
  }

  @Override
  public long diskBytes(Path serverFolder) throws IOException {
    return real.diskBytes(serverFolder);
  }

  private void step() throws SpoolException {
    if (++steps == failAt) {
      if (isKill) {
        throw new Killed();
      }
      throw new SpoolReadException("failed on purpose at step " + failAt);
    }
  }

  private final class FaultyTailer implements SpoolTailer {
    private final SpoolTailer tailer;
    private boolean isDamageMet;

    FaultyTailer(SpoolTailer tailer) {
      this.tailer = tailer;
    }

    @Override
    public void moveTo(SpoolPosition next) throws SpoolException {
      step();
      isDamageMet = false;
      tailer.moveTo(next);
    }

    @Override
    public SpoolPosition position() {
      return tailer.position();
    }

    @Override
    public SpoolRead read() throws SpoolException {
      step();
      SpoolPosition at = tailer.position();
      if (!isDamageMet && damagedBefore.equals(Optional.of(at.next()))) {
        isDamageMet = true;
        return new SpoolRead.Damaged(at, at, List.of(), "damaged on purpose");
      }
      return tailer.read();
    }

    @Override
    public Optional<DurableMark> durableMark() {
      return tailer.durableMark();
    }

    @Override
    public List<Long> segments() throws SpoolException {
      step();
      List<Long> listed = tailer.segments();
      Runnable event = afterListing;
      afterListing = () -> {};
      event.run();
      return listed;
    }

    @Override
    public Optional<SegmentHeader> header(long segment) throws SpoolException {
      step();
      return tailer.header(segment);
    }

    @Override
    public Optional<SpoolPosition> positionAt(SpoolIndex next) throws SpoolException {
      step();
      return tailer.positionAt(next);
    }

    @Override
    public void publishCommitted(CommittedMark mark) throws SpoolException {
      step();
      tailer.publishCommitted(mark);
    }

    @Override
    public CommittedMark committed() {
      return tailer.committed();
    }

    @Override
    public int deleteBelow(SpoolIndex committed) throws SpoolException {
      step();
      return tailer.deleteBelow(committed);
    }

    @Override
    public void release() {
      tailer.release();
    }

    @Override
    public void close() {
      tailer.close();
    }
  }
}
