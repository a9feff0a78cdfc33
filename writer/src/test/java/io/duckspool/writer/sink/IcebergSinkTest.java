package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.servers.IcebergRig;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract, kept by a schema of an Iceberg REST catalog whose files are in S3. */
final class IcebergSinkTest extends SinkContract {

  private final IcebergRig rig = IcebergRig.shared();

  @TempDir Path folder;

  private final FailingGate gate = new FailingGate();
  private final String schema = rig.newSchema();
  private DuckDbDatabase database;

  @Override
  Sink openSink() throws SinkException {
    return database().sink(new Target("ICE", schema, true, false, Optional.empty()));
  }

  @Override
  List<List<Object>> rows(OtlpTable table) throws Exception {
    return DuckDbRows.readFrom(database(), "ice." + schema, table);
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

  /** Nobody maintains Iceberg tables from here. */
  @Override
  @Test
  void maintain_changesNoRow_alsoBetweenCommits() throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
      commit(sink, 0, 1, 10);
      SinkException e = assertThrows(SinkException.Refused.class, sink::maintain);
      assertTrue(e.reason().contains("DuckDB maintains no Iceberg tables"), e.reason());
      commit(sink, 1, 2, 10);
    }
    assertEquals(20, rows(OtlpTable.LOGS).size());
  }

  @Test
  void whereTheRowsGo_isNamedAsInTheConfiguration() throws Exception {
    try (Sink sink = openSink()) {
      assertEquals("ice", sink.catalogName());
      assertEquals("ice." + schema, sink.target());
      assertEquals(CatalogKind.ICEBERG, sink.kind());
    }
  }

  private DuckDbDatabase database() throws SinkException {
    if (database == null) {
      database =
          DuckDbDatabase.open(
              rig.settings(folder), InstantSource.fixed(NOW), System::nanoTime, gate);
    }
    return database;
  }
}
