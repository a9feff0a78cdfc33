package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.LedgerProperty.Place;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How far a spool is, by what its tables say each. */
final class IcebergLedgerTest {

  private static final String SPOOL = "0123456789abcdef0123456789abcdef";
  private static final String URI = "otlp:localhost:4318";
  private static final Instant NOW = Instant.parse("2026-11-22T23:36:00Z");

  private final Map<String, Map<String, String>> tables = new HashMap<>();

  @BeforeEach
  void makeTables() {
    for (String table : List.of("logs", "traces", "sums")) {
      tables.put(table, new HashMap<>());
    }
  }

  @Test
  void tablesWithoutAProperty_haveNoLedger() throws Exception {
    tables.get("logs").put("duckspool.ffff.start.0", "x");
    assertEquals(Optional.empty(), IcebergLedger.read(SPOOL, tables));
    assertEquals(Optional.empty(), IcebergLedger.read(SPOOL, Map.of()));
  }

  @Test
  void atItsStart_allTablesStandThere() throws Exception {
    start(0, 10, "logs", "traces", "sums");
    assertEquals(row(10, 0), ledger().row());
    assertEquals(row(10, 0), ledger().furthest());
  }

  @Test
  void aStartThatReachedOneTableAlone_isTheLedger() throws Exception {
    start(0, 10, "sums");
    assertEquals(row(10, 0), ledger().row());
  }

  @Test
  void tablesThatGetNoRows_areReadAgainFromTheLastSealOn_noFurther() throws Exception {
    start(0, 0, "logs", "traces", "sums");
    seal("logs", 0, 5, 1);
    seal("logs", 5, 8, 2);
    assertEquals(5, sequence(ledger().row().position()));
    assertEquals(Map.of("logs", index(8)), ledger().row().ahead().orElseThrow().next());
    assertEquals(row(8, 2), ledger().row().furthest());
    assertEquals("run-5", ledger().row().runId());
    assertEquals("run-8", ledger().row().ahead().orElseThrow().runId());
  }

  @Test
  void whereAllTablesMoved_nothingIsReadAgain() throws Exception {
    seal("logs", 5, 8, 2);
    seal("traces", 5, 8, 2);
    seal("sums", 5, 8, 2);
    assertEquals(row(8, 2), ledger().row());
  }

  @Test
  void aTableMadeLater_standsWhereAllAreKnownToBe() throws Exception {
    seal("logs", 5, 8, 2);
    tables.put("summaries", Map.of());
    assertEquals(index(5), ledger().next().get("summaries"));
    assertFalse(ledger().row().ahead().orElseThrow().next().containsKey("summaries"));
  }

  @Test
  void aSealWithoutRows_movesAll() throws Exception {
    seal("logs", 0, 5, 1);
    tables
        .get("logs")
        .put(LedgerProperty.emptyName(SPOOL, index(9)), property(0, "w", 9, 2, 9).text());
    assertEquals(row(9, 2), ledger().row());
    assertEquals(index(9), ledger().next().get("traces"));
    assertEquals(
        List.of(LedgerProperty.emptyName(SPOOL, index(9))), ledger().obsolete("logs", index(9)));
    assertEquals(List.of(), ledger().obsolete("logs", index(8)));
    assertEquals(List.of(), ledger().obsolete("traces", index(9)));
  }

  @Test
  void anEmptySealThatIsAppliedLate_saysNothingNew() throws Exception {
    seal("logs", 9, 12, 3);
    IcebergLedger before = ledger();
    tables
        .get("logs")
        .put(LedgerProperty.emptyName(SPOOL, index(9)), property(0, "w", 9, 2, 9).text());
    assertEquals(before.row(), ledger().row());
    assertEquals(before.next(), ledger().next());
  }

  @Test
  void aLedgerThatIsSet_outdatesWhatTheTablesSaid_backToo() throws Exception {
    start(0, 0, "logs", "traces", "sums");
    seal("logs", 5, 8, 2);
    start(1_000, 3, "logs", "traces", "sums");
    assertEquals(row(3, 0), ledger().row());
    // An earlier call to set it is applied late.
    start(999, 77, "logs", "traces", "sums");
    assertEquals(row(3, 0), ledger().row());
    assertEquals(
        Set.of(LedgerProperty.startName(SPOOL, 0), LedgerProperty.startName(SPOOL, 999)),
        Set.copyOf(ledger().obsolete("logs", index(3))));
  }

