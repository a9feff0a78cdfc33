package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.SecretConfig;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The DuckDB extensions that the declared catalogs and secrets need. They are loaded by name when
 * the instance is opened: once it is confined, nothing can be loaded any more.
 */
final class Extensions {

  private static final String HTTPFS = "httpfs";
  private static final String POSTGRES = "postgres_scanner";
  private static final String ICEBERG = "iceberg";

  /** Names of extensions, each with the first that needs it. */
  private final Map<String, String> neededBy = new LinkedHashMap<>();

  /** An extension can't be loaded; the message says which, who needs it, and the ways out. */
  static final class MissingException extends SQLException {

    private static final long serialVersionUID = 1L;

    private MissingException(String message, SQLException cause) {
      super(message, cause);
    }
  }

  private Extensions() {}

  static Extensions of(Declared declared) {
    Extensions extensions = new Extensions();
    declared.secrets().forEach(extensions::need);
    declared.catalogs().forEach(extensions::need);
    return extensions;
  }

  /** The extensions in the order of loading: one that another builds on comes first. */
  Map<String, String> neededBy() {
    return Map.copyOf(neededBy);
  }

  private void need(String name, SecretConfig secret) {
    String who = "secret " + name;
    if (secret instanceof SecretConfig.S3 s3) {
      need(HTTPFS, who);
      if (s3.provider() == SecretConfig.Provider.CREDENTIAL_CHAIN) {
        need("aws", who);
      }
    } else if (secret instanceof SecretConfig.Postgres) {
      need(POSTGRES, who);
    } else {
      needIceberg(who);
    }
  }

  private void need(String name, CatalogConfig catalog) {
    String who = "catalog " + name;
    if (catalog instanceof CatalogConfig.DuckLake lake) {
      if (lake.isOnPostgres()) {
        need(POSTGRES, who);
      } else if (lake.isOnSqlite()) {
        need("sqlite_scanner", who);
      }
      if (lake.dataPath().filter(CatalogConfig::isRemote).isPresent()) {
        need(HTTPFS, who);
      }
      need("ducklake", who);
    } else if (catalog instanceof CatalogConfig.Iceberg) {
      needIceberg(who);
    }
  }

  private void needIceberg(String who) {
    need(HTTPFS, who);
    need("avro", who);
    need(ICEBERG, who);
  }

  private void need(String extension, String who) {
    neededBy.putIfAbsent(extension, who);
  }

  /**
   * Loads them, and installs what is missing where that is allowed.
   *
   * @throws MissingException one can't be loaded
   */
  void load(Connection connection, DuckDbSettings settings) throws SQLException {
    for (Map.Entry<String, String> needed : neededBy.entrySet()) {
      load(connection, settings, needed.getKey(), needed.getValue());
    }
  }

  private static void load(
      Connection connection, DuckDbSettings settings, String extension, String who)
      throws SQLException {
    try {
      execute(connection, "LOAD " + extension);
    } catch (SQLException e) {
      if (!settings.installExtensions()) {
        throw new MissingException(
            missing(connection, settings, extension, who, e)
                + ", or set duckdb.install_extensions: true where the writer may download it",
            e);
      }
      try {
        execute(connection, "INSTALL " + extension);
        execute(connection, "LOAD " + extension);
      } catch (SQLException failure) {
        throw new MissingException(
            missing(connection, settings, extension, who, failure)
                + "; duckdb.install_extensions: true had the writer try to download it, in vain",
            failure);
      }
    }
  }

  private static String missing(
      Connection connection,
      DuckDbSettings settings,
      String extension,
      String who,
      SQLException cause)
      throws SQLException {
    String folder =
        settings
            .extensionDirectory()
            .map(path -> path.toAbsolutePath().toString())
            .orElse("~/.duckdb/extensions");
    return "the DuckDB extension "
        + extension
        + ", which "
        + who
        + " needs, can't be loaded: "
        + DuckDbErrors.message(cause).lines().findFirst().orElse("").replaceFirst("\\.$", "")
        + ". Put it at "
        + folder
        + "/"
        + versionAndPlatform(connection)
        + "/"
        + extension
        + ".duckdb_extension (`install-duckdb-extensions "
        + folder
        + "` does, see duckdb.extension_directory)";
  }

  private static String versionAndPlatform(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT v.library_version || '/' || p.platform"
                    + " FROM pragma_version() v, pragma_platform() p")) {
      row.next();
      return row.getString(1);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
