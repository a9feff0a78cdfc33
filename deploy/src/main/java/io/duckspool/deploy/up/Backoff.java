package io.duckspool.deploy.up;

import java.time.Duration;

/**
 * How long to wait before a process that died is started again: twice as long each time, until it
 * has lived for a while. Owned by the supervisor's thread.
 */
final class Backoff {
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final Duration LIVED = Duration.ofSeconds(60);

  private Duration next = FIRST;

  /** The wait after a death at this age. */
  Duration afterDeath(Duration age) {
    if (age.compareTo(LIVED) >= 0) {
      next = FIRST;
    }
    Duration wait = next;
    next = next.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : next.multipliedBy(2);
    return wait;
  }
}
