package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.sink.store.ObjectStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a sink on plain Parquet files must do beyond the contract of all; a subclass for each store.
 */
abstract class ParquetContract extends SinkContract {

  static final String SCHEMA = "otel \"x\"; drop";

  @TempDir(factory = MemoryDiskFactory.class)
  Path folder;

  final FailingSteps steps = new FailingSteps();
  private DuckDbDatabase database;

  /** Location of the root. */
  abstract String root();

  /** A store on the root. */
  abstract ObjectStore store();

  /** Names of all files below the root, sorted. */
  abstract List<String> names() throws Exception;

  abstract DuckDbSettings settings();

  @Override
  Sink openSink() throws SinkException {
    return openSink(SCHEMA);
  }

  ParquetSink openSink(String schema) throws SinkException {
    return new ParquetSink(
        database(), target(schema, true), "otlp", store(), staging(), steps.io());
  }

  Target target(String schema, boolean createTables) {
    return new Target("", schema, createTables, true, Optional.of(root()));
  }

  Path staging() {
    return folder.resolve("data/staging");
  }

  @Override
  List<List<Object>> rows(OtlpTable table) throws Exception {
    return DuckDbRows.read(database(), SCHEMA, table);
  }

  @Override
  void restart() {
    closeTarget();
  }

  @Override
  void failAtStep(int n) {
    steps.failAt(n);
  }

  @Override
  boolean hasFailed() {
    return steps.hasFailed();
  }

  @Override
  void closeTarget() {
    if (database != null) {
      database.close();
      database = null;
    }
  }

  DuckDbDatabase database() throws SinkException {
    if (database == null) {
      database =
          DuckDbDatabase.open(
              settings()
                  .with(new ParquetSettings(Optional.of(staging()), new TreeSet<>(Set.of(root())))),
              InstantSource.fixed(NOW),
              System::nanoTime,
              steps.sql());
    }
    return database;
  }

  /** Data files below the root. */
  List<String> dataFiles() throws Exception {
    return names().stream().filter(name -> name.endsWith(".parquet")).toList();
  }

  /** Whether nothing is staged. */
  boolean isStagingEmpty() throws Exception {
    if (!Files.isDirectory(staging())) {
      return true;
    }
    try (Stream<Path> all = Files.walk(staging())) {
      return all.noneMatch(Files::isRegularFile);
    }
  }

  /** A batch of logs and spans whose rows are numbered from one on. */
  SealedBatch batch(int firstRow, int rows) throws Exception {
    try (Batch batch = memory.openBatch()) {
      batch.add(1, v -> SampleRows.write(OtlpTable.LOGS, firstRow, firstRow + rows, v));
      batch.add(1, v -> SampleRows.write(OtlpTable.TRACES, firstRow, firstRow + rows, v));
      return batch.seal();
    }
  }

