package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealTrigger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pipeline that an operator has paused. */
final class PauseTest {

  private static final String PAUSED = "paused by an operator, until it is resumed";

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
  void itSealsNothing_notEvenForAFlush_whichIsToldSoAtOnce() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    SpoolIndex end = server.spool().durable().next();
    CompletableFuture<AdminApi.Sealed> waiting = server.flush(end);
    assertEquals(PipelineState.PAUSED, pause(pipeline));
    assertEquals(new AdminApi.Sealed("error", 0, 0, PAUSED), waiting.getNow(null));
    assertEquals(new AdminApi.Sealed("error", 0, 0, PAUSED), server.flush(end).getNow(null));

    server.clock.advanceMillis(3_600_000);
    server.steps(100);
    assertEquals(0, server.storedIds().size());
    assertEquals(PAUSED, pipeline.snapshot().lastError());
    assertEquals(0, pipeline.snapshot().bufferedBytes());

    assertEquals(PipelineState.STARTING, resume(pipeline));
    server.drain();
    assertEquals(null, pipeline.snapshot().lastError());
    server.assertExactlyOnce();
  }

  @Test
  void itStaysPausedOverRestarts_andIsResumedOnce() throws Exception {
    server.append(2);
    pause(server.startPipeline());
    server.crashPipeline();
    Pipeline again = server.startPipeline();
    server.runUntilState(PipelineState.PAUSED);
    assertEquals(PAUSED, again.snapshot().lastError());
    assertEquals(PipelineState.PAUSED, pause(again));
    assertEquals(PipelineState.STARTING, resume(again));
    server.drain();
    assertEquals(PipelineState.RUNNING, resume(again));
    server.crashPipeline();
    server.append(1);
    server.startPipeline();
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void fromTheStart_itShowsWhatWasCommitted_beforeItHasReadItsLedger() throws Exception {
    server.append(2);
    server.appendGarbage(5);
    Pipeline pipeline = server.startPipeline();
    server.drain();
    pause(pipeline);
    server.closePipeline();

    server.startPipeline();
    server.runUntilState(PipelineState.PAUSED);
    assertEquals(2, server.status().committedRowsTotal());
    assertEquals(2, server.status().committedEntriesTotal());
    assertEquals(server.spool().durable().next().toString(), server.status().committedIndex());
    assertEquals(5, server.status().quarantinedRowsTotal());
  }

  @Test
  void aFrozenBatchIsDropped_andReadAgain() throws Exception {
    SpoolIndex first = server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntil("a frozen batch", () -> server.isAboutToCommit(first));
    pause(pipeline);
    assertEquals(Optional.empty(), pipeline.batchInHand());
    resume(pipeline);
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aCommitWithoutAnswer_isFoundAfterThePause() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    server.sink.failCommits(FaultySink.Fault.UNKNOWN_BUT_APPLIED, 1);
    server.sink.breakReads(true);
    server.runUntil("a failure", () -> pipeline.snapshot().sealFailuresTotal() > 0);
    pause(pipeline);
    server.sink.breakReads(false);
    resume(pipeline);
    server.append(1);
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aStopOfIt_isPending_untilItIsResumed() throws Exception {
    server.append(2);
    StopTest.file(server, ServerState.SERVING).write(server.folder);
    Pipeline pipeline = server.startPipeline();
    pause(pipeline);
    StopTest.file(server, ServerState.STOPPING).write(server.folder);
    SpoolIndex end = server.spool().durable().next();
    CompletableFuture<AdminApi.Sealed> stop = server.seal(end, SealTrigger.STOP);
    assertEquals(new AdminApi.Sealed("error", 0, 0, PAUSED), stop.getNow(null));
    server.steps(50);
    assertFalse(pipeline.isEnded());
    assertTrue(Files.exists(server.folder.serverFile()));
    resume(pipeline);
    server.runUntil("the end", pipeline::isEnded);
    server.assertExactlyOnce();
  }

  @Test
  void aPipelineThatIsRefusedForGood_isStillSoAfterAPause() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    server.sink.setLedger(server.ledgerAt(server.spool().durable(), 1));
    server.runUntilState(PipelineState.TARGET_REFUSED);
    String refusal = pipeline.snapshot().lastError();
    pause(pipeline);
    server.runUntilState(PipelineState.PAUSED);
    resume(pipeline);
    server.runUntilState(PipelineState.TARGET_REFUSED);
    assertEquals(refusal, pipeline.snapshot().lastError());
    assertEquals(0, server.storedIds().size());
  }

  private static PipelineState pause(Pipeline pipeline) throws Exception {
    CompletableFuture<Outcome<PipelineState>> reply = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.Pause(reply));
    assertEquals(new Outcome.Done<>(PipelineState.PAUSED), reply.get());
    return pipeline.snapshot().state();
  }

  private static PipelineState resume(Pipeline pipeline) throws Exception {
    CompletableFuture<Outcome<PipelineState>> reply = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.Resume(reply));
    assertEquals(new Outcome.Done<>(pipeline.snapshot().state()), reply.get());
    return pipeline.snapshot().state();
  }
}
