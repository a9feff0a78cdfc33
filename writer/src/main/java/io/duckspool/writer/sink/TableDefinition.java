package io.duckspool.writer.sink;

import static io.duckspool.writer.batch.ColumnType.BIGINT;
import static io.duckspool.writer.batch.ColumnType.TIMESTAMP;
import static io.duckspool.writer.batch.ColumnType.VARCHAR;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.writer.batch.Column;
import io.duckspool.writer.batch.Tables;
import java.util.ArrayList;
import java.util.List;

/**
 * A table of ours: its unquoted name and its columns in order.
 *
 * @param columns as {@code CREATE TABLE} lists them, none with NOT NULL
 */
record TableDefinition(String name, List<Column> columns) {

  /** How far each spool is committed: one row a spool. */
  static final TableDefinition LEDGER =
      new TableDefinition(
          "duckspool_ledger",
          List.of(
              new Column("spool_id", VARCHAR),
              new Column("listen_uri", VARCHAR),
              new Column("run_id", VARCHAR),
              new Column("next_index", BIGINT),
              new Column("cumulative_entries", BIGINT),
              new Column("cumulative_rows", BIGINT),
              new Column("cumulative_bytes", BIGINT),
              new Column("seals", BIGINT),
              new Column("updated_at", TIMESTAMP)));

  /** Where rows came from: one row a seal. */
  static final TableDefinition SEALS =
      new TableDefinition(
          "duckspool_seals",
          List.of(
              new Column("spool_id", VARCHAR),
              new Column("listen_uri", VARCHAR),
              new Column("seal_id", BIGINT),
              new Column("first_index", BIGINT),
              new Column("next_index", BIGINT),
              new Column("trigger", VARCHAR),
              new Column("rows_by_table", VARCHAR),
              new Column("started_at", TIMESTAMP),
              new Column("committed_at", TIMESTAMP)));

  static TableDefinition of(OtlpTable table, PromotedKeys promoted) {
    return new TableDefinition(table.tableName(), Tables.columns(table, promoted));
  }

  /** All tables of a target, the ledger last. */
  static List<TableDefinition> all(boolean provenance, PromotedKeys promoted) {
    List<TableDefinition> tables = allWithoutLedger(provenance, promoted);
    tables.add(LEDGER);
    return tables;
  }

  /** All tables of a target whose ledger is none. */
  static List<TableDefinition> allWithoutLedger(boolean provenance, PromotedKeys promoted) {
    List<TableDefinition> tables = new ArrayList<>();
    for (OtlpTable table : OtlpTable.values()) {
      tables.add(of(table, promoted));
    }
    if (provenance) {
      tables.add(SEALS);
    }
    return tables;
  }

  /** The quoted names of the columns, separated by commas. */
  String columnList() {
    return String.join(", ", columns.stream().map(c -> Identifiers.quote(c.name())).toList());
  }
}