  @Test
  void aPipelineThatKnowsWhereTheTablesStand_isNotFenced() throws Exception {
    start(0, 0, "logs", "traces", "sums");
    assertTrue(ledger().standsAt(move(0, 4, Map.of())));
    seal("logs", 0, 4, 1);
    assertTrue(ledger().standsAt(move(4, 6, Map.of())));
    assertFalse(ledger().standsAt(move(0, 4, Map.of())));
    assertFalse(ledger().standsAt(move(3, 6, Map.of())));
    assertFalse(ledger().standsAt(move(5, 6, Map.of())));
  }

  @Test
  void aPipelineThatReadsAgain_isFencedUnlessAllStandsAsItReadIt() throws Exception {
    seal("logs", 0, 4, 1);
    LedgerMove move = move(0, 4, Map.of("logs", 4L));
    assertTrue(ledger().standsAt(move));
    assertTrue(ledger().standsAt(move(2, 4, Map.of("logs", 4L))));
    assertFalse(ledger().standsAt(move(0, 4, Map.of("logs", 3L))));
    seal("traces", 0, 4, 1);
    assertFalse(ledger().standsAt(move));
    assertTrue(ledger().standsAt(move(0, 4, Map.of("logs", 4L, "traces", 4L))));
    assertTrue(ledger().isMoved(move, "traces"));
    assertFalse(ledger().isMoved(move, "sums"));
  }

  @Test
  void whoMovedWhatDiffers_isKnown() throws Exception {
    seal("logs", 0, 4, 1);
    tables.get("traces").putAll(property(0, "other", 6, 2, 4).asProperties());
    assertEquals(Set.of("other"), ledger().writersOfWhatDiffers(move(4, 6, Map.of())));
    seal("logs", 4, 6, 3);
    assertEquals(Set.of("other", "w"), ledger().writersOfWhatDiffers(move(4, 6, Map.of())));
    assertEquals(Set.of(), ledger().writersOfWhatDiffers(move(6, 7, Map.of())));
  }

  private IcebergLedger ledger() throws SinkException {
    return IcebergLedger.read(SPOOL, tables).orElseThrow();
  }

  private void start(long epoch, long at, String... into) {
    for (String table : into) {
      tables
          .get(table)
          .put(LedgerProperty.startName(SPOOL, epoch), property(epoch, "w", at, 0, at).text());
    }
  }

  private void seal(String table, long first, long next, long seals) {
    tables.get(table).putAll(property(0, "w", next, seals, first).asProperties());
  }

  private static LedgerProperty property(
      long epoch, String writer, long next, long seals, long confirmed) {
    return new LedgerProperty(
        epoch, writer, row(next, seals), new Place(position(confirmed), "run-" + confirmed));
  }

  private static LedgerRow row(long next, long seals) {
    return new LedgerRow(SPOOL, URI, "run-" + next, position(next), seals, NOW);
  }

  private static LedgerMove move(long first, long next, Map<String, Long> ahead) {
    Map<String, SpoolIndex> tables = new HashMap<>();
    ahead.forEach((table, at) -> tables.put(table, index(at)));
    long furthest = ahead.values().stream().mapToLong(Long::longValue).max().orElse(0);
    return new LedgerMove(
        SPOOL,
        URI,
        index(first),
        position(next),
        "run",
        SealTrigger.AGE,
        NOW,
        ahead.isEmpty()
            ? Optional.empty()
            : Optional.of(new TablesAhead(position(furthest), "run", tables)));
  }

  private static SpoolPosition position(long sequence) {
    return new SpoolPosition(index(sequence), sequence, sequence * 10, sequence * 100);
  }

  private static SpoolIndex index(long sequence) {
    return new SpoolIndex(60_000_000, sequence);
  }

  private static long sequence(SpoolPosition position) {
    return position.next().sequence();
  }
}
