package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpParser;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.Signal;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Promoted attributes, from the payload to their columns. */
final class PromotedColumnsTest {

  private static final PromotedKeys KEYS =
      new PromotedKeys(List.of("host.Name", "n", "host.Name"), List.of("lib"));

  private static final String COLUMNS = "resource_attr_host_Name, resource_attr_n, scope_attr_lib";

  @TempDir Path folder;

  private final BatchMemory memory = new BatchMemory(64 << 20, 16 << 20);
  private DuckDbDatabase database;
  private int seals;

  @BeforeEach
  void open() throws Exception {
    database =
        DuckDbDatabase.open(DuckDbRows.settings(folder), InstantSource.system(), System::nanoTime);
  }

  @AfterEach
  void close() {
    database.close();
    memory.close();
  }

  @ParameterizedTest
  @EnumSource(OtlpTable.class)
  void eachTable_hasThem_behindItsOwnColumns(OtlpTable table) throws Exception {
    prepare(target(true, KEYS));
    store(table, target(true, KEYS), 3);
    assertEquals(
        List.of("[a, 5, v1]", "[a, 5, v1]", "[a, 5, v1]"),
        DuckDbRows.query(database, "SELECT " + COLUMNS + " FROM " + table.tableName()));
    assertEquals(
        List.of("[" + COLUMNS + "]"),
        DuckDbRows.query(
            database,
            "SELECT string_agg(column_name, ', ' ORDER BY column_index)"
                + " FILTER (WHERE column_name LIKE '%\\_attr\\_%' ESCAPE '\\' AND data_type = 'VARCHAR')"
                + " FROM duckdb_columns() WHERE table_name = '"
                + table.tableName()
                + "'"));
    assertEquals(
        List.of("[{\"host.Name\":\"a\",\"n\":5}, s]"),
        DuckDbRows.query(
            database, "SELECT DISTINCT resource_attributes, scope_name FROM " + table.tableName()),
        "the JSON keeps the keys, and columns behind it are in their place");
  }

  @Test
  void tablesThatAreThere_getThem_andOlderRowsAreNull() throws Exception {
    prepare(target(true, PromotedKeys.NONE));
    store(OtlpTable.LOGS, target(true, PromotedKeys.NONE), 1);
    prepare(target(true, KEYS));
    store(OtlpTable.LOGS, target(true, KEYS), 1);
    // A server that promotes nothing shares the tables.
    store(OtlpTable.LOGS, target(true, PromotedKeys.NONE), 1);
    assertEquals(
        List.of("[null, null, null]", "[a, 5, v1]", "[null, null, null]"),
        DuckDbRows.query(database, "SELECT " + COLUMNS + " FROM otlp_logs ORDER BY rowid"));
    // Another order, another case of the column, and one more.
    execute("ALTER TABLE otlp_logs RENAME COLUMN resource_attr_n TO RESOURCE_ATTR_N");
    Target more =
        target(true, new PromotedKeys(List.of("m", "n", "host.Name"), List.of("x", "lib")));
    prepare(more);
    store(OtlpTable.LOGS, more, 1);
    assertEquals(
        List.of("[a, 5, v1, null, null]"),
        DuckDbRows.query(
            database,
            "SELECT "
                + COLUMNS
                + ", resource_attr_m, scope_attr_x FROM otlp_logs ORDER BY rowid DESC LIMIT 1"));
  }

  @Test
  void withoutCreateTables_theyMustBeThere() throws Exception {
    prepare(target(true, PromotedKeys.NONE));
    for (OtlpTable table : OtlpTable.values()) {
      for (String column : COLUMNS.split(", ")) {
        if (table != OtlpTable.METRICS_SUMMARY || !column.equals("scope_attr_lib")) {
          execute("ALTER TABLE " + table.tableName() + " ADD COLUMN " + column + " VARCHAR");
        }
      }
    }
    assertEquals(
        "table main.otlp_metrics_summary, column scope_attr_lib: expected VARCHAR, found no such"
            + " column",
        refusal(target(false, KEYS)));
    execute("ALTER TABLE otlp_metrics_summary ADD COLUMN scope_attr_lib INTEGER");
    for (boolean createTables : new boolean[] {false, true}) {
      assertEquals(
          "table main.otlp_metrics_summary, column scope_attr_lib: expected VARCHAR, found INTEGER",
          refusal(target(createTables, KEYS)));
    }
    execute("ALTER TABLE otlp_metrics_summary ALTER COLUMN scope_attr_lib TYPE VARCHAR");
    prepare(target(false, KEYS));
    store(OtlpTable.METRICS_SUMMARY, target(false, KEYS), 1);
  }

