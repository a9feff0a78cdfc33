package io.duckspool.writer.sink;

/** What a target's catalog is to the writer. */
public enum CatalogKind {
  /** The default database, which DuckDB checkpoints by itself. */
  DEFAULT,
  /** An attached DuckDB file. */
  DUCKDB,
  /** An attached DuckLake. */
  DUCKLAKE
}
