package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.DataSize;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.SinkException;
import io.duckspool.writer.sink.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stopping a server: everything accepted is committed, then the server goes, step by step. */
final class StopTest {

  @TempDir Path temp;
  private PipelineHarness server;

  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
    write(ServerState.SERVING);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void aStoppedServerIsDrainedAndRemoved_itsQuarantineIsKept() throws Exception {
    server.append(2);
    SpoolIndex bad = server.appendGarbage(1);
    server.append(3);
    Pipeline pipeline = server.startPipeline();
    server.steps(5);
    write(ServerState.STOPPING);
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.stopReceiver();
    server.runUntil("the end", pipeline::isEnded);

    server.assertExactlyOnce();
    assertFalse(Files.exists(server.folder.path()));
    assertEquals(List.of(), server.data.listGone());
    assertEquals(Optional.empty(), readLedger());
    Path kept = server.data.quarantine().resolve(server.spoolId);
    assertTrue(Files.exists(kept.resolve(bad + ".quarantined")));
  }

  @Test
  void theNextServerAtTheSameUri_isNotTakenForTheOneThatWentAway() throws Exception {
    server.append(1);
    Pipeline pipeline = server.startPipeline();
    server.drain();
    ServerFile own = file(server, ServerState.STOPPING);
    ServerFile next =
        new ServerFile(
            ServerState.STOPPING,
            "0123456789abcdef0123456789abcdef",
            own.firstIndex(),
            own.runId(),
            own.createdAt(),
            false,
            own.config());
    next.write(server.folder);
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.stopReceiver();
    server.steps(50);
    assertEquals(next, ServerFile.read(server.folder));
    assertTrue(readLedger().isPresent());
  }

  @Test
  void theServerStaysUntilItsSpoolIsClosed_andDrainsMeanwhile() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    write(ServerState.STOPPING);
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.drain();
    server.append(3); // Admitted before the stop, acked after it.
    server.drain();
    assertFalse(pipeline.isEnded());
    assertTrue(Files.exists(server.folder.serverFile()));

