package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.ParquetRoot;
import io.duckspool.writer.sink.store.IoGate;
import io.duckspool.writer.sink.store.ObjectStore;
import java.nio.file.Path;
import java.sql.SQLException;

/** Makes the sink that a target needs. Used by one thread. */
final class SinkFactory {

  private final DuckDbDatabase database;
  private final Catalogs catalogs;
  private final ParquetRoots parquetRoots;

  SinkFactory(DuckDbDatabase database, Catalogs catalogs, ParquetRoots parquetRoots) {
    this.database = database;
    this.catalogs = catalogs;
    this.parquetRoots = parquetRoots;
  }

  /** As {@link DuckDbDatabase#sink}. */
  Sink sink(Target target) throws SinkException {
    if (target.schema().indexOf('\0') >= 0) {
      throw new SinkException.Refused("schema must not contain U+0000");
    }
    String defaultCatalog = database.defaultCatalog();
    if (target.parquetExportPath().isPresent()) {
      return parquet(target, defaultCatalog, target.parquetExportPath().get());
    }
    if (target.catalog().isEmpty() || target.catalog().equalsIgnoreCase(defaultCatalog)) {
      return LedgerTableSink.ofDuckDb(database, target, defaultCatalog, CatalogKind.DEFAULT);
    }
    Catalogs.Found catalog = catalogs.require(target.catalog());
    if (catalog.config() instanceof CatalogConfig.DuckLake lake) {
      if (database.whyUnattached(catalog.name()).isEmpty()) {
        requireWritable(catalog.name());
      }
      return LedgerTableSink.ofDuckLake(database, target, catalog.name(), lake);
    }
    if (catalog.config() instanceof CatalogConfig.Iceberg iceberg) {
      AttachStatements.requireFitForTarget(catalog.name(), iceberg);
      return new IcebergSink(database, target, catalog.name());
    }
    requireWritable(catalog.name());
    return LedgerTableSink.ofDuckDb(database, target, catalog.name(), CatalogKind.DUCKDB);
  }

  private Sink parquet(Target target, String defaultCatalog, String path) throws SinkException {
    ParquetRoot root;
    try {
      root = ParquetRoot.parse(path);
    } catch (IllegalArgumentException e) {
      throw new SinkException.Refused("parquet_export_path: " + e.getMessage(), e);
    }
    Path staging =
        database
            .settings()
            .parquet()
            .staging()
            .orElseThrow(() -> new SinkException.Refused("there is no folder for staging"));
    if (root instanceof ParquetRoot.Folder folder) {
      ParquetRoots.requireApart(folder, staging);
    }
    ObjectStore store = parquetRoots.store(root);
    try {
      database.allow(root.location());
    } catch (SQLException e) {
      throw new SinkException.Unavailable(
          "Parquet root " + root.location() + ": " + DuckDbErrors.message(e), e);
    }
    return new ParquetSink(database, target, defaultCatalog, store, staging, IoGate.OPEN);
  }

  private void requireWritable(String catalog) throws SinkException {
    boolean isReadOnly;
    try (Session session = database.openSession()) {
      isReadOnly =
          session
              .queryOne(
                  row -> row.getBoolean(1),
                  "SELECT readonly FROM duckdb_databases() WHERE database_name = ?",
                  catalog)
              .orElseThrow(
                  () -> new SinkException.Refused("catalog " + catalog + " is not attached"));
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement("catalog " + catalog, e);
    }
    if (isReadOnly) {
      throw new SinkException.Refused(
          "catalog " + catalog + " is attached read-only, a target must be writable");
    }
  }
}