  @Test
  void files_haveTheirNames_andNothingElseIsLeft() throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
      commit(sink, 0, 2, 3);
    }
    long from = index(0).toLong();
    String name = "/01234567-" + from + "-" + (from + 2) + "-";
    List<String> files = dataFiles();
    assertFalse(files.isEmpty());
    for (int i = 0; i < files.size(); i++) {
      assertTrue(
          files
              .get(i)
              .matches("otlp_logs/year=\\d{4}/month=\\d\\d/day=\\d\\d" + name + "\\d+\\.parquet"),
          files.get(i));
    }
    assertEquals(
        Set.of("format.json", SPOOL + ".ledger.json"),
        Set.copyOf(
            names().stream()
                .filter(n -> n.startsWith("_duckspool/") && !n.endsWith(".lock"))
                .map(n -> n.substring("_duckspool/".length()))
                .toList()));
    assertTrue(isStagingEmpty());
  }

  @Test
  void whereverASealBreaksOff_theNextStartFinishesOrForgetsIt() throws Exception {
    int rounds =
        sweep(
            (at, rows) -> {
              if (at.equals(index(rows / 10 * 3))) {
                // Given up: the same entries come again, in other batches.
                try (Sink sink = openSink();
                    SealedBatch one = batch(rows, 4);
                    SealedBatch two = batch(rows + 4, 6)) {
                  sink.commit(one, move(at.sequence(), at.sequence() + 1));
                  sink.commit(two, move(at.sequence() + 1, at.sequence() + 3));
                }
              }
            });
    assertTrue(rounds > 40, "rounds: " + rounds);
  }

  @Test
  void whatWasStaged_mayBeLost_whereverASealBreaksOff() throws Exception {
    AtomicInteger takenBack = new AtomicInteger();
    int rounds =
        sweep(
            (at, rows) -> {
              if (at.equals(index(rows / 10 * 3))) {
                try (Sink sink = openSink();
                    SealedBatch again = batch(rows, 10)) {
                  sink.commit(again, move(at.sequence(), at.sequence() + 3));
                }
              }
            },
            () -> {
              if (names().contains("_duckspool/" + SPOOL + ".intent.json")) {
                takenBack.incrementAndGet();
              }
              new Staging(staging(), SPOOL, step -> {}).clear();
            });
    assertTrue(rounds > 40, "rounds: " + rounds);
    assertTrue(takenBack.get() > 5, "intents met without what they name: " + takenBack);
  }

  /** What the next start does where the ledger stands, with rows from a number on. */
  @FunctionalInterface
  interface Again {
    void from(SpoolIndex at, int firstRow) throws Exception;
  }

  /** Something that may fail. */
  @FunctionalInterface
  interface Act {
    void run() throws Exception;
  }

  private int sweep(Again again) throws Exception {
    return sweep(again, () -> {});
  }

  /**
   * Seals ten rows of three entries, fails the Nth step for N = 1, 2, 3 … until none is left, each
   * time with a start afterwards; then every row is there once.
   *
   * @return how often
   */
  private int sweep(Again again, Act between) throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
    }
    List<String> failures = new ArrayList<>();
    boolean isFailed = true;
    for (int round = 0; isFailed; round++) {
      long at = round * 3L;
      steps.failAt(round + 1);
      try (Sink sink = openSink();
          SealedBatch sealed = batch(round * 10, 10)) {
        sink.commit(sealed, move(at, at + 3));
      } catch (SinkException e) {
        assertTrue(steps.hasFailed(), e.reason());
      }
      isFailed = steps.hasFailed();
      failures.add(steps.failed());
      steps.failAt(0);
      between.run();
      try (Sink sink = openSink()) {
        sink.check();
        again.from(sink.readLedger(SPOOL).orElseThrow().position().next(), round * 10);
        assertEquals(
            index(at + 3), sink.readLedger(SPOOL).orElseThrow().position().next(), steps::failed);
      }
      assertTrue(isStagingEmpty(), failures::toString);
      assertFalse(names().contains("_duckspool/" + SPOOL + ".intent.json"));
    }
    for (OtlpTable table : List.of(OtlpTable.LOGS, OtlpTable.TRACES)) {
      List<List<Object>> found = rows(table);
      assertEquals(failures.size() * 10, found.stream().distinct().count(), failures::toString);
      assertEquals(failures.size() * 10, found.size(), failures::toString);
    }
    return failures.size();
  }

  @Test
  void twoSpools_shareARoot() throws Exception {
    String other = "fedcba9876543210fedcba9876543210";
    try (Sink one = openSink();
        Sink two = openSink()) {
      one.prepare(first());
      two.prepare(new LedgerRow(other, URI, RUN, first().position(), 0, NOW));
      commit(one, 0, 1, 5);
      LedgerMove same = move(0, 1);
      try (SealedBatch sealed = batch(100, 7)) {
        two.commit(
            sealed,
            new LedgerMove(
                other,
                URI,
                same.first(),
                same.next(),
                same.runId(),
                same.trigger(),
                same.startedAt()));
      }
      commit(one, 1, 2, 2);
      assertEquals(14, rows(OtlpTable.LOGS).size());
      assertEquals(7, rows(OtlpTable.TRACES).size());
      assertTrue(one.removeLedger(SPOOL));
      assertEquals(1, two.readLedger(other).orElseThrow().seals());
      assertEquals(14, rows(OtlpTable.LOGS).size());
    }
  }

  @Test
  void views_haveTheColumnsOfTheTables_whileThereIsNoFile() throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
    }
    for (OtlpTable table : OtlpTable.values()) {
      assertEquals(List.of(), rows(table));
      List<String> expected =
          TableDefinition.of(table, io.duckspool.common.otlp.PromotedKeys.NONE).columns().stream()
              .map(column -> "[" + column.name() + ", " + column.type().sql() + "]")
              .toList();
      assertEquals(
          expected,
          DuckDbRows.query(
              database(),
              "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = "
                  + Identifiers.literal(SCHEMA)
                  + " AND table_name = '"
                  + table.tableName()
                  + "' ORDER BY column_index"));
    }
  }

  @Test
  void theWriterOfAnEntry_isOneQuestionAway() throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
      commit(sink, 0, 5, 3);
      commit(sink, 5, 6, 0);
      commit(sink, 6, 7, 2);
    }
    String seals = Identifiers.quote(SCHEMA) + ".duckspool_seals";
    long from = index(0).toLong();
    String times = ", 2026-11-22 23:36:00.123456, 2026-11-22 23:36:00.123456]";
    assertEquals(
        List.of(
            "["
                + SPOOL
                + ", "
                + URI
                + ", 1, "
                + from
                + ", "
                + (from + 5)
                + ", size, {\"otlp_logs\":3}"
                + times,
            "["
                + SPOOL
                + ", "
                + URI
                + ", 3, "
                + (from + 6)
                + ", "
                + (from + 7)
                + ", size, {\"otlp_logs\":2}"
                + times),
        DuckDbRows.query(database(), "FROM " + seals + " ORDER BY seal_id"));
    assertEquals(
        List.of("[1]"),
        DuckDbRows.query(
            database(),
            "SELECT seal_id FROM "
                + seals
                + " WHERE first_index <= "
                + index(3).toLong()
                + " AND next_index > "
                + index(3).toLong()));
  }
}
