package io.duckspool.writer.sink;

import java.util.HashSet;
import java.util.Set;

/** Lets a few queries run at a time, and clears them away for a seal. Thread-safe. */
final class QueryGate {

  /** Queries share DuckDB's threads and memory with the seals. */
  static final int MAX_QUERIES = 2;

  /** How long a seal waits for cancelled queries to let go of their memory. */
  private static final int CLEAR_STEPS = 50;

  /** How long queries are waited for that are not cancelled. */
  private static final int DRAIN_STEPS = 10;

  private static final long STEP_MILLIS = 100;

  /** All guarded by this object's monitor. */
  private final Set<RunningQuery> running = new HashSet<>();

  private int holds;

  /** While it is open no query starts. */
  final class Hold implements AutoCloseable {

    private final int cancelled;
    private final boolean isClear;

    private Hold(int cancelled, boolean isClear) {
      this.cancelled = cancelled;
      this.isClear = isClear;
    }

    /** True when no query ran at the end of the wait, so none does. */
    boolean isClear() {
      return isClear;
    }

    /** Queries that were cancelled. */
    int cancelled() {
      return cancelled;
    }

    @Override
    public void close() {
      release();
    }
  }

  /**
   * Takes a place, without waiting.
   *
   * @throws QueryException there is none; the same query may do later
   */
  synchronized RunningQuery enter() throws QueryException {
    if (holds > 0) {
      throw QueryException.unavailable("no query is let in for a moment, try again");
    }
    if (running.size() >= MAX_QUERIES) {
      throw QueryException.unavailable(MAX_QUERIES + " queries run already, try again");
    }
    RunningQuery query = new RunningQuery();
    running.add(query);
    return query;
  }

  synchronized void leave(RunningQuery query) {
    running.remove(query);
    notifyAll();
  }

  /**
   * Cancels all queries, waits a while until they have ended, and keeps others out.
   *
   * @param reason what the queries are told
   */
  synchronized Hold clear(String reason) {
    int cancelled = running.size();
    holds++;
    running.forEach(
        query ->
            query.end(
                QueryException.unavailable("the query was cancelled: " + reason + ", try again")));
    return new Hold(cancelled, awaitEnd(CLEAR_STEPS));
  }

  /** Keeps queries out, and waits a little while until those that run have ended by themselves. */
  synchronized Hold drain() {
    holds++;
    return new Hold(0, awaitEnd(DRAIN_STEPS));
  }

  /** Queries that run now. */
  synchronized int running() {
    return running.size();
  }

  private synchronized boolean awaitEnd(int steps) {
    try {
      for (int i = 0; i < steps && !running.isEmpty(); i++) {
        wait(STEP_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return running.isEmpty();
  }

  private synchronized void release() {
    holds--;
  }
}
