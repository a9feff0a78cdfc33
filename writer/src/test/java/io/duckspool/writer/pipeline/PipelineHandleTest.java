package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.sink.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asking a pipeline that is busy with its target, or has ended. */
final class PipelineHandleTest {

  @TempDir Path temp;
  private final CountDownLatch gate = new CountDownLatch(1);
  private PipelineHarness server;
  private PipelineHandle handle;
  private SpoolIndex end;

  /** One row is to be sealed, and the target doesn't answer. */
  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
    server.append(1);
    end = server.spool().durable().next();
    server.sink.waitFor(gate);
    PipelineSettings settings =
        new PipelineSettings(
            server.spoolId, PipelineHarness.URI, server.folder, server.limits, 1 << 20, false);
    handle =
        new PipelineHandle(
            settings,
            Target.ofDefaultDatabase("main"),
            new PipelineThread("test", server.startPipeline()));
    handle.thread().start();
  }

  @AfterEach
  void close() throws Exception {
    gate.countDown();
    handle.thread().abandon(30_000);
    server.close();
  }

  @Test
  void aFullMailboxIsSaid_andAllThatFitIsAnswered() throws Exception {
    List<CompletableFuture<AdminApi.Sealed>> replies = new ArrayList<>();
    CompletableFuture<AdminApi.Sealed> reply = new CompletableFuture<>();
    while (handle.thread().offer(new PipelineCommand.Seal(end, SealTrigger.FLUSH, reply))) {
      replies.add(reply);
      reply = new CompletableFuture<>();
      // The thread may take one out before it meets the target that doesn't answer.
      assertTrue(replies.size() <= PipelineThread.MAILBOX_SIZE + 1);
    }
    assertTrue(replies.size() >= PipelineThread.MAILBOX_SIZE);
    assertEquals("too many requests wait already", flush(1_000L).error());
    gate.countDown();
    for (CompletableFuture<AdminApi.Sealed> each : replies) {
      assertEquals("sealed", each.get(30, TimeUnit.SECONDS).status());
    }
    server.assertExactlyOnce();
  }

  @Test
  void aTimeoutIsSaid_andTheCallLeavesNoTrace() throws Exception {
    AdminApi.Sealed late = flush(20L);
    assertEquals("error", late.status());
    assertEquals("not done within 20 ms", late.error());
    CompletableFuture<Outcome<AdminApi.Discarded>> reply = new CompletableFuture<>();
    Outcome<AdminApi.Discarded> outcome =
        handle.ask(new PipelineCommand.Discard(reply), reply, 20L, Outcome.NotNow::new);
    assertEquals(new Outcome.NotNow<>("not done within 20 ms"), outcome);
    gate.countDown();
    AdminApi.Sealed sealed = flush(null);
    assertEquals(new AdminApi.Sealed("sealed", 1, 1, null), sealed);
    assertTrue(handle.thread().isAlive());
  }

  @Test
  void aPipelineThatEnds_answersWhoWaits_andWhoComesLater() throws Exception {
    CompletableFuture<AdminApi.Sealed> waiting = CompletableFuture.supplyAsync(this::flush);
    gate.countDown();
    assertEquals("sealed", waiting.get(30, TimeUnit.SECONDS).status());
    handle.thread().abandon(30_000);
    assertFalse(handle.thread().isAlive());
    assertEquals("the pipeline has ended", flush(null).error());
    CompletableFuture<Outcome<AdminApi.TakenUp>> reply = new CompletableFuture<>();
    Outcome<AdminApi.TakenUp> outcome =
        handle.ask(new PipelineCommand.TakeUp(reply), reply, null, Outcome.NotNow::new);
    assertEquals(
        "the pipeline has ended", assertInstanceOf(Outcome.NotNow.class, outcome).reason());
  }

  private AdminApi.Sealed flush() {
    try {
      return flush(null);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private AdminApi.Sealed flush(@Nullable Long timeoutMillis) throws InterruptedException {
    CompletableFuture<AdminApi.Sealed> reply = new CompletableFuture<>();
    return handle.ask(
        new PipelineCommand.Seal(end, SealTrigger.FLUSH, reply),
        reply,
        timeoutMillis,
        reason -> new AdminApi.Sealed("error", 0, 0, reason));
  }
}
