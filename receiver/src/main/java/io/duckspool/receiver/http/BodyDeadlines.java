package io.duckspool.receiver.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the bodies that are being read, a few times a second, and ends those that are too slow:
 * one thread for all servers of the process. Thread-safe.
 */
public final class BodyDeadlines implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BodyDeadlines.class);

  /** A body slower than this on average is given up (contract of {@code body_timeout}). */
  static final long MIN_BYTES_PER_SECOND = 1024;

  /** A client may pause so long before its average counts (a guess). */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** How long what is left of a rejected body is read and dropped (a guess). */
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private static final long TICK_MILLIS = 100;

  private final Duration bodyTimeout;
  private final LongSupplier ticker;
  private final Set<BodyReader> readers = ConcurrentHashMap.newKeySet();
  private final HeadDeadlines heads;
  private final ScheduledExecutorService scheduler =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "http-deadlines");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * Starts looking.
   *
   * @param ticker monotonic nanoseconds
   */
  public BodyDeadlines(Duration bodyTimeout, LongSupplier ticker) {
    this.bodyTimeout = bodyTimeout;
    this.ticker = ticker;
    this.heads = new HeadDeadlines(bodyTimeout, ticker);
    var unused =
        scheduler.scheduleWithFixedDelay(
            this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  long nowNanos() {
    return ticker.getAsLong();
  }

  void add(BodyReader reader) {
    readers.add(reader);
  }

  void remove(BodyReader reader) {
    readers.remove(reader);
  }

  Duration bodyTimeout() {
    return bodyTimeout;
  }

  boolean isTooSlow(long startNanos, long receivedBytes) {
    long elapsedNanos = ticker.getAsLong() - startNanos;
    if (elapsedNanos > bodyTimeout.toNanos()) {
      return true;
    }
    return elapsedNanos > GRACE.toNanos()
        && receivedBytes
            < MIN_BYTES_PER_SECOND * TimeUnit.NANOSECONDS.toMillis(elapsedNanos) / 1000;
  }

  boolean isDrainOver(long startNanos) {
    return ticker.getAsLong() - startNanos > Math.min(DRAIN.toNanos(), bodyTimeout.toNanos());
  }

  /** Those of the requests' heads, on all connections. */
  HeadDeadlines heads() {
    return heads;
  }

  private void tick() {
    readers.forEach(reader -> guarded(reader::checkDeadline));
    guarded(heads::check);
  }

  /** A failure of one must not end the deadlines of all. */
  private static void guarded(Runnable check) {
    try {
      check.run();
    } catch (RuntimeException e) {
      LOG.warn("a deadline can't be looked after", e);
    }
  }

  /** Ends the thread; bodies still being read are left to their connections. */
  @Override
  public void close() {
    scheduler.shutdownNow();
  }
}
