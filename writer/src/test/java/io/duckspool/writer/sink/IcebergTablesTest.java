package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.move;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpParser;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.Signal;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.HttpProxy;
import io.duckspool.writer.servers.HttpProxy.Answer;
import io.duckspool.writer.servers.IcebergRig;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that are made, and tables that are there already, in an Iceberg catalog. */
final class IcebergTablesTest {

  private static final String LOG =
      "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"host.name\",\"value\":{\"stringValue\":"
          + "\"a\"}}]},\"scopeLogs\":[{\"logRecords\":[%s]}]}]}";

  private static final PromotedKeys KEYS = new PromotedKeys(List.of("host.name"), List.of());

  private final IcebergRig rig = IcebergRig.shared();

  @TempDir Path folder;
  private final String schema = rig.newSchema();
  private final BatchMemory memory = new BatchMemory(256 << 20, 64 << 20);
  private DuckDbDatabase database;

  @BeforeEach
  void open() throws Exception {
    database =
        DuckDbDatabase.open(
            rig.settings(folder), InstantSource.fixed(SinkContract.NOW), System::nanoTime);
  }

  @AfterEach
  void close() {
    rig.proxy().follow(HttpProxy.Script.PASS);
    database.close();
    memory.close();
  }

  @Test
  void theStatementsOfDdl_makeWhatIsChecked_andNoLedger() throws Exception {
    List<String> statements = Ddl.statementsWithoutLedger("ice", schema, true, KEYS);
    assertEquals(1 + 7 + 1, statements.size());
    for (String statement : statements) {
      assertFalse(statement.contains("duckspool_ledger"), statement);
      execute(statement);
    }
    Sink sink = sink(false, true, KEYS);
    sink.prepare(first());
    commit(sink, KEYS, 0, 1, 2);
    assertEquals(List.of("[2, 2]"), query("SELECT count(*), count(resource_attr_host_name)"));
  }

  @Test
  void aMissingSchema_orTable_isRefused_whereNoneAreMade() throws Exception {
    SinkException e =
        assertThrows(
            SinkException.Refused.class,
            () -> sink(false, false, PromotedKeys.NONE).prepare(first()));
    assertEquals(
        "schema " + schema + " does not exist in catalog ice, and create_tables is false",
        e.reason());
    make(PromotedKeys.NONE);
    execute("DROP TABLE ice." + schema + ".otlp_traces");
    e =
        assertThrows(
            SinkException.Refused.class,
            () -> sink(false, false, PromotedKeys.NONE).prepare(first()));
    assertEquals(
        "table " + schema + ".otlp_traces does not exist, and create_tables is false", e.reason());
    assertEquals(Optional.empty(), sink(false, false, PromotedKeys.NONE).readLedger(SPOOL));
    sink(true, false, PromotedKeys.NONE).prepare(first());
  }

  @Test
  void otherOrder_andExtraNullableColumns_areTaken() throws Exception {
    execute("CREATE SCHEMA ice." + schema);
    String reversed =
        String.join(
            ", ",
            TableDefinition.of(OtlpTable.LOGS, PromotedKeys.NONE).columns().stream()
                .map(c -> Identifiers.quote(c.name()) + " " + c.type().sql())
                .sorted()
                .toList());
    execute(
        "CREATE TABLE ice." + schema + ".otlp_logs (extra VARCHAR, " + reversed + ", more DATE)");
    Sink sink = sink(true, false, PromotedKeys.NONE);
    sink.prepare(first());
    commit(sink, PromotedKeys.NONE, 0, 1, 3);
    assertEquals(
        List.of("[3, 0, 0, 3]"),
        query("SELECT count(*), count(extra), count(more), count(service_name)"));
  }

  @Test
  void whatDoesNotFit_isRefused_allOfItByName() throws Exception {
    make(PromotedKeys.NONE);
    execute("ALTER TABLE ice." + schema + ".otlp_logs DROP COLUMN body");
    execute("DROP TABLE ice." + schema + ".otlp_traces");
    execute(
        Ddl.createTable("ice." + schema, TableDefinition.of(OtlpTable.TRACES, PromotedKeys.NONE))
            .replace("\"kind\" INTEGER", "\"kind\" BIGINT, must INTEGER NOT NULL"));
    SinkException e =
        assertThrows(
            SinkException.Refused.class,
            () -> sink(true, false, PromotedKeys.NONE).prepare(first()));
    assertEquals(
        "table %1$s.otlp_logs, column body: expected VARCHAR, found no such column;"
                .formatted(schema)
            + " table %1$s.otlp_traces, column kind: expected INTEGER, found BIGINT;"
                .formatted(schema)
            + " table %1$s.otlp_traces, column must: expected an extra column to be nullable or to"
                .formatted(schema)
            + " have a default, found INTEGER NOT NULL",
        e.reason());
  }

