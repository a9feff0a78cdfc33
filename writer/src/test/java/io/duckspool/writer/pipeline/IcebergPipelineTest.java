package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.servers.HttpProxy;
import io.duckspool.writer.servers.HttpProxy.Answer;
import io.duckspool.writer.servers.HttpProxy.Request;
import io.duckspool.writer.servers.IcebergRig;
import io.duckspool.writer.sink.DuckDbDatabase;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pipeline into an Iceberg catalog, whatever becomes of its requests: nothing lost or doubled.
 */
final class IcebergPipelineTest {

  private static final String COMMIT = "/v1/transactions/commit";
  private static final int MAX_REQUESTS = 300;

  private final IcebergRig rig = IcebergRig.shared();

  @TempDir Path folder;
  private final String schema = rig.newSchema();
  private PipelineHarness server;

  @BeforeEach
  void open() throws Exception {
    // DuckDB's own repetitions would hide most faults, and take their time.
    DuckDbDatabase database =
        DuckDbDatabase.open(
            rig.settings(folder, Map.of(), Optional.of("SET GLOBAL http_retries = 0")),
            InstantSource.system(),
            System::nanoTime);
    server =
        PipelineHarness.open(
            folder,
            "localhost_4318",
            database,
            new Target(IcebergRig.CATALOG, schema, true, false, Optional.empty()));
    server.limits = new SealLimits(64L << 20, 1_000, 1 << 20, 1_000);
  }

  @AfterEach
  void close() throws Exception {
    rig.proxy().follow(HttpProxy.Script.PASS);
    server.close();
  }

  @Test
  void anyRequestMayBeCutOff() throws Exception {
    Cut cut;
    int n = 0;
    do {
      cut = new Cut(++n, false);
      round(cut);
    } while (cut.isReached && n < MAX_REQUESTS);
    assertTrue(n > 30 && n < MAX_REQUESTS, "requests: " + n);
  }

  @Test
  void anyCommitMayBeAppliedWithoutAnAnswer() throws Exception {
    Cut cut;
    int n = 0;
    do {
      cut = new Cut(++n, true);
      round(cut);
    } while (cut.isReached && n < MAX_REQUESTS);
    assertTrue(n > 1 && n < MAX_REQUESTS, "commits: " + n);
  }

  @Test
  void aCommitMayReachAnyOfItsTables_andTheProcessMayDieThen() throws Exception {
    for (Set<String> lost :
        List.of(Set.of("otlp_logs"), Set.of("otlp_traces"), Set.of("otlp_logs", "otlp_traces"))) {
      for (boolean dies : new boolean[] {false, true}) {
        server.append(2);
        server.appendSpans(2);
        server.append(1);
        Pipeline pipeline = server.startPipeline();
        server.runUntilState(PipelineState.RUNNING);
        List<Request> commits = new ArrayList<>();
        rig.proxy()
            .follow(
                (request, upstream) -> {
                  if (!request.isPost(COMMIT)) {
                    return upstream.send(request);
                  }
                  commits.add(request);
                  return rig.proxy()
                      .sendTableByTable(request, commits.size() > 1 ? Set.of() : lost);
                });
        server.runUntil("a commit", () -> !commits.isEmpty());
        if (dies) {
          server.crashPipeline();
          server.openSinkAnew();
          pipeline = server.startPipeline();
        }
        server.drain();
        assertEquals(PipelineState.RUNNING, pipeline.snapshot().state());
        server.closePipeline();
        rig.proxy().follow(HttpProxy.Script.PASS);
        server.assertExactlyOnce();
      }
    }
    assertEquals(server.spool().durable(), server.ledger().furthest().position());
  }

