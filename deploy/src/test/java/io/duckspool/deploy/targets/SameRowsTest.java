package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.Tables;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the comparison of targets can tell. */
final class SameRowsTest {
  private static final String ROWS =
      " AS SELECT i AS id, CASE WHEN i > 1 THEN i / 3.0::DOUBLE ELSE 'nan' END AS value,"
          + " CASE WHEN i = 0 THEN NULL ELSE [i] END AS list FROM range(4) r(i)";

  @TempDir Path folder;

  private Path expected;

  @BeforeEach
  void store() throws SQLException {
    expected = folder.resolve("expected.duckdb");
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + expected)) {
      makeTables(connection);
    }
  }

  @Test
  void theSameRows_areTheSame_withNullsNaNsAndLists() throws SQLException {
    compareAfter("SELECT 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DELETE FROM otlp_logs WHERE id = 3 | otlp_logs",
        "INSERT INTO otlp_traces SELECT * FROM otlp_traces WHERE id = 2 | otlp_traces",
        "UPDATE otlp_metrics_sum SET value = value + 1 WHERE id = 3 | only in",
        "UPDATE otlp_metrics_gauge SET list = [] WHERE id = 0 | only in",
        "UPDATE otlp_logs SET id = 2 WHERE id = 3 | only in",
        "ALTER TABLE otlp_logs ALTER id TYPE INTEGER | otlp_logs",
        "ALTER TABLE otlp_logs ADD COLUMN more INTEGER | otlp_logs",
      })
  void aDifference_isFound(String change, String message) {
    AssertionError e = assertThrows(AssertionError.class, () -> compareAfter(change));
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  private void compareAfter(String change) throws SQLException {
    try (Connection actual = DriverManager.getConnection("jdbc:duckdb:")) {
      makeTables(actual);
      try (Statement statement = actual.createStatement()) {
        statement.execute(change);
      }
      SameRows.assertSame(actual, expected);
    }
  }

  private static void makeTables(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : Tables.signalTables()) {
        statement.execute("CREATE TABLE " + table + ROWS);
      }
    }
  }
}
