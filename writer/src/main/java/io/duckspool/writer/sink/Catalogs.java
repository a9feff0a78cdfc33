package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.SecretConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The databases that the configuration declares beside the default one. Immutable. */
final class Catalogs {

  private final Declared declared;

  /** Something declared can't be had; the message names it and says what is wrong. */
  static final class AttachException extends SQLException {

    private static final long serialVersionUID = 1L;

    AttachException(String message, SQLException cause) {
      super(message, cause);
    }
  }

  Catalogs(Declared declared) {
    this.declared = declared;
  }

  /**
   * Makes the secrets that need no server to be made.
   *
   * @throws AttachException names the secret and what is wrong with it
   */
  void createSecrets(Connection connection) throws AttachException {
    for (Map.Entry<String, SecretConfig> secret : declared.secrets().entrySet()) {
      if (!isTraded(secret.getValue())) {
        try {
          execute(connection, SecretStatements.create(secret.getKey(), secret.getValue()));
        } catch (SQLException e) {
          throw new AttachException(
              "secret " + secret.getKey() + " can't be used: " + DuckDbErrors.message(e), e);
        }
      }
    }
  }

  /** True for a login that is traded for a token, by asking a server, when the secret is made. */
  private static boolean isTraded(SecretConfig secret) {
    return secret instanceof SecretConfig.Iceberg login && login.token().isEmpty();
  }

  /**
   * Attaches them all, so that they can be targets and be queried. A DuckDB file must be there; a
   * lake or an Iceberg catalog may be away for a while.
   *
   * @param readOnly for queries alone; a DuckDB file that doesn't exist yet is then left out
   * @return why some are not attached, by name
   * @throws AttachException names the DuckDB file that can't be attached, and what is wrong
   */
  SortedMap<String, String> attach(Connection connection, boolean readOnly) throws AttachException {
    SortedMap<String, String> failures = new TreeMap<>();
    for (Map.Entry<String, CatalogConfig> entry : declared.catalogs().entrySet()) {
      String name = entry.getKey();
      CatalogConfig catalog = entry.getValue();
      if (readOnly && catalog instanceof CatalogConfig.DuckDb file && !Files.exists(file.path())) {
        continue;
      }
      try {
        attach(connection, name, catalog, readOnly);
      } catch (AttachException e) {
        if (catalog instanceof CatalogConfig.DuckDb) {
          throw e;
        }
        failures.put(name, DuckDbErrors.message(e));
      }
    }
    return failures;
  }

  private void attach(Connection connection, String name, CatalogConfig catalog, boolean readOnly)
      throws AttachException {
    Optional<Path> database = DamagedLog.databaseOf(catalog);
    try {
      if (database.isPresent()) {
        DamagedLog.refuse(database.get());
      }
      createTradedSecret(connection, catalog);
      try {
        attachOnce(connection, name, catalog, readOnly);
      } catch (SQLException e) {
        if (readOnly || !TornLog.cutOff(e)) {
          throw e;
        }
        attachOnce(connection, name, catalog, readOnly);
      }
    } catch (SQLException e) {
      throw new AttachException(
          "catalog "
              + name
              + ", "
              + describe(catalog)
              + ", can't be attached: "
              + DuckDbErrors.message(e),
          e);
    }
  }

  /** A lake that is made by this notes it: what may be deleted from it depends on that. */
  private void attachOnce(
      Connection connection, String name, CatalogConfig catalog, boolean readOnly)
      throws SQLException {
    if (readOnly || !(catalog instanceof CatalogConfig.DuckLake lake)) {
      execute(connection, AttachStatements.attach(name, catalog, readOnly));
      return;
    }
    LakeIntent intent = new LakeIntent(declared.notes(), name, lake);
    try {
      execute(connection, AttachStatements.attachPresent(name, lake));
      if (!intent.isThere()) {
        return;
      }
    } catch (SQLException e) {
      if (!DuckDbErrors.isNoLake(e)) {
        throw e;
      }
      intent.write();
      execute(connection, AttachStatements.attach(name, lake, false));
    }
    execute(connection, LakeMetadata.of(name, lake).markAsCreated());
    intent.remove();
  }

  private void createTradedSecret(Connection connection, CatalogConfig catalog)
      throws SQLException {
    if (catalog instanceof CatalogConfig.Iceberg iceberg && iceberg.secret().isPresent()) {
      String name = iceberg.secret().get();
      SecretConfig secret = declared.secrets().get(name);
      if (secret != null && isTraded(secret)) {
        execute(
            connection,
            SecretStatements.create(name, (SecretConfig.Iceberg) secret, iceberg.endpoint()));
      }
    }
  }

  private static String describe(CatalogConfig catalog) {
    if (catalog instanceof CatalogConfig.DuckDb file) {
      return "the DuckDB file " + file.path();
    }
    return catalog instanceof CatalogConfig.DuckLake lake
        ? "the DuckLake with its metadata in "
            + lake.metadataFile().map(Path::toString).orElse("PostgreSQL")
        : "the Iceberg catalog at " + ((CatalogConfig.Iceberg) catalog).endpoint();
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The database files of all catalogs, absolute. */
  List<Path> files() {
    List<Path> files = new ArrayList<>();
    for (CatalogConfig catalog : declared.catalogs().values()) {
      if (catalog instanceof CatalogConfig.DuckDb file) {
        files.add(file.path().toAbsolutePath());
      } else if (catalog instanceof CatalogConfig.DuckLake lake) {
        lake.metadataFile().ifPresent(files::add);
      }
    }
    return files;
  }

  /**
   * Where attached catalogs keep their data: folders, and prefixes in object storage that end with
   * a slash. Where an Iceberg catalog keeps a table is its own choice, so all of S3 is.
   */
  List<String> dataPlaces(Connection connection, SortedMap<String, String> unattached)
      throws SQLException {
    List<String> places = new ArrayList<>();
    for (Map.Entry<String, CatalogConfig> entry : declared.catalogs().entrySet()) {
      if (unattached.containsKey(entry.getKey())) {
        continue;
      }
      if (entry.getValue() instanceof CatalogConfig.DuckLake) {
        places.add(dataPath(connection, entry.getKey()));
      } else if (entry.getValue() instanceof CatalogConfig.Iceberg) {
        places.add("s3://");
      }
    }
    return places;
  }

  /** A lake knows its data path: it needs no second telling, and may have been made elsewhere. */
  private static String dataPath(Connection connection, String lake) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT value FROM ducklake_options("
                    + Identifiers.literal(lake)
                    + ") WHERE option_name = 'data_path' AND scope = 'GLOBAL'")) {
      if (!row.next()) {
        throw new SQLException("catalog " + lake + ": the lake does not say where its data is");
      }
      return row.getString(1);
    }
  }

  /** A declared catalog by its name as it is declared. */
  record Found(String name, CatalogConfig config) {}

  /**
   * Finds a catalog.
   *
   * @param name as a server has it, in any case
   * @throws SinkException.Refused it isn't declared
   */
  Found require(String name) throws SinkException {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    return Optional.ofNullable(declared.catalogs().get(lowerCase))
        .map(config -> new Found(lowerCase, config))
        .orElseThrow(
            () ->
                new SinkException.Refused(
                    "catalog "
                        + name
                        + " is not attached: "
                        + (declared.catalogs().isEmpty()
                            ? "the configuration declares no catalogs"
                            : "the catalogs of the configuration are "
                                + String.join(", ", declared.catalogs().keySet()))));
  }
}
