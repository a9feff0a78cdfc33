package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.NOW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Targets that exist already, by other hands. */
final class TargetTablesTest {

  private static final Target EXISTING = new Target("", "main", false, true, Optional.empty());

  @TempDir Path folder;

  private DuckDbDatabase database;

  @BeforeEach
  void open() throws Exception {
    database =
        DuckDbDatabase.open(
            DuckDbRows.settings(folder), InstantSource.fixed(NOW), System::nanoTime);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void ddl_makesATargetThatNeedsNoMoreTables() throws Exception {
    for (String sql : Ddl.statements("", "main", true, PromotedKeys.NONE)) {
      execute(sql);
    }
    assertStores(EXISTING);
  }

  @Test
  void aMissingSchema_isMade_orRefusedWithoutCreateTables() throws Exception {
    Target target = new Target("", "otel", false, true, Optional.empty());
    assertRefused("schema otel does not exist in catalog otlp, and create_tables is false", target);
    assertStores(Target.ofDefaultDatabase("otel"));
    assertStores(target);
  }

  @Test
  void aMissingTable_isRefusedWithoutCreateTables_theLedgerToo() throws Exception {
    for (String sql : Ddl.statements("", "main", true, PromotedKeys.NONE)) {
      execute(sql);
    }
    execute("DROP TABLE otlp_traces");
    execute("DROP TABLE duckspool_ledger");
    assertRefused(
        "table main.otlp_traces does not exist, and create_tables is false; table"
            + " main.duckspool_ledger does not exist, and create_tables is false",
        EXISTING);
  }

  @Test
  void provenance_needsNoTableWhenOff() throws Exception {
    for (String sql : Ddl.statements("", "main", false, PromotedKeys.NONE)) {
      execute(sql);
    }
    assertRefused(
        "table main.duckspool_seals does not exist, and create_tables is false", EXISTING);
    assertStores(new Target("", "main", false, false, Optional.empty()));
  }

  @Test
  void columnsInAnyOrder_inAnyCase_withExtraNullableOnes_areFilledByName() throws Exception {
    List<String> columns = new ArrayList<>();
    TableDefinition.of(OtlpTable.LOGS, PromotedKeys.NONE)
        .columns()
        .forEach(c -> columns.add(c.name().toUpperCase() + " " + c.type().sql()));
    Collections.reverse(columns);
    columns.add(3, "\"extra \"\"1\"\"\" VARCHAR");
    columns.add("tenant VARCHAR NOT NULL DEFAULT 'acme'");
    execute("CREATE TABLE \"OTLP_LOGS\" (" + String.join(", ", columns) + ")");
    assertStores(Target.ofDefaultDatabase("main"));
    assertEquals(
        List.of("[50, 50, 0]"),
        DuckDbRows.query(
            database,
            "SELECT count(*), count(*) FILTER (tenant = 'acme'), count(\"extra \"\"1\"\"\")"
                + " FROM otlp_logs"));
  }

  @Test
  void aMissingColumn_andAnotherType_areNamedWithTableExpectedAndFound() throws Exception {
    for (String sql : Ddl.statements("", "main", true, PromotedKeys.NONE)) {
      execute(sql);
    }
    execute("ALTER TABLE otlp_logs DROP COLUMN event_name");
    execute("ALTER TABLE otlp_logs ALTER COLUMN body TYPE BLOB");
    execute("ALTER TABLE otlp_metrics_histogram ALTER COLUMN bucket_counts TYPE INTEGER[]");
    execute("ALTER TABLE duckspool_ledger ALTER COLUMN next_index TYPE INTEGER");
    String message =
        "table main.otlp_logs, column event_name: expected VARCHAR, found no such column;"
            + " table main.otlp_logs, column body: expected VARCHAR, found BLOB;"
            + " table main.otlp_metrics_histogram, column bucket_counts: expected BIGINT[],"
            + " found INTEGER[];"
            + " table main.duckspool_ledger, column next_index: expected BIGINT, found INTEGER";
    assertRefused(message, EXISTING);
    assertRefused(message, Target.ofDefaultDatabase("main"));
  }

  @Test
  void anExtraColumnThatTakesNoNull_isRefused() throws Exception {
    execute(Ddl.statements("", "main", true, PromotedKeys.NONE).get(1));
    execute("CREATE TABLE copy AS FROM otlp_logs");
    execute("DROP TABLE otlp_logs");
    execute("ALTER TABLE copy ADD COLUMN tenant VARCHAR");
    execute("ALTER TABLE copy ALTER COLUMN tenant SET NOT NULL");
    execute("ALTER TABLE copy RENAME TO otlp_logs");
    assertRefused(
        "table main.otlp_logs, column tenant: expected an extra column to be nullable or to have"
            + " a default, found VARCHAR NOT NULL",
        Target.ofDefaultDatabase("main"));
  }

  @Test
  void aViewInATablesPlace_isRefused_andNothingIsLeftBehind() throws Exception {
    execute("CREATE VIEW otlp_traces AS SELECT 1 AS i");
    assertRefused(
        "table main.otlp_traces is a view, expected a table", Target.ofDefaultDatabase("main"));
    assertEquals(List.of(), DuckDbRows.query(database, "SELECT table_name FROM duckdb_tables()"));
  }

  @Test
  void aSchemaWithU0000_isRefused_andNamesAreComparedWithoutCase() throws Exception {
    assertThrows(
        SinkException.Refused.class, () -> database.sink(Target.ofDefaultDatabase("a\0b")));
    assertEquals(
        "otlp",
        database.sink(new Target("OTLP", "main", true, true, Optional.empty())).catalogName());
  }

  @Test
  void hostileNames_areOnlyNames() throws Exception {
    for (String schema :
        List.of("a.b", "a\"b", "'; DROP TABLE x; --", "select", "Ünï cödé", " ", "a\nb")) {
      assertStores(Target.ofDefaultDatabase(schema));
      assertEquals(50, DuckDbRows.read(database, schema, OtlpTable.LOGS).size(), schema);
    }
  }

  private void assertRefused(String message, Target target) throws SinkException {
    try (Sink sink = database.sink(target)) {
      SinkException e =
          assertThrows(SinkException.Refused.class, () -> sink.prepare(SinkContract.first()));
      assertEquals(message, e.reason());
      assertEquals(message, assertThrows(SinkException.Refused.class, sink::check).reason());
    }
  }

  /** Prepares the target, and commits 50 rows of logs, traces and histograms there. */
  private void assertStores(Target target) throws Exception {
    try (BatchMemory memory = new BatchMemory(64 << 20, 0);
        Sink sink = database.sink(target);
        Batch batch = memory.openBatch()) {
      sink.prepare(SinkContract.first());
      sink.check();
      List<OtlpTable> tables =
          List.of(OtlpTable.LOGS, OtlpTable.TRACES, OtlpTable.METRICS_HISTOGRAM);
      for (OtlpTable table : tables) {
        execute("TRUNCATE " + Identifiers.quote(target.schema()) + "." + table.tableName());
      }
      List<List<List<Object>>> expected = new ArrayList<>();
      batch.add(
          1, visitor -> tables.forEach(t -> expected.add(SampleRows.write(t, 0, 50, visitor))));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, SinkContract.move(0, 1));
      }
      for (int i = 0; i < tables.size(); i++) {
        SinkContract.assertSameRows(
            expected.get(i),
            DuckDbRows.read(database, target.schema(), tables.get(i)),
            tables.get(i));
      }
      sink.removeLedger(SinkContract.SPOOL);
    }
  }

  private void execute(String sql) throws Exception {
    try (Session session = database.openSession()) {
      session.execute(sql);
    }
  }
}
