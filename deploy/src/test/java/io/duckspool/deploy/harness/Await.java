package io.duckspool.deploy.harness;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for a condition, never for a time: the deadline is only there to end a hopeless wait. */
public final class Await {
  private static final long POLL_NANOS = 20_000_000;

  /**
   * What is waited for works on the same cores: the longer it takes, the less often it is asked.
   */
  private static final int POLLS_PER_TIME = 50;

  private static final long MAX_POLL_NANOS = 500_000_000;

  private Await() {}

  /**
   * Returns when the condition holds. An exception of the condition counts as "not yet", and is the
   * cause of the failure if it is still thrown at the deadline.
   */
  public static void until(String what, Duration limit, Callable<Boolean> condition) {
    until(what, limit, condition, () -> "");
  }

  /** As {@link #until(String, Duration, Callable)}; {@code state} explains a failure. */
  public static void until(
      String what, Duration limit, Callable<Boolean> condition, Supplier<String> state) {
    until(what, limit, condition, state, () -> "");
  }

  /**
   * As {@link #until(String, Duration, Callable, Supplier)}, as long as something moves.
   *
   * @param limit begins anew where it ends and {@code progress} says something else than before
   */
  public static void until(
      String what,
      Duration limit,
      Callable<Boolean> condition,
      Supplier<String> state,
      Supplier<String> progress) {
    long began = System.nanoTime();
    long deadline = began + limit.toNanos();
    String reached = progress.get();
    while (true) {
      Exception last = null;
      try {
        if (condition.call()) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for " + what, e);
      } catch (GaveUpException e) {
        throw new AssertionError(what + ": " + e.getMessage() + "\n" + state.get(), e);
      } catch (Exception e) {
        last = e;
      }
      if (System.nanoTime() >= deadline) {
        String now = progress.get();
        if (now.equals(reached)) {
          throw new AssertionError(
              "not within " + limit.toSeconds() + " s: " + what + "\n" + state.get(), last);
        }
        reached = now;
        deadline = System.nanoTime() + limit.toNanos();
      }
      long waited = System.nanoTime() - began;
      LockSupport.parkNanos(
          Math.max(POLL_NANOS, Math.min(waited / POLLS_PER_TIME, MAX_POLL_NANOS)));
    }
  }

  /** Thrown by a condition that can't become true any more. */
  public static final class GaveUpException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public GaveUpException(String message) {
      super(message);
    }
  }
}
