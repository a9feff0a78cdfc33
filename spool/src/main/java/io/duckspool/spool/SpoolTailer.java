package io.duckspool.spool;

import java.util.List;
import java.util.Optional;

/**
 * The writer's handle on the spool of one server: reads in order, up to the durable mark. Owned by
 * one thread, the pipeline's; {@link #durableMark} and {@link #committed} may be called by any.
 * Closed by whoever opened it.
 */
public interface SpoolTailer extends AutoCloseable {

  /**
   * Goes to a position, from where {@link #read} continues; the position is the ledger's at start,
   * later what the caller wants to read again. It need not exist (yet).
   */
  void moveTo(SpoolPosition next) throws SpoolException;

  /** Where the next {@link #read} begins. */
  SpoolPosition position();

  /**
   * Reads one entry below the durable mark; segment headers are passed over. Does not block for new
   * entries. After {@link SpoolEntry} and {@link SpoolRead.Damaged} the tailer stands behind them,
   * else it hasn't moved, except over the end of a segment.
   *
   * @throws SpoolReadException an I/O error; the call may be repeated
   */
  SpoolRead read() throws SpoolException;

  /** The receiver's mark; empty when it is missing or damaged. Any thread. */
  Optional<DurableMark> durableMark();

  /** Numbers of the segments that have a file, ascending. */
  List<Long> segments() throws SpoolException;

  /** The header of a segment; empty when the file or its header is missing or damaged. */
  Optional<SegmentHeader> header(long segment) throws SpoolException;

  /**
   * The counters before an index: of sequence 0 and 1 from the segment's header, else from the
   * entry before it. Empty when there is none such, or it is damaged.
   */
  Optional<SpoolPosition> positionAt(SpoolIndex next) throws SpoolException;

  /** Publishes what is committed, for the receiver's backpressure. Not forced to disk. */
  void publishCommitted(CommittedMark mark) throws SpoolException;

  /** What was published last, by this writer or an earlier one. Any thread. */
  CommittedMark committed();

  /**
   * Deletes the segments in which every entry is below {@code committed}, oldest first, never the
   * newest; then forces the folder.
   *
   * @return how many were deleted
   */
  int deleteBelow(SpoolIndex committed) throws SpoolException;

  /**
   * Closes every file of the spool, so that a starting receiver may repair it; the position stays.
   * The next call of any other method opens them again. Idempotent.
   */
  void release();

  /** Closes the tailer. Idempotent. */
  @Override
  void close();
}
