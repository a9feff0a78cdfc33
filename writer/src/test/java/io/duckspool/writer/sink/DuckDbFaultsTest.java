package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.NOW;
import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpParser;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.common.otlp.Signal;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a DuckDB file can do to a seal, sorted by what the pipeline has to do about it. */
final class DuckDbFaultsTest {

  @TempDir Path folder;

  private final BatchMemory memory = new BatchMemory(64 << 20, 0);
  private StepGate gate = StepGate.OPEN;
  private DuckDbDatabase database;
  private Sink sink;

  @BeforeEach
  void open() throws Exception {
    database =
        DuckDbDatabase.open(
            DuckDbRows.settings(folder),
            InstantSource.fixed(NOW),
            System::nanoTime,
            step -> gate.pass(step));
    sink = database.sink(Target.ofDefaultDatabase("main"));
    sink.prepare(first());
  }

  @AfterEach
  void close() {
    sink.close();
    database.close();
    memory.close();
  }

  @Test
  void aRowThatBreaksAConstraint_isTheEntrysFault() throws Exception {
    execute("DROP TABLE otlp_logs");
    String ddl = Ddl.statements("", "main", true, PromotedKeys.NONE).get(1);
    execute(ddl.substring(0, ddl.lastIndexOf(')')) + ", CHECK (flags < 3))");
    SinkException e = assertThrows(SinkException.EntryFault.class, () -> commit(0, 1, 50));
    assertTrue(e.reason().contains("Constraint Error"), e.reason());
    assertEquals(index(0), sink.readLedger(SPOOL).orElseThrow().position().next());
    // Bisection ends with what breaks no constraint: rows 0 to 2 have flags below 3.
    commit(0, 1, 3);
    assertEquals(3, DuckDbRows.read(database, "main", OtlpTable.LOGS).size());
  }

  @Test
  void aRowWhoseTextSoundsFatal_isTheEntrysFault_whereItBreaksAConstraint() throws Exception {
    execute("DROP TABLE otlp_logs");
    String ddl = Ddl.statements("", "main", true, PromotedKeys.NONE).get(1);
    execute(ddl.substring(0, ddl.lastIndexOf(')')) + ", UNIQUE (body))");
    for (String body :
        List.of("FATAL Error: mine", "INTERNAL Error: mine", "database has been invalidated")) {
      SinkException e = assertThrows(SinkException.class, () -> commit(body, body));
      assertTrue(e.reason().contains(body), e.reason());
      assertInstanceOf(SinkException.EntryFault.class, e);
      String said = "Constraint Error: Duplicate key \"body: " + body + "\" violates unique";
      assertInstanceOf(
          SinkException.EntryFault.class,
          DuckDbErrors.ofCommit(
              "t", new SQLException("TransactionContext Error: Failed to commit: " + said)));
    }
    commit("FATAL Error: mine", "another");
    assertEquals(2, DuckDbRows.read(database, "main", OtlpTable.LOGS).size());
  }

  @Test
  void anErrorThatIsFatal_isNoEntrysFault() {
    SQLException fatal =
        new SQLException(
            "FATAL Error: Failed: database has been invalidated because of a previous fatal error."
                + " Original error: \"Constraint Error: mine\"");
    assertInstanceOf(SinkException.Unavailable.class, DuckDbErrors.ofInsert("t", fatal));
    assertInstanceOf(SinkException.UnknownOutcome.class, DuckDbErrors.ofCommit("t", fatal));
  }

  @Test
  void aNullWhereTheTableTakesNone_isTheEntrysFault() throws Exception {
    execute("ALTER TABLE otlp_logs ALTER COLUMN body SET NOT NULL");
    assertThrows(SinkException.EntryFault.class, () -> commit(0, 1, 3));
  }

