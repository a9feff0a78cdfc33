package io.duckspool.deploy.load;

import java.time.Duration;
import java.util.Optional;

/**
 * How much a load sends, and how fast.
 *
 * @param connections kept busy side by side, 1 to {@link #MAX_CONNECTIONS}; each is one TCP
 *     connection, kept alive
 * @param maxRequests where to end, &gt; 0
 * @param duration when to end; empty: after {@code maxRequests}
 * @param requestsPerSecond over all connections, from the start on, up to {@link #MAX_RATE}; 0: as
 *     fast as the answers come
 * @param pause of a connection between an answer and its next request
 */
public record Pace(
    int connections,
    long maxRequests,
    Optional<Duration> duration,
    double requestsPerSecond,
    Duration pause) {
  public static final int MAX_CONNECTIONS = 1_000;
  public static final double MAX_RATE = 1_000_000;

  /** The longest duration and pause. */
  public static final Duration MAX_TIME = Duration.ofDays(365);

  public Pace {
    if (connections < 1 || connections > MAX_CONNECTIONS) {
      throw new IllegalArgumentException(
          "connections must be in [1, " + MAX_CONNECTIONS + "], got " + connections);
    }
    if (maxRequests < 1) {
      throw new IllegalArgumentException("maxRequests must be > 0, got " + maxRequests);
    }
    if (!(requestsPerSecond >= 0 && requestsPerSecond <= MAX_RATE)) {
      throw new IllegalArgumentException(
          "requestsPerSecond must be in [0, " + MAX_RATE + "], got " + requestsPerSecond);
    }
    if (duration.isPresent() && (duration.get().isZero() || isOutOfRange(duration.get()))) {
      throw new IllegalArgumentException(
          "duration must be in (0, 365 d], got " + duration.get().toMillis() + " ms");
    }
    if (isOutOfRange(pause)) {
      throw new IllegalArgumentException(
          "pause must be in [0, 365 d], got " + pause.toMillis() + " ms");
    }
  }

  /** So many connections, as fast as the answers come, up to a number of requests. */
  public static Pace requests(int connections, long maxRequests) {
    return new Pace(connections, maxRequests, Optional.empty(), 0, Duration.ZERO);
  }

  private static boolean isOutOfRange(Duration time) {
    return time.isNegative() || time.compareTo(MAX_TIME) > 0;
  }
}
