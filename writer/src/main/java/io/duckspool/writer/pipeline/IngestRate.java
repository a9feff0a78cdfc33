package io.duckspool.writer.pipeline;

import java.util.concurrent.TimeUnit;

/**
 * Payload bytes a second that a spool took lately: since the older of two looks at its cumulative
 * counter, which lie at least {@link #WINDOW_SECONDS} apart.
 *
 * <p>Used by the pipeline's thread.
 */
final class IngestRate {

  /** Long enough to see past single requests (a guess). */
  static final long WINDOW_SECONDS = 10;

  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(WINDOW_SECONDS);

  private Look older;
  private Look newer;

  private record Look(long nanos, long bytes) {}

  /**
   * Begins at the counter as it is.
   *
   * @param nanos of the ticker
   * @param bytes taken over the spool's life
   */
  IngestRate(long nanos, long bytes) {
    this.older = new Look(nanos, bytes);
    this.newer = older;
  }

  /** Takes a look, and says what the rate is now; before the first window is over, an estimate. */
  long bytesPerSecond(long nanos, long bytes) {
    if (nanos - newer.nanos() >= WINDOW_NANOS) {
      older = newer;
      newer = new Look(nanos, bytes);
    }
    long elapsed = Math.max(1, nanos - older.nanos());
    return (long) ((bytes - older.bytes()) * 1e9 / elapsed);
  }
}
