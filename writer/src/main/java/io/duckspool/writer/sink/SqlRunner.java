package io.duckspool.writer.sink;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Runs one read-only query and writes its rows as text, row by row. Thread-safe: each query has its
 * own connection.
 */
public final class SqlRunner {

  /** How rows are written. */
  public enum Format {
    /** An array of objects, one a row, keys in the order of the columns. */
    JSON,
    /** A header line and a line for each row, RFC 4180. */
    CSV
  }

  /**
   * Bounds of a query.
   *
   * @param maxRows rows written before the query fails, > 0
   * @param timeoutMillis time before the query is interrupted, > 0
   */
  public record Limits(long maxRows, long timeoutMillis) {}

  private final DuckDbDatabase database;

  SqlRunner(DuckDbDatabase database) {
    this.database = database;
  }

  /**
   * Runs one SELECT and writes UTF-8 text. Blocking.
   *
   * @param out borrowed until return, not closed
   * @return rows written
   * @throws QueryException the query is refused, or failed
   * @throws IOException from {@code out}
   */
  public long run(String sql, Format format, Limits limits, OutputStream out)
      throws QueryException, IOException {
    throw new UnsupportedOperationException(sql + format + limits + out + database);
  }
}
