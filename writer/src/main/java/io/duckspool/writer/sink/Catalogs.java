package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/** The databases that the configuration declares beside the default one. Immutable. */
final class Catalogs {

  private final Map<String, CatalogConfig> byName;

  /** A declared catalog can't be attached; the message names it and its file. */
  static final class AttachException extends SQLException {

    private static final long serialVersionUID = 1L;

    AttachException(String message, SQLException cause) {
      super(message, cause);
    }
  }

  Catalogs(Map<String, CatalogConfig> byName) {
    this.byName = new TreeMap<>(byName);
  }

  /**
   * Attaches the DuckDB files, so that they can be targets and be queried.
   *
   * @param readOnly for queries alone; a file that doesn't exist yet is then left out
   * @throws AttachException names the catalog, its file and what is wrong
   */
  void attach(Connection connection, boolean readOnly) throws AttachException {
    for (Map.Entry<String, CatalogConfig> entry : byName.entrySet()) {
      if (entry.getValue() instanceof CatalogConfig.DuckDb file
          && !(readOnly && !Files.exists(file.path()))) {
        attach(connection, entry.getKey(), file, readOnly);
      }
    }
  }

  private static void attach(
      Connection connection, String name, CatalogConfig.DuckDb file, boolean readOnly)
      throws AttachException {
    String sql = statement(name, file, readOnly);
    try {
      execute(connection, sql);
    } catch (SQLException e) {
      try {
        if (readOnly || !TornLog.cutOff(e)) {
          throw e;
        }
        execute(connection, sql);
      } catch (SQLException failure) {
        throw new AttachException(
            "catalog "
                + name
                + ", the DuckDB file "
                + file.path()
                + ", can't be attached: "
                + DuckDbErrors.message(failure),
            failure);
      }
    }
  }

  private static String statement(String name, CatalogConfig.DuckDb file, boolean readOnly) {
    StringJoiner options = new StringJoiner(", ", " (", ")").setEmptyValue("");
    new TreeMap<>(file.options())
        .forEach(
            (option, value) ->
                options.add(Identifiers.quote(option) + " " + Identifiers.literal(value)));
    if (readOnly && !isGiven(file, "read_only")) {
      options.add("READ_ONLY");
    }
    return "ATTACH "
        + Identifiers.literal(file.path().toString())
        + " AS "
        + Identifiers.quote(name)
        + options;
  }

  private static boolean isGiven(CatalogConfig.DuckDb file, String option) {
    return file.options().keySet().stream().anyMatch(option::equalsIgnoreCase);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The files of all catalogs. */
  List<Path> files() {
    return byName.values().stream()
        .filter(CatalogConfig.DuckDb.class::isInstance)
        .map(catalog -> ((CatalogConfig.DuckDb) catalog).path().toAbsolutePath())
        .toList();
  }

  /**
   * The name of a declared DuckDB catalog as it is declared.
   *
   * @param name as a server has it, in any case
   * @throws SinkException.Refused it isn't declared, or is of a kind that isn't supported
   */
  String require(String name) throws SinkException {
    String declared = name.toLowerCase(Locale.ROOT);
    CatalogConfig catalog = byName.get(declared);
    if (catalog == null) {
      throw new SinkException.Refused(
          "catalog "
              + name
              + " is not attached: "
              + (byName.isEmpty()
                  ? "the configuration declares no catalogs"
                  : "the catalogs of the configuration are " + String.join(", ", byName.keySet())));
    }
    if (!(catalog instanceof CatalogConfig.DuckDb)) {
      String type = catalog instanceof CatalogConfig.DuckLake ? "ducklake" : "iceberg";
      throw new SinkException.Refused(
          "catalog " + declared + ": type " + type + " is not supported by this version");
    }
    return declared;
  }
}