  @Test
  void promotedAttributes_getTheirColumns_inTablesThatHoldRowsToo() throws Exception {
    Sink plain = sink(true, false, PromotedKeys.NONE);
    plain.prepare(first());
    commit(plain, PromotedKeys.NONE, 0, 1, 2);
    Sink promoting = sink(true, false, KEYS);
    promoting.check();
    commit(promoting, KEYS, 1, 2, 3);
    assertEquals(List.of("[5, 3]"), query("SELECT count(*), count(resource_attr_host_name)"));
  }

  @Test
  void aCatalogThatAddsNoColumn_goesWithoutPromotedAttributes() throws Exception {
    make(PromotedKeys.NONE);
    rig.proxy()
        .follow(
            (request, upstream) ->
                request.body().contains("add-schema")
                    ? new Answer(
                        400,
                        "{\"error\":{\"message\":\"no such update\",\"type\":\"X\",\"code\":400}}")
                    : upstream.send(request));
    Sink sink = sink(true, false, KEYS);
    sink.prepare(first());
    commit(sink, KEYS, 0, 1, 3);
    assertEquals(List.of("[3]"), query("SELECT count(*)"));
    assertThrows(SQLException.class, () -> query("SELECT count(resource_attr_host_name)"));
  }

  @Test
  void withProvenance_eachSealHasItsRow_andTheTargetCanBeAudited() throws Exception {
    Sink sink = sink(true, true, PromotedKeys.NONE);
    sink.prepare(first());
    commit(sink, PromotedKeys.NONE, 0, 2, 3);
    commit(sink, PromotedKeys.NONE, 2, 3, 0);
    Audit audit = sink(true, true, PromotedKeys.NONE).audit(SPOOL);
    assertEquals(move(0, 3).next(), audit.ledger().orElseThrow().position());
    Audit.Provenance provenance = audit.provenance().orElseThrow();
    assertEquals(2, provenance.sealCount());
    assertEquals(Optional.of(move(0, 3).next().next()), provenance.next());
    assertEquals(0, provenance.breakCount());
    assertEquals(new Audit.TableRows("otlp_logs", 3, 3), provenance.tables().get(0));
    // A row of the table of seals moves the ledger, no empty seal has to be noted.
    assertEquals(
        List.of(),
        DuckDbRows.query(
            database,
            "SELECT key FROM iceberg_table_properties('ice."
                + schema
                + ".otlp_logs') WHERE key LIKE '%.empty.%'"));
  }

  @Test
  void twoSpools_shareATable() throws Exception {
    Sink sink = sink(true, false, PromotedKeys.NONE);
    sink.prepare(first());
    LedgerRow other =
        new LedgerRow(
            "ffff", "otlp:localhost:4400", "run-9", first().position(), 0, SinkContract.NOW);
    Sink second = sink(true, false, PromotedKeys.NONE);
    second.prepare(other);
    commit(sink, PromotedKeys.NONE, 0, 2, 3);
    assertEquals(Optional.of(other), second.readLedger("ffff"));
    assertTrue(sink.removeLedger(SPOOL));
    assertEquals(Optional.empty(), sink.readLedger(SPOOL));
    assertEquals(Optional.of(other), second.readLedger("ffff"));
    assertEquals(List.of("[3]"), query("SELECT count(*)"));
  }

  private Sink sink(boolean createTables, boolean provenance, PromotedKeys promoted)
      throws SinkException {
    return database.sink(
        new Target("ice", schema, createTables, provenance, Optional.empty(), promoted));
  }

  private void make(PromotedKeys promoted) throws SQLException {
    for (String statement : Ddl.statementsWithoutLedger("ice", schema, false, promoted)) {
      execute(statement);
    }
  }

  private void commit(Sink sink, PromotedKeys promoted, long from, long to, int logs)
      throws Exception {
    byte[] payload =
        LOG.formatted("{},".repeat(Math.max(0, logs - 1)) + (logs > 0 ? "{}" : "")).getBytes(UTF_8);
    try (Batch batch = memory.openBatch(promoted)) {
      batch.add(
          1,
          visitor ->
              new OtlpParser(OtlpLimits.ACCEPTED, promoted)
                  .parse(Signal.LOGS, PayloadFormat.JSON, payload, 0, payload.length, visitor));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, move(from, to));
      }
    }
  }

  /** Rows of the table of logs. */
  private List<String> query(String select) throws SQLException {
    return DuckDbRows.query(database, select + " FROM ice." + schema + ".otlp_logs");
  }

  private void execute(String sql) throws SQLException {
    try (Session session = database.openSession("ice")) {
      session.execute(sql);
    }
  }
}
