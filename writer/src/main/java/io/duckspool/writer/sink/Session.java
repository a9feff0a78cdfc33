package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.SealedBatch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.c.ArrowArrayStream;
import org.duckdb.DuckDBConnection;

/**
 * One connection for one task, with a transaction in it or not. Used by one thread; whoever opened
 * it closes it, which rolls an open transaction back.
 */
final class Session implements AutoCloseable {

  /** The name of the view over an Arrow stream, in the connection's own temporary schema. */
  private static final String STREAM = "duckspool_rows";

  /** What a statement over a batch's rows reads from. */
  static final String ROWS = "temp." + STREAM;

  /** DuckDB computes at least one vector before the driver hands out the first row. */
  private static final int VECTOR_ROWS = 2048;

  private final DuckDbDatabase database;
  private final DuckDBConnection connection;
  private final StepGate gate;

  Session(DuckDbDatabase database, DuckDBConnection connection, StepGate gate) {
    this.database = database;
    this.connection = connection;
    this.gate = gate;
  }

  /** Reads one row of a result. */
  @FunctionalInterface
  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  DuckDBConnection connection() {
    return connection;
  }

  void begin() throws SQLException {
    execute("BEGIN TRANSACTION");
  }

  void commit() throws SQLException {
    execute("COMMIT");
    gate.pass("COMMITTED");
  }

  void execute(String sql) throws SQLException {
    gate.pass(sql);
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw seen(e);
    }
  }

  /** Runs a statement with parameters, and returns the number of rows it changed. */
  long update(String sql, Object... parameters) throws SQLException {
    gate.pass(sql);
    try (PreparedStatement statement = prepared(sql, parameters)) {
      return statement.executeLargeUpdate();
    } catch (SQLException e) {
      throw seen(e);
    }
  }

  /**
   * Reads all rows of a SELECT.
   *
   * @throws SQLException also when an error in a later row ended the result: the driver takes that
   *     for the end of a result that it streams (seen with 1.5.5.1), so long ones are counted
   */
  <T> List<T> query(RowReader<T> reader, String sql, Object... parameters) throws SQLException {
    gate.pass(sql);
    try {
      List<T> rows = read(reader, sql, parameters);
      if (rows.size() >= VECTOR_ROWS) {
        String count = "SELECT count(*) FROM (" + sql + ")";
        long all = read(row -> row.getLong(1), count, parameters).get(0);
        if (all != rows.size()) {
          throw new SQLException(
              "the result ended after %d of %d rows".formatted(rows.size(), all));
        }
      }
      return rows;
    } catch (SQLException e) {
      throw seen(e);
    }
  }

  private <T> List<T> read(RowReader<T> reader, String sql, Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = prepared(sql, parameters);
        ResultSet result = statement.executeQuery()) {
      List<T> rows = new ArrayList<>();
      while (result.next()) {
        rows.add(reader.read(result));
      }
      return rows;
    }
  }

  <T> Optional<T> queryOne(RowReader<T> reader, String sql, Object... parameters)
      throws SQLException {
    return query(reader, sql, parameters).stream().findFirst();
  }

  /**
   * Inserts a batch's rows of one table.
   *
   * @param into qualified, quoted name of the table
   * @param columns those to fill of the batch's columns, as a list of quoted names
   * @return rows inserted
   */
  long insert(SealedBatch batch, OtlpTable table, String into, String columns) throws SQLException {
    return update(
        batch,
        table,
        "INSERT INTO " + into + " (" + columns + ") SELECT " + columns + " FROM " + ROWS);
  }

  /**
   * Runs a statement that reads a batch's rows of one table from {@link #ROWS}, once.
   *
   * @return rows it wrote
   */
  long update(SealedBatch batch, OtlpTable table, String sql) throws SQLException {
    return consume(batch.openStream(table), sql);
  }

  /**
   * The same for a statement that needs the arrival of logs, which they have behind their columns.
   */
  long updateWithArrival(SealedBatch batch, OtlpTable table, String sql) throws SQLException {
    return consume(batch.openStreamWithArrival(table), sql);
  }

  private long consume(ArrowArrayStream opened, String sql) throws SQLException {
    try (ArrowArrayStream stream = opened) {
      try {
        gate.pass(sql);
        connection.registerArrowStream(STREAM, stream);
        try (Statement statement = connection.createStatement()) {
          return statement.executeLargeUpdate(sql);
        }
      } finally {
        // Does nothing when DuckDB has taken the stream over; else its reader would leak.
        stream.release();
      }
    } catch (SQLException e) {
      throw seen(e);
    }
  }

  /** Closes the connection. Closing it rolls back what was begun and not committed. */
  @Override
  public void close() {
    database.release(this);
  }

  private PreparedStatement prepared(String sql, Object... parameters) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }

  /** Has the database know of a failure of this connection, before it is closed. */
  SQLException seen(SQLException e) {
    // What sounds fatal may be the words of a row, or of a query, that the message quotes.
    if (DuckDbErrors.isFatal(e) && !takesStatements()) {
      database.invalidate(e);
    }
    return e;
  }

  /** Whether the instance goes on, asked by a connection that no failed transaction holds. */
  private boolean takesStatements() {
    try (Connection other = connection.duplicate();
        Statement statement = other.createStatement()) {
      statement.execute("SELECT 1");
      return true;
    } catch (SQLException e) {
      return false;
    }
  }
}
