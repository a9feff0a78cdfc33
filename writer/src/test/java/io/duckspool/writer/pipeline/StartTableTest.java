package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.SinkException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pipeline does when ledger and spool disagree, row by row, over the real ones. */
final class StartTableTest {

  @TempDir Path temp;
  @TempDir Path backup;
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
  void aLedgerThatAgrees_afterADrainToo_goesOn() throws Exception {
    server.append(2);
    server.commitAll();
    Pipeline drained = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    assertEquals(1, drained.snapshot().committed().entries());
    server.closePipeline();

    server.restartReceiver();
    server.append(3);
    server.commitAll();
    server.assertExactlyOnce();
  }

  @Test
  void aLedgerInASegmentOfAnotherRun_isRefusedWithBothIndices() throws Exception {
    server.append(2);
    server.commitAll();
    LedgerRow row = server.ledger();
    server.sink.setLedger(
        new LedgerRow(
            row.spoolId(), row.listenUri(), "ffff", row.position(), row.seals(), row.updatedAt()));
    server.assertRefuses(
        row.position().next().toString(),
        row.position().next().segment() + "-0",
        "restored from a backup",
        "duckspool ledger set otlp:localhost:4318");
  }

  @Test
  void aLedgerInAMissingSegmentNewerThanTheOldest_isRefused_theFolderWasRestored()
      throws Exception {
    server.append(2);
    server.stopReceiver();
    Folders.copy(server.folder.path(), backup.resolve("folder"));
    server.startReceiver();
    server.append(3);
    server.commitAll();
    SpoolIndex ledger = server.ledger().position().next();
    server.restoreFolder(backup.resolve("folder"));
    server.append(1);
    server.assertRefuses(
        ledger.toString(),
        "the older segment " + server.segments().get(0),
        "restored from a backup");
    assertEquals(5, server.storedIds().size());
  }