  @Test
  void untilAllTablesHaveASeal_itIsNotCommitted() throws Exception {
    server.append(2);
    server.appendSpans(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    long before = pipeline.snapshot().committed().entries();
    rig.proxy()
        .follow(
            (request, upstream) ->
                request.isPost(COMMIT)
                    ? rig.proxy().sendTableByTable(request, Set.of("otlp_traces"))
                    : upstream.send(request));
    server.runUntil("a failure", () -> pipeline.snapshot().sealFailuresTotal() > 0);
    assertEquals(2, server.storedIds().size());
    assertEquals(0, server.storedSpans().size());
    assertEquals(before, pipeline.snapshot().committed().entries());
    rig.proxy().follow(HttpProxy.Script.PASS);
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aCommitThatIsAppliedLate_isNotTaken_andThePipelineGoesOn() throws Exception {
    server.append(2);
    server.appendSpans(1);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    List<Request> held = new ArrayList<>();
    rig.proxy()
        .follow(
            (request, upstream) -> {
              if (!request.isPost(COMMIT) || held.size() == 3) {
                return upstream.send(request);
              }
              held.add(request);
              return Answer.CUT;
            });
    server.drain();
    assertEquals(3, held.size());
    for (Request request : held) {
      assertEquals(409, rig.proxy().send(request).status());
    }
    server.append(1);
    server.appendSpans(1);
    server.drain();
    assertEquals(PipelineState.RUNNING, pipeline.snapshot().state());
    server.assertExactlyOnce();
  }

  @Test
  void whatThePredecessorHadSentWhenItDied_mayBeAppliedAfterTheNextStart() throws Exception {
    server.append(1);
    server.appendSpans(1);
    server.startPipeline();
    server.drain();
    server.append(2);
    server.appendSpans(2);
    List<Request> held = new ArrayList<>();
    rig.proxy()
        .follow(
            (request, upstream) -> {
              if (!request.isPost(COMMIT)) {
                return upstream.send(request);
              }
              held.add(request);
              return Answer.CUT;
            });
    server.runUntil("a commit", () -> !held.isEmpty());
    server.crashPipeline();
    rig.proxy().follow(HttpProxy.Script.PASS);
    server.openSinkAnew();
    Pipeline next = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    assertEquals(204, rig.proxy().send(held.get(0)).status());
    server.append(1);
    server.drain();
    assertEquals(PipelineState.RUNNING, next.snapshot().state());
    server.assertExactlyOnce();
  }

  @Test
  void aSecondWriterOnTheSpool_isFenced_andStopsWithItsMessage() throws Exception {
    server.append(1);
    Pipeline one = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    server.openSinkAnew();
    Pipeline two = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    server.appendSpans(1);
    server.drain();
    for (int i = 0; i < 1_000 && one.snapshot().state() != PipelineState.TARGET_REFUSED; i++) {
      server.clock.advanceMillis(one.doWork());
    }
    assertEquals(PipelineState.TARGET_REFUSED, one.snapshot().state());
    assertTrue(
        String.valueOf(one.snapshot().lastError())
            .startsWith("another writer commits this spool: ledger of ice."),
        String.valueOf(one.snapshot().lastError()));
    one.close();
    server.append(1);
    server.drain();
    assertEquals(PipelineState.RUNNING, two.snapshot().state());
    server.assertExactlyOnce();
  }

  @Test
  void withoutTheCheckpoint_theLastSealIsReadAgain_fromWhatRetentionLeft() throws Exception {
    server.append(2);
    server.appendSpans(1);
    server.startPipeline();
    server.drain();
    server.restartReceiver();
    server.append(3);
    server.drain();
    server.append(1);
    server.drain();
    server.closePipeline();
    LedgerRow row = server.ledger();
    assertTrue(row.ahead().isPresent());
    Files.delete(server.folder.path().resolve("committed.ckpt"));
    server.restartReceiver();
    server.openSinkAnew();
    Pipeline pipeline = server.startPipeline();
    server.drain();
    assertEquals(4, pipeline.snapshot().committed().entries());
    server.assertExactlyOnce();
    assertEquals(row.seals(), server.ledger().seals(), "nothing was written");
  }

  @Test
  void sealsOfQuarantinedEntriesAlone_moveTheLedger_andTheirSegmentsMayGo() throws Exception {
    server.append(1);
    server.startPipeline();
    server.drain();
    for (int i = 0; i < 3; i++) {
      server.appendGarbage(1);
      server.drain();
      server.restartReceiver();
    }
    server.appendSpans(1);
    server.closePipeline();
    server.openSinkAnew();
    Pipeline pipeline = server.startPipeline();
    server.drain();
    assertEquals(PipelineState.RUNNING, pipeline.snapshot().state());
    assertEquals(3, server.quarantined().size());
    server.assertExactlyOnce();
  }

  @Test
  void aStoppedServer_leavesItsRowsAlone_andNothingElse() throws Exception {
    server.append(2);
    server.startPipeline();
    server.drain();
    assertTrue(server.sink.removeLedger(server.spoolId));
    assertEquals(Optional.empty(), server.sink.readLedger(server.spoolId));
    server.assertExactlyOnce();
    for (String table : List.of("otlp_logs", "otlp_traces", "otlp_metrics_sum")) {
      Map<String, String> properties = rig.properties(schema, table);
      assertTrue(
          properties.keySet().stream().noneMatch(key -> key.startsWith("duckspool.")),
          properties::toString);
    }
  }

  /** A few entries of both tables, through a pipeline of its own. */
  private void round(Cut cut) throws Exception {
    server.append(1);
    server.appendSpans(2);
    server.append(1);
    server.openSinkAnew();
    rig.proxy().follow(cut);
    server.startPipeline();
    server.drain();
    server.closePipeline();
    rig.proxy().follow(HttpProxy.Script.PASS);
    server.assertExactlyOnce();
    assertEquals(server.spool().durable(), server.ledger().furthest().position());
  }

  /** Cuts the Nth request off, or the Nth commit after it was applied. */
  private static final class Cut implements HttpProxy.Script {

    private final boolean isApplied;
    private int left;
    private boolean isReached;

    Cut(int n, boolean isApplied) {
      this.left = n;
      this.isApplied = isApplied;
    }

    @Override
    public synchronized Answer answer(Request request, HttpProxy.Upstream upstream)
        throws IOException {
      if (isApplied && !request.method().equals("POST")) {
        return upstream.send(request);
      }
      if (--left != 0) {
        return upstream.send(request);
      }
      isReached = true;
      if (isApplied) {
        upstream.send(request);
      }
      return Answer.CUT;
    }
  }
}
