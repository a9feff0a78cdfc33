package io.duckspool.deploy.harness;

import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.servers.PostgresServer;
import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A lake: its catalog, and what the catalog is called, is {@code lake}. */
public abstract class LakeView implements TargetView {

  private final String metadata;
  private final String data;

  private LakeView(String metadata, String data) {
    this.metadata = metadata;
    this.data = data;
  }

  /**
   * Metadata in a DuckDB file, both as the writer sees them.
   *
   * @param data a folder
   */
  public static LakeView onDuckDb(Path metadata, Path data) {
    return new LakeView(metadata.toString(), data.toString()) {
      @Override
      List<String> load(Outside outside) {
        return List.of("LOAD ducklake");
      }

      @Override
      String attach(Outside outside) {
        Path seen = outside.of(data);
        return "'ducklake:"
            + outside.database(metadata)
            + "' AS lake (READ_ONLY"
            + (seen.equals(data) ? "" : ", OVERRIDE_DATA_PATH true, DATA_PATH '" + seen + "'")
            + ")";
      }
    };
  }

  /** Metadata in a SQLite file, which is in no {@link LoopMount}, as the data aren't. */
  public static LakeView onSqlite(Path metadata, Path data) {
    return new LakeView("sqlite:" + metadata, data.toString()) {
      @Override
      List<String> load(Outside outside) {
        return List.of("LOAD ducklake", "LOAD sqlite_scanner");
      }

      @Override
      String attach(Outside outside) {
        return "'ducklake:sqlite:" + metadata + "' AS lake (READ_ONLY)";
      }
    };
  }

  /**
   * Metadata in PostgreSQL, data in an object storage.
   *
   * @param database exists
   * @param data begins with {@code s3://}
   */
  public static LakeView onPostgresAndS3(
      PostgresServer server, String database, S3Server store, String data) {
    return new LakeView("postgres:", data) {
      @Override
      public Map<String, String> variables() {
        Map<String, String> variables = super.variables();
        variables.put("DUCKSPOOL_CATALOGS_LAKE_SECRET", "meta");
        variables.put("DUCKSPOOL_SECRETS_META_TYPE", "postgres");
        variables.put("DUCKSPOOL_SECRETS_META_HOST", server.host());
        variables.put("DUCKSPOOL_SECRETS_META_PORT", Integer.toString(server.port()));
        variables.put("DUCKSPOOL_SECRETS_META_DATABASE", database);
        variables.put("DUCKSPOOL_SECRETS_META_USER", PostgresServer.USER);
        variables.putAll(S3Places.variables(store));
        return variables;
      }

      @Override
      List<String> load(Outside outside) {
        return List.of(
            "LOAD ducklake",
            "LOAD postgres_scanner",
            "LOAD httpfs",
            store.createSecretSql("store"));
      }

      @Override
      String attach(Outside outside) {
        return "'ducklake:postgres:host="
            + server.host()
            + " port="
            + server.port()
            + " dbname="
            + database
            + " user="
            + PostgresServer.USER
            + "' AS lake (READ_ONLY)";
      }
    };
  }

  /** What has to be there before the lake is attached. */
  abstract List<String> load(Outside outside);

  /** What stands behind ATTACH. */
  abstract String attach(Outside outside);

  @Override
  public Map<String, String> variables() {
    Map<String, String> variables = new TreeMap<>();
    variables.put("DUCKSPOOL_CATALOGS_LAKE_TYPE", "ducklake");
    variables.put("DUCKSPOOL_CATALOGS_LAKE_METADATA", metadata);
    variables.put("DUCKSPOOL_CATALOGS_LAKE_DATA_PATH", data);
    variables.put("DUCKSPOOL_DUCKDB_EXTENSION_DIRECTORY", DuckDbExtensions.folder().toString());
    return variables;
  }

  @Override
  public final Map<String, String> parameters() {
    return Map.of("catalog", "lake");
  }

  @Override
  public final String qualifier() {
    return "lake.main.";
  }

  @Override
  public final Connection open(Outside outside) throws SQLException {
    List<String> statements = new ArrayList<>(load(outside));
    statements.add("ATTACH " + attach(outside));
    statements.add("USE lake.main");
    return DuckDbView.open(statements);
  }
}
