package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.Column;
import io.duckspool.writer.batch.ColumnType;
import io.duckspool.writer.batch.Tables;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads a DuckDB target back for comparison. */
final class DuckDbRows {

  private DuckDbRows() {}

  static DuckDbSettings settings(Path folder) {
    return new DuckDbSettings(
        Optional.of(folder.resolve("otlp.duckdb")),
        512L << 20,
        2,
        folder.resolve("tmp"),
        Optional.empty(),
        false,
        Optional.empty());
  }

  static List<List<Object>> read(DuckDbDatabase database, String schema, OtlpTable table)
      throws SQLException {
    return readFrom(database, Identifiers.quote(schema), table);
  }

  /**
   * @param qualifiedSchema quoted
   */
  static List<List<Object>> readFrom(
      DuckDbDatabase database, String qualifiedSchema, OtlpTable table) throws SQLException {
    List<Column> columns = Tables.columns(table);
    List<String> selected =
        columns.stream()
            .map(
                column -> {
                  String name = Identifiers.quote(column.name());
                  return column.type() == ColumnType.TIMESTAMP ? "epoch_us(" + name + ")" : name;
                })
            .toList();
    try (Session session = database.openSession()) {
      return session.query(
          row -> values(row, columns.size()),
          "SELECT "
              + String.join(", ", selected)
              + " FROM "
              + qualifiedSchema
              + "."
              + table.tableName());
    }
  }

  /** Everything a query returns, as text. */
  static List<String> query(DuckDbDatabase database, String sql) throws SQLException {
    try (Session session = database.openSession()) {
      return session.query(row -> values(row, row.getMetaData().getColumnCount()).toString(), sql);
    }
  }

  private static List<Object> values(ResultSet row, int count) throws SQLException {
    List<Object> values = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      Object value = row.getObject(i);
      values.add(value instanceof Array array ? Arrays.asList((Object[]) array.getArray()) : value);
    }
    return values;
  }
}
