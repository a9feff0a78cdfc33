package io.duckspool.deploy.reconcile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.harness.StampedFixture;
import io.duckspool.deploy.load.AckLogReader;
import io.duckspool.deploy.load.AckLogWriter;
import io.duckspool.deploy.load.Answer;
import io.duckspool.deploy.load.HttpConnection;
import io.duckspool.spool.SpoolIndex;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an ack log and tables to a balance. */
final class ReconciliationTest {
  private static final int RECORDS = 3;

  @TempDir Path folder;
  private StampedFixture tables;
  private AckLogWriter log;

  @BeforeEach
  void begin() throws Exception {
    tables = new StampedFixture();
    log =
        AckLogWriter.create(
            folder.resolve("acks"), Stamped.STAMP, RECORDS, "http://x", Clock.systemUTC());
  }

  @AfterEach
  void close() throws SQLException {
    tables.close();
  }

  @Test
  void eachRow_isCountedWhereItIs() throws Exception {
    accept(0, "5-1");
    store(0);
    accept(1, "5-2"); // in quarantine by itself
    accept(2, "5-3"); // in quarantine with a damaged range
    accept(3, "5-4"); // lost
    accept(4, "5-5"); // stored, and a row of it twice
    store(4);
    tables.insert(OtlpTable.LOGS, 4 * RECORDS);
    answer(5, 401, "");
    answer(6, 503, "");
    unanswered(7);
    store(7);
    accept(8, "6-1"); // not committed yet
    Balance balance =
        balance(
            Optional.of(SpoolIndex.parse("6-1")),
            range("5-2", "5-3"),
            range("5-3", "5-4"),
            range("4-1", "5-1"));
    assertEquals(
        new Balance(
            27,
            18,
            Map.of("401", 3L, "503", 3L, "no_reply", 3L),
            6,
            6,
            3,
            3,
            1,
            0,
            3,
            balance.examples()),
        balance);
    assertEquals("lost: request 3 at index 5-4", balance.examples().get(0));
    assertFalse(balance.isEven());
    assertEquals(
        "{\"received\":27,\"accepted\":18,\"rejected\":{\"401\":3,\"503\":3,\"no_reply\":3},"
            + "\"committed\":6,\"quarantined\":6,\"pending\":3,\"lost\":3,\"doubled\":1,"
            + "\"unexpected\":0,\"stored_unanswered\":3,",
        balance.toJson().toString().substring(0, balance.toJson().toString().indexOf("\"ex")));
  }

  @Test
  void whatIsPendingOrInQuarantine_isNotLost() throws Exception {
    accept(0, "5-1");
    accept(1, "5-9");
    Balance balance = balance(Optional.of(SpoolIndex.parse("5-9")), range("5-1", "5-2"));
    assertTrue(balance.isEven(), balance::toString);
    assertEquals(RECORDS, balance.pending());
    assertEquals(RECORDS, balance.quarantined());
  }

  @Test
  void withoutAnIndex_orACommittedOne_nothingIsPending() throws Exception {
    accept(0, "");
    assertEquals(RECORDS, balance(Optional.of(SpoolIndex.parse("1-1"))).lost());
    assertEquals(RECORDS, balance(Optional.empty()).lost());
  }

  @Test
  void rowsOfARefusedRequest_areNotEven() throws Exception {
    answer(0, 400, "");
    store(0);
    Balance balance = balance(Optional.empty());
    assertEquals(RECORDS, balance.unexpected());
    assertFalse(balance.isEven());
  }

  @Test
  void aMissingRowOfAnAcceptedRequest_isLost() throws Exception {
    accept(0, "5-1");
    tables.insert(OtlpTable.TRACES, 0);
    tables.insert(OtlpTable.TRACES, 2);
    Balance balance = balance(Optional.of(SpoolIndex.parse("5-2")));
    assertEquals(1, balance.lost());
    assertEquals(2, balance.committed());
    assertFalse(balance.isEven());
  }

  @Test
  void theLastIndex_isTheLargestOfAccepted() throws Exception {
    accept(0, "5-10");
    accept(1, "5-9");
    answer(2, 503, "7-1");
    assertEquals(Optional.of(SpoolIndex.parse("5-10")), Reconciliation.lastIndex(read()));
  }

  private Balance balance(Optional<SpoolIndex> committed, SpoolState.Range... quarantine)
      throws Exception {
    return Reconciliation.balance(
        read(), new SpoolState(committed, List.of(quarantine)), "", tables::rows);
  }

  private AckLogReader read() throws Exception {
    return AckLogReader.open(folder.resolve("acks"));
  }

  private void accept(long request, String index) {
    answer(request, 202, index);
  }

  private void answer(long request, int status, String index) {
    Map<String, String> headers = index.isEmpty() ? Map.of() : Map.of("duckspool-index", index);
    log.answered(
        new Answer(
            request,
            RECORDS,
            1,
            Optional.of(new HttpConnection.Reply(status, headers, "")),
            "",
            0));
  }

  private void unanswered(long request) {
    log.answered(new Answer(request, RECORDS, 1, Optional.empty(), "cut", 0));
  }

  private void store(long request) throws SQLException {
    for (int k = 0; k < RECORDS; k++) {
      tables.insert(OtlpTable.LOGS, request * RECORDS + k);
    }
  }

  private static SpoolState.Range range(String first, String next) {
    return new SpoolState.Range(SpoolIndex.parse(first), SpoolIndex.parse(next));
  }
}
