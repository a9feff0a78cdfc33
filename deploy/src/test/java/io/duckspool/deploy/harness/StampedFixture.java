package io.duckspool.deploy.harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.deploy.load.Stamp;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Consumer;

/** The signal tables in memory, with the one column that a stamp stands in. */
public final class StampedFixture implements AutoCloseable {
  private final Connection connection;
  private int queryCount;

  public StampedFixture() throws SQLException {
    connection = DriverManager.getConnection("jdbc:duckdb:");
    for (OtlpTable table : OtlpTable.values()) {
      execute("CREATE TABLE " + table.tableName() + " (" + column(table) + " VARCHAR)");
    }
  }

  /** A row of the run of {@link Stamped}. */
  public void insert(OtlpTable table, long sequence) throws SQLException {
    insert(table, Stamped.STAMP, sequence);
  }

  public void insert(OtlpTable table, Stamp stamp, long sequence) throws SQLException {
    String value =
        table == OtlpTable.LOGS
            ? stamp.text(sequence) + " and more"
            : "{\"duckspool.load\":\"" + stamp.text(sequence) + "\",\"http.route\":\"/\"}";
    execute("INSERT INTO " + table.tableName() + " VALUES ('" + value + "')");
  }

  public void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** As the product asks. */
  public void rows(String sql, Consumer<JsonNode> row) throws IOException {
    queryCount++;
    Balance.rows(connection, sql, row);
  }

  /** How often rows were asked for. */
  public int queryCount() {
    return queryCount;
  }

  Connection connection() {
    return connection;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }

  private static String column(OtlpTable table) {
    return switch (table.signal()) {
      case LOGS -> "body";
      case TRACES -> "span_attributes";
      case METRICS -> "metric_attributes";
    };
  }
}
