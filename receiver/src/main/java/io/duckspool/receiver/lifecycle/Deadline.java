package io.duckspool.receiver.lifecycle;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A wait for something that another process does. Used by one thread. */
final class Deadline {

  /** For whoever waits as long as it takes. */
  static final Duration LONGEST = Duration.ofDays(36_500);

  private static final long POLL_MILLIS = 20;

  private final LongSupplier ticker;
  private final long endNanos;

  /**
   * Begins the wait.
   *
   * @param timeout more than a hundred years is a hundred years, which a clock can still add
   */
  Deadline(LongSupplier ticker, Duration timeout) {
    this.ticker = ticker;
    this.endNanos = ticker.getAsLong() + bounded(timeout).toNanos();
  }

  /** A timeout that every clock can add. */
  static Duration bounded(Duration timeout) {
    return timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
  }

  /** What is left of the time, at least 0. */
  Duration left() {
    return Duration.ofNanos(Math.max(0, endNanos - ticker.getAsLong()));
  }

  /** Waits a moment before the next look; false when the time is over. */
  boolean pause() throws InterruptedException {
    if (left().isZero()) {
      return false;
    }
    boolean unused = new CountDownLatch(1).await(POLL_MILLIS, TimeUnit.MILLISECONDS);
    return true;
  }
}
