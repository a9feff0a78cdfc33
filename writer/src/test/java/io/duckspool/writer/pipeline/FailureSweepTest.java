package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.writer.batch.SealLimits;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fails the Nth step for N = 1, 2, 3 … until a run completes without it: nothing lost or doubled.
 */
final class FailureSweepTest {

  private static final int MAX_STEPS = 500;

  @TempDir Path temp;
  private PipelineHarness server;
  private FaultyStore store;
  private int garbage;
  private int rounds;

  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
    store = new FaultyStore(server.store);
    server.store = store;
    server.limits = new SealLimits(60, 1_000, 1 << 20, 1_000);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void anySpoolStepMayFailOnce() throws Exception {
    int n = 0;
    do {
      store.failAt(++n, false);
      round();
    } while (store.hasFailed() && n < MAX_STEPS);
    assertTrue(n > 15 && n < MAX_STEPS, "steps: " + n);
  }

  @Test
  void theProcessMayDieAtAnySpoolStep() throws Exception {
    int n = 0;
    do {
      store.failAt(++n, true);
      round();
    } while (store.hasFailed() && n < MAX_STEPS);
    assertTrue(n > 15 && n < MAX_STEPS, "steps: " + n);
  }

  @Test
  void anySinkStepMayFailOnce_beforeOrAfterItWasApplied() throws Exception {
    int n = 0;
    do {
      server.sink.failStep(++n);
      round();
    } while (server.sink.steps() >= n && n < MAX_STEPS);
    assertTrue(n > 5 && n < MAX_STEPS, "steps: " + n);
  }

  @Test
  void aCommitOfUnknownOutcome_isDecidedByTheLedger() throws Exception {
    server.append(2);
    server.sink.failCommits(FaultySink.Fault.UNKNOWN_BUT_APPLIED, 1);
    Pipeline pipeline = server.startPipeline();
    server.drain();
    assertEquals(1, server.sink.attempts());
    server.append(3);
    server.sink.failCommits(FaultySink.Fault.UNKNOWN_NOT_APPLIED, 3);
    server.drain();

    assertEquals(1 + 3 + 1, server.sink.attempts());
    assertEquals(2, pipeline.snapshot().sealsTotal());
    server.assertExactlyOnce();
  }

  @Test
  void aCommitOfUnknownOutcome_isNotTriedAgainBeforeTheLedgerCanBeRead() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    server.sink.failCommits(FaultySink.Fault.UNKNOWN_BUT_APPLIED, 1);
    server.sink.breakReads(true);
    server.runUntil("5 failures", () -> pipeline.snapshot().sealFailuresTotal() >= 5);
    assertEquals(1, server.sink.attempts());
    server.sink.breakReads(false);
    server.drain();
    assertEquals(1, server.sink.attempts());
    server.assertExactlyOnce();
  }

  @Test
  void anotherWriterThatMovesTheLedger_stopsThePipelineForGood() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    LedgerEdits.move(server, server.spool().durable(), 1);
    server.runUntilState(PipelineState.TARGET_REFUSED);
    server.clock.advanceMillis(60_000);
    server.steps(10);

    assertEquals(PipelineState.TARGET_REFUSED, pipeline.snapshot().state());
    assertTrue(
        String.valueOf(pipeline.snapshot().lastError())
            .startsWith("another writer commits this spool"));
    assertEquals(0, server.storedIds().size());
    assertEquals(1, server.sink.attempts());
  }

  @Test
  void aTargetThatRefusesTheRows_isAskedAgainLater() throws Exception {
    server.append(2);
    server.sink.failCommits(FaultySink.Fault.REFUSED, 1);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.TARGET_REFUSED);
    assertEquals("refused on purpose", pipeline.snapshot().lastError());
    server.drain();
    server.assertExactlyOnce();
  }

  /** A few entries, one of them garbage, through a pipeline of its own; a kill starts another. */
  private void round() throws Exception {
    server.append(1);
    server.appendGarbage(1);
    garbage++;
    server.append(2);
    server.append(1);
    if (++rounds % 4 == 0) {
      server.restartReceiver(); // A segment to pass, and one to delete.
    }
    server.append(1);
    try {
      server.startPipeline();
      server.drain();
      server.closePipeline();
    } catch (FaultyStore.Killed e) {
      restart();
    }
    server.assertExactlyOnce();
    assertEquals(garbage, server.quarantined().size());
    assertEquals(server.spool().durable().entries(), server.ledger().position().entries());
  }

  private void restart() throws IOException {
    server.crashPipeline();
    server.startPipeline();
    server.drain();
    server.closePipeline();
  }
}