  @Test
  void aConstraintOnTheLedger_isTheTargetsReason_whateverTheEntries() throws Exception {
    String ddl = Ddl.statements("", "main", true, PromotedKeys.NONE).get(9);
    assertTrue(ddl.contains("duckspool_ledger"), ddl);
    execute("DROP TABLE duckspool_ledger");
    execute(ddl.substring(0, ddl.lastIndexOf(')')) + ", CHECK (seals < 1))");
    sink.prepare(first());
    SinkException e = assertThrows(SinkException.Unavailable.class, () -> commit(0, 1, 3));
    assertTrue(e.reason().contains("Constraint Error"), e.reason());
  }

  @Test
  void aBatchThatNeedsMoreMemoryThanThereIs_isSaidToBeTooLarge_andASmallerOneDoes()
      throws Exception {
    DuckDbSettings small =
        new DuckDbSettings(
            Optional.empty(),
            24L << 20,
            1,
            folder.resolve("tmp"),
            Optional.empty(),
            false,
            Optional.of("SET max_temp_directory_size = '0MiB'"));
    try (DuckDbDatabase tight =
            DuckDbDatabase.open(small, InstantSource.fixed(NOW), System::nanoTime);
        Sink tightSink = tight.sink(Target.ofDefaultDatabase("main"))) {
      tightSink.prepare(first());
      sink = tightSink;
      SinkException e = assertThrows(SinkException.class, () -> commit(0, 1, 100_000));
      assertTrue(e.isOutOfMemory(), e.reason());
      assertEquals(index(0), tightSink.readLedger(SPOOL).orElseThrow().position().next());
      commit(0, 1, 1_000);
      assertEquals(1_000, DuckDbRows.read(tight, "main", OtlpTable.LOGS).size());
    }
    assertFalse(new SinkException.Unavailable("Connection refused").isOutOfMemory());
  }

  @Test
  void maintenance_emptiesTheLog_alsoWhileAQueryReads() throws Exception {
    Path log = folder.resolve("otlp.duckdb.wal");
    commit(0, 1, 1_000);
    assertTrue(Files.size(log) > 0);
    try (Session reader = database.openSession()) {
      reader.begin();
      assertEquals(List.of(1_000L), counted(reader));
      sink.maintain();
      assertFalse(Files.exists(log) && Files.size(log) > 0, "the log is still there");
      commit(1, 2, 10);
      assertEquals(List.of(1_000L), counted(reader));
    }
    assertEquals(1_010, DuckDbRows.read(database, "main", OtlpTable.LOGS).size());
  }

  private static List<Long> counted(Session session) throws SQLException {
    return session.query(row -> row.getLong(1), "SELECT count(*) FROM otlp_logs");
  }

  @Test
  void aMissingTable_isTheTargetsReason() throws Exception {
    execute("DROP TABLE otlp_logs");
    SinkException e = assertThrows(SinkException.Unavailable.class, () -> commit(0, 1, 3));
    assertTrue(e.reason().startsWith("target otlp.main: Catalog Error"), e.reason());
    sink.check();
    commit(0, 1, 3);
  }

  @Test
  void aDroppedLedger_readsAsNone_andStopsTheSeal() throws Exception {
    execute("DROP TABLE duckspool_ledger");
    assertEquals(Optional.empty(), sink.readLedger(SPOOL));
    assertThrows(SinkException.Unavailable.class, () -> commit(0, 1, 3));
    assertFalse(sink.removeLedger(SPOOL));
    assertEquals(0, DuckDbRows.read(database, "main", OtlpTable.LOGS).size());
  }

  @Test
  void aConflictOnTheLedger_isRetried_andThenFenced() throws Exception {
    try (Session other = database.openSession()) {
      other.begin();
      other.execute("UPDATE duckspool_ledger SET next_index = next_index + 5");
      SinkException e = assertThrows(SinkException.Unavailable.class, () -> commit(0, 1, 3));
      assertTrue(e.reason().toLowerCase().contains("conflict"), e.reason());
      other.commit();
    }
    SinkException e = assertThrows(SinkException.Fenced.class, () -> commit(0, 1, 3));
    assertTrue(e.reason().startsWith("another writer commits this spool"), e.reason());
    assertEquals(0, DuckDbRows.read(database, "main", OtlpTable.LOGS).size());
  }

