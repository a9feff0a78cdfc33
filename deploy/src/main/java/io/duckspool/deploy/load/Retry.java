package io.duckspool.deploy.load;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;

/**
 * When a request is sent again, as the OTLP specification says (OTLP/HTTP, "Retryable Response
 * Codes" and "OTLP/HTTP Throttling"): after 429, 502, 503 and 504, with the wait that {@code
 * Retry-After} names, else with one that doubles, and varies. A request without any reply is never
 * sent again: it may have been taken.
 *
 * @param limit how long to go on with one request, from its first sending; zero: no request is ever
 *     sent again
 */
public record Retry(Duration limit) {
  /** A request is never sent twice. */
  public static final Retry NEVER = new Retry(Duration.ZERO);

  private static final Set<Integer> RETRYABLE = Set.of(429, 502, 503, 504);
  private static final long FIRST_WAIT_MILLIS = 100;
  private static final long MAX_WAIT_MILLIS = 5_000;

  /** Longer waits than this are not believed. */
  private static final long MAX_RETRY_AFTER_SECONDS = 86_400;

  public Retry {
    if (limit.isNegative() || limit.compareTo(Pace.MAX_TIME) > 0) {
      throw new IllegalArgumentException(
          "limit must be in [0, 365 d], got " + limit.toMillis() + " ms");
    }
  }

  /** Whether a server with this status wants the request later. */
  static boolean isRetryable(int status) {
    return RETRYABLE.contains(status);
  }

  /**
   * How long to wait before the request is sent again; empty: not again.
   *
   * @param attempt how often it was sent, 1 and up
   * @param elapsedNanos since its first sending
   * @param random in [0, 1)
   */
  Optional<Duration> waitBefore(
      HttpConnection.Reply reply, int attempt, long elapsedNanos, DoubleSupplier random) {
    if (!isRetryable(reply.status())) {
      return Optional.empty();
    }
    Duration wait = retryAfter(reply).orElseGet(() -> backoff(attempt, random));
    return limit.minusNanos(elapsedNanos).compareTo(wait) < 0
        ? Optional.empty()
        : Optional.of(wait);
  }

  private static Optional<Duration> retryAfter(HttpConnection.Reply reply) {
    String text = reply.headers().getOrDefault("retry-after", "").strip();
    if (!text.matches("[0-9]{1,9}")) {
      // The other form, a date, is what no OTLP server sends.
      return Optional.empty();
    }
    return Optional.of(Duration.ofSeconds(Math.min(Long.parseLong(text), MAX_RETRY_AFTER_SECONDS)));
  }

  private static Duration backoff(int attempt, DoubleSupplier random) {
    long whole = Math.min(MAX_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(attempt - 1, 10));
    return Duration.ofMillis((long) (whole * (0.5 + random.getAsDouble() / 2)));
  }
}
