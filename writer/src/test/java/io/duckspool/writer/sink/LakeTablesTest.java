package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of a lake that were there before, and columns that they get. */
final class LakeTablesTest {

  private static final Target EXISTING = new Target("lake", "main", false, true, Optional.empty());

  @TempDir Path folder;

  private final BatchMemory memory = new BatchMemory(64 << 20, 0);
  private DuckDbDatabase database;

  @BeforeEach
  void open() throws Exception {
    database =
        DuckDbDatabase.open(
            Lakes.settings(folder, Lakes.onDuckDb(folder)),
            InstantSource.system(),
            System::nanoTime);
  }

  @AfterEach
  void close() {
    database.close();
    memory.close();
  }

  @Test
  void theDdlOfALake_makesTablesThatAreTaken() throws Exception {
    assertRefused(
        "schema otel does not exist in catalog lake, and create_tables is false",
        new Target("lake", "otel", false, true, Optional.empty()));
    for (String sql : Ddl.statements("lake", "otel", true, PromotedKeys.NONE)) {
      execute(sql);
    }
    assertStores(new Target("lake", "otel", false, true, Optional.empty()), 50);
    execute("DROP TABLE lake.otel.duckspool_ledger");
    execute("DROP TABLE lake.otel.otlp_logs");
    assertRefused(
        "table otel.otlp_logs does not exist, and create_tables is false; table"
            + " otel.duckspool_ledger does not exist, and create_tables is false",
        new Target("lake", "otel", false, true, Optional.empty()));
  }

  @Test
  void columnsInAnyOrder_inAnyCase_withExtraNullableOnes_areFilledByName() throws Exception {
    List<String> columns = new ArrayList<>();
    TableDefinition.of(OtlpTable.LOGS, PromotedKeys.NONE)
        .columns()
        .forEach(c -> columns.add(c.name().toUpperCase(Locale.ROOT) + " " + c.type().sql()));
    Collections.reverse(columns);
    columns.add(3, "\"extra \"\"1\"\"\" VARCHAR");
    execute("CREATE TABLE lake.\"OTLP_LOGS\" (" + String.join(", ", columns) + ")");
    assertStores(Lakes.target("main"), 50);
    assertEquals(
        List.of("[50, 0]"),
        query("SELECT count(*), count(\"extra \"\"1\"\"\") FROM lake.otlp_logs"));
  }

  @Test
  void aMissingColumn_andAnotherType_areNamedWithTableExpectedAndFound() throws Exception {
    for (String sql : Ddl.statements("lake", "main", true, PromotedKeys.NONE)) {
      execute(sql);
    }
    execute("ALTER TABLE lake.otlp_logs DROP COLUMN event_name");
    execute("ALTER TABLE lake.otlp_traces DROP COLUMN kind");
    execute("ALTER TABLE lake.otlp_traces ADD COLUMN kind BIGINT");
    String message =
        "table main.otlp_logs, column event_name: expected VARCHAR, found no such column;"
            + " table main.otlp_traces, column kind: expected INTEGER, found BIGINT";
    assertRefused(message, EXISTING);
    assertRefused(message, Lakes.target("main"));
  }

  @Test
  void whatDuckLakeWouldDoToInsertedRowsAlone_isRefused() throws Exception {
    for (String sql : Ddl.statements("lake", "main", true, PromotedKeys.NONE)) {
      execute(
          sql.replace(
              "\"span_id\" VARCHAR,\n  \"parent", "\"span_id\" VARCHAR NOT NULL,\n  \"parent"));
    }
    execute(
        "ALTER TABLE lake.otlp_logs SET PARTITIONED BY"
            + " (year(time_unix_nano), month(time_unix_nano))");
    execute("ALTER TABLE lake.otlp_metrics_sum ADD COLUMN tenant VARCHAR DEFAULT 'acme'");
    String rule =
        ": in a lake a column must be nullable and have no default, for neither is looked at when"
            + " a data file is added";
    assertRefused(
        "table main.otlp_logs is partitioned, which is not supported;"
            + " table main.otlp_traces, column span_id"
            + rule
            + "; table main.otlp_metrics_sum, column tenant"
            + rule,
        EXISTING);
    execute("ALTER TABLE lake.otlp_logs RESET PARTITIONED BY");
    execute("ALTER TABLE lake.otlp_traces ALTER COLUMN span_id DROP NOT NULL");
    execute("ALTER TABLE lake.otlp_metrics_sum DROP COLUMN tenant");
    assertStores(EXISTING, 50);
  }

  @Test
  void aLakeThatEncrypts_isRefused() throws Exception {
    database.close();
    Path other = folder.resolve("encrypted");
    Declared encrypted =
        Declared.catalogs(
            Map.of(
                "lake",
                new CatalogConfig.DuckLake(
                    other.resolve("m.ducklake").toString(),
                    Optional.of(other.resolve("data").toString()),
                    Optional.empty(),
                    Map.of("encrypted", "1"))));
    database =
        DuckDbDatabase.open(
            Lakes.settings(other, encrypted), InstantSource.system(), System::nanoTime);
    assertRefused(
        "lake lake encrypts its data files, which is not supported", Lakes.target("main"));
  }

  @Test
  void aViewInATablesPlace_isRefused_andNothingIsLeftBehind() throws Exception {
    execute("CREATE VIEW lake.otlp_traces AS SELECT 1 AS i");
    assertRefused("table main.otlp_traces is a view, expected a table", Lakes.target("main"));
    assertEquals(List.of(), query("SELECT table_name FROM duckdb_tables()"));
  }

