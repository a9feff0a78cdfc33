package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.writer.batch.Column;
import java.util.ArrayList;
import java.util.List;

/** The statements that make a target's schema and tables. */
public final class Ddl {

  private Ddl() {}

  /**
   * Everything a target needs, one statement an element, without semicolons.
   *
   * @param catalog name of the catalog; empty: names are qualified by the schema alone
   * @param provenance whether {@code duckspool_seals} is wanted
   * @param promoted attributes that get a column of their own
   */
  public static List<String> statements(
      String catalog, String schema, boolean provenance, PromotedKeys promoted) {
    return statements(catalog, schema, TableDefinition.all(provenance, promoted));
  }

  /** The same for a target whose ledger is no table, as on Iceberg. */
  public static List<String> statementsWithoutLedger(
      String catalog, String schema, boolean provenance, PromotedKeys promoted) {
    return statements(catalog, schema, TableDefinition.allWithoutLedger(provenance, promoted));
  }

  private static List<String> statements(
      String catalog, String schema, List<TableDefinition> tables) {
    String prefix = catalog.isEmpty() ? "" : Identifiers.quote(catalog) + ".";
    String qualifiedSchema = prefix + Identifiers.quote(schema);
    List<String> statements = new ArrayList<>();
    statements.add("CREATE SCHEMA IF NOT EXISTS " + qualifiedSchema);
    tables.forEach(table -> statements.add(createTable(qualifiedSchema, table)));
    return List.copyOf(statements);
  }

  /**
   * Everything a Parquet target needs of the default database, one statement an element, without
   * semicolons. The folders of the files that they copy to must be there.
   *
   * @param location of the root, as {@code ParquetRoot} spells it
   * @param provenance whether {@code duckspool_seals} is wanted
   */
  public static List<String> parquetStatements(String location, String schema, boolean provenance) {
    List<String> statements = new ArrayList<>();
    for (OtlpTable table : OtlpTable.values()) {
      statements.add(
          ParquetStatements.copySchema(table, location + "/" + ParquetLayout.schemaFile(table)));
    }
    statements.add("CREATE SCHEMA IF NOT EXISTS " + Identifiers.quote(schema));
    ParquetStatements.views(location, provenance)
        .forEach(
            (name, select) ->
                statements.add(
                    ParquetStatements.createView(
                        Identifiers.quote(schema) + "." + Identifiers.quote(name), select)));
    return List.copyOf(statements);
  }

  static String addColumn(String qualifiedTable, Column column) {
    return "ALTER TABLE "
        + qualifiedTable
        + " ADD COLUMN "
        + Identifiers.quote(column.name())
        + " "
        + column.type().sql();
  }

  static String createTable(String qualifiedSchema, TableDefinition table) {
    StringBuilder sql =
        new StringBuilder("CREATE TABLE IF NOT EXISTS ")
            .append(qualifiedSchema)
            .append('.')
            .append(Identifiers.quote(table.name()))
            .append(" (");
    String separator = "\n  ";
    for (var column : table.columns()) {
      sql.append(separator).append(Identifiers.quote(column.name()));
      sql.append(' ').append(column.type().sql());
      separator = ",\n  ";
    }
    return sql.append("\n)").toString();
  }
}
