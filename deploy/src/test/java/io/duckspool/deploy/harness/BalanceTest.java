package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The oracle must see each kind of fault; each test would pass a blind one otherwise. */
final class BalanceTest {
  private final AckLog log = new AckLog(2);
  private Connection connection;

  @BeforeEach
  void createTables() throws SQLException {
    connection = DriverManager.getConnection("jdbc:duckdb:");
    for (Tables.Stamped table : Tables.STAMPED) {
      execute("CREATE TABLE " + table.table() + " (" + table.column() + " VARCHAR)");
    }
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  @Test
  void balance_isExact_whenAckedAndUnknownRequestsAreThereOnce() throws SQLException {
    ack(log.send(), 1);
    log.send();
    log.send();
    insert("otlp_logs", 0);
    insert("otlp_logs", 1);
    insert("otlp_traces", 2);
    insert("otlp_traces", 3);
    Balance balance = Balance.of(log, connection);
    balance.assertExact();
    assertEquals(2, balance.presentRequests().cardinality());
  }

  @Test
  void balance_isBroken_whenAnAckedRequestIsMissing() throws SQLException {
    ack(log.send(), 1);
    Balance balance = Balance.of(log, connection);
    assertTrue(balance.lostRequests().get(0));
    balance.assertNothingButLosses();
    assertThrows(AssertionError.class, balance::assertExact);
  }

  @Test
  void anAckFromTheInstantOfACutOn_promisesNothing_andOneBeforeItDoes() throws SQLException {
    long cutNanos = -5;
    ack(log.send(), 1, cutNanos - 1);
    ack(log.send(), 2, cutNanos);
    ack(log.send(), 3, cutNanos + 1);
    insert("otlp_logs", 4);
    insert("otlp_logs", 5);
    assertEquals(2, log.forgetAcksSince(cutNanos));
    assertEquals(1, log.ackedCount());
    assertEquals("{1, 2}", log.lateAcks().toString());
    Balance balance = Balance.of(log, connection);
    assertEquals("{0}", balance.lostRequests().toString());
    assertEquals("{2}", balance.presentRequests().toString());
    balance.assertNothingButLosses();
  }

  @Test
  void balance_isBroken_whenOneRowOfARequestIsMissing() throws SQLException {
    log.send();
    insert("otlp_logs", 0);
    assertBroken("partly there");
  }

  @Test
  void balance_isBroken_whenARowIsThereTwice() throws SQLException {
    ack(log.send(), 1);
    insert("otlp_logs", 0);
    insert("otlp_logs", 1);
    insert("otlp_logs", 1);
    assertBroken("doubled");
  }

  @Test
  void balance_isBroken_whenARowIsInTwoTables() throws SQLException {
    ack(log.send(), 1);
    insert("otlp_logs", 0);
    insert("otlp_logs", 1);
    insert("otlp_metrics_sum", 1);
    assertBroken("doubled");
  }

  @Test
  void balance_isBroken_whenARowWasNeverSent() throws SQLException {
    ack(log.send(), 1);
    insert("otlp_logs", 0);
    insert("otlp_logs", 1);
    insert("otlp_logs", 2);
    insert("otlp_logs", 3);
    assertBroken("never sent");
  }

  @Test
  void balance_isBroken_whenTwoAcksNameOneIndex() throws SQLException {
    ack(log.send(), 7);
    ack(log.send(), 7);
    for (int id = 0; id < 4; id++) {
      insert("otlp_logs", id);
    }
    assertBroken("acked with index 5-7");
  }

  @Test
  void balance_isBroken_whenAnAckCountsOtherRows() throws SQLException {
    log.replied(
        log.send(),
        new RawConnection.Reply(
            202,
            Map.of("duckspool-index", "5-1"),
            "{\"status\":\"buffered\",\"rows\":3,\"batches\":1}"));
    insert("otlp_logs", 0);
    insert("otlp_logs", 1);
    assertBroken("broken reply");
  }

  private void assertBroken(String kind) throws SQLException {
    Balance balance = Balance.of(log, connection);
    AssertionError broken = assertThrows(AssertionError.class, balance::assertNothingButLosses);
    assertTrue(String.valueOf(broken.getMessage()).contains(kind), broken.getMessage());
  }

  private void ack(int request, int sequence) {
    ack(request, sequence, 0);
  }

  private void ack(int request, int sequence, long nanoTime) {
    log.replied(
        request,
        new RawConnection.Reply(
            202,
            Map.of("duckspool-index", "5-" + sequence),
            "{\"status\":\"buffered\",\"rows\":2,\"batches\":1}"),
        nanoTime);
  }

  private void insert(String table, long id) throws SQLException {
    execute("INSERT INTO " + table + " VALUES ('" + StampedRequest.stamp(id) + " and more')");
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
