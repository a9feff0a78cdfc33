package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.CatalogConfig.AccessDelegation;
import io.duckspool.common.config.CatalogConfig.Authorization;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database is opened anew once its file has grown, and only when nobody is at it. */
final class RenewalTest {

  private static final long GROWTH_BYTES = 4 << 20;

  @TempDir Path folder;

  @Test
  void aFileThatHasGrown_isOpenedAnew_onceNobodyIsAtIt() throws Exception {
    try (DuckDbDatabase database = open()) {
      Sink sink = database.sink(Target.ofDefaultDatabase("main"));
      sink.prepare(first());
      final String old = openingOf(database);
      try (Session reader = database.openSession()) {
        grow(database);
        assertEquals(old, openingOf(database));
        assertEquals(
            Optional.of(200_000L),
            reader.queryOne(row -> row.getLong(1), "SELECT count(*) FROM t"));
      }
      String renewed = openingOf(database);
      assertNotEquals(old, renewed);
      assertEquals(renewed, openingOf(database), "it has not grown since");
      assertEquals(List.of("[200000]"), DuckDbRows.query(database, "SELECT count(*) FROM t"));
      assertEquals(index(0), sink.readLedger(SPOOL).orElseThrow().position().next());
      grow(database);
      assertNotEquals(renewed, openingOf(database));
    }
  }

  @Test
  void aLogThatIsToBeCheckpointed_putsItOff() throws Exception {
    try (DuckDbDatabase database = open()) {
      final String old = openingOf(database);
      try (Session session = database.openSession()) {
        grow(database);
        session.execute("INSERT INTO t FROM t LIMIT 60000");
      }
      assertEquals(old, openingOf(database));
      execute(database, "CHECKPOINT");
      assertNotEquals(old, openingOf(database));
    }
  }

  @Test
  void aDatabaseInMemory_andOneBesideIceberg_areNeverOpenedAnew() {
    DuckDbSettings file = DuckDbRows.settings(folder);
    CatalogConfig other = new CatalogConfig.DuckDb(folder.resolve("other.duckdb"), Map.of());
    CatalogConfig ice =
        new CatalogConfig.Iceberg(
            "http://localhost",
            Optional.empty(),
            Authorization.NONE,
            AccessDelegation.NONE,
            Optional.empty(),
            Map.of());
    assertTrue(isDue(file));
    assertTrue(isDue(file.with(Declared.catalogs(Map.of("other", other)))));
    assertFalse(isDue(file.with(Declared.catalogs(Map.of("other", other, "ice", ice)))));
    assertFalse(
        isDue(
            new DuckDbSettings(
                Optional.empty(), 1, 1, folder, Optional.empty(), false, Optional.empty())));
  }

  /** Whether files that have not grown by a byte would do. */
  private static boolean isDue(DuckDbSettings settings) {
    return Renewal.of(settings, 0).isDue();
  }

  /** Each opening spills to a folder of its own. */
  private static String openingOf(DuckDbDatabase database) throws Exception {
    return DuckDbRows.query(database, "SELECT current_setting('temp_directory')").get(0);
  }

  private static void grow(DuckDbDatabase database) throws Exception {
    execute(
        database,
        "CREATE OR REPLACE TABLE t AS SELECT range AS i,"
            + " md5(range::VARCHAR) || md5((range * 7)::VARCHAR) AS text FROM range(200000)");
    execute(database, "CHECKPOINT");
  }

  private static void execute(DuckDbDatabase database, String sql) throws Exception {
    try (Session session = database.openSession()) {
      session.execute(sql);
    }
  }

  private DuckDbDatabase open() throws SinkException {
    DuckDbSettings settings = DuckDbRows.settings(folder);
    return DuckDbDatabase.open(
        settings,
        InstantSource.system(),
        System::nanoTime,
        StepGate.OPEN,
        Renewal.of(settings, GROWTH_BYTES));
  }
}
