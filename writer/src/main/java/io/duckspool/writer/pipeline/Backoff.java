package io.duckspool.writer.pipeline;

/**
 * Waits between tries of what failed for a reason that passes: doubled each time, up to a bound.
 * Pure; tried for ever.
 */
final class Backoff {

  /** A guess: short enough for a target that restarts. */
  static final long FIRST_MILLIS = 100;

  /** A guess: a target that is away for hours is asked twice a minute. */
  static final long MAX_MILLIS = 30_000;

  private static final int MAX_DOUBLINGS = 16;

  private Backoff() {}

  /**
   * How long to wait after a number of failures in a row.
   *
   * @param failureCount > 0
   */
  static long millisAfter(long failureCount) {
    if (failureCount <= 0) {
      throw new IllegalArgumentException("failureCount must be > 0, got " + failureCount);
    }
    long doublings = Math.min(failureCount - 1, MAX_DOUBLINGS);
    return Math.min(FIRST_MILLIS << doublings, MAX_MILLIS);
  }
}
