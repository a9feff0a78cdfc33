package io.duckspool.common.otlp;

import java.util.Arrays;

/** How many rows a request puts in each table. Immutable. */
public final class OtlpCounts {

  /** No row in any table. */
  public static final OtlpCounts NONE = new OtlpCounts(new long[OtlpTable.values().length]);

  /** By ordinal of {@link OtlpTable}. */
  private final long[] rowsByTable;

  /** {@code rowsByTable} is by ordinal of {@link OtlpTable}, and copied. */
  OtlpCounts(long[] rowsByTable) {
    this.rowsByTable = rowsByTable.clone();
  }

  /** Rows in {@code table}. */
  public long rows(OtlpTable table) {
    return rowsByTable[table.ordinal()];
  }

  /** Rows in all tables. */
  public long rows() {
    long rows = 0;
    for (long n : rowsByTable) {
      rows += n;
    }
    return rows;
  }

  /** The number of tables that get at least one row. */
  public int tables() {
    int tables = 0;
    for (long n : rowsByTable) {
      tables += n > 0 ? 1 : 0;
    }
    return tables;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OtlpCounts counts && Arrays.equals(rowsByTable, counts.rowsByTable);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(rowsByTable);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (OtlpTable table : OtlpTable.values()) {
      if (rows(table) > 0) {
        text.append(text.isEmpty() ? "" : ", ").append(table.tableName()).append('=');
        text.append(rows(table));
      }
    }
    return "{" + text + "}";
  }
}
