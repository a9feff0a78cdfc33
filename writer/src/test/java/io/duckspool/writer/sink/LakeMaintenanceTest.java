package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.DuckDbExtensions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What maintenance does to a lake of our own, and to one that is shared. */
final class LakeMaintenanceTest {

  /** A multiple of 20. With 1,000 it takes minutes, and held. */
  private static final int SEALS = Integer.getInteger("duckspool.test.seals", 200);

  @TempDir(factory = MemoryDiskFactory.class)
  Path folder;

  private final BatchMemory memory = new BatchMemory(64 << 20, 0);
  private Duration ahead = Duration.ZERO;
  private DuckDbDatabase database;
  private int seals;

  @AfterEach
  void close() {
    if (database != null) {
      database.close();
    }
    memory.close();
  }

  @Test
  void aLakeOfOurOwn_isMerged_andLetsSnapshotsAndFilesGo() throws Exception {
    open();
    try (Sink sink = database.sink(Lakes.target("main"))) {
      sink.prepare(first());
      seal(sink, 40);
      assertEquals(40, files("otlp_logs"));
      sink.maintain();
      assertEquals(41, files("otlp_logs"), "merged, and nothing is old enough to go");
      assertEquals(List.of("[1]"), query("SELECT count(DISTINCT filename) FROM lake.otlp_logs"));
      ahead = Duration.ofMinutes(16);
      sink.maintain();
      assertEquals(1, files("otlp_logs"));
      assertEquals(List.of("[1]"), query("SELECT count(*) FROM ducklake_snapshots('lake')"));
      assertEquals(List.of("[1]"), query(ledgerRows()), "rows of the ledger that nobody sees");
      assertRows(400);
      seal(sink, 3);
      assertRows(430);
      assertEquals(43, sink.readLedger(SPOOL).orElseThrow().seals());
    }
  }