  @Test
  void aMissingColumnOfOurOwn_isNeverAdded() throws Exception {
    prepare(target(true, PromotedKeys.NONE));
    execute("ALTER TABLE otlp_logs DROP COLUMN body");
    assertEquals(
        "table main.otlp_logs, column body: expected VARCHAR, found no such column",
        refusal(target(true, KEYS)));
    assertEquals(
        List.of("[0]"),
        DuckDbRows.query(
            database,
            "SELECT count(*) FROM duckdb_columns() WHERE contains(column_name, '_attr_')"),
        "a refusal leaves nothing behind");
  }

  @Test
  void theDdl_makesThem() throws Exception {
    for (String sql : Ddl.statements("", "main", true, KEYS)) {
      execute(sql);
    }
    prepare(target(false, KEYS));
    store(OtlpTable.TRACES, target(false, KEYS), 2);
  }

  private static Target target(boolean createTables, PromotedKeys promoted) {
    return new Target("", "main", createTables, true, Optional.empty(), promoted);
  }

  private void prepare(Target target) throws SinkException {
    try (Sink sink = database.sink(target)) {
      sink.prepare(SinkContract.first());
    }
  }

  private String refusal(Target target) {
    return assertThrows(SinkException.Refused.class, () -> prepare(target)).reason();
  }

  private void execute(String sql) throws Exception {
    try (Session session = database.openSession()) {
      session.execute(sql);
    }
  }

  /** Commits so many entries, each with one row of a table. */
  private void store(OtlpTable table, Target target, int entries) throws Exception {
    OtlpParser parser = new OtlpParser(OtlpLimits.DEFAULT, target.promoted());
    byte[] json = request(table).replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    try (Batch batch = memory.openBatch(target.promoted());
        Sink sink = database.sink(target)) {
      for (int i = 0; i < entries; i++) {
        batch.add(
            json.length,
            visitor ->
                parser.parse(signal(table), PayloadFormat.JSON, json, 0, json.length, visitor));
      }
      try (SealedBatch sealed = batch.seal()) {
        assertEquals(entries, sealed.rows(table));
        sink.commit(sealed, SinkContract.move(seals, ++seals));
      }
    }
  }

  private static Signal signal(OtlpTable table) {
    return switch (table) {
      case LOGS -> Signal.LOGS;
      case TRACES -> Signal.TRACES;
      default -> Signal.METRICS;
    };
  }

  private static String request(OtlpTable table) {
    String number = "{'dataPoints':[{'timeUnixNano':'1','asInt':'3'}]}";
    String point = "{'dataPoints':[{'timeUnixNano':'1','count':'0'}]}";
    return switch (table) {
      case LOGS -> request("Logs", "'logRecords':[{'body':{'stringValue':'x'}}]");
      case TRACES ->
          request(
              "Spans",
              "'spans':[{'name':'x','traceId':'"
                  + "0a".repeat(16)
                  + "','spanId':'"
                  + "0b".repeat(8)
                  + "'}]");
      case METRICS_GAUGE -> metric("gauge", number);
      case METRICS_SUM -> metric("sum", number);
      case METRICS_HISTOGRAM -> metric("histogram", point);
      case METRICS_EXP_HISTOGRAM -> metric("exponentialHistogram", point);
      case METRICS_SUMMARY -> metric("summary", point);
    };
  }

  private static String metric(String kind, String points) {
    return request("Metrics", "'metrics':[{'name':'m','" + kind + "':" + points + "}]");
  }

  private static String request(String kind, String items) {
    return "{'resource"
        + kind
        + "':[{'resource':{'attributes':[{'key':'host.Name','value':{'stringValue':'a'}},"
        + "{'key':'n','value':{'intValue':5}}]},'scope"
        + kind
        + "':[{'scope':{'name':'s','attributes':[{'key':'lib','value':{'stringValue':'v1'}}]},"
        + items
        + "}]}]}";
  }
}
