package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealTrigger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that was stopped is served again: its stop is called off, or is over. */
final class TakeUpTest {

  private static final Outcome<AdminApi.TakenUp> TAKEN =
      new Outcome.Done<>(new AdminApi.TakenUp("taken"));
  private static final Outcome<AdminApi.TakenUp> GONE =
      new Outcome.Done<>(new AdminApi.TakenUp("gone"));

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
  void aDrainGoesOn_andTheServerStays_withItsSpool() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 1_000);
    write(ServerState.STOPPING);
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.runUntil("3 attempts", () -> server.sink.attempts() >= 3);
    assertEquals(PipelineState.STOPPING, pipeline.snapshot().state());

    assertEquals(TAKEN, takeUp(pipeline));
    assertEquals(ServerState.SERVING, state());
    assertEquals(PipelineState.RUNNING, pipeline.snapshot().state());
    assertEquals(TAKEN, takeUp(pipeline), "a repeated call");

    server.sink.failCommits(FaultySink.Fault.NONE, 0);
    server.append(3);
    server.drain();
    server.steps(50);
    assertFalse(pipeline.isEnded());
    assertEquals(server.spoolId, ServerFile.read(server.folder).spoolId());
    server.assertExactlyOnce();
  }

  @Test
  void whatIsStillUnderWayOfTheStop_countsNoMore() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    write(ServerState.STOPPING);
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 1);
    SpoolIndex end = server.spool().durable().next();
    CompletableFuture<AdminApi.Sealed> stop = server.seal(end, SealTrigger.STOP);
    assertEquals(TAKEN, takeUp(pipeline));

    // A scan that read the file before, and a notice that was sent before.
    pipeline.accept(new PipelineCommand.LookAtServer());
    CompletableFuture<AdminApi.Sealed> late = server.seal(end, SealTrigger.STOP);
    server.runUntil("an answer", stop::isDone);
    server.runUntil("an answer", late::isDone);
    server.drain();
    server.stopReceiver();
    server.steps(50);
    assertFalse(pipeline.isEnded());
    assertEquals(ServerState.SERVING, state());

    // A later stop waits for the end that its own receiver says.
    server.startReceiver();
    write(ServerState.STOPPING);
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.append(1);
    server.drain();
    server.steps(50);
    assertFalse(pipeline.isEnded(), "the end of the first stop was taken for this one's");
    server.stopReceiver();
    server.runUntil("the end", pipeline::isEnded);
    server.assertExactlyOnce();
  }

  @Test
  void aServerThatIsDrained_isRemovedFirst_andIsGone() throws Exception {
    server.append(2);
    Pipeline pipeline = drainedWithoutItsRemoval();
    assertEquals(ServerState.DRAINED, state());
    assertEquals(GONE, takeUp(pipeline));
    assertTrue(pipeline.isEnded());
    assertFalse(Files.exists(server.folder.path()));
    assertEquals(List.of(), server.data.listGone());
    server.assertExactlyOnce();
    assertEquals(GONE, takeUp(pipeline), "a repeated call");
  }

  @Test
  void aStopThatWaits_whileItsServerIsRemoved_isSealed() throws Exception {
    server.append(2);
    server.startPipeline();
    server.drain();
    SpoolIndex end = server.spool().durable().next();
    server.closePipeline();
    server.stopReceiver();
    write(ServerState.DRAINED);
    Pipeline pipeline = server.startPipeline();
    CompletableFuture<AdminApi.Sealed> reply = server.seal(end, SealTrigger.STOP);
    assertFalse(reply.isDone());
    server.runUntil("the end", pipeline::isEnded);
    server.closePipeline();
    assertEquals(new AdminApi.Sealed("sealed", 0, 0, null), reply.get());
  }

  @Test
  void aStopThatWaits_whileItsServerIsDiscarded_isNotSealed() throws Exception {
    server.append(2);
    SpoolIndex end = server.spool().durable().next();
    server.startPipeline();
    server.closePipeline();
    server.stopReceiver();
    FolderNote.discarded(server.folder).set("2 entries");
    write(ServerState.DRAINED);
    Pipeline pipeline = server.startPipeline();
    CompletableFuture<AdminApi.Sealed> waiting = server.seal(end, SealTrigger.STOP);
    server.runUntil("the end", pipeline::isEnded);
    CompletableFuture<AdminApi.Sealed> late = server.seal(end, SealTrigger.STOP);
    server.closePipeline();
    assertEquals("error", waiting.get().status());
    assertEquals("error", late.get().status());
  }

  @Test
  void aRemovalThatFails_isNoAnswer_andIsTriedAgain() throws Exception {
    server.append(2);
    Pipeline pipeline = drainedWithoutItsRemoval();
    Path inTheWay = server.data.quarantine();
    Files.createDirectories(server.folder.quarantine());
    Files.writeString(inTheWay, "a file in the place of a folder");
    assertInstanceOf(Outcome.NotNow.class, takeUp(pipeline));
    assertEquals(ServerState.DRAINED, state());
    Files.delete(inTheWay);
    assertEquals(GONE, takeUp(pipeline));
  }

  @Test
  void aProcessThatDiedRightAfterIt_servesAgain() throws Exception {
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    write(ServerState.STOPPING);
    assertEquals(TAKEN, takeUp(pipeline));
    server.crashPipeline();
    server.restartReceiver();
    server.append(1);
    Pipeline again = server.startPipeline();
    again.accept(new PipelineCommand.LookAtServer());
    server.drain();
    server.steps(20);
    assertFalse(again.isEnded());
    assertEquals(TAKEN, takeUp(again));
    server.assertExactlyOnce();
  }

  @Test
  void aCallerThatGaveUp_changesNothing() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    write(ServerState.STOPPING);
    CompletableFuture<Outcome<AdminApi.TakenUp>> reply = new CompletableFuture<>();
    reply.cancel(false);
    pipeline.accept(new PipelineCommand.TakeUp(reply));
    assertEquals(ServerState.STOPPING, state());
  }

  /** The process died when the file said drained, and not more. */
  private Pipeline drainedWithoutItsRemoval() throws Exception {
    server.startPipeline();
    server.drain();
    server.closePipeline();
    server.stopReceiver();
    write(ServerState.DRAINED);
    return server.startPipeline();
  }

  private static Outcome<AdminApi.TakenUp> takeUp(Pipeline pipeline) throws Exception {
    CompletableFuture<Outcome<AdminApi.TakenUp>> reply = new CompletableFuture<>();
    PipelineCommand command = new PipelineCommand.TakeUp(reply);
    if (pipeline.isEnded()) {
      pipeline.refuse(command);
    } else {
      pipeline.accept(command);
    }
    return reply.get();
  }

  private void write(ServerState state) throws Exception {
    StopTest.file(server, state).write(server.folder);
  }

  private ServerState state() throws Exception {
    return ServerFile.read(server.folder).state();
  }
}