  @Test
  void aSharedLake_keepsItsSnapshotsAndFiles_andTheLogSaysSoOnce() throws Exception {
    others(
        "CREATE SCHEMA lake.theirs",
        "CREATE TABLE lake.theirs.t AS SELECT range AS i FROM range(100)",
        "UPDATE lake.theirs.t SET i = i + 1000",
        "DELETE FROM lake.theirs.t WHERE i < 1050",
        "INSERT INTO lake.theirs.t SELECT range FROM range(20)");
    Logger log = (Logger) LoggerFactory.getLogger(LakeMaintenance.class);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    log.addAppender(logged);
    log.setLevel(Level.INFO);
    open();
    try (Sink sink = database.sink(Lakes.target("ours"))) {
      sink.prepare(first());
      List<String> before = query("SELECT snapshot_id FROM ducklake_snapshots('lake') ORDER BY 1");
      int theirFiles = files("t");
      seal(sink, 40);
      ahead = Duration.ofDays(30);
      sink.maintain();
      sink.maintain();
      assertEquals(
          List.of("[1]"), query("SELECT count(DISTINCT filename) FROM lake.ours.otlp_logs"));
      assertTrue(
          query("SELECT snapshot_id FROM ducklake_snapshots('lake') ORDER BY 1")
              .containsAll(before));
      assertEquals(theirFiles, files("t"));
      assertEquals(41, files("otlp_logs"), "the files that were merged stay, too");
      assertEquals(List.of("[100, 99]"), theirs(2));
      assertEquals(List.of("[100, 1099]"), theirs(3));
      assertEquals(List.of("[50, 1099]"), theirs(4));
      assertEquals(List.of("[70, 1099]"), theirs(5));
    } finally {
      log.setLevel(null);
      log.detachAppender(logged);
    }
    assertEquals(
        List.of(
            "lake lake was not made by duckspool: its snapshots are kept, and with them the files"
                + " that merging replaced, unless maintenance_retention_ms is given"),
        logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }

  @Test
  void aSharedLake_letsSnapshotsGo_whereARetentionIsGiven() throws Exception {
    others("CREATE TABLE lake.t AS SELECT 1 AS i", "INSERT INTO lake.t VALUES (2)");
    open();
    Target target =
        new Target(
            "lake",
            "main",
            true,
            true,
            Optional.empty(),
            PromotedKeys.NONE,
            new Target.LakeOptions(1 << 20, Optional.of(Duration.ofHours(1))));
    try (Sink sink = database.sink(target)) {
      sink.prepare(first());
      seal(sink, 5);
      ahead = Duration.ofMinutes(59);
      sink.maintain();
      assertTrue(query("FROM ducklake_snapshots('lake')").size() > 5);
      ahead = Duration.ofMinutes(61);
      sink.maintain();
      assertEquals(1, query("FROM ducklake_snapshots('lake')").size());
      assertEquals(1, files("otlp_logs"));
      assertEquals(List.of("[2]"), query("SELECT count(*) FROM lake.t"));
    }
  }

  @Test
  void itIsRememberedWhoMadeALake_overRestarts() throws Exception {
    open();
    String made =
        "SELECT count(*) FROM ducklake_options('lake') WHERE option_name = 'duckspool_created'";
    assertEquals(List.of("[1]"), query(made));
    database.close();
    open();
    assertEquals(List.of("[1]"), query(made));
  }

  @Test
  void aLakeThatAKilledWriterMade_isMarkedByTheNextOne_unlessOthersHaveUsedIt() throws Exception {
    Declared lake = Lakes.onDuckDb(folder).notedIn(folder);
    LakeIntent intent =
        new LakeIntent(lake.notes(), "lake", (CatalogConfig.DuckLake) lake.catalogs().get("lake"));
    String made =
        "SELECT count(*) FROM ducklake_options('lake') WHERE option_name = 'duckspool_created'";
    intent.write();
    others();
    for (int start = 0; start < 2; start++) {
      database = openWriter("writer", lake);
      assertEquals(List.of("[1]"), query(made));
      assertFalse(intent.isThere());
      database.close();
      intent.write();
    }
    Files.delete(folder.resolve("m.ducklake"));
    others("CREATE TABLE lake.t AS SELECT 1 AS i");
    database = openWriter("writer", lake);
    assertEquals(List.of("[0]"), query(made));
    assertFalse(intent.isThere());
    database.close();
    Files.delete(folder.resolve("m.ducklake"));
    others();
    database = openWriter("writer", lake);
    assertEquals(List.of("[0]"), query(made));
  }

  /** As another process sees it: the writer's own instance may still have the file in memory. */
  @Test
  void aQueryThatRunsForLongerThanTheRetention_failsWithoutItsFile_andMayBeRepeated()
      throws Exception {
    Declared lake = Lakes.onSqlite(folder);
    database = openWriter("writer", lake);
    try (DuckDbDatabase others = openWriter("reader", lake);
        Sink sink = database.sink(Lakes.target("main"))) {
      sink.prepare(first());
      for (int i = 0; i < 8; i++) {
        seal(sink, i * 20_000, (i + 1) * 20_000);
      }
      AtomicBoolean isMaintained = new AtomicBoolean();
      OutputStream slow =
          new OutputStream() {
            @Override
            public void write(int b) throws IOException {
              if (isMaintained.getAndSet(true)) {
                return;
              }
              try {
                ahead = Duration.ofMinutes(16);
                sink.maintain();
              } catch (SinkException e) {
                throw new IOException(e);
              }
            }
          };
      Exception e =
          assertThrows(
              Exception.class,
              () ->
                  others
                      .sqlRunner()
                      .run(
                          "SELECT time_unix_nano, lpad(body, 1000, 'x') FROM lake.otlp_logs",
                          SqlRunner.Format.ARROW,
                          new SqlRunner.Limits(1_000_000, 1L << 30, 60_000),
                          slow,
                          () -> false));
      assertEquals(1, files("otlp_logs"));
      // The thread that misses the file ends the others; DuckDB reports whichever is first.
      assertTrue(
          String.valueOf(e.getMessage())
              .matches("(?s).*(No such file or directory|Interrupted!).*"),
          e::toString);
      assertEquals(
          List.of("[160000]"), DuckDbRows.query(others, "SELECT count(*) FROM lake.otlp_logs"));
    }
  }

  @Test
  void theLedgerAndTheSeals_neverBecomeFiles_overManySeals_alsoWithCheckpointsOfOthers()
      throws Exception {
    open();
    try (Sink sink = database.sink(Lakes.target("main"))) {
      sink.prepare(first());
      for (int i = 0; i < 20; i++) {
        sealWithoutRows(sink, SEALS / 20);
        if (i % 5 == 4) {
          query("CHECKPOINT lake");
          sink.maintain();
        }
      }
      assertEquals(SEALS, sink.readLedger(SPOOL).orElseThrow().seals());
      assertEquals(0, files("duckspool_ledger"));
      assertEquals(0, files("duckspool_seals"));
      assertEquals(List.of("[" + SEALS + "]"), query("SELECT count(*) FROM lake.duckspool_seals"));
    }
  }

  @Test
  void aCheckpointOfOthers_inTheMiddleOfASeal_changesNothing() throws Exception {
    open();
    try (Sink sink = database.sink(Lakes.target("main"))) {
      sink.prepare(first());
      seal(sink, 3);
      try (Session other = database.openSession()) {
        other.begin();
        other.execute("UPDATE lake.duckspool_ledger SET updated_at = updated_at");
        query("CHECKPOINT lake");
        seal(sink, 1);
        SQLException e = assertThrows(SQLException.class, other::commit);
        assertTrue(e.getMessage().contains("Transaction conflict"), e.getMessage());
      }
      seal(sink, 1);
      assertRows(50);
    }
  }

  private void open() throws Exception {
    database = openWriter("writer", Lakes.onDuckDb(folder));
  }

  private DuckDbDatabase openWriter(String name, Declared lake) throws SinkException {
    return DuckDbDatabase.open(
        Lakes.settings(folder.resolve(name), lake),
        () -> Instant.now().plus(ahead),
        System::nanoTime);
  }

  /** Makes a lake without duckspool, and runs statements there. */
  private void others(String... statements) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:duckdb:", DuckDbExtensions.properties());
        Statement statement = connection.createStatement()) {
      statement.execute("LOAD ducklake");
      statement.execute(
          "ATTACH 'ducklake:"
              + folder.resolve("m.ducklake")
              + "' AS lake (DATA_PATH '"
              + folder.resolve("data")
              + "')");
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private List<String> theirs(int version) throws SQLException {
    return query("SELECT count(*), max(i) FROM lake.theirs.t AT (VERSION => " + version + ")");
  }

  private String ledgerRows() throws SQLException {
    String part =
        query(
                "SELECT d.table_name FROM __ducklake_metadata_lake.ducklake_inlined_data_tables d"
                    + " JOIN __ducklake_metadata_lake.ducklake_table t ON t.table_id = d.table_id"
                    + " WHERE t.table_name = 'duckspool_ledger'")
            .get(0)
            .replaceAll("[\\[\\]]", "");
    return "SELECT count(*) FROM __ducklake_metadata_lake." + part;
  }

  /** Data files in the folder of a table, whichever snapshot names them. */
  private int files(String table) throws Exception {
    try (Stream<Path> all = Files.walk(folder.resolve("data"))) {
      return (int)
          all.filter(file -> file.toString().contains("/" + table + "/"))
              .filter(Files::isRegularFile)
              .count();
    }
  }

  private void seal(Sink sink, int times) throws SinkException {
    for (int i = 0; i < times; i++) {
      int from = seals * 10;
      seal(sink, from, from + 10);
    }
  }

  private void sealWithoutRows(Sink sink, int times) throws SinkException {
    for (int i = 0; i < times; i++) {
      seal(sink, 0, 0);
    }
  }

  private void seal(Sink sink, int from, int to) throws SinkException {
    try (Batch batch = memory.openBatch()) {
      batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, from, to, visitor));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, move(seals, seals + 1));
      }
    }
    seals++;
    assertEquals(index(seals), sink.readLedger(SPOOL).orElseThrow().position().next());
  }

  private void assertRows(int count) throws SQLException {
    List<List<Object>> rows = DuckDbRows.readFrom(database, "lake.main", OtlpTable.LOGS);
    assertEquals(count, rows.size());
    assertEquals(count, new HashSet<>(rows).size());
  }

  private List<String> query(String sql) throws SQLException {
    return DuckDbRows.query(database, sql);
  }
}
