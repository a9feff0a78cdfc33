package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.Secret;
import io.duckspool.common.config.SecretConfig;
import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.servers.PostgresServer;
import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Lakes of each kind, as tests declare them: the catalog is always called {@code lake}. */
final class Lakes {

  private Lakes() {}

  /** A lake with its metadata in a DuckDB file, all below a folder. */
  static Declared onDuckDb(Path folder) {
    return onFile(folder.resolve("m.ducklake").toString(), folder);
  }

  /** A lake with its metadata in a SQLite file. */
  static Declared onSqlite(Path folder) {
    return onFile("sqlite:" + folder.resolve("m.sqlite"), folder);
  }

  private static Declared onFile(String metadata, Path folder) {
    return Declared.catalogs(
        Map.of("lake", lake(metadata, folder.resolve("data").toString(), Optional.empty())));
  }

  /**
   * A lake with its metadata in PostgreSQL.
   *
   * @param port of the server, or of a proxy in front of it
   * @param database exists
   * @param data a folder, or a place in the object storage of {@code s3}
   */
  static Declared onPostgres(int port, String database, String data, Optional<S3Server> s3) {
    Map<String, SecretConfig> secrets = new HashMap<>();
    secrets.put(
        "pg",
        new SecretConfig.Postgres(
            Optional.of("127.0.0.1"),
            Optional.of(port),
            Optional.of(database),
            Optional.of(PostgresServer.USER),
            Optional.of(new Secret("not-needed"))));
    s3.ifPresent(server -> secrets.put("store", server.secret()));
    return new Declared(Map.of("lake", lake("postgres:", data, Optional.of("pg"))), secrets);
  }

  private static CatalogConfig lake(String metadata, String data, Optional<String> secret) {
    return new CatalogConfig.DuckLake(metadata, Optional.of(data), secret, Map.of());
  }

  /** The writer's instance over such a lake, with its own database in a folder. */
  static DuckDbSettings settings(Path folder, Declared declared) {
    DuckDbSettings own = DuckDbRows.settings(folder);
    return new DuckDbSettings(
        own.database(),
        own.memoryLimitBytes(),
        own.threads(),
        own.tempDirectory(),
        Optional.of(DuckDbExtensions.folder()),
        false,
        own.initSql(),
        declared);
  }

  static Target target(String schema) {
    return new Target("lake", schema, true, true, Optional.empty());
  }
}
