package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a lake knows of itself and no function of DuckLake tells, from the tables of its metadata
 * (the DuckLake specification, version 1.0), which are attached beside it. Immutable.
 */
final class LakeMetadata {

  /** The option of a lake that was made by attaching it; absent where duckspool came later. */
  static final String CREATED_OPTION = "duckspool_created";

  private static final Pattern REMOTE = Pattern.compile("^[A-Za-z0-9]+://");

  private final String lake;
  private final String prefix;

  /**
   * @param lake name of the attached catalog
   * @param options passed to ATTACH
   */
  LakeMetadata(String lake, Map<String, String> options) {
    this.lake = lake;
    String database = option(options, "METADATA_CATALOG").orElse("__ducklake_metadata_" + lake);
    this.prefix =
        Identifiers.quote(database)
            + option(options, "METADATA_SCHEMA")
                .map(schema -> "." + Identifiers.quote(schema))
                .orElse("")
            + ".";
  }

  static LakeMetadata of(String lake, CatalogConfig.DuckLake config) {
    return new LakeMetadata(lake, config.options());
  }

  private static Optional<String> option(Map<String, String> options, String name) {
    return options.entrySet().stream()
        .filter(option -> option.getKey().toUpperCase(Locale.ROOT).equals(name))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /**
   * A table as the lake knows it.
   *
   * @param id in the metadata
   * @param folder where its data files are, with a slash at its end: a path or a URL
   * @param isPartitioned whether its files are spread over folders by their rows
   */
  record Table(long id, String folder, boolean isPartitioned) {

    boolean isLocal() {
      return !REMOTE.matcher(folder).find();
    }
  }

  /** The tables of a schema, by their names in lower case. */
  Map<String, Table> tables(Session session, String schema) throws SQLException {
    String dataPath = dataPath(session);
    Map<String, Table> tables = new HashMap<>();
    session.query(
        row -> {
          String schemaFolder = row.getBoolean(6) ? dataPath + row.getString(5) : row.getString(5);
          String folder = row.getBoolean(4) ? schemaFolder + row.getString(3) : row.getString(3);
          Table table =
              new Table(
                  row.getLong(1), folder.endsWith("/") ? folder : folder + "/", row.getBoolean(7));
          return tables.put(row.getString(2).toLowerCase(Locale.ROOT), table);
        },
        "SELECT t.table_id, t.table_name, t.path, t.path_is_relative, s.path, s.path_is_relative,"
            + " EXISTS (SELECT 1 FROM "
            + name("ducklake_partition_info")
            + " p JOIN "
            + name("ducklake_partition_column")
            + " c ON c.partition_id = p.partition_id"
            + " WHERE p.table_id = t.table_id AND p.end_snapshot IS NULL)"
            + " FROM "
            + name("ducklake_table")
            + " t JOIN "
            + name("ducklake_schema")
            + " s ON s.schema_id = t.schema_id"
            + " WHERE t.end_snapshot IS NULL AND s.end_snapshot IS NULL"
            + " AND lower(s.schema_name) = lower(?)",
        schema);
    return tables;
  }

  /** Where the lake keeps its data files, with a slash at its end. */
  private String dataPath(Session session) throws SQLException {
    return session
        .queryOne(
            row -> row.getString(1),
            "SELECT data_path FROM ducklake_settings(" + Identifiers.literal(lake) + ")")
        .orElseThrow(() -> new SQLException("lake " + lake + " does not say where its data is"));
  }

  /** The options of the lake as they are now. */
  LakeOptions options(Session session) throws SQLException {
    return new LakeOptions(
        session.query(
            row ->
                new LakeOptions.Option(
                    row.getString(1), row.getString(2), row.getString(3), row.getString(4)),
            "SELECT option_name, value, scope, coalesce(scope_entry, '') FROM ducklake_options("
                + Identifiers.literal(lake)
                + ") WHERE value IS NOT NULL"));
  }

  /**
   * The statement that notes, once and for good, that this lake was made by attaching it; it leaves
   * a lake alone in which something has been done since it was made.
   */
  String markAsCreated() {
    return "INSERT INTO "
        + name("ducklake_metadata")
        + " (key, value) SELECT "
        + Identifiers.literal(CREATED_OPTION)
        + ", now()::VARCHAR WHERE (SELECT count(*) FROM "
        + name("ducklake_snapshot")
        + ") = 1 AND NOT EXISTS (SELECT 1 FROM "
        + name("ducklake_metadata")
        + " WHERE key = "
        + Identifiers.literal(CREATED_OPTION)
        + ")";
  }

  /** Whether a data file of this name belongs to any snapshot. */
  boolean isFileKnown(Session session, String fileName) throws SQLException {
    return session
        .queryOne(
            row -> 1,
            "SELECT 1 FROM "
                + name("ducklake_data_file")
                + " WHERE path = ? OR ends_with(path, ?) LIMIT 1",
            fileName,
            "/" + fileName)
        .isPresent();
  }

  /**
   * Removes the rows of a table that are kept in the metadata and that no snapshot shows any more.
   * The lake itself never does, and a ledger leaves one behind with each seal.
   *
   * @return rows removed
   */
  long removeInvisibleRows(Session session, Table table) throws SQLException {
    List<String> parts =
        session.query(
            row -> row.getString(1),
            "SELECT table_name FROM "
                + name("ducklake_inlined_data_tables")
                + " WHERE table_id = ?",
            table.id());
    long removed = 0;
    for (String part : parts) {
      removed +=
          session.update(
              "DELETE FROM "
                  + name(part)
                  + " WHERE end_snapshot IS NOT NULL AND end_snapshot <= (SELECT min(snapshot_id)"
                  + " FROM "
                  + name("ducklake_snapshot")
                  + ")");
    }
    return removed;
  }

  private String name(String table) {
    return prefix + Identifiers.quote(table);
  }
}
