package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.otlp.OtlpTable;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract, kept by a schema of a DuckLake; a subclass for each place of metadata and data. */
abstract class LakeSinkContract extends SinkContract {

  static final String SCHEMA = "otel \"x\"; drop";

  @TempDir Path folder;

  final FailingGate gate = new FailingGate();
  private DuckDbDatabase database;

  /** The lake of this test. */
  abstract Declared declared() throws Exception;

  @Override
  Sink openSink() throws SinkException {
    return database().sink(Lakes.target(SCHEMA));
  }

  @Override
  List<List<Object>> rows(OtlpTable table) throws Exception {
    return DuckDbRows.readFrom(database(), "lake." + Identifiers.quote(SCHEMA), table);
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
  void aLakeThatIsMade_isMarkedAsOurs() throws Exception {
    assertEquals(
        List.of("[1]"),
        DuckDbRows.query(
            database(),
            "SELECT count(*) FROM ducklake_options('lake')"
                + " WHERE option_name = 'duckspool_created'"));
  }

  @Test
  void aSeal_isOneSnapshot_andOneFileForEachTableWithRows() throws Exception {
    try (Sink sink = openSink()) {
      assertEquals(CatalogKind.DUCKLAKE, sink.kind());
      assertEquals("lake." + SCHEMA, sink.target());
      sink.prepare(first());
      String before = snapshots();
      commit(sink, 0, 1, 1000);
      commit(sink, 1, 2, 1);
      commit(sink, 2, 3, 0);
      assertEquals(
          Long.parseLong(before) + 3, Long.parseLong(snapshots()), "one snapshot for each seal");
      assertEquals(
          List.of("[otlp_logs, 2]"),
          query(
              "SELECT table_name, file_count FROM ducklake_table_info('lake')"
                  + " WHERE file_count > 0"));
      assertEquals(
          List.of(
              "[duckspool, seal 3 of otlp:localhost:4318, {\"spool_id\":\""
                  + SPOOL
                  + "\",\"first_index\":"
                  + index(2).toLong()
                  + ",\"next_index\":"
                  + index(3).toLong()
                  + "}]"),
          query(
              "SELECT author, commit_message, commit_extra_info FROM ducklake_snapshots('lake')"
                  + " ORDER BY snapshot_id DESC LIMIT 1"));
    }
  }

  final String snapshots() throws Exception {
    return query("SELECT count(*) FROM ducklake_snapshots('lake')").get(0).replaceAll("\\D", "");
  }

  final List<String> query(String sql) throws Exception {
    return DuckDbRows.query(database(), sql);
  }

  final DuckDbDatabase database() throws SinkException {
    if (database == null) {
      try {
        database =
            DuckDbDatabase.open(
                Lakes.settings(folder, declared()),
                InstantSource.fixed(NOW),
                System::nanoTime,
                gate);
      } catch (SinkException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
    return database;
  }
}
