package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealTrigger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A flush: one attempt at everything before its index, and a count that is exact. */
final class FlushTest {

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

  /** What the pipeline is at when the flush comes, and the answer to it. */
  enum Moment {
    EMPTY("sealed", 0, null),
    ALL_COMMITTED("sealed", 0, null),
    SOME_COMMITTED("sealed", 5, null),
    MORE_BEHIND_ITS_INDEX("sealed", 3, null),
    ITS_INDEX_IS_COMMITTED("sealed", 0, null),
    A_BATCH_IS_FROZEN("sealed", 7, null),
    ENTRIES_ARE_IN_THE_BATCH("sealed", 3, null),
    IN_A_LATER_SEGMENT("sealed", 7, null),
    AN_ENTRY_CAN_NOT_BE_DECODED("sealed", 6, null),
    AN_ENTRY_IS_REFUSED_BY_THE_TARGET("sealed", 4, null),
    THE_TARGET_WAS_NOT_ASKED_YET("sealed", 3, null),
    A_COMMIT_HAS_NO_ANSWER_BUT_IS_APPLIED("sealed", 3, null),
    A_COMMIT_HAS_NO_ANSWER_AND_IS_NOT_APPLIED("error", 0, "unknown on purpose"),
    THE_TARGET_IS_AWAY("error", 0, "down on purpose"),
    THE_TARGET_IS_AWAY_FROM_THE_START("error", 0, "down on purpose"),
    THE_TARGET_REFUSES("error", 0, "refused on purpose"),
    THE_TARGET_REFUSED_BEFORE("error", 0, "refused on purpose");

    private final String status;
    private final long rows;
    private final String error;

    Moment(String status, long rows, String error) {
      this.status = status;
      this.rows = rows;
      this.error = error;
    }
  }

  @ParameterizedTest
  @EnumSource(Moment.class)
  void theAnswerIsExact_andEverythingIsStoredOnceInTheEnd(Moment moment) throws Exception {
    CompletableFuture<AdminApi.Sealed> reply = flushAt(moment);
    int attemptsBefore = server.sink.attempts();
    server.runUntil("an answer", reply::isDone);
    AdminApi.Sealed sealed = reply.get();
    assertEquals(moment.status, sealed.status());
    assertEquals(moment.rows, sealed.sealedRows());
    assertEquals(moment.error, sealed.error());
    assertEquals(server.running.orElseThrow().snapshot().sealsTotal(), sealed.sealsTotal());
    if (moment.error != null) {
      assertTrue(server.sink.attempts() - attemptsBefore <= 1, "one attempt");
    }
    server.sink.goDown(false);
    server.sink.failCommits(FaultySink.Fault.NONE, 0);
    server.drain();
    server.assertExactlyOnce();
  }

