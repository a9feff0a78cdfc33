package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.pipeline.StartFacts.LedgerSegment;
import io.duckspool.writer.sink.LedgerRow;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StartDecisionTest {

  private static final String URI = "otlp:localhost:4318";

  @Test
  void goesOn_whereRunAndCountersAgree() {
    Facts facts = new Facts(at(10, 5, 4)).ledgerIn(header(10, "run", 0), at(10, 5, 4));
    assertEquals(new StartDecision.GoOn(at(10, 5, 4)), facts.decide());
  }

  @Test
  void goesOn_whereTheCountersCannotBeReadButTheMarkIsTrusted() {
    Facts facts = new Facts(at(10, 5, 4)).ledgerIn(header(10, "run", 0), null).trusted(true);
    assertEquals(new StartDecision.GoOn(at(10, 5, 4)), facts.decide());
  }

  @Test
  void waits_whereTheCountersCannotBeReadAndNobodyHasScanned() {
    Facts facts = new Facts(at(10, 5, 4)).ledgerIn(header(10, "run", 0), null);
    assertInstanceOf(StartDecision.WaitForReceiver.class, facts.decide());
  }

  @Test
  void goesOn_whereTheHeaderOfTheSegmentIsDamaged_forTheEntriesAreThere() {
    Facts facts = new Facts(at(10, 5, 4)).ledgerIn(null, at(10, 5, 4));
    assertEquals(new StartDecision.GoOn(at(10, 5, 4)), facts.decide());
  }

  @Test
  void refuses_aSegmentOfAnotherRun() {
    Facts facts = new Facts(at(10, 5, 4)).ledgerIn(header(10, "other", 0), at(10, 5, 4));
    assertRefuses(facts, "10-5", "10-0", "run", "other", "backup", "--next INDEX");
  }

  @Test
  void refuses_countersThatDisagree() {
    Facts facts = new Facts(at(10, 5, 4)).ledgerIn(header(10, "run", 0), at(10, 5, 3));
    assertRefuses(facts, "10-5", "4 entries", "3 entries");
  }

  @Test
  void refuses_aMissingSegmentThatIsNewerThanTheOldest() {
    Facts facts = new Facts(at(10, 5, 4)).oldest(9, header(9, "run", 0));
    assertRefuses(facts, "10-5", "segment 9", "backup");
  }

  @Test
  void refuses_withoutALedgerRow() {
    Facts facts = new Facts(null).oldest(9, header(9, "run", 0)).hint(at(9, 3, 2));
    assertRefuses(facts, "9-3", "--next INDEX", "--from-oldest");
  }

  @Test
  void replays_whereTheCheckpointIsAhead_andCounts() {
    Facts facts =
        new Facts(at(10, 5, 4)).ledgerIn(header(10, "run", 0), at(10, 5, 4)).hint(at(11, 3, 9));
    assertEquals(new StartDecision.Replay(at(10, 5, 4), 5, 50), facts.decide());
  }

  @Test
  void goesOnAtTheOldestSegment_whereNothingLiesBetween() {
    Facts facts = new Facts(at(10, 5, 4)).oldest(12, header(12, "later", 4));
    assertEquals(new StartDecision.GoOn(at(12, 0, 4)), facts.decide());
  }

  @Test
  void refuses_aGap_inEntriesRowsAndTime() {
    Facts facts = new Facts(at(10, 5, 4)).oldest(12, header(12, "later", 7));
    assertRefuses(
        facts,
        "10-5",
        "12-0",
        "3 entries with 30 rows",
        "2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z",
        "--accept-gap");
  }

  @Test
  void refuses_anOldestSegmentThatCountsLessThanTheLedger() {
    assertRefuses(
        new Facts(at(10, 5, 4)).oldest(12, header(12, "later", 1)),
        "10-5 and counts 4 entries, 40 rows",
        "12-0 and counts 1 entries, 10 rows",
        "the data folder was restored from a backup",
        "--from-oldest` stores what the spool holds");
  }

  @Test
  void refuses_aGapThatADamagedHeaderHides_butNotBeforeTheFirstSeal() {
    assertRefuses(new Facts(at(10, 5, 4)).oldest(12, null), "header is damaged", "--accept-gap");
    assertEquals(
        new StartDecision.GoOn(at(10, 0, 0)), new Facts(at(10, 0, 0)).oldest(12, null).decide());
  }

  @Test
  void waits_whereThereIsNoSegment() {
    assertInstanceOf(StartDecision.WaitForReceiver.class, new Facts(at(10, 5, 4)).decide());
  }

  @Test
  void skipsATornTail_andCountsWhatOnlyTheTargetHas() {
    SegmentHeader next = header(12, "later", 2, at(10, 3, 2));
    Facts facts = new Facts(at(10, 5, 4)).ledgerIn(header(10, "run", 0), null).following(next);
    assertEquals(new StartDecision.SkipTornTail(at(12, 0, 2), 2, 20), facts.decide());
  }

  @Test
  void goesOn_whereTheSegmentEndedExactlyAtTheLedger() {
    SegmentHeader next = header(12, "later", 4, at(10, 5, 4));
    Facts facts =
        new Facts(at(10, 5, 4)).ledgerIn(header(10, "run", 0), at(10, 5, 4)).following(next);
    assertEquals(new StartDecision.GoOn(at(10, 5, 4)), facts.decide());
  }

  private static void assertRefuses(Facts facts, String... parts) {
    StartDecision.Refuse refuse = assertInstanceOf(StartDecision.Refuse.class, facts.decide());
    for (String part : parts) {
      assertTrue(refuse.reason().contains(part), "\"" + part + "\" not in: " + refuse.reason());
    }
    assertTrue(refuse.reason().contains("duckspool ledger set " + URI), refuse.reason());
  }

  private static SpoolPosition at(long segment, long sequence, long entries) {
    return new SpoolPosition(
        new SpoolIndex(segment, sequence), entries, entries * 10, entries * 100);
  }

  private static SegmentHeader header(long segment, String run, long entries) {
    return header(segment, run, entries, at(segment, 0, entries));
  }

  private static SegmentHeader header(
      long segment, String run, long entries, SpoolPosition previousEnd) {
    Instant created = Instant.parse("2026-01-02T00:00:00Z");
    return new SegmentHeader(
        "spool",
        run,
        segment,
        previousEnd.next().segment(),
        at(segment, 0, entries),
        previousEnd,
        created.getEpochSecond() * 1_000_000_000L);
  }

  /** Facts, one by one. */
  private static final class Facts {
    private final Optional<LedgerRow> ledger;
    private SpoolPosition hint = SpoolPosition.startOf(0);
    private Optional<Long> oldestSegment = Optional.empty();
    private Optional<SegmentHeader> oldest = Optional.empty();
    private Optional<LedgerSegment> ledgerSegment = Optional.empty();
    private Optional<SegmentHeader> following = Optional.empty();
    private boolean isTrusted;

    Facts(SpoolPosition ledger) {
      this.ledger =
          Optional.ofNullable(ledger)
              .map(
                  position ->
                      new LedgerRow(
                          "spool", URI, "run", position, 1, Instant.parse("2026-01-01T00:00:00Z")));
    }

    Facts ledgerIn(SegmentHeader header, SpoolPosition atNext) {
      ledgerSegment =
          Optional.of(new LedgerSegment(Optional.ofNullable(header), Optional.ofNullable(atNext)));
      return oldest(ledger.orElseThrow().position().next().segment(), header);
    }

    Facts oldest(long segment, SegmentHeader header) {
      oldestSegment = Optional.of(segment);
      oldest = Optional.ofNullable(header);
      return this;
    }

    Facts hint(SpoolPosition position) {
      hint = position;
      return this;
    }

    Facts following(SegmentHeader header) {
      following = Optional.of(header);
      return this;
    }

    Facts trusted(boolean trusted) {
      isTrusted = trusted;
      return this;
    }

    StartDecision decide() {
      return StartDecision.decide(
          URI,
          new StartFacts(ledger, hint, oldestSegment, oldest, ledgerSegment, following, isTrusted));
    }
  }
}
