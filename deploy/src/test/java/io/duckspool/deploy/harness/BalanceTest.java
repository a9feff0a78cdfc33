package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.deploy.load.HttpConnection;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The oracle must see each kind of fault; each test would pass a blind one otherwise. */
final class BalanceTest {
  private final AckLog log = new AckLog(2);
  private StampedFixture tables;

  @BeforeEach
  void createTables() throws SQLException {
    tables = new StampedFixture();
  }

  @AfterEach
  void close() throws SQLException {
    tables.close();
  }

  @Test
  void balance_isExact_whenAckedAndUnknownRequestsAreThereOnce() throws SQLException {
    ack(log.send(), 1);
    log.send();
    log.send();
    tables.insert(OtlpTable.LOGS, 0);
    tables.insert(OtlpTable.LOGS, 1);
    tables.insert(OtlpTable.TRACES, 2);
    tables.insert(OtlpTable.TRACES, 3);
    Balance balance = Balance.of(log, tables.connection());
    balance.assertExact();
    assertEquals(2, balance.presentRequests().cardinality());
  }

  @Test
  void balance_isBroken_whenAnAckedRequestIsMissing() throws SQLException {
    ack(log.send(), 1);
    Balance balance = Balance.of(log, tables.connection());
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
    tables.insert(OtlpTable.LOGS, 4);
    tables.insert(OtlpTable.LOGS, 5);
    assertEquals(2, log.forgetAcksSince(cutNanos));
    assertEquals(1, log.ackedCount());
    assertEquals("{1, 2}", log.lateAcks().toString());
    Balance balance = Balance.of(log, tables.connection());
    assertEquals("{0}", balance.lostRequests().toString());
    assertEquals("{2}", balance.presentRequests().toString());
    balance.assertNothingButLosses();
  }

  @Test
  void balance_isBroken_whenTwoAcksNameOneIndex() throws SQLException {
    ack(log.send(), 7);
    ack(log.send(), 7);
    for (int id = 0; id < 4; id++) {
      tables.insert(OtlpTable.LOGS, id);
    }
    assertBroken("acked with index 5-7");
  }

  @Test
  void balance_isBroken_whenAnAckCountsOtherRows() throws SQLException {
    log.replied(
        log.send(),
        new HttpConnection.Reply(
            202,
            Map.of("duckspool-index", "5-1"),
            "{\"status\":\"buffered\",\"rows\":3,\"batches\":1}"));
    tables.insert(OtlpTable.LOGS, 0);
    tables.insert(OtlpTable.LOGS, 1);
    assertBroken("broken reply");
  }

  private void assertBroken(String kind) throws SQLException {
    Balance balance = Balance.of(log, tables.connection());
    AssertionError broken = assertThrows(AssertionError.class, balance::assertNothingButLosses);
    assertTrue(String.valueOf(broken.getMessage()).contains(kind), broken.getMessage());
  }

  private void ack(int request, int sequence) {
    ack(request, sequence, 0);
  }

  private void ack(int request, int sequence, long nanoTime) {
    log.replied(
        request,
        new HttpConnection.Reply(
            202,
            Map.of("duckspool-index", "5-" + sequence),
            "{\"status\":\"buffered\",\"rows\":2,\"batches\":1}"),
        nanoTime);
  }
}
