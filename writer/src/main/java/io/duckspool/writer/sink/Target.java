package io.duckspool.writer.sink;

import io.duckspool.common.otlp.PromotedKeys;
import java.util.Optional;

/**
 * Where the rows of a server go.
 *
 * @param catalog name of an attached database; empty: the default database
 * @param schema schema in the catalog, not empty
 * @param createTables whether missing schema and tables are created, else they must exist
 * @param provenance whether a row is added to {@code duckspool_seals} with each seal
 * @param parquetExportPath root of a Parquet tree, instead of a catalog
 * @param promoted attributes that get a column of their own in each table that holds rows
 */
public record Target(
    String catalog,
    String schema,
    boolean createTables,
    boolean provenance,
    Optional<String> parquetExportPath,
    PromotedKeys promoted) {

  public Target {
    if (schema.isEmpty()) {
      throw new IllegalArgumentException("schema must not be empty");
    }
  }

  /** A target without promoted attributes. */
  public Target(
      String catalog,
      String schema,
      boolean createTables,
      boolean provenance,
      Optional<String> parquetExportPath) {
    this(catalog, schema, createTables, provenance, parquetExportPath, PromotedKeys.NONE);
  }

  /** A schema of the default database, created when missing, with provenance. */
  public static Target ofDefaultDatabase(String schema) {
    return new Target("", schema, true, true, Optional.empty());
  }
}