  @Test
  void noLedgerThoughItWasMade_isRefusedWithBothWaysOut() throws Exception {
    server.append(2);
    assertTrue(server.sink.removeLedger(server.spoolId));
    server.assertRefuses("no ledger row", "--next INDEX", "--from-oldest");
    assertEquals(0, server.storedIds().size());

    server.makeLedger();
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aLedgerBehindTheCheckpointWithItsSegmentsThere_replaysWhatTheTargetLost() throws Exception {
    server.append(2);
    server.commitAll();
    LedgerRow early = server.ledger();
    server.append(3);
    server.commitAll();
    restoreTarget(early, 2);
    Pipeline pipeline = server.startPipeline();
    server.drain();

    assertEquals(PipelineState.RUNNING, pipeline.snapshot().state());
    server.assertExactlyOnce();
  }

  @Test
  void aLedgerBehindTheOldestSegmentWithoutAGap_goesOn() throws Exception {
    // Each start without entries leaves a segment that the next one removes.
    server.restartReceiver();
    server.restartReceiver();
    long ledgerSegment = server.ledger().position().next().segment();
    assertTrue(server.segments().get(0) > ledgerSegment, "the ledger's segment is still there");
    server.append(2);
    server.commitAll();
    server.assertExactlyOnce();
  }

  @Test
  void aLedgerBehindTheOldestSegmentWithAGap_isRefused_namingEntriesRowsAndTime() throws Exception {
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
    server.assertRefuses(
        early.position().next().toString(),
        server.segments().get(0) + "-0",
        "1 entries with 7 rows",
        early.updatedAt().toString(),
        "--from-oldest --accept-gap");
  }

  @Test
  void aLedgerInATornTail_goesOnAtTheNextSegment() throws Exception {
    server.append(2);
    server.append(3);
    SpoolPosition torn = server.spool().durable();
    server.restartReceiver();
    server.append(4);
    setLedgerBeyond(torn);
    server.startPipeline();
    server.drain();

    assertEquals(server.sent.subList(5, 9).stream().sorted().toList(), server.storedIds());
    assertEquals(server.spool().durable().next(), server.ledger().position().next());
  }

  /** Nothing is sealed in between: the ledger still names the torn segment, which is deleted. */
  @Test
  void aLedgerInATornTail_goesOnAgain_afterEachRestartOfBothProcesses() throws Exception {
    server.append(2);
    server.append(3);
    SpoolPosition torn = server.spool().durable();
    server.restartReceiver();
    setLedgerBeyond(torn);
    for (int restart = 0; restart < 3; restart++) {
      server.startPipeline();
      server.runUntilState(PipelineState.RUNNING);
      server.closePipeline();
      server.restartReceiver();
    }
    server.append(4);
    server.startPipeline();
    server.drain();

    assertEquals(server.sent.subList(5, 9).stream().sorted().toList(), server.storedIds());
    assertEquals(server.spool().durable().next(), server.ledger().position().next());
  }

  /** It had listed the segments, and then found the mark of a receiver that runs. */
  @Test
  void aLedgerInATornTail_isSeen_byAWriterThatStartsBesideTheReceiver() throws Exception {
    server.append(2);
    server.append(3);
    SpoolPosition torn = server.spool().durable();
    setLedgerBeyond(torn);
    server.stopReceiver();
    FaultyStore store = new FaultyStore(server.store);
    server.store = store;
    store.afterNextListing(
        () -> {
          try {
            Spool unused = server.startReceiver();
          } catch (SpoolException e) {
            throw new AssertionError(e);
          }
        });
    SpoolTailer tailer = store.openForRead(server.folder.path(), server.spoolId, server::isAlive);
    try (tailer) {
      assertInstanceOf(StartDecision.WaitForReceiver.class, decide(tailer));
      StartDecision.SkipTornTail skipped =
          assertInstanceOf(StartDecision.SkipTornTail.class, decide(tailer));
      assertEquals(2, skipped.entryCount());
      assertEquals(9, skipped.rowCount());
    }
  }

  /** The target has two more entries of a segment than the power cut left of it. */
  private void setLedgerBeyond(SpoolPosition torn) throws SinkException {
    SpoolIndex beyond = new SpoolIndex(torn.next().segment(), torn.next().sequence() + 2);
    LedgerEdits.move(
        server,
        new SpoolPosition(beyond, torn.entries() + 2, torn.rows() + 9, torn.bytes() + 99),
        2);
  }

  private StartDecision decide(SpoolTailer tailer) throws Exception {
    StartFacts facts = StartFacts.gather(Optional.of(server.ledger()), tailer, server::isAlive);
    return StartDecision.decide(PipelineHarness.URI, facts);
  }

  @Test
  void countersThatDisagreeInTheSameRun_areRefused() throws Exception {
    server.append(2);
    server.commitAll();
    LedgerEdits.miscount(server, 1, 0, 0);
    server.assertRefuses("the ledger counts 2 entries");
  }

  @Test
  void aMarkThatIsLost_isWaitedFor_untilAReceiverHasScanned() throws Exception {
    server.append(2);
    server.commitAll();
    server.append(3);
    server.stopReceiver();
    Files.delete(server.folder.path().resolve("durable.ckpt"));
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.WAITING_FOR_RECEIVER);
    server.steps(5);
    assertEquals(2, server.storedIds().size());
    assertEquals("error", server.flush(pipeline.snapshot().committed().next()).get().status());

    server.startReceiver();
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aTargetInMemoryThatIsEmpty_isFilledWithWhatTheSpoolStillHolds() throws Exception {
    server.append(2);
    assertTrue(server.sink.removeLedger(server.spoolId));
    PipelineSettings settings =
        new PipelineSettings(
            server.spoolId,
            PipelineHarness.URI,
            server.folder,
            PipelineHarness.LIMITS,
            1 << 20,
            true);
    server.running =
        Optional.of(
            new Pipeline(
                settings,
                new PipelineParts(
                    server.data,
                    server.store,
                    run -> true,
                    server.memory,
                    server.clock,
                    server.clock),
                server.sink));
    server.drain();
    server.assertExactlyOnce();
  }

  /** As a backup of the target would have it: an earlier ledger, and only the rows of then. */
  private void restoreTarget(LedgerRow ledger, int rowCount) throws Exception {
    server.deleteRowsExcept(server.sent.subList(0, rowCount));
    server.sink.setLedger(ledger);
  }
}