  @Test
  void aCommitThatFailedWithoutAnAnswer_isUnknown_untilTheLedgerIsRead() throws Exception {
    failOnce("COMMITTED");
    assertThrows(SinkException.UnknownOutcome.class, () -> commit(0, 1, 3));
    assertEquals(index(1), sink.readLedger(SPOOL).orElseThrow().position().next());
    assertEquals(3, DuckDbRows.read(database, "main", OtlpTable.LOGS).size());
    failOnce("COMMIT");
    assertThrows(SinkException.UnknownOutcome.class, () -> commit(1, 2, 3));
    assertEquals(index(1), sink.readLedger(SPOOL).orElseThrow().position().next());
    assertEquals(3, DuckDbRows.read(database, "main", OtlpTable.LOGS).size());
  }

  @Test
  void aSealWithoutMemory_cancelsQueries_andIsTriedAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    CompletableFuture<QueryException> query =
        CompletableFuture.supplyAsync(() -> runUntilCancelled(asked));
    while (asked.get() < 2) {
      Thread.onSpinWait(); // Now it runs.
    }
    AtomicBoolean failed = new AtomicBoolean();
    gate =
        step -> {
          if (step.startsWith("INSERT INTO \"otlp\".\"main\".\"otlp_logs\"")
              && !failed.getAndSet(true)) {
            throw new SQLException("Out of Memory Error: failed to allocate, on purpose");
          }
        };
    commit(0, 1, 3);
    assertTrue(failed.get());
    QueryException e = query.get(30, TimeUnit.SECONDS);
    assertEquals("the query was cancelled: a seal needs the memory, try again", e.reason());
    assertTrue(e.isTransient());
    assertEquals(3, DuckDbRows.read(database, "main", OtlpTable.LOGS).size());
    assertEquals(1, sink.readLedger(SPOOL).orElseThrow().seals());
    // With no query to blame, it is for the pipeline to try again.
    failed.set(false);
    assertThrows(SinkException.Unavailable.class, () -> commit(1, 2, 3));
    commit(1, 2, 3);
  }

  private QueryException runUntilCancelled(AtomicInteger asked) {
    SqlRunner.Limits limits = new SqlRunner.Limits(1, 1 << 20, 60_000);
    return assertThrows(
        QueryException.class,
        () ->
            database
                .sqlRunner()
                .run(
                    "SELECT count(*) FROM range(100000000) a, range(100000) b"
                        + " WHERE a.range % 7 = b.range % 5",
                    SqlRunner.Format.JSON,
                    limits,
                    OutputStream.nullOutputStream(),
                    () -> asked.incrementAndGet() < 0));
  }

  @Test
  void afterAFatalError_theDatabaseIsOpenedAnew() throws Exception {
    commit(0, 1, 3);
    database.invalidate(new SQLException("FATAL Error: made up"));
    commit(1, 2, 4);
    assertEquals(7, DuckDbRows.read(database, "main", OtlpTable.LOGS).size());
    assertEquals(2, sink.readLedger(SPOOL).orElseThrow().seals());
  }

  @Test
  void eachSeal_hasItsProvenanceRow() throws Exception {
    commit(0, 2, 3);
    commit(2, 3, 0);
    long from = index(0).toLong();
    assertEquals(
        List.of(
            "[1, " + from + ", " + (from + 2) + ", size, {\"otlp_logs\":3}, true]",
            "[2, " + (from + 2) + ", " + (from + 3) + ", size, {}, true]"),
        DuckDbRows.query(
            database,
            "SELECT seal_id, first_index, next_index, \"trigger\", rows_by_table,"
                + " committed_at = TIMESTAMP '2026-11-22 23:36:00.123456'"
                + " AND started_at = committed_at AND spool_id = '"
                + SPOOL
                + "' FROM duckspool_seals ORDER BY seal_id"));
  }

  @Test
  void aFileThatAnotherProcessHolds_isNamedWithThatProcess() throws Exception {
    Path file = folder.resolve("held.duckdb");
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8))) {
      assertEquals("held", out.readLine());
      DuckDbSettings settings = settingsOf(file);
      for (boolean readOnly : new boolean[] {false, true}) {
        SinkException e =
            assertThrows(
                SinkException.Unavailable.class,
                () -> {
                  if (readOnly) {
                    DuckDbDatabase.openReadOnly(settings, System::nanoTime).close();
                  } else {
                    DuckDbDatabase.open(settings, InstantSource.system(), System::nanoTime).close();
                  }
                });
        assertEquals(
            "the DuckDB file "
                + file
                + " is locked by process "
                + holder.pid()
                + ": only one process can open it, readers included; stop that process, or ask a"
                + " running writer with `duckspool sql`",
            e.reason());
      }
      DuckDbSettings own = settingsOf(folder.resolve("own.duckdb"));
      DuckDbSettings beside =
          own.with(Declared.catalogs(Map.of("a", new CatalogConfig.DuckDb(file, Map.of()))));
      SinkException e =
          assertThrows(
              SinkException.Unavailable.class,
              () -> DuckDbDatabase.open(beside, InstantSource.system(), System::nanoTime));
      assertTrue(
          e.reason()
              .startsWith("catalog a, the DuckDB file " + file + ", can't be attached: IO Error: "),
          e.reason());
      assertTrue(e.reason().contains("(PID " + holder.pid() + ")"), e.reason());
    } finally {
      holder.destroyForcibly();
      assertTrue(holder.waitFor(30, TimeUnit.SECONDS));
    }
    // Killed without closing: its log is replayed, read-only too.
    try (DuckDbDatabase reader = DuckDbDatabase.openReadOnly(settingsOf(file), System::nanoTime)) {
      assertEquals(List.of("[42]"), DuckDbRows.query(reader, "FROM t"));
    }
  }

  @Test
  void aFileThatIsNoDatabase_isNamed() throws Exception {
    Path file = Files.writeString(folder.resolve("text.duckdb"), "no database".repeat(1000));
    SinkException e =
        assertThrows(
            SinkException.Unavailable.class,
            () -> DuckDbDatabase.open(settingsOf(file), InstantSource.system(), System::nanoTime));
    assertTrue(e.reason().startsWith("can't open the DuckDB file " + file), e.reason());
  }

  @Test
  void initSql_runsOnce_andItsFailureIsNamed() throws Exception {
    DuckDbSettings plain = settingsOf(folder.resolve("init.duckdb"));
    try (DuckDbDatabase init =
        DuckDbDatabase.open(
            withInitSql(plain, "CREATE TABLE t AS SELECT 7 AS i; SET threads = 1"),
            InstantSource.system(),
            System::nanoTime)) {
      assertEquals(List.of("[7]"), DuckDbRows.query(init, "FROM t"));
    }
    SinkException e =
        assertThrows(
            SinkException.Unavailable.class,
            () ->
                DuckDbDatabase.open(
                    withInitSql(plain, "SET nonsense = 1"),
                    InstantSource.system(),
                    System::nanoTime));
    assertTrue(e.reason().contains("duckdb.init_sql failed: "), e.reason());
    // The failed opening has let go of the file.
    DuckDbDatabase.open(plain, InstantSource.system(), System::nanoTime).close();
  }

  @Test
  void theSettings_areAppliedAtOpening() throws Exception {
    assertEquals(
        List.of("[512.0 MiB, 2, false, false, true, false, 128.0 MiB]"),
        DuckDbRows.query(
            database,
            "SELECT current_setting('memory_limit'), current_setting('threads'),"
                + " current_setting('preserve_insertion_order'),"
                + " current_setting('autoinstall_known_extensions'),"
                + " current_setting('allocator_background_threads'),"
                + " current_setting('enable_external_file_cache'),"
                + " current_setting('checkpoint_threshold')"));
  }

  @Test
  void spillFiles_ofAnEarlierRun_areRemoved_andThoseOfOthersStay() throws Exception {
    Path spill =
        Path.of(
            DuckDbRows.query(database, "SELECT current_setting('temp_directory')")
                .get(0)
                .replaceAll("[\\[\\]]", ""));
    assertTrue(spill.startsWith(folder.resolve("tmp")), spill.toString());
    Path own = Files.createDirectories(spill).resolve("duckdb_temp_storage_S32K-0.tmp");
    Path earlier = Files.createDirectories(spill.resolveSibling("earlier")).resolve("x.tmp");
    Path foreign = Files.createDirectories(folder.resolve("tmp/other")).resolve("x.tmp");
    for (Path file : List.of(own, earlier, foreign)) {
      Files.writeString(file, "spilled");
    }
    database.close();
    assertFalse(Files.exists(own));
    open();
    assertFalse(Files.exists(earlier));
    assertTrue(Files.exists(foreign));
  }

  @Test
  void whatDoesNotFitInMemory_isSpilled() throws Exception {
    DuckDbSettings small = settingsOf(folder.resolve("small.duckdb"));
    try (DuckDbDatabase spilling =
        DuckDbDatabase.open(small, InstantSource.system(), System::nanoTime)) {
      assertEquals(
          List.of("[true]"),
          DuckDbRows.query(
              spilling,
              "SELECT count(*) = 2000000 FROM"
                  + " (SELECT repeat(range::VARCHAR, 20) AS t FROM range(2000000)"
                  + " ORDER BY hash(range) LIMIT 1999999999)"));
    }
  }

  /** Holds a DuckDB file with a row that is only in its log, until it is killed. */
  static final class Holder {

    private Holder() {}

    public static void main(String[] args) throws Exception {
      try (var connection = DriverManager.getConnection("jdbc:duckdb:" + args[0]);
          var statement = connection.createStatement()) {
        statement.execute("CREATE TABLE t AS SELECT 42 AS i");
        System.out.println("held");
        System.in.read();
      }
    }
  }

  private DuckDbSettings settingsOf(Path file) {
    return new DuckDbSettings(
        Optional.of(file), 128L << 20, 1, folder, Optional.empty(), false, Optional.empty());
  }

  private static DuckDbSettings withInitSql(DuckDbSettings plain, String sql) {
    return new DuckDbSettings(
        plain.database(),
        plain.memoryLimitBytes(),
        plain.threads(),
        plain.tempDirectory(),
        plain.extensionDirectory(),
        plain.installExtensions(),
        Optional.of(sql));
  }

  private void failOnce(String wanted) {
    gate =
        step -> {
          if (step.equals(wanted)) {
            gate = StepGate.OPEN;
            throw new SQLException("IO Error: failed on purpose");
          }
        };
  }

  private void commit(long from, long to, int logs) throws SinkException {
    try (Batch batch = memory.openBatch()) {
      batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, 0, logs, visitor));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, move(from, to));
      }
    }
  }

  /** Commits logs with these bodies. */
  private void commit(String... bodies) throws Exception {
    OtlpParser parser = new OtlpParser(OtlpLimits.ACCEPTED, PromotedKeys.NONE);
    String records =
        Stream.of(bodies)
            .map("{\"body\":{\"stringValue\":\"%s\"}}"::formatted)
            .collect(Collectors.joining(","));
    byte[] payload =
        ("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[" + records + "]}]}]}")
            .getBytes(StandardCharsets.UTF_8);
    try (Batch batch = memory.openBatch()) {
      batch.<Exception>add(
          1,
          visitor ->
              parser.parse(Signal.LOGS, PayloadFormat.JSON, payload, 0, payload.length, visitor));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, move(0, 1));
      }
    }
  }

  private void execute(String sql) throws Exception {
    try (Session session = database.openSession()) {
      session.execute(sql);
    }
  }
}
