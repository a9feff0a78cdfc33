package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Seals go on while there are queries: how long the write-ahead log becomes. */
final class LogBoundTest {

  private static final int ROWS = 20_000;

  private static final String ENDLESS =
      "SELECT count(*) FROM range(100000000) a, range(100000) b, (SELECT count(*) FROM otlp_logs)"
          + " WHERE a.range % 7 = b.range % 5";

  private static final SqlRunner.Limits LIMITS = new SqlRunner.Limits(1000, 1 << 20, 120_000);

  @TempDir Path folder;
  private DuckDbDatabase database;
  private DuckDbSettings settings;
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger cancelled = new AtomicInteger();

  @BeforeEach
  void open() throws Exception {
    settings =
        new DuckDbSettings(
            Optional.of(folder.resolve("otlp.duckdb")),
            64L << 20,
            2,
            folder.resolve("tmp"),
            Optional.empty(),
            false,
            Optional.empty());
    database = DuckDbDatabase.open(settings, InstantSource.system(), System::nanoTime);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void overlappingQueries_areKeptOutForAMoment_andNoneIsCancelled() throws Exception {
    long longest = sealWhile("SELECT count(DISTINCT body) FROM otlp_logs", 24);
    assertBounded(longest);
    assertTrue(answered.get() > 0, "no query got its turn");
    assertEquals(0, cancelled.get());
  }

  @Test
  void queriesThatDoNotEnd_areCancelled() throws Exception {
    long longest = sealWhile(ENDLESS, 24);
    assertBounded(longest);
    assertTrue(cancelled.get() > 0);
  }

  @Test
  void afterACommitThatCheckpointed_theBoundsAreTheFirstOnes() throws Exception {
    Path log = folder.resolve("small.duckdb.wal");
    LogBound bound = new LogBound(folder.resolve("small.duckdb"), 1000);
    QueryGate queries = new QueryGate();
    RunningQuery query = queries.enter();
    try (Session session = database.openSession()) {
      Files.write(log, new byte[3900]);
      bound.keep(session, queries, "otlp");
      assertTrue(query.ending().isEmpty());
      // Only from 4,400 bytes on would it try again, were it not for the checkpoint.
      Files.delete(log);
      bound.keep(session, queries, "otlp");
      Files.write(log, new byte[4100]);
      bound.keep(session, queries, "otlp");
      assertTrue(query.ending().isPresent());
    }
  }

  private void assertBounded(long longest) {
    long checkpoint = DuckDbInstance.checkpointBytes(settings);
    assertTrue(longest > 0);
    assertTrue(longest < 5 * checkpoint, "the log had " + longest + " bytes");
  }

  /** Seals so often while two threads ask; returns the longest log after a seal. */
  private long sealWhile(String query, int seals) throws Exception {
    Path log = folder.resolve("otlp.duckdb.wal");
    long longest = 0;
    List<CompletableFuture<Void>> askers = new ArrayList<>();
    try (BatchMemory memory = new BatchMemory(64 << 20, 32 << 20);
        Batch batch = memory.openBatch();
        Sink sink = database.sink(Target.ofDefaultDatabase("main"))) {
      sink.prepare(SinkContract.first());
      for (int i = 0; i < QueryGate.MAX_QUERIES; i++) {
        askers.add(CompletableFuture.runAsync(() -> ask(query)));
      }
      for (int i = 0; i < seals; i++) {
        batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, 0, ROWS, visitor));
        try (SealedBatch sealed = batch.seal()) {
          sink.commit(sealed, SinkContract.move(i, i + 1));
        }
        longest = Math.max(longest, Files.exists(log) ? Files.size(log) : 0);
      }
    } finally {
      stop.set(true);
      for (CompletableFuture<Void> asker : askers) {
        asker.get(60, TimeUnit.SECONDS);
      }
    }
    return longest;
  }

  private void ask(String query) {
    while (!stop.get()) {
      try {
        long unused =
            database
                .sqlRunner()
                .run(
                    query,
                    SqlRunner.Format.JSON,
                    LIMITS,
                    OutputStream.nullOutputStream(),
                    stop::get);
        answered.incrementAndGet();
      } catch (QueryException e) {
        if (e.reason().contains("the log of the database")) {
          cancelled.incrementAndGet();
        }
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
