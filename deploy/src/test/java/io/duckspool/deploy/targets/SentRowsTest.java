package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import io.duckspool.common.otlp.OtlpOracle;
import io.duckspool.common.otlp.OtlpRow;
import io.duckspool.common.otlp.Signal;
import io.duckspool.deploy.harness.Stamped;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the comparison with the requests can tell. */
final class SentRowsTest {
  private static final int TIMES = 3;
  private static final Message REQUEST = ItemRequests.message(Signal.TRACES);

  @Test
  void theRowsOfAllRequests_areThoseThatWereSent() throws SQLException {
    compareAfter("SELECT 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DELETE FROM otlp_traces WHERE rowid = 250 | 2 times, not 3",
        "INSERT INTO otlp_traces SELECT * FROM otlp_traces WHERE rowid = 17 | 4 times, not 3",
        "UPDATE otlp_traces SET flags = NULL WHERE rowid = 200 | flags=null",
        "UPDATE otlp_traces SET events_json = NULL WHERE rowid % 100 = 2 | 3 times, not 0",
        "DELETE FROM otlp_traces WHERE rowid % 100 = 5 | lacks what was sent",
      })
  void aDifference_isFound(String change, String message) {
    AssertionError e = assertThrows(AssertionError.class, () -> compareAfter(change));
    assertTrue(e.getMessage().contains("otlp_traces"), e::getMessage);
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  private static void compareAfter(String change) throws SQLException {
    try (Connection stored = DriverManager.getConnection("jdbc:duckdb:")) {
      List<OtlpRow> rows = OtlpOracle.rows(REQUEST);
      makeTable(stored, rows.get(0));
      for (int request = 0; request < TIMES; request++) {
        insert(stored, rows, request);
      }
      try (Statement statement = stored.createStatement()) {
        statement.execute(change);
      }
      SentRows.assertStored(stored, REQUEST, TIMES);
    }
  }

  private static void makeTable(Connection stored, OtlpRow row) throws SQLException {
    try (Statement statement = stored.createStatement()) {
      statement.execute(
          row.columns().entrySet().stream()
              .map(
                  column ->
                      column.getKey()
                          + (column.getValue() instanceof Long ? " BIGINT" : " VARCHAR"))
              .collect(Collectors.joining(", ", "CREATE TABLE otlp_traces (", ")")));
    }
  }

  /** Its items have the numbers that follow those of the request before. */
  private static void insert(Connection stored, List<OtlpRow> rows, int request)
      throws SQLException {
    String marks = String.join(", ", Collections.nCopies(rows.get(0).columns().size(), "?"));
    try (PreparedStatement statement =
        stored.prepareStatement("INSERT INTO otlp_traces VALUES (" + marks + ")")) {
      for (int item = 0; item < rows.size(); item++) {
        int column = 0;
        for (Object value : rows.get(item).columns().values()) {
          statement.setObject(
              ++column,
              value instanceof String text
                  ? text.replace(
                      Stamped.STAMP.text(item),
                      Stamped.STAMP.text(request * ItemRequests.ITEMS + item))
                  : value);
        }
        statement.executeUpdate();
      }
    }
  }
}
