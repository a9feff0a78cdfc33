package io.duckspool.writer.sink;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How the writer's DuckDB instance is opened.
 *
 * @param database the default database's file; empty: {@code :memory:}
 * @param memoryLimitBytes what DuckDB may use beside the heap, > 0
 * @param threads DuckDB's own threads, > 0
 * @param tempDirectory where it spills
 * @param extensionDirectory where extensions are found; empty: DuckDB's own place
 * @param installExtensions whether a missing extension may be installed
 * @param initSql run once after opening
 * @param declared other databases, attached after {@code initSql}, and the keys to them
 * @param parquet what Parquet targets need
 */
public record DuckDbSettings(
    Optional<Path> database,
    long memoryLimitBytes,
    int threads,
    Path tempDirectory,
    Optional<Path> extensionDirectory,
    boolean installExtensions,
    Optional<String> initSql,
    Declared declared,
    ParquetSettings parquet) {

  public DuckDbSettings {
    if (memoryLimitBytes <= 0) {
      throw new IllegalArgumentException("memoryLimitBytes must be > 0, got " + memoryLimitBytes);
    }
    if (threads <= 0) {
      throw new IllegalArgumentException("threads must be > 0, got " + threads);
    }
  }

  /** The default database alone. */
  public DuckDbSettings(
      Optional<Path> database,
      long memoryLimitBytes,
      int threads,
      Path tempDirectory,
      Optional<Path> extensionDirectory,
      boolean installExtensions,
      Optional<String> initSql) {
    this(
        database,
        memoryLimitBytes,
        threads,
        tempDirectory,
        extensionDirectory,
        installExtensions,
        initSql,
        Declared.NOTHING);
  }

  /** Without Parquet targets. */
  public DuckDbSettings(
      Optional<Path> database,
      long memoryLimitBytes,
      int threads,
      Path tempDirectory,
      Optional<Path> extensionDirectory,
      boolean installExtensions,
      Optional<String> initSql,
      Declared declared) {
    this(
        database,
        memoryLimitBytes,
        threads,
        tempDirectory,
        extensionDirectory,
        installExtensions,
        initSql,
        declared,
        ParquetSettings.NONE);
  }

  /** The same with other databases beside the default one. */
  public DuckDbSettings with(Declared other) {
    return new DuckDbSettings(
        database,
        memoryLimitBytes,
        threads,
        tempDirectory,
        extensionDirectory,
        installExtensions,
        initSql,
        other,
        parquet);
  }

  /** The same with other Parquet targets. */
  public DuckDbSettings with(ParquetSettings other) {
    return new DuckDbSettings(
        database,
        memoryLimitBytes,
        threads,
        tempDirectory,
        extensionDirectory,
        installExtensions,
        initSql,
        declared,
        other);
  }
}
