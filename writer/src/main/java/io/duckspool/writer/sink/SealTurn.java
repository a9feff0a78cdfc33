package io.duckspool.writer.sink;

import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of a seal that DuckDB does: one at a time, so that a batch has its memory for itself,
 * and before queries, which are ended when it is short.
 */
final class SealTurn {

  private static final Logger LOG = LoggerFactory.getLogger(SealTurn.class);

  private SealTurn() {}

  /** What is attempted, and once more when ended queries may have freed memory. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws SinkException;
  }

  /**
   * Runs an attempt under the database's commit lock.
   *
   * @param target for messages
   */
  static <T> T take(DuckDbDatabase database, String target, Attempt<T> attempt)
      throws SinkException {
    return take(database, database.commitLock(), target, attempt);
  }

  /** Runs an attempt under another lock: that of a target which may hold it up for long. */
  static <T> T take(DuckDbDatabase database, ReentrantLock lock, String target, Attempt<T> attempt)
      throws SinkException {
    lock.lock();
    try {
      return attempt.run();
    } catch (SinkException e) {
      if (!DuckDbErrors.isOutOfMemory(e)) {
        throw e;
      }
      return runWithoutQueries(database, target, attempt, e);
    } finally {
      lock.unlock();
    }
  }

  private static <T> T runWithoutQueries(
      DuckDbDatabase database, String target, Attempt<T> attempt, SinkException failure)
      throws SinkException {
    try (QueryGate.Hold hold = database.queries().clear("a seal needs the memory")) {
      if (hold.cancelled() > 0) {
        LOG.warn("{}: no memory for a seal, {} queries cancelled", target, hold.cancelled());
      }
      if (hold.cancelled() == 0 || !(failure instanceof SinkException.Unavailable)) {
        throw failure;
      }
      return attempt.run();
    }
  }
}
