package io.duckspool.writer.sink;

import io.duckspool.common.otlp.PromotedKeys;
import java.time.Duration;
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
 * @param lake what only a DuckLake is told
 */
public record Target(
    String catalog,
    String schema,
    boolean createTables,
    boolean provenance,
    Optional<String> parquetExportPath,
    PromotedKeys promoted,
    LakeOptions lake) {

  /**
   * What only a DuckLake is told.
   *
   * @param targetFileSizeBytes up to which data files are merged, > 0
   * @param retention age at which snapshots may go, as it was given; empty: they go by a default,
   *     and only in a lake that duckspool made
   */
  public record LakeOptions(long targetFileSizeBytes, Optional<Duration> retention) {

    /** As documented where nothing is given. */
    public static final LakeOptions DEFAULT = new LakeOptions(256L << 20, Optional.empty());

    public LakeOptions {
      if (targetFileSizeBytes <= 0) {
        throw new IllegalArgumentException(
            "targetFileSizeBytes must be > 0, got " + targetFileSizeBytes);
      }
    }
  }

  public Target {
    if (schema.isEmpty()) {
      throw new IllegalArgumentException("schema must not be empty");
    }
  }

  /** A target with documented defaults for what only a lake is told. */
  public Target(
      String catalog,
      String schema,
      boolean createTables,
      boolean provenance,
      Optional<String> parquetExportPath,
      PromotedKeys promoted) {
    this(
        catalog,
        schema,
        createTables,
        provenance,
        parquetExportPath,
        promoted,
        LakeOptions.DEFAULT);
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
