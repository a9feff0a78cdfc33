package io.duckspool.common.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The {@code duckdb} section.
 *
 * @param database the default database: an absolute path, or {@code :memory:}
 * @param extensionDirectory where extensions are found, absolute
 * @param installExtensions whether a missing extension is installed
 * @param memoryLimit what DuckDB may use; by default half of the memory beside the writer's heap
 * @param threads DuckDB's threads
 * @param tempDirectory where DuckDB spills to, absolute
 * @param initSql statements run once when the database is opened
 */
public record DuckDbConfig(
    String database,
    Path extensionDirectory,
    boolean installExtensions,
    DataSize memoryLimit,
    int threads,
    Path tempDirectory,
    Optional<String> initSql) {
  /** The database that lives in the writer's memory and ends with it. */
  public static final String IN_MEMORY = ":memory:";

  /** True when nothing outlives the writer's exit. */
  public boolean isInMemory() {
    return database.equals(IN_MEMORY);
  }
}
