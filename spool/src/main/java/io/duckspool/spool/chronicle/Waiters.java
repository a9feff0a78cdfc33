package io.duckspool.spool.chronicle;

import io.duckspool.spool.AppendListener;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends that wait for their sync, in the order of their indices. Thread-safe; listeners are
 * called outside the lock. After {@link #fail} every later waiter fails at once.
 */
final class Waiters {

  private static final Logger LOG = LoggerFactory.getLogger(Waiters.class);

  private record Waiter(SpoolIndex index, AppendListener listener) {}

  private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
  private Optional<SpoolException> failure = Optional.empty();

  void add(SpoolIndex index, AppendListener listener) {
    Optional<SpoolException> known;
    synchronized (waiting) {
      known = failure;
      if (known.isEmpty()) {
        waiting.add(new Waiter(index, listener));
      }
    }
    known.ifPresent(e -> tell(index, () -> listener.onFailed(index, e)));
  }

  /** Tells all that stand before {@code next} that they are durable. */
  void release(SpoolIndex next) {
    for (Waiter waiter : takeBefore(next)) {
      tell(waiter.index(), () -> waiter.listener().onDurable(waiter.index()));
    }
  }

  /** Tells all, those to come included, that their append failed. */
  void fail(SpoolException e) {
    List<Waiter> failed;
    synchronized (waiting) {
      failure = Optional.of(failure.orElse(e));
      failed = new ArrayList<>(waiting);
      waiting.clear();
    }
    for (Waiter waiter : failed) {
      tell(waiter.index(), () -> waiter.listener().onFailed(waiter.index(), e));
    }
  }

  /** A listener that throws is a bug of its owner; the others must be told all the same. */
  static void tell(SpoolIndex index, Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      LOG.error("the listener of entry {} threw", index, e);
    }
  }

  private List<Waiter> takeBefore(SpoolIndex next) {
    List<Waiter> taken = new ArrayList<>();
    synchronized (waiting) {
      for (Waiter waiter = waiting.peek();
          waiter != null && waiter.index().compareTo(next) < 0;
          waiter = waiting.peek()) {
        taken.add(waiting.remove());
      }
    }
    return taken;
  }
}
