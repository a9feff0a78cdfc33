package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.sink.CatalogKind;
import io.duckspool.writer.sink.Commit;
import io.duckspool.writer.sink.LedgerMove;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import io.duckspool.writer.sink.TablesAhead;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a pipeline goes on when some tables of its target are further than others. */
final class TablesAheadTest {

  @TempDir Path temp;
  private PipelineHarness server;
  private final List<SpoolIndex> entries = new ArrayList<>();
  private LedgerRow start;
  private SplitSink sink;

  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
    start = server.ledger();
    sink = new SplitSink(server.sink);
    server.sink = new FaultySink(sink);
    entries.add(server.append(2));
    entries.add(server.appendSpans(1));
    entries.add(server.append(1));
    entries.add(server.appendSpans(2));
    entries.add(server.append(1));
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void rowsGoOnlyToTheTablesThatLackThem_andTheBatchEndsWhereTheInterruptedOneDid()
      throws Exception {
    sink.ahead = Optional.of(ahead(3, Map.of("otlp_logs", entries.get(3))));
    server.startPipeline();
    server.drain();

    assertEquals(server.sent.subList(3, 4), server.storedIds());
    assertEquals(List.of("span-0", "span-1", "span-2"), server.storedSpans());
    LedgerMove completed = server.sink.commits().get(0);
    assertEquals(entries.get(3), completed.next().next());
    assertEquals(SealTrigger.REPLAY, completed.trigger());
    assertEquals(List.of(3L, 0L), sink.skippedLogs);
  }

  @Test
  void untilItIsCompleted_whatTheFurthestTableHasIsNotCommitted() throws Exception {
    sink.ahead = Optional.of(ahead(3, Map.of("otlp_logs", entries.get(3))));
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 3);
    Pipeline pipeline = server.startPipeline();
    server.runUntil("3 failures", () -> pipeline.snapshot().sealFailuresTotal() == 3);

    assertEquals(0, pipeline.snapshot().committed().entries());
    server.drain();
    assertEquals(5, pipeline.snapshot().committed().entries());
  }

  @Test
  void whatTheCheckpointSaysIsInAllTables_isNotReadAgain() throws Exception {
    server.startPipeline();
    server.drain();
    server.closePipeline();
    LedgerRow done = server.ledger();
    sink.ahead =
        Optional.of(
            new TablesAhead(
                done.position(), done.runId(), Map.of("otlp_logs", done.position().next())));
    int before = server.sink.commits().size();
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    server.steps(20);

    assertEquals(5, pipeline.snapshot().committed().entries());
    assertEquals(before, server.sink.commits().size());
    server.assertExactlyOnce();
  }

  /** The target has so many entries in some of its tables. */
  private TablesAhead ahead(int count, Map<String, SpoolIndex> next) throws Exception {
    try (var tailer = server.store.openForRead(server.folder.path(), server.spoolId, run -> true)) {
      SpoolPosition position = tailer.positionAt(entries.get(count)).orElseThrow();
      return new TablesAhead(position, start.runId(), next);
    }
  }

  /** A real target whose ledger says that some tables are further. */
  private static final class SplitSink implements Sink {

    private final Sink real;
    private final List<Long> skippedLogs = new ArrayList<>();
    private Optional<TablesAhead> ahead = Optional.empty();

    SplitSink(Sink real) {
      this.real = real;
    }

    @Override
    public Optional<LedgerRow> readLedger(String spoolId) throws SinkException {
      return real.readLedger(spoolId)
          .map(
              row ->
                  ahead.isEmpty() || row.position().compareTo(ahead.get().position()) > 0
                      ? row
                      : new LedgerRow(
                          row.spoolId(),
                          row.listenUri(),
                          row.runId(),
                          row.position(),
                          row.seals(),
                          row.updatedAt(),
                          ahead));
    }

    @Override
    public Commit commit(SealedBatch batch, LedgerMove move) throws SinkException {
      Commit commit = real.commit(batch, move);
      skippedLogs.add(batch.skippedRows(io.duckspool.common.otlp.OtlpTable.LOGS));
      return commit;
    }

    @Override
    public String target() {
      return real.target();
    }

    @Override
    public String catalogName() {
      return real.catalogName();
    }

    @Override
    public CatalogKind kind() {
      return real.kind();
    }

    @Override
    public LedgerRow prepare(LedgerRow first) throws SinkException {
      return real.prepare(first);
    }

    @Override
    public void check() throws SinkException {
      real.check();
    }

    @Override
    public void setLedger(LedgerRow row) throws SinkException {
      real.setLedger(row);
    }

    @Override
    public boolean removeLedger(String spoolId) throws SinkException {
      return real.removeLedger(spoolId);
    }

    @Override
    public void maintain() throws SinkException {
      real.maintain();
    }

    @Override
    public void close() {
      real.close();
    }
  }
}