    SpoolIndex end = server.spool().durable().next();
    CompletableFuture<AdminApi.Sealed> reply = server.seal(end, SealTrigger.STOP);
    server.runUntil("the end", pipeline::isEnded);
    assertEquals("sealed", reply.get().status());
    server.assertExactlyOnce();
    assertFalse(Files.exists(server.folder.path()));
  }

  @Test
  void theServerStays_whenTheReceiverAcksOneMoreEntryAndDies_beforeItsDeathIsSeen()
      throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.drain();
    write(ServerState.STOPPING);
    server.beforeNextAliveAnswer(
        () -> {
          try {
            server.append(3);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
          server.stopReceiver();
        });
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.runUntil("the end", pipeline::isEnded);
    server.assertExactlyOnce();
    assertFalse(Files.exists(server.folder.path()));
  }

  @Test
  void theServerStays_whileALaterReceiverRuns_untilThatSaysWhereTheSpoolEnds() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    write(ServerState.STOPPING);
    SpoolIndex end = server.spool().durable().next();
    server.stopReceiver();
    try (ProcessLock later = ProcessLock.take(server.data.receiverLock(), "receiver", "later")) {
      pipeline.accept(new PipelineCommand.LookAtServer());
      server.runUntil("all is committed", () -> pipeline.snapshot().sealsTotal() == 1);
      server.steps(50);
      assertFalse(pipeline.isEnded());
      assertTrue(Files.exists(server.folder.serverFile()));

      CompletableFuture<AdminApi.Sealed> reply = server.seal(end, SealTrigger.STOP);
      server.runUntil("the end", pipeline::isEnded);
      assertEquals("sealed", reply.get().status());
    }
    server.assertExactlyOnce();
    assertFalse(Files.exists(server.folder.path()));
  }

  @Test
  void theServerStays_whileNobodyKnowsWhereItsSpoolEnds_untilAReceiverSaysSo() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.folder.noteEnd(false);
    write(ServerState.STOPPING);
    SpoolIndex end = server.spool().durable().next();
    server.stopReceiver();
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.runUntil("all is committed", () -> pipeline.snapshot().sealsTotal() == 1);
    server.steps(50);
    assertFalse(pipeline.isEnded(), "a mark that may lie behind was taken for the end");

    CompletableFuture<AdminApi.Sealed> reply = server.seal(end, SealTrigger.STOP);
    server.runUntil("the end", pipeline::isEnded);
    assertEquals("sealed", reply.get().status());
    server.assertExactlyOnce();
  }

  @Test
  void aFlushAndAStopAtOnce_areBothAnswered() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    write(ServerState.STOPPING);
    SpoolIndex end = server.spool().durable().next();
    CompletableFuture<AdminApi.Sealed> flush = server.flush(end);
    CompletableFuture<AdminApi.Sealed> stop = server.seal(end, SealTrigger.STOP);
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.runUntil("the end", pipeline::isEnded);

    assertEquals(2, flush.get().sealedRows());
    assertEquals(2, stop.get().sealedRows());
    assertEquals(1, pipeline.snapshot().sealsTotal());
    server.assertExactlyOnce();
  }

  @Test
  void aStopWaitsForATargetThatIsAway_andGoesOnAfterARestart() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 1_000);
    write(ServerState.STOPPING);
    server.stopReceiver();
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.runUntil("3 attempts", () -> server.sink.attempts() >= 3);
    assertTrue(Files.exists(server.folder.serverFile()));
    server.crashPipeline();

    server.sink.failCommits(FaultySink.Fault.NONE, 0);
    Pipeline again = server.startPipeline();
    again.accept(new PipelineCommand.LookAtServer());
    server.runUntil("the end", again::isEnded);
    server.assertExactlyOnce();
    assertFalse(Files.exists(server.folder.path()));
  }

  @Test
  void eachStepIsRepeatedAfterACrash() throws Exception {
    // What a process that died after each step leaves, from the last step back to the first.
    for (Step step : Step.values()) {
      Path root = temp.resolve("step-" + step);
      Files.createDirectories(root);
      try (PipelineHarness one = PipelineHarness.open(root)) {
        SpoolIndex bad = one.appendGarbage(1);
        one.append(2);
        one.startPipeline();
        one.drain();
        one.closePipeline();
        one.stopReceiver();
        file(one, ServerState.STOPPING).write(one.folder);
        leave(one, step);
        finish(one);

        assertEquals(Optional.empty(), one.sink.readLedger(one.spoolId), step.toString());
        assertFalse(Files.exists(one.folder.path()), step.toString());
        assertEquals(List.of(), one.data.listGone(), step.toString());
        assertTrue(
            Files.exists(one.data.quarantine().resolve(one.spoolId).resolve(bad + ".quarantined")),
            step.toString());
        one.assertExactlyOnce();
      }
    }
  }

  private enum Step {
    NOTHING,
    DRAINED_WRITTEN,
    QUARANTINE_HALF_MOVED,
    QUARANTINE_MOVED,
    FOLDER_RENAMED,
    LEDGER_REMOVED,
    FOLDER_HALF_DELETED,
    SERVER_FILE_DELETED
  }

  private static void leave(PipelineHarness one, Step last) throws Exception {
    ServerFolder gone = one.data.gone(one.spoolId);
    Path kept = one.data.quarantine().resolve(one.spoolId);
    for (Step step : Step.values()) {
      if (step.ordinal() > last.ordinal()) {
        return;
      }
      switch (step) {
        case NOTHING -> {}
        case DRAINED_WRITTEN -> file(one, ServerState.DRAINED).write(one.folder);
        case QUARANTINE_HALF_MOVED -> {
          Files.createDirectories(kept);
          Path file = one.quarantined().get(0);
          Files.move(
              file, kept.resolve(file.getFileName().toString()), StandardCopyOption.ATOMIC_MOVE);
        }
        case QUARANTINE_MOVED -> Files.delete(one.folder.quarantine());
        case FOLDER_RENAMED -> Files.move(one.folder.path(), gone.path());
        case LEDGER_REMOVED -> assertTrue(one.sink.removeLedger(one.spoolId));
        case FOLDER_HALF_DELETED -> Files.delete(gone.path().resolve("durable.ckpt"));
        case SERVER_FILE_DELETED -> Files.delete(gone.serverFile());
      }
    }
  }

  /** As the next process does: scans the folders, and steps the pipelines it finds. */
  private static void finish(PipelineHarness one) throws Exception {
    if (one.data.listServers().isEmpty()) {
      new ServerScan(one.data, one.noPipelines()).scan();
      return;
    }
    Pipeline pipeline = one.startPipeline();
    pipeline.accept(new PipelineCommand.LookAtServer());
    one.runUntil("the end", pipeline::isEnded);
  }

  private void write(ServerState state) throws Exception {
    file(server, state).write(server.folder);
  }

  private Optional<?> readLedger() throws SinkException {
    return server.database.sink(Target.ofDefaultDatabase("main")).readLedger(server.spoolId);
  }

  static ServerFile file(PipelineHarness server, ServerState state) {
    return new ServerFile(
        state,
        server.spoolId,
        server.firstIndex().toLong(),
        server.aliveRun(),
        server.clock.instant(),
        false,
        config(PipelineHarness.URI));
  }

  static ServerConfig config(String uri) {
    return new ServerConfig(
        uri,
        Optional.empty(),
        "main",
        Optional.empty(),
        true,
        Optional.empty(),
        true,
        false,
        DataSize.ofMebibytes(1),
        4,
        Optional.empty(),
        DataSize.ofMebibytes(64),
        Duration.ofMillis(300),
        DataSize.ofMebibytes(256),
        Optional.empty(),
        List.of(),
        List.of(),
        ServerConfig.ResponseMode.BUFFERED);
  }
}
