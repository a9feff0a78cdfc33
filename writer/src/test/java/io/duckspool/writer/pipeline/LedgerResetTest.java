package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.sink.LedgerRow;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator's way out of each refusal, over the real spool and database. */
final class LedgerResetTest {

  @TempDir Path temp;
  private PipelineHarness server;

  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void aLostLedger_fromTheOldest_storesAgainWhatTheSpoolHolds() throws Exception {
    server.append(2);
    server.append(3);
    assertTrue(server.sink.removeLedger(server.spoolId));
    server.assertRefuses();

    AdminApi.LedgerSet set = set(null, false);
    assertEquals(server.segments().get(0) + "-0", set.nextIndex());
    assertEquals(null, set.previousIndex());
    assertEquals(List.of(0L, 0L), List.of(set.mayLoseEntries(), set.mayLoseRows()));
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aLostLedger_whoseRowsAreStillThere_saysWhatIsDoubled() throws Exception {
    server.append(2);
    server.commitAll();
    server.append(3);
    assertTrue(server.sink.removeLedger(server.spoolId));
    server.assertRefuses();

    AdminApi.LedgerSet set = set(null, false);
    assertEquals(List.of(1L, 2L), List.of(set.mayDoubleEntries(), set.mayDoubleRows()));
    server.drain();
    assertEquals(7, server.storedIds().size(), "two of the five rows twice");
    assertEquals(5, server.ledger().position().rows());
  }

  @Test
  void aLostLedger_atAnIndex_goesOnThereAndSaysWhatIsGivenUp() throws Exception {
    server.append(2);
    SpoolIndex second = server.append(3);
    server.append(4);
    assertTrue(server.sink.removeLedger(server.spoolId));
    server.assertRefuses();

    AdminApi.LedgerSet set = set(second.toString(), false);
    assertEquals(second.toString(), set.nextIndex());
    assertEquals(List.of(1L, 2L), List.of(set.mayLoseEntries(), set.mayLoseRows()));
    server.drain();
    assertEquals(server.sent.subList(2, 9).stream().sorted().toList(), server.storedIds());
    assertEquals(9, server.ledger().position().rows());
    assertEquals(server.aliveRun(), server.ledger().runId());
  }

  @Test
  void aLedgerOfAnotherRun_atTheEndOfTheSpool_losesNothingThatTheTargetHas() throws Exception {
    server.append(2);
    server.commitAll();
    LedgerRow row = server.ledger();
    server.sink.setLedger(
        new LedgerRow(
            row.spoolId(), row.listenUri(), "ffff", row.position(), row.seals(), row.updatedAt()));
    server.assertRefuses();

    AdminApi.LedgerSet set = set(row.position().next().toString(), false);
    assertEquals(row.position().next().toString(), set.previousIndex());
    assertEquals(0, set.mayDoubleEntries());
    assertEquals(row.seals(), server.ledger().seals(), "seal ids go on");
    server.append(3);
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aGap_isGivenUpOnlyWhenAccepted() throws Exception {
    server.append(2);
    server.commitAll();
    LedgerRow early = server.ledger();
    server.append(7);
    server.restartReceiver();
    server.append(1);
    server.commitAll();
    server.restartReceiver();
    server.append(1);
    server.sink.setLedger(early);
    server.assertRefuses();

    assertTrue(
        refusal(null, false).contains("1 entries with 7 rows are neither"), refusal(null, false));
    assertEquals(early, server.ledger());
    AdminApi.LedgerSet set = set(null, true);
    assertEquals(List.of(1L, 7L), List.of(set.mayLoseEntries(), set.mayLoseRows()));
    server.drain();
    assertEquals(server.spool().durable().next(), server.ledger().position().next());
  }

  /** The segments of before are gone, those of the restored folder were never in the target. */
  @Test
  void aFolderThatWasSetBack_hasNoGapToAccept() throws Exception {
    LedgerRow row = server.ledger();
    SpoolPosition ahead =
        new SpoolPosition(new SpoolIndex(row.position().next().segment(), 6), 5, 50, 500);
    server.restartReceiver();
    server.restartReceiver();
    assertTrue(server.segments().get(0) > ahead.next().segment());
    server.sink.setLedger(
        new LedgerRow(row.spoolId(), row.listenUri(), row.runId(), ahead, 1, row.updatedAt()));
    server.append(3);
    server.assertRefuses();

    AdminApi.LedgerSet set = set(null, false);
    assertEquals(server.segments().get(0) + "-0", set.nextIndex());
    assertEquals(List.of(0L, 0L), List.of(set.mayLoseEntries(), set.mayDoubleEntries()));
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aSegmentThatTheTargetNeverSaw_doublesNothing() throws Exception {
    server.append(2);
    server.commitAll();
    LedgerRow row = server.ledger();
    server.restartReceiver();
    server.append(3);
    server.sink.setLedger(
        new LedgerRow(
            row.spoolId(), row.listenUri(), "ffff", row.position(), row.seals(), row.updatedAt()));
    server.assertRefuses();

    List<Long> segments = server.segments();
    AdminApi.LedgerSet set = set(segments.get(segments.size() - 1) + "-0", false);
    assertEquals(List.of(0L, 0L), List.of(set.mayDoubleEntries(), set.mayDoubleRows()));
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void anIndexThatTheSpoolDoesNotHave_isRefused_namingWhatItHolds() throws Exception {
    server.append(2);
    SpoolPosition end = server.spool().durable();
    assertTrue(server.sink.removeLedger(server.spoolId));
    server.assertRefuses();

    for (SpoolIndex wrong :
        List.of(
            new SpoolIndex(end.next().segment(), end.next().sequence() + 1),
            new SpoolIndex(end.next().segment() + 1, 0),
            new SpoolIndex(1, 1))) {
      String error = refusal(wrong.toString(), false);
      assertTrue(error.contains("no entry of the spool ends at " + wrong), error);
      assertTrue(error.contains(server.segments().get(0) + "-0 to " + end.next()), error);
    }
    assertEquals(0, server.storedIds().size());
  }

  @Test
  void aPipelineThatRuns_keepsItsLedger() throws Exception {
    server.append(2);
    server.commitAll();
    LedgerRow row = server.ledger();
    server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    assertTrue(refusal(null, true).contains("the pipeline is running: there is nothing to set"));
    assertEquals(row, server.ledger());
  }

  @Test
  void aLedgerThatAgreesByNow_staysAsItIs() throws Exception {
    server.append(2);
    assertTrue(server.sink.removeLedger(server.spoolId));
    server.assertRefuses();
    server.makeLedger();
    assertTrue(refusal(null, false).contains("ledger and spool agree"));
    server.drain();
    server.assertExactlyOnce();
  }

  private AdminApi.LedgerSet set(@Nullable String next, boolean acceptGap) {
    Object done =
        assertInstanceOf(Outcome.Done.class, LedgerEdits.ask(server, next, acceptGap)).value();
    return assertInstanceOf(AdminApi.LedgerSet.class, done);
  }

  private String refusal(@Nullable String next, boolean acceptGap) {
    return assertInstanceOf(Outcome.Refused.class, LedgerEdits.ask(server, next, acceptGap))
        .reason();
  }
}
