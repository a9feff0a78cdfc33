package io.duckspool.deploy.reconcile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.harness.StampedFixture;
import io.duckspool.deploy.load.Stamp;
import java.io.IOException;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The comparison must see each kind of fault; each test would pass a blind one otherwise. */
final class ComparisonTest {
  private final Acks acks = new Acks(2);
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
  void nothingIsWrong_whenAcceptedAndUnansweredRequestsAreThereOnce() throws Exception {
    acks.replied(0, 202);
    acks.notReplied(1);
    acks.replied(2, 503);
    acks.replied(3, 401);
    acks.complete();
    tables.insert(OtlpTable.LOGS, 0);
    tables.insert(OtlpTable.LOGS, 1);
    tables.insert(OtlpTable.TRACES, 2);
    tables.insert(OtlpTable.METRICS_SUMMARY, 3);
    Comparison comparison = compare();
    assertFaults(comparison, 0, 0, 0);
    assertEquals("{0, 1}", comparison.presentRequests().toString());
    assertEquals(2, comparison.committedRows());
    assertEquals(2, comparison.unansweredRows());
    assertTrue(comparison.missingRequests().isEmpty());
  }

  @Test
  void anAcceptedRequestWithoutRows_isMissing() throws Exception {
    acks.replied(0, 202);
    acks.replied(1, 202);
    tables.insert(OtlpTable.LOGS, 0);
    tables.insert(OtlpTable.LOGS, 1);
    BitSet expected = new BitSet();
    expected.set(1);
    assertEquals(expected, compare().missingRequests());
  }

  @Test
  void aMissingRow_isAFault_whateverTheAnswerWas() throws Exception {
    acks.replied(0, 202);
    acks.notReplied(1);
    tables.insert(OtlpTable.LOGS, 0);
    tables.insert(OtlpTable.LOGS, 3);
    Comparison comparison = compare();
    assertFaults(comparison, 2, 0, 0);
    assertEquals(
        "[partly there: request 0: 1 rows, 1 different ones, of 2,"
            + " partly there: request 1: 1 rows, 1 different ones, of 2]",
        comparison.examples().stream().sorted().toList().toString());
  }

  @Test
  void aRowThatIsThereTwice_isDoubled_alsoInTwoTables() throws Exception {
    acks.replied(0, 202);
    tables.insert(OtlpTable.LOGS, 0);
    tables.insert(OtlpTable.LOGS, 1);
    tables.insert(OtlpTable.LOGS, 1);
    tables.insert(OtlpTable.METRICS_SUM, 0);
    assertFaults(compare(), 0, 2, 0);
  }

  @Test
  void aRowThatWasRefusedOrNeverSent_isUnexpected() throws Exception {
    acks.replied(0, 400);
    acks.replied(2, 202);
    acks.complete();
    for (long sequence : new long[] {0, 1, 2, 3, 4, 5, 6}) {
      tables.insert(OtlpTable.LOGS, sequence);
    }
    // Two of the refused request, two of one that was never sent, one behind the last.
    assertFaults(compare(), 0, 0, 5);
  }

  @Test
  void rowsBehindAKilledLoad_areNoFault_butDoubledOnesAre() throws Exception {
    acks.replied(0, 202);
    for (long sequence : new long[] {0, 1, 2, 3, 3}) {
      tables.insert(OtlpTable.LOGS, sequence);
    }
    Comparison comparison = compare();
    assertFaults(comparison, 0, 1, 0);
    assertEquals(2, comparison.unansweredRows());
  }

  @Test
  void otherRunsAndOtherRows_areNotSeen() throws Exception {
    acks.replied(0, 202);
    acks.complete();
    tables.insert(OtlpTable.LOGS, 0);
    tables.insert(OtlpTable.LOGS, 1);
    for (String run : new String[] {"tes", "test1", "tesu", "tess"}) {
      tables.insert(OtlpTable.LOGS, new Stamp(run), 0);
    }
    tables.execute("INSERT INTO otlp_logs VALUES ('load'), (NULL), ('x')");
    assertFaults(compare(), 0, 0, 0);
  }

  @Test
  void manyRequests_areReadByRanges() throws Exception {
    Acks many = new Acks(1);
    int count = 12_000;
    for (int request = 0; request < count; request++) {
      many.replied(request, 202);
    }
    many.complete();
    tables.execute(
        "INSERT INTO otlp_logs SELECT '"
            + Stamped.STAMP.prefix()
            + "' || lpad(CAST(range AS VARCHAR), 12, '0') FROM range("
            + count
            + ") WHERE range <> 4999 AND range <> 5000");
    Comparison comparison = Comparison.of(many, Stamped.STAMP, "main.", tables::rows);
    assertEquals("{4999, 5000}", comparison.missingRequests().toString());
    assertEquals(count - 2, comparison.committedRows());
    assertEquals(4, tables.queryCount());
  }

  @Test
  void theLastSequenceNumber_isFound() throws Exception {
    Acks last = new Acks(500_000_000);
    last.replied(1_999, 202);
    tables.insert(OtlpTable.LOGS, Stamp.MAX_SEQUENCE);
    Comparison comparison = Comparison.of(last, Stamped.STAMP, "", tables::rows);
    assertEquals(1, comparison.committedRows());
  }

  @Test
  void aRequest_hasOneAnswer() {
    acks.replied(5, 202);
    assertEquals(6, acks.end());
    assertEquals(Acks.Outcome.NONE, acks.outcome(4));
    assertThrows(IllegalArgumentException.class, () -> acks.replied(5, 202));
    assertThrows(IllegalArgumentException.class, () -> acks.notReplied(5));
    assertThrows(IllegalArgumentException.class, () -> acks.notReplied(-1));
    assertThrows(IllegalArgumentException.class, () -> acks.notReplied(Integer.MAX_VALUE));
    assertThrows(IllegalArgumentException.class, () -> new Acks(0));
  }

  @Test
  void aStatus_saysWhetherRowsMayBeThere() {
    Map<Integer, Acks.Outcome> outcomes =
        Map.of(
            200, Acks.Outcome.ACCEPTED,
            202, Acks.Outcome.ACCEPTED,
            302, Acks.Outcome.UNDECIDED,
            400, Acks.Outcome.REFUSED,
            401, Acks.Outcome.REFUSED,
            408, Acks.Outcome.UNDECIDED,
            429, Acks.Outcome.UNDECIDED,
            500, Acks.Outcome.UNDECIDED,
            503, Acks.Outcome.UNDECIDED);
    outcomes.forEach((status, outcome) -> assertEquals(outcome, Acks.Outcome.ofStatus(status)));
  }

  private Comparison compare() throws IOException {
    return Comparison.of(acks, Stamped.STAMP, "", tables::rows);
  }

  private static void assertFaults(
      Comparison comparison, long partlyMissing, long doubled, long unexpected) {
    assertEquals(partlyMissing, comparison.partlyMissingRows(), comparison.examples()::toString);
    assertEquals(doubled, comparison.doubledRows(), comparison.examples()::toString);
    assertEquals(unexpected, comparison.unexpectedRows(), comparison.examples()::toString);
  }
}
