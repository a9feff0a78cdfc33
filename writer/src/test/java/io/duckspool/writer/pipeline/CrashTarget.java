package io.duckspool.writer.pipeline;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.servers.IcebergRig;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.sink.Declared;
import io.duckspool.writer.sink.DuckDbDatabase;
import io.duckspool.writer.sink.DuckDbSettings;
import io.duckspool.writer.sink.ParquetSettings;
import io.duckspool.writer.sink.SinkException;
import io.duckspool.writer.sink.Target;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A target as this JVM and one that is to die both open it. Empty: it has no such thing.
 *
 * @param schema of the catalog, or of the views
 * @param root location of Parquet files
 * @param store host and port of the object storage
 * @param catalog address of the Iceberg catalog
 */
record CrashTarget(String schema, String root, String store, String catalog) {

  /** What the name of a catalog begins with that is a lake in a folder. */
  private static final String LAKE = "lake:";

  static CrashTarget parquetIn(Path root) {
    return new CrashTarget("files", root.toString(), "", "");
  }

  static CrashTarget parquetIn(String location, S3Server store) {
    return new CrashTarget("files", location, store.endpoint(), "");
  }

  static CrashTarget duckDb() {
    return new CrashTarget("main", "", "", "");
  }

  /** A lake with its metadata in a DuckDB file, all below a folder. */
  static CrashTarget lakeIn(Path folder) {
    return new CrashTarget("main", "", "", LAKE + folder);
  }

  static CrashTarget icebergIn(IcebergRig rig, String schema) {
    return new CrashTarget(schema, "", rig.store().endpoint(), rig.proxy().endpoint());
  }

  static CrashTarget of(List<String> arguments) {
    return new CrashTarget(arguments.get(0), arguments.get(1), arguments.get(2), arguments.get(3));
  }

  List<String> arguments() {
    return List.of(schema, root, store, catalog);
  }

  Target target() {
    if (root.isEmpty() && catalog.isEmpty()) {
      return Target.ofDefaultDatabase(schema);
    }
    if (catalog.startsWith(LAKE)) {
      return new Target("lake", schema, true, true, Optional.empty());
    }
    return root.isEmpty()
        ? new Target(IcebergRig.CATALOG, schema, true, true, Optional.empty())
        : new Target("", schema, true, true, Optional.of(root));
  }

  /** Opens what the target is in. */
  DuckDbDatabase open(Path data) throws SinkException {
    return DuckDbDatabase.open(settings(data), InstantSource.system(), System::nanoTime);
  }

  private DuckDbSettings settings(Path data) {
    if (!catalog.isEmpty() && !catalog.startsWith(LAKE)) {
      return IcebergRig.settings(
          data,
          catalog,
          S3Server.secret(store, S3Server.SECRET),
          Map.of(),
          Optional.of("SET GLOBAL http_retries = 0"));
    }
    Declared declared =
        store.isEmpty()
            ? catalog.isEmpty() ? Declared.NOTHING : lake(Path.of(catalog.substring(LAKE.length())))
            : new Declared(Map.of(), Map.of("s3", S3Server.secret(store, S3Server.SECRET)));
    return new DuckDbSettings(
        Optional.of(data.resolve("otlp.duckdb")),
        256L << 20,
        2,
        data.resolve("tmp"),
        Optional.of(DuckDbExtensions.folder()),
        false,
        Optional.empty(),
        declared,
        root.isEmpty()
            ? ParquetSettings.NONE
            : new ParquetSettings(
                Optional.of(data.resolve("staging")), new TreeSet<>(Set.of(root))));
  }

  private static Declared lake(Path folder) {
    return new Declared(
        Map.of(
            "lake",
            new CatalogConfig.DuckLake(
                folder.resolve("m.ducklake").toString(),
                Optional.of(folder.resolve("data").toString()),
                Optional.empty(),
                Map.of())),
        Map.of());
  }
}
