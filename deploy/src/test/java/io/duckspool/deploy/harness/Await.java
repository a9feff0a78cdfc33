package io.duckspool.deploy.harness;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for a condition, never for a time: the deadline is only there to end a hopeless wait. */
public final class Await {
  private static final long POLL_NANOS = 20_000_000;

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
    long deadline = System.nanoTime() + limit.toNanos();
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
        throw new AssertionError(
            "not within " + limit.toSeconds() + " s: " + what + "\n" + state.get(), last);
      }
      LockSupport.parkNanos(POLL_NANOS);
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
