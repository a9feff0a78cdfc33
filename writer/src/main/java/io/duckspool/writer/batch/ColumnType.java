package io.duckspool.writer.batch;

/** The types of our columns, as DuckDB names them. */
public enum ColumnType {
  /** Microseconds since the epoch, UTC. */
  TIMESTAMP("TIMESTAMP"),
  INTEGER("INTEGER"),
  BIGINT("BIGINT"),
  DOUBLE("DOUBLE"),
  BOOLEAN("BOOLEAN"),
  VARCHAR("VARCHAR"),
  BIGINT_LIST("BIGINT[]"),
  DOUBLE_LIST("DOUBLE[]");

  private final String sql;

  ColumnType(String sql) {
    this.sql = sql;
  }

  /** The type in SQL, as DuckDB's {@code information_schema} reports it, too. */
  public String sql() {
    return sql;
  }
}
