package io.duckspool.writer.sink;

/** What a target's catalog is to the writer. */
public enum CatalogKind {
  /** The default database, which DuckDB checkpoints by itself. */
  DEFAULT,
  /** An attached DuckDB file. */
  DUCKDB,
  /** An attached DuckLake. */
  DUCKLAKE,
  /** An Iceberg REST catalog. */
  ICEBERG,
  /** The default database, with views over files that have no catalog. */
  PARQUET;

  /** Whether the writer maintains it between seals. */
  public boolean isMaintained() {
    return switch (this) {
      case DEFAULT, PARQUET -> false;
      // That there is nothing to do is said once, when it would be due.
      case DUCKDB, DUCKLAKE, ICEBERG -> true;
    };
  }
}
