package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LedgerCheckTest {
  private Connection connection;

  @BeforeEach
  void createTables() throws SQLException {
    connection = DriverManager.getConnection("jdbc:duckdb:");
    for (String table : Tables.signalTables()) {
      execute("CREATE TABLE " + table + " (" + "body" + " VARCHAR)");
    }
    execute("CREATE TABLE duckspool_ledger (spool_id VARCHAR, next_index BIGINT, seals BIGINT)");
    execute(
        "CREATE TABLE duckspool_seals (spool_id VARCHAR, seal_id BIGINT, first_index BIGINT,"
            + " next_index BIGINT, rows_by_table VARCHAR)");
    execute("INSERT INTO duckspool_ledger VALUES ('s', 30, 2)");
    execute("INSERT INTO otlp_logs VALUES ('a'), ('b')");
    seal(1, 10, 20);
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  @Test
  void books_agree_whenSealsFollowEachOther() throws SQLException {
    seal(2, 20, 30);
    LedgerCheck.assertAgrees(connection);
  }

  @Test
  void books_disagree_whenASealOverlapsTheLast() throws SQLException {
    seal(2, 19, 30);
    assertThrows(AssertionError.class, () -> LedgerCheck.assertAgrees(connection));
  }

  @Test
  void books_disagree_whenTheLedgerStandsElsewhere() throws SQLException {
    seal(2, 20, 29);
    assertThrows(AssertionError.class, () -> LedgerCheck.assertAgrees(connection));
  }

  @Test
  void books_disagree_whenTheTablesHaveOtherRowsThanTheSeals() throws SQLException {
    seal(2, 20, 30);
    execute("INSERT INTO otlp_traces VALUES ('c')");
    assertThrows(AssertionError.class, () -> LedgerCheck.assertAgrees(connection));
  }

  private void seal(int id, int first, int next) throws SQLException {
    execute(
        "INSERT INTO duckspool_seals VALUES ('s', %d, %d, %d, '{\"otlp_logs\":1}')"
            .formatted(id, first, next));
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
