package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.deploy.harness.Tables;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Holds the signal tables of one place against those of another, in all columns. */
final class SameRows {
  private SameRows() {}

  /**
   * Fails unless each table has the columns, types and rows of the expected one, however often each
   * row is there.
   *
   * @param actual has the tables by their plain names
   * @param expected a DuckDB file that nobody has open
   */
  static void assertSame(Connection actual, Path expected) throws SQLException {
    try (Statement statement = actual.createStatement()) {
      statement.execute("ATTACH '" + expected + "' AS expected (READ_ONLY)");
      for (String table : Tables.signalTables()) {
        assertSameTable(actual, table, "expected.main." + table);
      }
      statement.execute("DETACH expected");
    }
  }

  private static void assertSameTable(Connection connection, String actual, String expected)
      throws SQLException {
    Map<String, String> columns = columns(connection, expected);
    assertEquals(columns, columns(connection, actual), actual);
    assertEquals(rowCount(connection, expected), rowCount(connection, actual), actual);
    String list =
        columns.keySet().stream()
            .map(column -> '"' + column + '"')
            .collect(Collectors.joining(", "));
    assertNone(connection, list, expected, actual);
    assertNone(connection, list, actual, expected);
  }

  private static void assertNone(Connection connection, String columns, String from, String without)
      throws SQLException {
    assertEquals(
        List.of(),
        Tables.rows(
            connection,
            "SELECT %s FROM %s EXCEPT ALL SELECT %s FROM %s LIMIT 3"
                .formatted(columns, from, columns, without)),
        "only in " + from);
  }

  private static long rowCount(Connection connection, String table) throws SQLException {
    return Tables.number(connection, "SELECT count(*) FROM " + table);
  }

  private static Map<String, String> columns(Connection connection, String table)
      throws SQLException {
    Map<String, String> columns = new LinkedHashMap<>();
    for (Map<String, Object> row :
        Tables.rows(
            connection,
            "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + table + ")")) {
      columns.put(String.valueOf(row.get("column_name")), String.valueOf(row.get("column_type")));
    }
    return columns;
  }
}
