package io.duckspool.deploy.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A load under way: one thread a connection, each with one request in flight. Whoever started it
 * closes it. The methods are for any thread.
 */
public final class LoadRun implements AutoCloseable {
  private final LoadPlan plan;
  private final LoadLog log;
  private final LongSupplier nanoTime;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final AtomicLong tickets = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final List<LoadConnection> connections = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final long startNanos;
  private volatile long endNanos;

  private LoadRun(LoadPlan plan, LoadLog log, LongSupplier nanoTime) {
    this.plan = plan;
    this.log = log;
    this.nanoTime = nanoTime;
    this.startNanos = nanoTime.getAsLong();
    this.endNanos = startNanos;
  }

  /**
   * Starts sending.
   *
   * @param log may already hold the requests of an earlier run
   * @param nanoTime as {@link System#nanoTime}
   */
  public static LoadRun start(LoadPlan plan, LoadLog log, LongSupplier nanoTime) {
    LoadRun run = new LoadRun(plan, log, nanoTime);
    for (int i = 0; i < plan.pace().connections(); i++) {
      LoadConnection connection = new LoadConnection(run);
      Thread thread = new Thread(() -> run.work(connection), "load-" + i);
      thread.setDaemon(true);
      run.connections.add(connection);
      run.threads.add(thread);
    }
    run.threads.forEach(Thread::start);
    return run;
  }

  /** Whether a connection is still at work. */
  public boolean isRunning() {
    return threads.stream().anyMatch(Thread::isAlive);
  }

  /** Sends nothing more, nor again; requests in flight get their replies. Returns at once. */
  public void stop() {
    stop.countDown();
  }

  /** Why the load has failed; empty: it hasn't. A server that says no, or is away, is none. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure.get());
  }

  /** Waits for the end and sums up. */
  public LoadReport await() throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
    LoadMeter sum = new LoadMeter();
    connections.forEach(connection -> sum.add(connection.meter()));
    return sum.report(plan.recordsPerRequest(), endNanos - startNanos);
  }

  /** Stops; the threads end with their requests. */
  @Override
  public void close() {
    stop();
  }

  LoadPlan plan() {
    return plan;
  }

  LoadLog log() {
    return log;
  }

  long nanoTime() {
    return nanoTime.getAsLong();
  }

  /**
   * Waits until the next request is due.
   *
   * @return when it was due, by {@link #nanoTime}; empty: there is none any more
   */
  Optional<Long> nextDue() throws InterruptedException {
    long ticket = tickets.getAndIncrement();
    if (ticket >= plan.pace().maxRequests() || isOver(nanoTime())) {
      return Optional.empty();
    }
    double rate = plan.pace().requestsPerSecond();
    if (rate == 0) {
      return Optional.of(nanoTime());
    }
    long due = startNanos + (long) (ticket / rate * 1e9);
    if (isOver(due) || !pause(due - nanoTime())) {
      return Optional.empty();
    }
    return Optional.of(due);
  }

  /** Whether nothing more is to be sent at this time. */
  boolean isOver(long now) {
    return stop.getCount() == 0
        || plan.pace().duration().isPresent()
            && now - startNanos >= plan.pace().duration().get().toNanos();
  }

  /** Waits; false when the load was stopped meanwhile. */
  boolean pause(long nanos) throws InterruptedException {
    return nanos <= 0 ? stop.getCount() > 0 : !stop.await(nanos, TimeUnit.NANOSECONDS);
  }

  private void work(LoadConnection connection) {
    try {
      connection.run();
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
      stop();
    } finally {
      synchronized (this) {
        endNanos = Math.max(endNanos, nanoTime());
      }
    }
  }
}
