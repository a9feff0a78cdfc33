package io.duckspool.writer.pipeline;

import io.duckspool.spool.SpoolIndex;
import org.jspecify.annotations.Nullable;

/**
 * Narrows a batch down to the entry that the target refuses: batches of half the entries, until one
 * of them is alone. The halves that are fine are committed on the way.
 *
 * <p>Used by the pipeline's thread.
 */
final class Bisection {

  private long maxEntries = Long.MAX_VALUE;
  private @Nullable SpoolIndex suspectEnd;

  /** How many entries the next batch may hold. */
  long maxEntries() {
    return maxEntries;
  }

  /**
   * One of several entries is to blame.
   *
   * @param entryCount of the batch that failed, &gt; 1
   * @param end behind its last entry
   */
  void split(long entryCount, SpoolIndex end) {
    maxEntries = Math.max(1, entryCount / 2);
    if (suspectEnd == null || suspectEnd.compareTo(end) < 0) {
      suspectEnd = end;
    }
  }

  /** The entry is found: batches may be large again. */
  void found() {
    maxEntries = Long.MAX_VALUE;
    suspectEnd = null;
  }

  /** Everything before {@code next} is committed. */
  void committed(SpoolIndex next) {
    if (suspectEnd != null && next.compareTo(suspectEnd) >= 0) {
      found();
    }
  }
}
