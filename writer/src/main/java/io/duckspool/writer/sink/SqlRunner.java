package io.duckspool.writer.sink;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs read-only queries and writes their rows as they come. Thread-safe: each query has its own
 * connection and its own thread.
 *
 * <p>Three locks keep a query from doing anything else: {@link StatementCheck} accepts one SELECT
 * with listed functions, it runs in a READ ONLY transaction, and {@link Confinement} keeps the
 * whole instance to its own files.
 */
public final class SqlRunner {

  /**
   * The stack of a query's thread. DuckDB plans by recursion: with the JVM's usual 1 MiB a few
   * hundred nested expressions overflow it, which ends the process. Only what is used is taken.
   */
  private static final long STACK_BYTES = 256L << 20;

  /** How often a query is asked whether it has to end. */
  private static final long WATCH_MILLIS = 50;

  /** How long beyond its time a query may take to notice that it is interrupted. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final AtomicInteger THREADS = new AtomicInteger();

  /** How rows are written. */
  public enum Format {
    /**
     * An array of objects, one a row, keys in the order of the columns; of columns with one name
     * the later ones get {@code _1}, {@code _2}, …
     */
    JSON,
    /** A header line and a line for each row, by RFC 4180 but for lines that end with LF. */
    CSV,
    /** A stream in Arrow's IPC format; it ends with an end-of-stream marker. */
    ARROW
  }

  /**
   * Bounds of a query.
   *
   * @param maxRows rows written before the query fails, > 0
   * @param maxBytes bytes written before the query fails, > 0
   * @param timeoutMillis time before the query is interrupted, > 0
   */
  public record Limits(long maxRows, long maxBytes, long timeoutMillis) {

    public Limits {
      requirePositive("maxRows", maxRows);
      requirePositive("maxBytes", maxBytes);
      requirePositive("timeoutMillis", timeoutMillis);
    }

    private static void requirePositive(String name, long value) {
      if (value <= 0) {
        throw new IllegalArgumentException(name + " must be > 0, got " + value);
      }
    }
  }

  private final DuckDbDatabase database;
  private final QueryGate gate;

  SqlRunner(DuckDbDatabase database, QueryGate gate) {
    this.database = database;
    this.gate = gate;
  }

  /**
   * Runs one SELECT. Blocking. When the query fails half way, what was written is incomplete: JSON
   * and Arrow lack their end, CSV doesn't show it.
   *
   * @param out borrowed until return, flushed, not closed
   * @param isAbandoned asked by the calling thread all the while; true: nobody waits for the answer
   * @return rows written
   * @throws QueryException the query is refused, or failed
   * @throws IOException from {@code out}
   */
  public long run(
      String sql, Format format, Limits limits, OutputStream out, BooleanSupplier isAbandoned)
      throws QueryException, IOException {
    RunningQuery query = gate.enter();
    FutureTask<Long> task =
        new FutureTask<>(
            () -> {
              try {
                return inTransaction(query, sql, format, limits, out);
              } finally {
                gate.leave(query);
              }
            });
    Thread thread = new Thread(null, task, "query-" + THREADS.incrementAndGet(), STACK_BYTES);
    thread.setDaemon(true);
    boolean isStarted = false;
    try {
      thread.start();
      isStarted = true;
    } finally {
      if (!isStarted) {
        gate.leave(query);
      }
    }
    return watch(query, task, limits, isAbandoned);
  }

  /** Queries that run now, on the whole database. */
  public int running() {
    return gate.running();
  }