  private CompletableFuture<AdminApi.Sealed> flushAt(Moment moment) throws Exception {
    if (moment == Moment.THE_TARGET_WAS_NOT_ASKED_YET) {
      server.append(3);
      server.startPipeline();
      return flushAll();
    }
    if (moment == Moment.THE_TARGET_IS_AWAY_FROM_THE_START) {
      server.append(3);
      server.sink.goDown(true);
      server.startPipeline();
      server.steps(1);
      return flushAll();
    }
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    switch (moment) {
      case EMPTY -> {}
      case ALL_COMMITTED -> {
        server.append(3);
        server.drain();
      }
      case SOME_COMMITTED -> {
        server.append(2);
        server.drain();
        server.append(1);
        server.append(4);
      }
      case MORE_BEHIND_ITS_INDEX -> {
        server.append(3);
        SpoolIndex index = end();
        server.append(4);
        return server.flush(index);
      }
      case ITS_INDEX_IS_COMMITTED -> {
        server.append(3);
        SpoolIndex index = end();
        server.append(1);
        server.drain();
        server.append(4);
        return server.flush(index);
      }
      case A_BATCH_IS_FROZEN -> {
        SpoolIndex first = server.append(3);
        server.flush(end());
        server.runUntil("a frozen batch", () -> server.isAboutToCommit(first));
        server.append(4);
      }
      case ENTRIES_ARE_IN_THE_BATCH -> {
        server.append(3);
        server.runUntil("an entry in hand", () -> pipeline.snapshot().bufferedBytes() > 0);
      }
      case IN_A_LATER_SEGMENT -> {
        server.append(3);
        server.restartReceiver();
        server.append(4);
      }
      case AN_ENTRY_CAN_NOT_BE_DECODED -> {
        server.append(4);
        server.appendGarbage(2);
      }
      case AN_ENTRY_IS_REFUSED_BY_THE_TARGET -> {
        server.append(3);
        SpoolIndex bad = server.appendPayload(1, PipelineHarness.logs(List.of("bad"), 0));
        server.sink.refuse(
            (move, batch) ->
                server.isAboutToCommit(bad)
                    && batch.rows() > 0
                    && move.next().next().compareTo(bad) > 0
                    && isNotYetQuarantined());
      }
      case A_COMMIT_HAS_NO_ANSWER_BUT_IS_APPLIED -> {
        server.append(3);
        server.sink.failCommits(FaultySink.Fault.UNKNOWN_BUT_APPLIED, 1);
      }
      case A_COMMIT_HAS_NO_ANSWER_AND_IS_NOT_APPLIED -> {
        server.append(3);
        server.sink.failCommits(FaultySink.Fault.UNKNOWN_NOT_APPLIED, 1);
      }
      case THE_TARGET_IS_AWAY -> {
        server.append(3);
        server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 1);
      }
      case THE_TARGET_REFUSES -> {
        server.append(3);
        server.sink.failCommits(FaultySink.Fault.REFUSED, 1);
      }
      case THE_TARGET_REFUSED_BEFORE -> {
        server.append(3);
        server.sink.failCommits(FaultySink.Fault.REFUSED, 1);
        server.runUntilState(PipelineState.TARGET_REFUSED);
      }
      case THE_TARGET_WAS_NOT_ASKED_YET, THE_TARGET_IS_AWAY_FROM_THE_START ->
          throw new IllegalStateException("dealt with above");
    }
    return flushAll();
  }

  @Test
  void aHundredFlushesAtOnce_shareASeal() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    List<CompletableFuture<AdminApi.Sealed>> replies = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      server.append(1);
      replies.add(flushAll());
    }
    server.runUntil("the last answer", replies.get(99)::isDone);
    for (int i = 0; i < 100; i++) {
      assertEquals(new AdminApi.Sealed("sealed", i + 1, 1, null), replies.get(i).get());
    }
    assertEquals(1, pipeline.snapshot().sealsTotal());
  }

  @Test
  void moreFlushesThanMayWait_areToldSo() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    server.append(1);
    List<CompletableFuture<AdminApi.Sealed>> replies = new ArrayList<>();
    for (int i = 0; i <= PendingSeals.MAX_PENDING; i++) {
      replies.add(flushAll());
    }
    assertEquals(
        "too many flushes wait already: 1024",
        replies.get(PendingSeals.MAX_PENDING).getNow(null).error());
    server.runUntil("an answer", replies.get(0)::isDone);
    assertEquals(
        Set.of("sealed"),
        replies.subList(0, PendingSeals.MAX_PENDING).stream()
            .map(reply -> reply.getNow(null).status())
            .collect(Collectors.toSet()));
    assertEquals(1, pipeline.snapshot().sealsTotal());
  }

  @Test
  void aCallerThatGaveUp_isForgotten_andTheBatchGrowsOn() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    server.append(1);
    CompletableFuture<AdminApi.Sealed> reply = flushAll();
    reply.cancel(false);
    server.steps(20);
    assertEquals(0, pipeline.snapshot().sealsTotal());
  }

  @Test
  void flushesAndAStopAtOnce_areAllAnswered_whicheverComesFirst() throws Exception {
    StopTest.file(server, ServerState.SERVING).write(server.folder);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    server.append(2);
    CompletableFuture<AdminApi.Sealed> before = flushAll();
    StopTest.file(server, ServerState.STOPPING).write(server.folder);
    SpoolIndex end = end();
    CompletableFuture<AdminApi.Sealed> stop = server.seal(end, SealTrigger.STOP);
    CompletableFuture<AdminApi.Sealed> after = server.flush(end);
    server.runUntil("the end", pipeline::isEnded);
    for (CompletableFuture<AdminApi.Sealed> reply : List.of(before, stop, after)) {
      assertEquals(new AdminApi.Sealed("sealed", 2, 1, null), reply.getNow(null));
    }
    // This one was on its way when the server went: all that it asks for is committed.
    CompletableFuture<AdminApi.Sealed> late = new CompletableFuture<>();
    pipeline.refuse(new PipelineCommand.Seal(end, SealTrigger.FLUSH, late));
    assertEquals(new AdminApi.Sealed("sealed", 0, 1, null), late.getNow(null));
    server.assertExactlyOnce();
  }

  @Test
  void aFlushOfAPipelineThatEndsWithItsWriter_isAnError() throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.append(1);
    server.sink.goDown(true);
    pipeline.accept(new PipelineCommand.ShutDown());
    server.runUntil("the end", pipeline::isEnded);
    CompletableFuture<AdminApi.Sealed> late = new CompletableFuture<>();
    pipeline.refuse(new PipelineCommand.Seal(end(), SealTrigger.FLUSH, late));
    assertEquals("the pipeline has ended", late.getNow(null).error());
    assertFalse(late.getNow(null).status().equals("sealed"));
  }

  private boolean isNotYetQuarantined() {
    return server.running.orElseThrow().snapshot().quarantinedEntries() == 0;
  }

  private CompletableFuture<AdminApi.Sealed> flushAll() {
    return server.flush(end());
  }

  private SpoolIndex end() {
    return server.spool().durable().next();
  }
}
