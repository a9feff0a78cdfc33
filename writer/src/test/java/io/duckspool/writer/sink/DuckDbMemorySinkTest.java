package io.duckspool.writer.sink;

import java.util.Optional;

/**
 * The contract, kept by a schema of a DuckDB database in memory. It ends with its process, so the
 * kills of {@code CrashPointIT} and {@code KillIT} don't apply, and a restart is none.
 */
final class DuckDbMemorySinkTest extends DuckDbSinkTest {

  @Override
  void restart() {
    // Not applicable: nothing outlives the database.
  }

  @Override
  DuckDbSettings settings() {
    return new DuckDbSettings(
        Optional.empty(),
        512L << 20,
        2,
        folder.resolve("tmp"),
        Optional.empty(),
        false,
        Optional.empty());
  }
}
