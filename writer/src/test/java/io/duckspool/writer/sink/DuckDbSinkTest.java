package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** The contract, kept by a schema of a DuckDB file. */
class DuckDbSinkTest extends SinkContract {

  @TempDir Path folder;

  private final FailingGate gate = new FailingGate();
  private DuckDbDatabase database;

  @Override
  Sink openSink() throws SinkException {
    return database().sink(Target.ofDefaultDatabase("otel \"x\"; drop"));
  }

  @Override
  List<List<Object>> rows(OtlpTable table) throws Exception {
    return DuckDbRows.read(database(), "otel \"x\"; drop", table);
  }

  @Override
  void restart() throws Exception {
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

  private DuckDbDatabase database() throws SinkException {
    if (database == null) {
      database = DuckDbDatabase.open(settings(), InstantSource.fixed(NOW), System::nanoTime, gate);
    }
    return database;
  }

  DuckDbSettings settings() {
    return DuckDbRows.settings(folder);
  }
}
