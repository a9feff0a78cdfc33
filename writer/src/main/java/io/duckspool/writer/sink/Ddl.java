package io.duckspool.writer.sink;

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
    String prefix = catalog.isEmpty() ? "" : Identifiers.quote(catalog) + ".";
    String qualifiedSchema = prefix + Identifiers.quote(schema);
    List<String> tables =
        TableDefinition.all(provenance, promoted).stream()
            .map(table -> createTable(qualifiedSchema, table))
            .toList();
    List<String> statements = new ArrayList<>();
    statements.add("CREATE SCHEMA IF NOT EXISTS " + qualifiedSchema);
    statements.addAll(tables);
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
