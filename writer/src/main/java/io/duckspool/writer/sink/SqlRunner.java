package io.duckspool.writer.sink;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one read-only query and writes its rows as text, row by row. Thread-safe: each query has its
 * own connection.
 *
 * <p>Two locks keep a query from writing: DuckDB's own parser must find exactly one SELECT (so no
 * second statement can end the transaction, and no SET or CHECKPOINT runs), and it runs in a READ
 * ONLY transaction.
 */
public final class SqlRunner {

  private static final Logger LOG = LoggerFactory.getLogger(SqlRunner.class);

  /** How rows are written. */
  public enum Format {
    /**
     * An array of objects, one a row, keys in the order of the columns; of columns with one name
     * the later ones get {@code _1}, {@code _2}, …
     */
    JSON,
    /** A header line and a line for each row, by RFC 4180 but for lines that end with LF. */
    CSV
  }

  /**
   * Bounds of a query.
   *
   * @param maxRows rows written before the query fails, > 0
   * @param timeoutMillis time before the query is interrupted, > 0
   */
  public record Limits(long maxRows, long timeoutMillis) {

    public Limits {
      if (maxRows <= 0) {
        throw new IllegalArgumentException("maxRows must be > 0, got " + maxRows);
      }
      if (timeoutMillis <= 0) {
        throw new IllegalArgumentException("timeoutMillis must be > 0, got " + timeoutMillis);
      }
    }
  }

  private final DuckDbDatabase database;

  SqlRunner(DuckDbDatabase database) {
    this.database = database;
  }

  /**
   * Runs one SELECT and writes UTF-8 text. Blocking. When the query fails half way, what was
   * written is incomplete.
   *
   * @param out borrowed until return, flushed, not closed
   * @return rows written
   * @throws QueryException the query is refused, or failed
   * @throws IOException from {@code out}
   */
  public long run(String sql, Format format, Limits limits, OutputStream out)
      throws QueryException, IOException {
    try (Session session = database.openSession()) {
      requireOneSelect(session, sql);
      session.execute("BEGIN TRANSACTION READ ONLY");
      return stream(session, sql, format, limits, out);
    } catch (SQLException e) {
      throw new QueryException(DuckDbErrors.message(e), e);
    }
  }

  private static void requireOneSelect(Session session, String sql)
      throws SQLException, QueryException {
    if (sql.indexOf('\0') >= 0) {
      throw new QueryException("the query must not contain U+0000");
    }
    // The tree itself isn't looked at here, and may be large: only what decides is fetched.
    String verdict =
        session
            .queryOne(
                row ->
                    row.getBoolean(1)
                        ? row.getString(2)
                        : row.getLong(3) == 1 ? "" : "the query is empty or not one statement",
                "SELECT (t->>'error')::BOOLEAN, t->>'error_message',"
                    + " json_array_length(t->'statements')"
                    + " FROM (SELECT json_serialize_sql(?::VARCHAR) AS t)",
                sql)
            .orElse("the query can't be parsed");
    if (verdict.startsWith("Only SELECT statements")) {
      throw new QueryException("only a single SELECT statement is accepted");
    }
    if (!verdict.isEmpty()) {
      throw new QueryException("Parser Error: " + verdict);
    }
  }

  private static long stream(
      Session session, String sql, Format format, Limits limits, OutputStream out)
      throws SQLException, QueryException, IOException {
    AtomicBoolean done = new AtomicBoolean();
    AtomicBoolean timedOut = new AtomicBoolean();
    try (Statement statement = session.connection().createStatement()) {
      Executor atDeadline =
          CompletableFuture.delayedExecutor(limits.timeoutMillis(), TimeUnit.MILLISECONDS);
      atDeadline.execute(
          () -> {
            if (!done.get()) {
              timedOut.set(true);
              cancel(statement);
            }
          });
      try (ResultSet result = statement.executeQuery(sql);
          RowWriter rows = RowWriter.of(format, result.getMetaData(), out)) {
        long written = 0;
        while (result.next()) {
          if (timedOut.get()) {
            throw timeout(limits);
          }
          if (++written > limits.maxRows()) {
            throw new QueryException(
                "the result has more than " + limits.maxRows() + " rows; add a LIMIT");
          }
          rows.write(result);
        }
        rows.finish();
        return written;
      } catch (SQLException e) {
        if (timedOut.get()) {
          throw timeout(limits);
        }
        throw e;
      } finally {
        done.set(true);
      }
    }
  }

  private static QueryException timeout(Limits limits) {
    return new QueryException(
        "the query took longer than " + limits.timeoutMillis() + " ms and was interrupted");
  }

  private static void cancel(Statement statement) {
    try {
      statement.cancel();
    } catch (SQLException e) {
      LOG.debug("a query ended while it was being cancelled", e);
    }
  }
}
