package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.otlp.OtlpTable;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract, kept by a schema of an attached DuckDB file. */
final class DuckDbCatalogSinkTest extends SinkContract {

  private static final String SCHEMA = "otel \"x\"; drop";

  @TempDir Path folder;

  private final FailingGate gate = new FailingGate();
  private DuckDbDatabase database;

  @Override
  Sink openSink() throws SinkException {
    return database().sink(new Target("METRICS1", SCHEMA, true, true, Optional.empty()));
  }

  @Override
  List<List<Object>> rows(OtlpTable table) throws Exception {
    return DuckDbRows.readFrom(database(), "metrics1." + Identifiers.quote(SCHEMA), table);
  }

  @Override
  void restart() {
    closeTarget();
  }

  @Override
  void failAtStep(int n) {
    gate.failAt(n);
  }

  @Override
  boolean hasFailed() {
    return gate.hasFailed();
  }

  @Override
  void closeTarget() {
    if (database != null) {
      database.close();
      database = null;
    }
  }

  @Test
  void aSeal_writesNothingToTheDefaultDatabase() throws Exception {
    try (Sink sink = openSink()) {
      assertEquals("metrics1", sink.catalogName());
      assertEquals("metrics1." + SCHEMA, sink.target());
      assertEquals(CatalogKind.DUCKDB, sink.kind());
      sink.prepare(first());
      commit(sink, 0, 1, 3);
      sink.maintain();
    }
    assertEquals(
        List.of(),
        DuckDbRows.query(
            database(),
            "SELECT table_name FROM duckdb_tables() WHERE database_name <> 'metrics1'"));
    assertEquals(
        List.of("[1]"),
        DuckDbRows.query(
            database(),
            "SELECT count(*) FROM metrics1." + Identifiers.quote(SCHEMA) + ".duckspool_seals"));
  }

  private DuckDbDatabase database() throws SinkException {
    if (database == null) {
      DuckDbSettings own = DuckDbRows.settings(folder);
      database =
          DuckDbDatabase.open(
              own.with(
                  Declared.catalogs(
                      Map.of(
                          "metrics1",
                          new CatalogConfig.DuckDb(folder.resolve("metrics.duckdb"), Map.of())))),
              InstantSource.fixed(NOW),
              System::nanoTime,
              gate);
    }
    return database;
  }
}
