package io.duckspool.deploy.up;

import io.duckspool.common.process.ExitCode;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the writer and the receiver running as children, until it is told to stop. A child that
 * dies is started again, with a growing wait; one that refuses its configuration (exit code 2), or
 * can't start the first time, ends both.
 *
 * <p>{@link #run} belongs to one thread, {@link #stop} may be called from another, once.
 */
final class Supervisor {
  private static final Duration READY_POLL = Duration.ofMillis(100);
  private static final Duration READY_WARNING = Duration.ofSeconds(30);
  // What the children allow themselves for finishing requests, and for draining, and a little.
  private static final Duration STOP_LIMIT = Duration.ofSeconds(90);

  /** The order of starting; stopping is the other way round, so that the writer drains last. */
  private static final List<String> NAMES = List.of("writer", "receiver");

  private final Launch launch;
  private final BooleanSupplier isReady;
  private final Runnable onReady;
  private final PrintStream err;
  private final LongSupplier nanoTicker;

  private final BlockingQueue<Child> ended = new LinkedBlockingQueue<>();
  private final PriorityQueue<Restart> restarts = new PriorityQueue<>();
  private final Map<String, Backoff> backoffs = new HashMap<>();
  private final Map<String, Long> startedNanos = new HashMap<>();
  private boolean wasReady;

  /** Guarded by this object's monitor, as is {@link #isStopping}. */
  private final Map<String, Child> children = new HashMap<>();

  private boolean isStopping;

  /** How a child is started. */
  interface Launch {
    /** Starts the child with this name; {@code onExit} gets it when it has ended. */
    Child start(String name, java.util.function.Consumer<Child> onExit) throws IOException;
  }

  private record Restart(String name, long atNanos) implements Comparable<Restart> {
    @Override
    public int compareTo(Restart other) {
      return Long.compare(atNanos - other.atNanos, 0);
    }
  }

  /**
   * @param isReady asked until it says yes, once
   * @param onReady called then
   * @param err where it says what it does
   */
  Supervisor(
      Launch launch,
      BooleanSupplier isReady,
      Runnable onReady,
      PrintStream err,
      LongSupplier nanoTicker) {
    this.launch = launch;
    this.isReady = isReady;
    this.onReady = onReady;
    this.err = err;
    this.nanoTicker = nanoTicker;
  }

  /**
   * Starts both and keeps them running.
   *
   * @return an {@link ExitCode}, when it gave up; both are stopped then
   */
  int run() throws IOException, InterruptedException {
    for (String name : NAMES) {
      backoffs.put(name, new Backoff());
      start(name);
    }
    long warnAtNanos = nanoTicker.getAsLong() + READY_WARNING.toNanos();
    while (true) {
      Child dead = ended.poll(nextWaitNanos(), TimeUnit.NANOSECONDS);
      if (dead != null) {
        int exitCode = buried(dead);
        if (exitCode != ExitCode.DONE) {
          stop();
          return exitCode;
        }
      }
      startWhatIsDue();
      if (!wasReady && isReady.getAsBoolean()) {
        wasReady = true;
        onReady.run();
      } else if (!wasReady && nanoTicker.getAsLong() - warnAtNanos >= 0) {
        say("not ready after " + READY_WARNING.toSeconds() + " s, still trying");
        warnAtNanos = nanoTicker.getAsLong() + READY_WARNING.toNanos();
      }
    }
  }

  /**
   * Stops the receiver, then the writer; they are not started again. Safe to repeat.
   *
   * @return {@link ExitCode#DONE} when both ended in order
   */
  int stop() {
    Map<String, Child> running;
    synchronized (this) {
      if (isStopping) {
        return ExitCode.DONE;
      }
      isStopping = true;
      running = Map.copyOf(children);
    }
    int exitCode = ExitCode.DONE;
    for (int i = NAMES.size() - 1; i >= 0; i--) {
      Child child = running.get(NAMES.get(i));
      if (child != null && !stopped(child)) {
        exitCode = ExitCode.FAILED;
      }
    }
    return exitCode;
  }

  private boolean stopped(Child child) {
    try {
      if (child.stop(STOP_LIMIT)) {
        return true;
      }
      say("the " + child.name() + " did not stop in order: " + child.epitaph());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private synchronized void start(String name) throws IOException {
    if (!isStopping) {
      children.put(name, launch.start(name, ended::add));
      startedNanos.put(name, nanoTicker.getAsLong());
    }
  }

  /** Decides what the death of a child means; {@link ExitCode#DONE}: it is started again. */
  private int buried(Child dead) {
    synchronized (this) {
      if (isStopping || children.get(dead.name()) != dead) {
        return ExitCode.DONE;
      }
      children.remove(dead.name());
    }
    if (dead.exitCode() == ExitCode.USAGE) {
      say("the " + dead.name() + " refuses its configuration");
      return ExitCode.USAGE;
    }
    if (!wasReady && dead.exitCode() == ExitCode.FAILED) {
      say("the " + dead.name() + " could not start: " + dead.epitaph());
      return ExitCode.FAILED;
    }
    long now = nanoTicker.getAsLong();
    Duration age = Duration.ofNanos(now - startedNanos.getOrDefault(dead.name(), now));
    Duration wait = backoffs.getOrDefault(dead.name(), new Backoff()).afterDeath(age);
    say(
        "the "
            + dead.name()
            + " died: "
            + dead.epitaph()
            + "; starting it again in "
            + wait.toMillis()
            + " ms");
    restarts.add(new Restart(dead.name(), now + wait.toNanos()));
    return ExitCode.DONE;
  }

  private void startWhatIsDue() throws IOException {
    @Nullable Restart next = restarts.peek();
    while (next != null && next.atNanos() - nanoTicker.getAsLong() <= 0) {
      restarts.remove();
      start(next.name());
      next = restarts.peek();
    }
  }

  private long nextWaitNanos() {
    long wait = wasReady ? Duration.ofHours(1).toNanos() : READY_POLL.toNanos();
    @Nullable Restart next = restarts.peek();
    return next == null
        ? wait
        : Math.min(wait, Math.max(0, next.atNanos() - nanoTicker.getAsLong()));
  }

  private void say(String text) {
    err.println("up       | " + text);
  }
}