  @Test
  void aTableThatWasAltered_orMadeAnew_betweenSeals_takesTheNextOne() throws Exception {
    assertStores(Lakes.target("main"), 50);
    try (Sink sink = database.sink(Lakes.target("main"))) {
      sink.prepare(first());
      commit(sink, 0, 20);
      execute("ALTER TABLE lake.otlp_logs ADD COLUMN note VARCHAR");
      commit(sink, 1, 20);
      execute("DROP TABLE lake.otlp_logs");
      execute(Ddl.statements("lake", "main", true, PromotedKeys.NONE).get(1));
      commit(sink, 2, 20);
      assertEquals(List.of("[20]"), query("SELECT count(*) FROM lake.otlp_logs"));
    }
  }

  @Test
  void promotedColumns_areAdded_toTablesThatHoldRows_andOlderRowsAreNull() throws Exception {
    assertStores(Lakes.target("main"), 50);
    PromotedKeys keys = new PromotedKeys(List.of("host.name"), List.of("lib"));
    Target promoting = new Target("lake", "main", true, true, Optional.empty(), keys);
    byte[] json =
        ("{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"host.name\",\"value\":"
                + "{\"stringValue\":\"a\"}}]},\"scopeLogs\":[{\"logRecords\":[{}]}]}]}")
            .getBytes(StandardCharsets.UTF_8);
    OtlpParser parser = new OtlpParser(OtlpLimits.DEFAULT, keys);
    try (Sink sink = database.sink(promoting);
        Batch batch = memory.openBatch(keys)) {
      sink.prepare(first());
      batch.add(
          1,
          visitor -> parser.parse(Signal.LOGS, PayloadFormat.JSON, json, 0, json.length, visitor));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, move(0, 1));
      }
    }
    assertEquals(
        List.of("[51, 1, 0]"),
        query(
            "SELECT count(*), count(*) FILTER (resource_attr_host_name = 'a'),"
                + " count(scope_attr_lib) FROM lake.otlp_logs"));
    assertRefused(
        "table main.otlp_logs, column resource_attr_a: expected VARCHAR, found no such column;",
        new Target(
            "lake",
            "main",
            false,
            true,
            Optional.empty(),
            new PromotedKeys(List.of("a"), List.of())));
  }

  @Test
  void theOptions_areSetForOurTablesAlone_andThoseOfTheLakeHold() throws Exception {
    execute("CALL lake.set_option('parquet_compression', 'zstd')");
    execute("CREATE TABLE lake.theirs (i INTEGER)");
    Target target =
        new Target(
            "lake",
            "main",
            true,
            true,
            Optional.empty(),
            PromotedKeys.NONE,
            new Target.LakeOptions(123_456_789, Optional.empty()));
    assertStores(target, 2_000);
    assertEquals(
        List.of(
            "[auto_compact, TABLE, main.duckspool_ledger, false]",
            "[auto_compact, TABLE, main.duckspool_seals, false]",
            "[data_inlining_row_limit, TABLE, main.duckspool_ledger, 10]",
            "[data_inlining_row_limit, TABLE, main.duckspool_seals, 10]",
            "[parquet_compression, GLOBAL, null, zstd]",
            "[target_file_size, TABLE, main.otlp_logs, 123456789]"),
        query(
            "SELECT option_name, scope, scope_entry, value FROM ducklake_options('lake')"
                + " WHERE option_name NOT IN ('version', 'created_by', 'data_path', 'encrypted',"
                + " 'duckspool_created') AND (scope_entry IS NULL OR scope_entry NOT LIKE"
                + " 'main.otlp_%' OR scope_entry = 'main.otlp_logs') ORDER BY ALL"));
    assertEquals(
        List.of("[ZSTD]"),
        query(
            "SELECT DISTINCT compression FROM parquet_metadata('"
                + folder.resolve("data/main/otlp_logs/*.parquet")
                + "')"));
  }

  private void assertRefused(String message, Target target) throws SinkException {
    try (Sink sink = database.sink(target)) {
      SinkException e = assertThrows(SinkException.Refused.class, () -> sink.prepare(first()));
      assertTrue(e.reason().startsWith(message), e.reason());
      assertTrue(
          assertThrows(SinkException.Refused.class, sink::check).reason().startsWith(message));
    }
  }

  /** Prepares the target, commits rows there, and reads them back. */
  private void assertStores(Target target, int rows) throws Exception {
    try (Sink sink = database.sink(target)) {
      sink.prepare(first());
      sink.check();
      List<List<Object>> expected = commit(sink, 0, rows);
      SinkContract.assertSameRows(
          expected,
          DuckDbRows.readFrom(
              database, "lake." + Identifiers.quote(target.schema()), OtlpTable.LOGS),
          OtlpTable.LOGS);
      sink.removeLedger(SinkContract.SPOOL);
    }
  }

  private List<List<Object>> commit(Sink sink, long from, int rows) throws SinkException {
    List<List<Object>> written = new ArrayList<>();
    try (Batch batch = memory.openBatch()) {
      batch.add(1, visitor -> written.addAll(SampleRows.write(OtlpTable.LOGS, 0, rows, visitor)));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, move(from, from + 1));
      }
    }
    return written;
  }

  private List<String> query(String sql) throws SQLException {
    return DuckDbRows.query(database, sql);
  }

  private void execute(String sql) throws SQLException {
    try (Session session = database.openSession()) {
      session.execute(sql);
    }
  }
}