  /** Waits for the query, ends it when it has to, and waits on. */
  private long watch(
      RunningQuery query, FutureTask<Long> task, Limits limits, BooleanSupplier isAbandoned)
      throws QueryException, IOException {
    long deadline = now() + TimeUnit.MILLISECONDS.toNanos(limits.timeoutMillis());
    boolean wasInterrupted = false;
    try {
      while (true) {
        try {
          return task.get(WATCH_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          endIfNeeded(query, deadline, limits, isAbandoned);
          if (now() - deadline > GRACE_NANOS && query.giveUp()) {
            // DuckDB can't be interrupted while it plans; it keeps its place until it is done.
            throw query.ending().orElseThrow();
          }
        } catch (InterruptedException e) {
          wasInterrupted = true;
          query.end(QueryException.unavailable("the query was cancelled: the writer stops"));
        } catch (ExecutionException e) {
          throw failure(query, e.getCause());
        }
      }
    } finally {
      if (wasInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void endIfNeeded(
      RunningQuery query, long deadline, Limits limits, BooleanSupplier isAbandoned) {
    if (query.ending().isPresent()) {
      query.interrupt();
    } else if (now() - deadline > 0) {
      query.end(
          new QueryException(
              "the query took longer than " + limits.timeoutMillis() + " ms and was interrupted"));
    } else if (isAbandoned.getAsBoolean()) {
      query.end(new QueryException("the query was cancelled: its client is gone"));
    }
  }

  private long now() {
    return database.nanoTicker().getAsLong();
  }

  /** What the query's thread threw, as ours; the reason it was ended for goes first. */
  private static QueryException failure(RunningQuery query, @Nullable Throwable thrown)
      throws IOException {
    if (query.ending().isPresent()) {
      return query.ending().get();
    }
    if (thrown instanceof QueryException failed) {
      return failed;
    }
    if (thrown instanceof SQLException failed) {
      return new QueryException(DuckDbErrors.message(failed), failed);
    }
    if (thrown instanceof IOException failed) {
      throw failed;
    }
    throw new IllegalStateException("a query failed in an unknown way", thrown);
  }

  private long inTransaction(
      RunningQuery query, String sql, Format format, Limits limits, OutputStream out)
      throws SQLException, QueryException, IOException {
    try (Session session = database.openSession()) {
      session.execute("BEGIN TRANSACTION READ ONLY");
      String checked = StatementCheck.check(session, database.readableParquetRoots(), sql);
      try (Statement statement = session.connection().createStatement()) {
        query.attach(session.connection(), statement);
        try (ResultSet result = statement.executeQuery(checked)) {
          query.beginWriting();
          BoundedOutput bounded = new BoundedOutput(out, limits.maxBytes());
          try (RowWriter rows = RowWriter.of(format, result, bounded)) {
            return write(query, session, rows, bounded, limits);
          }
        } finally {
          query.detach();
        }
      } catch (SQLException e) {
        throw session.seen(e);
      }
    }
  }

  /** Writes all rows; when that fails, nothing more gets out, not even what is buffered. */
  private static long write(
      RunningQuery query, Session session, RowWriter rows, BoundedOutput out, Limits limits)
      throws SQLException, QueryException, IOException {
    boolean isWhole = false;
    try {
      long written = 0;
      for (long more = rows.writeNext(); more > 0; more = rows.writeNext()) {
        requireGoing(query);
        written += more;
        if (written > limits.maxRows()) {
          throw new QueryException(
              "the result has more than " + limits.maxRows() + " rows; add a LIMIT");
        }
      }
      requireGoing(query);
      requireWhole(session, written);
      rows.finish();
      isWhole = true;
      return written;
    } catch (BoundedOutput.FullException e) {
      throw new QueryException(e.getMessage() + "; select less", e);
    } finally {
      if (!isWhole) {
        out.discard();
      }
    }
  }

  private static void requireGoing(RunningQuery query) throws QueryException {
    if (query.ending().isPresent()) {
      throw query.ending().get();
    }
  }

  /**
   * The driver takes an error in the middle of a result for its end. But an error also breaks the
   * transaction, in which then no further statement runs.
   */
  private static void requireWhole(Session session, long rows) throws QueryException {
    try {
      session.execute("SELECT 1");
    } catch (SQLException e) {
      throw new QueryException(
          "the query failed after "
              + rows
              + " rows, and DuckDB's driver doesn't say why: select columns of other types, or the"
              + " arrow format, to see it",
          e);
    }
  }
}
