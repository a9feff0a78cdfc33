package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.SpoolIndex;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A kept spool is given up: it goes with what is not committed, its quarantine stays. */
final class DiscardTest {

  @TempDir Path temp;
  private PipelineHarness server;
  private SpoolIndex bad;

  /** A stopped server: three rows committed, one in quarantine, two entries of five rows kept. */
  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
    server.append(3);
    bad = server.appendGarbage(1);
    server.startPipeline();
    server.drain();
    server.closePipeline();
    server.append(2);
    server.append(3);
    server.stopReceiver();
    write(ServerState.STOPPING);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsNotCommittedIsCounted_andTheTargetNeedNotAnswer(boolean isDown) throws Exception {
    server.sink.goDown(isDown);
    Pipeline pipeline = server.startPipeline();
    assertEquals(
        new Outcome.Done<>(new AdminApi.Discarded(PipelineHarness.URI, server.spoolId, 2, 5)),
        discard(pipeline));
    assertTrue(pipeline.isEnded());
    assertGone();
    assertEquals(3, server.storedIds().size());
    server.sink.goDown(false);
    assertEquals(isDown, server.sink.readLedger(server.spoolId).isPresent());
  }

  @Test
  void aServerThatServes_isLeftAlone() throws Exception {
    write(ServerState.SERVING);
    Pipeline pipeline = server.startPipeline();
    Outcome<AdminApi.Discarded> refused = discard(pipeline);
    assertTrue(
        assertInstanceOf(Outcome.Refused.class, refused).reason().contains("otlp:localhost:4318"));
    server.startReceiver();
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aPausedServer_isDiscardedToo() throws Exception {
    Pipeline pipeline = server.startPipeline();
    pipeline.accept(new PipelineCommand.Pause(new CompletableFuture<>()));
    assertInstanceOf(Outcome.Done.class, discard(pipeline));
    assertGone();
  }

  /** What a process that died leaves, step by step. */
  enum Step {
    NOTED,
    DRAINED_WRITTEN,
    QUARANTINE_MOVED,
    FOLDER_RENAMED,
    FOLDER_HALF_DELETED,
    SERVER_FILE_DELETED
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void eachStepIsRepeatedAfterACrash_withATargetThatIsAway(Step last) throws Exception {
    for (Step step : Step.values()) {
      if (step.ordinal() <= last.ordinal()) {
        leave(step);
      }
    }
    server.sink.goDown(true);
    if (server.data.listServers().isEmpty()) {
      new ServerScan(server.data, server.noPipelines()).scan();
    } else {
      Pipeline pipeline = server.startPipeline();
      server.runUntil("the end", pipeline::isEnded);
    }
    assertGone();
    server.sink.goDown(false);
    assertEquals(3, server.storedIds().size(), "nothing was committed after all");
  }

  private void leave(Step step) throws Exception {
    ServerFolder gone = server.data.gone(server.spoolId);
    Path kept = server.data.quarantine().resolve(server.spoolId);
    switch (step) {
      case NOTED -> FolderNote.discarded(server.folder).set("2 entries");
      case DRAINED_WRITTEN -> write(ServerState.DRAINED);
      case QUARANTINE_MOVED -> {
        Files.createDirectories(kept.getParent());
        Files.move(server.folder.quarantine(), kept);
      }
      case FOLDER_RENAMED -> Files.move(server.folder.path(), gone.path());
      case FOLDER_HALF_DELETED -> Files.delete(gone.path().resolve("durable.ckpt"));
      case SERVER_FILE_DELETED -> Files.delete(gone.serverFile());
    }
  }

  private void assertGone() throws Exception {
    assertFalse(Files.exists(server.folder.path()));
    assertEquals(List.of(), server.data.listGone());
    Path kept = server.data.quarantine().resolve(server.spoolId);
    assertEquals(
        Optional.of(bad + ".quarantined"),
        Optional.of(kept.resolve(bad + ".quarantined"))
            .filter(Files::exists)
            .map(file -> file.getFileName().toString()));
  }

  private static Outcome<AdminApi.Discarded> discard(Pipeline pipeline) throws Exception {
    CompletableFuture<Outcome<AdminApi.Discarded>> reply = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.Discard(reply));
    return reply.get();
  }

  private void write(ServerState state) throws Exception {
    StopTest.file(server, state).write(server.folder);
  }
}
