package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.Column;
import io.duckspool.writer.batch.Tables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a table of ours must look like, in any order: each column by name and type, and no other one
 * that a row without a value for it can't go into. Names are compared as DuckDB compares them,
 * without regard to case. Pure.
 *
 * @param problems what is wrong, each naming table and column
 * @param missingPromoted columns of promoted attributes that the table lacks
 */
record ColumnCheck(List<String> problems, List<Column> missingPromoted) {

  /** A column as it is in the target. */
  record Found(String name, String type, boolean nullable, boolean hasDefault) {}

  /**
   * Checks a table.
   *
   * @param name for messages
   */
  static ColumnCheck of(String name, TableDefinition table, List<Found> columns) {
    Map<String, Found> found = new HashMap<>();
    for (Found column : columns) {
      found.put(column.name().toLowerCase(Locale.ROOT), column);
    }
    List<String> problems = new ArrayList<>();
    List<Column> missingPromoted = new ArrayList<>();
    for (Column expected : table.columns()) {
      Found column = found.remove(expected.name().toLowerCase(Locale.ROOT));
      if (column == null && isPromoted(table, expected)) {
        missingPromoted.add(expected);
        continue;
      }
      String type = column == null ? "no such column" : column.type();
      if (!type.equals(expected.type().sql())) {
        problems.add(mismatch(name, expected, type));
      }
    }
    for (Found extra : found.values()) {
      if (!extra.nullable() && !extra.hasDefault()) {
        problems.add(
            name
                + ", column "
                + extra.name()
                + ": expected an extra column to be nullable or to have a default, found "
                + extra.type()
                + " NOT NULL");
      }
    }
    return new ColumnCheck(problems, missingPromoted);
  }

  /** Says that a column is not there. */
  static String missing(String name, Column expected) {
    return mismatch(name, expected, "no such column");
  }

  private static String mismatch(String name, Column expected, String found) {
    return name
        + ", column "
        + expected.name()
        + ": expected "
        + expected.type().sql()
        + ", found "
        + found;
  }

  /** The columns that a table may lack: they are added, with NULL in the rows that are there. */
  private static boolean isPromoted(TableDefinition table, Column column) {
    for (OtlpTable signal : OtlpTable.values()) {
      if (signal.tableName().equals(table.name())) {
        return !Tables.columns(signal).contains(column);
      }
    }
    return false;
  }
}
