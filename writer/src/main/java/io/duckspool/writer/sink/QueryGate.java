package io.duckspool.writer.sink;

import java.util.HashSet;
import java.util.Set;

/** Lets a few queries run at a time, and clears them away for a seal. Thread-safe. */
final class QueryGate {

  /** Queries share DuckDB's threads and memory with the seals. */
  static final int MAX_QUERIES = 2;

  /** How long a seal waits for cancelled queries to let go of their memory. */
  private static final int CLEAR_STEPS = 50;

  private static final long CLEAR_STEP_MILLIS = 100;

  /** All guarded by this object's monitor. */
  private final Set<RunningQuery> running = new HashSet<>();

  private int holds;

  /** While it is open no query starts. */
  final class Hold implements AutoCloseable {

    private final int cancelled;

    private Hold(int cancelled) {
      this.cancelled = cancelled;
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
    try {
      for (int i = 0; i < CLEAR_STEPS && !running.isEmpty(); i++) {
        wait(CLEAR_STEP_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return new Hold(cancelled);
  }

  private synchronized void release() {
    holds--;
  }
}
