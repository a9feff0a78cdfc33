package io.duckspool.deploy.harness;

import io.duckspool.common.otlp.OtlpTable;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Reads a DuckDB file that no writer has open. */
public final class Tables {
  private Tables() {}

  /** Opens the file read-only; fails while another process has it open. */
  public static Connection open(Path database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("duckdb.read_only", "true");
    return DriverManager.getConnection("jdbc:duckdb:" + database, properties);
  }

  /** The names of the seven signal tables. */
  public static List<String> signalTables() {
    return Arrays.stream(OtlpTable.values()).map(OtlpTable::tableName).toList();
  }

  /**
   * All rows as maps in column order. Timestamps are microseconds since 1970, lists are {@code
   * List}s, all else is what JDBC makes of it.
   */
  public static List<Map<String, @Nullable Object>> rows(Connection connection, String query)
      throws SQLException {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      var columns = result.getMetaData();
      while (result.next()) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
          row.put(columns.getColumnName(i), plain(result.getObject(i)));
        }
        rows.add(row);
      }
    }
    return rows;
  }

  /** The one number a query answers with. */
  public static long number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      if (!result.next()) {
        throw new AssertionError("no row: " + query);
      }
      return result.getLong(1);
    }
  }

  private static @Nullable Object plain(@Nullable Object value) throws SQLException {
    if (value instanceof java.sql.Timestamp timestamp) {
      // JDBC shows a TIMESTAMP as local time of the JVM; the column is UTC.
      var local = timestamp.toLocalDateTime();
      return java.time.temporal.ChronoUnit.MICROS.between(
          java.time.LocalDateTime.of(1970, 1, 1, 0, 0), local);
    }
    if (value instanceof java.sql.Array array) {
      List<@Nullable Object> list = new ArrayList<>();
      for (Object element : (Object[]) array.getArray()) {
        list.add(element);
      }
      return list;
    }
    return value;
  }
}
