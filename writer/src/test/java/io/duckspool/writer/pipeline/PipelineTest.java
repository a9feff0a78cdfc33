package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.writer.batch.SealLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PipelineTest {

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
  void entriesAreSealedTogetherOnceTheOldestIsOldEnough() throws Exception {
    server.append(3);
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.steps(20);
    assertEquals(0, pipeline.snapshot().sealsTotal());
    server.clock.advanceMillis(4_999);
    server.steps(5);
    assertEquals(0, pipeline.snapshot().sealsTotal());
    server.clock.advanceMillis(1);
    server.steps(5);

    assertEquals(1, pipeline.snapshot().sealsTotal());
    assertEquals("age", pipeline.seals().get(0).trigger());
    assertEquals(2, pipeline.seals().get(0).entries());
    assertEquals(5, pipeline.seals().get(0).rows());
    server.assertExactlyOnce();
    assertEquals(server.ledger().position(), pipeline.snapshot().committed());
    assertEquals(server.ledger().position(), server.spool().committed().position());
  }

  /**
   * Who asks reads the clock first, and then what the pipeline's thread has published meanwhile.
   */
  @Test
  void theAgeOfASealThatCameAfterTheClockWasReadIsZero() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    long millis = server.clock.millis();
    long nanos = server.clock.getAsLong();
    server.drain();
    assertEquals(1, pipeline.snapshot().sealsTotal());
    assertTrue(server.clock.getAsLong() > nanos);

    AdminApi.PipelineStatus status = pipeline.snapshot().toStatus(server.settings(), millis, nanos);
    assertEquals(0, status.lastSealAgeMs());
  }

  @Test
  void entriesAreSealedAtOnceWhenTheyReachTheTargetSize() throws Exception {
    server.limits = new SealLimits(10_000, 5_000, 1 << 20, 1_000);
    server.appendMany(20, 1_000);
    Pipeline pipeline = server.startPipeline();
    server.steps(20);

    assertEquals(2, pipeline.snapshot().sealsTotal());
    assertEquals("size", pipeline.seals().get(0).trigger());
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aTargetThatIsDownFromTheStart_isAFailure_asOldAsWhatWaitsForIt() throws Exception {
    server.sink.goDown(true);
    server.startPipeline();
    server.runUntil("an hour", () -> server.clock.getAsLong() > 3_600_000_000_000L);
    assertTrue(server.status().sealFailing());
    assertEquals(null, server.status().oldestBufferedAgeMs());

    server.append(1);
    server.steps(1);
    assertEquals(0, server.status().oldestBufferedAgeMs());
    server.clock.advanceMillis(20_000);
    server.steps(1);
    assertEquals(20_000, server.status().oldestBufferedAgeMs());

    server.sink.goDown(false);
    server.drain();
    assertFalse(server.status().sealFailing());
    assertEquals(null, server.status().oldestBufferedAgeMs());
  }

  @Test
  void aQuarantineThatCanNotBeWritten_isAFailure_untilItCan() throws Exception {
    server.appendGarbage(1);
    Files.createFile(server.folder.quarantine());
    Pipeline pipeline = server.startPipeline();
    for (int i = 0; i < 100; i++) {
      server.clock.advanceMillis(pipeline.doWork());
      assertEquals(i > 0, server.status().sealFailing(), "step " + i);
    }
    assertTrue(server.status().oldestBufferedAgeMs() > 5_000);

    Files.delete(server.folder.quarantine());
    server.drain();
    assertFalse(server.status().sealFailing());
  }

  @Test
  void aFailureBeforeThereWasSomethingToSeal_isOver_onceAllIsRead() throws Exception {
    server.sink.goDown(true);
    server.startPipeline();
    server.steps(1);
    assertTrue(server.status().sealFailing());
    server.sink.goDown(false);
    server.runUntilState(PipelineState.RUNNING);
    server.steps(1);
    assertFalse(server.status().sealFailing());
  }

  @Test
  void aBacklogOfManySmallSegmentsDrainsBySize_notEntryByEntry() throws Exception {
    server.stopReceiver();
    server.options = server.options.withSegmentBytes(4_096);
    server.startReceiver();
    server.appendMany(160, 500);
    server.clock.advanceMillis(3_600_000);
    int segmentCount = server.segments().size();
    assertTrue(segmentCount >= 15, "segments: " + segmentCount);
    long bytes = server.spool().durable().bytes();
    server.limits = new SealLimits(30_000, 5_000, 1 << 24, 500_000);
    Pipeline pipeline = server.startPipeline();
    server.drain();

    long most = (bytes + 29_999) / 30_000 + 2;
    assertTrue(
        pipeline.snapshot().sealsTotal() <= most, pipeline.snapshot().sealsTotal() + " > " + most);
    server.assertExactlyOnce();
    assertEquals(1, server.segments().size());
  }

  @Test
  void aFlushCommitsEverythingBeforeItsIndexAtOnce_andCountsItsRows() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.append(3);
    server.append(4);
    server.steps(10);
    CompletableFuture<AdminApi.Sealed> reply = server.flush(server.spool().durable().next());
    server.steps(10);

    assertEquals(new AdminApi.Sealed("sealed", 7, 1, null), reply.get());
    assertEquals("flush", pipeline.seals().get(0).trigger());
    server.assertExactlyOnce();
  }

  @Test
  void aFlushOfAnEmptySpoolSealsNothing_alsoWhenANewSegmentHasBegun() throws Exception {
    server.append(1);
    Pipeline pipeline = server.startPipeline();
    server.drain();
    server.restartReceiver();
    CompletableFuture<AdminApi.Sealed> reply = server.flush(server.spool().durable().next());
    server.steps(10);

    assertEquals(new AdminApi.Sealed("sealed", 0, 1, null), reply.get());
    assertEquals(1, pipeline.snapshot().sealsTotal());
  }

  @Test
  void flushesAtTheSameTimeShareASeal() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.append(3);
    SpoolIndex first = server.spool().durable().next();
    server.append(4);
    SpoolIndex second = server.spool().durable().next();
    server.runUntilState(PipelineState.RUNNING);
    CompletableFuture<AdminApi.Sealed> one = server.flush(first);
    CompletableFuture<AdminApi.Sealed> two = server.flush(second);
    server.steps(10);

    assertEquals(3, one.get().sealedRows());
    assertEquals(7, two.get().sealedRows());
    assertEquals(1, pipeline.snapshot().sealsTotal());
  }

  @Test
  void aFlushIsOneAttempt_andSaysWhyItFailed_whileThePipelineGoesOnTrying() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.append(3);
    server.steps(10);
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 2);
    CompletableFuture<AdminApi.Sealed> reply = server.flush(server.spool().durable().next());
    server.steps(3);
    assertEquals("error", reply.get().status());
    assertEquals("down on purpose", reply.get().error());
    assertTrue(pipeline.snapshot().isSealFailing());
    assertEquals(1, server.sink.attempts());

    CompletableFuture<AdminApi.Sealed> again = server.flush(server.spool().durable().next());
    server.steps(3);
    assertEquals("error", again.get().status());
    assertEquals(2, server.sink.attempts());
    server.drain();
    assertFalse(pipeline.snapshot().isSealFailing());
    assertEquals(2, pipeline.snapshot().sealFailuresTotal());
    server.assertExactlyOnce();
  }

  @Test
  void aTargetThatIsAwayIsAskedLessAndLessOften_forEver_andThenEverythingIsThere()
      throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.append(3);
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 40);
    long before = server.clock.getAsLong();
    server.runUntil("40 attempts", () -> server.sink.attempts() == 40);
    server.append(5);
    server.drain();

    assertTrue(server.clock.getAsLong() - before > 15L * 60 * 1_000_000_000, "too often");
    assertEquals(41 + 1, server.sink.attempts());
    server.assertExactlyOnce();
    assertEquals(
        List.of("committed", "committed", "failed"),
        pipeline.seals().stream().map(AdminApi.SealRow::status).toList());
  }

  @Test
  void aSealThatRunsOutOfMemory_isTriedWithHalfAsMuch_andBatchesGrowAgain() throws Exception {
    server.limits = new SealLimits(1 << 20, 5_000, 1 << 20, 64);
    server.appendMany(64 + 30 * 64, 0);
    server.sink.holdRows(20);
    Pipeline pipeline = server.startPipeline();
    server.runUntil("a seal", () -> pipeline.snapshot().sealsTotal() == 1);
    assertEquals(3, server.sink.attempts(), "64 rows, then 32, then 16");
    assertEquals(16, pipeline.seals().get(0).rows());
    assertEquals("failed", pipeline.seals().get(1).status());
    server.sink.holdRows(Long.MAX_VALUE);
    server.drain();
    assertEquals(64, pipeline.seals().get(1).rows(), "as configured again");
    server.assertExactlyOnce();
  }

  @Test
  void oneEntryThatIsTooLargeForTheMemory_isTriedForEver() throws Exception {
    server.append(30);
    server.append(1);
    server.sink.holdRows(20);
    Pipeline pipeline = server.startPipeline();
    server.runUntil("9 attempts", () -> server.sink.attempts() == 9);
    assertTrue(String.valueOf(pipeline.snapshot().sealLastError()).contains("Out of Memory"));
    assertTrue(pipeline.snapshot().isSealFailing());
    server.sink.holdRows(30);
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aTargetThatIsAwayAtTheStartIsWaitedFor() throws Exception {
    server.append(3);
    server.sink.breakReads(true);
    Pipeline pipeline = server.startPipeline();
    server.steps(3);
    assertEquals(PipelineState.STARTING, pipeline.snapshot().state());
    assertEquals("down on purpose", pipeline.snapshot().lastError());
    server.sink.breakReads(false);
    server.drain();
    server.assertExactlyOnce();
    assertEquals(null, pipeline.snapshot().lastError());
  }

  @Test
  void retentionFreesTheSegmentsBelowTheCommittedOne() throws Exception {
    server.stopReceiver();
    server.options = SpoolOptions.defaults(1 << 20).withDiskReserveBytes(0).withSegmentBytes(8_192);
    server.startReceiver();
    server.appendMany(40, 1_000);
    int before = server.segments().size();
    server.startPipeline();
    server.drain();

    assertTrue(before >= 4, "segments before: " + before);
    assertEquals(1, server.segments().size());
    server.assertExactlyOnce();
  }

  @Test
  void aShutDownDrainsToTheDurableMark_andTheServerStays() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.append(3);
    server.steps(5);
    pipeline.accept(new PipelineCommand.ShutDown());
    server.steps(10);

    assertTrue(pipeline.isEnded());
    server.assertExactlyOnce();
    assertEquals("stop", pipeline.seals().get(0).trigger());
  }

  @Test
  void aShutDownDoesNotWaitForATargetThatIsAway() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.append(3);
    server.steps(5);
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 100);
    pipeline.accept(new PipelineCommand.ShutDown());
    server.steps(10);

    assertTrue(pipeline.isEnded());
    assertEquals(1, server.sink.attempts());
  }

  @Test
  void sealsAreRememberedOverRestarts() throws Exception {
    server.append(1);
    server.startPipeline();
    server.drain();
    server.closePipeline();
    server.append(1);
    Pipeline pipeline = server.startPipeline();
    server.drain();

    assertEquals(List.of(2L, 1L), pipeline.seals().stream().map(AdminApi.SealRow::sealId).toList());
  }

  @Test
  void releasedFilesStayClosedUntilANewReceiverRuns_andNothingIsLost() throws Exception {
    server.append(1);
    Pipeline pipeline = server.startPipeline();
    server.drain();
    CompletableFuture<Boolean> reply = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.Release(reply));
    assertTrue(reply.get());
    server.append(1);
    for (int i = 0; i < 20; i++) {
      server.clock.advanceMillis(pipeline.doWork());
    }
    assertEquals(1, pipeline.snapshot().committed().entries());
    server.restartReceiver();
    server.drain();
    server.assertExactlyOnce();
  }
}
