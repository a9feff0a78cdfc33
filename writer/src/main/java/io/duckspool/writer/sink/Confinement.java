package io.duckspool.writer.sink;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Confines a DuckDB instance to its own files, for good: settings and memory belong to the
 * instance, so a connection for queries can't be confined by itself.
 *
 * <p>From then on no other file can be opened, no database attached, no extension loaded and no
 * setting changed, by any connection. Never the data folder itself: it holds tokens.
 */
final class Confinement {

  /** What DuckDB puts beside a database file. */
  private static final List<String> FILE_SUFFIXES =
      List.of("", ".wal", ".wal.checkpoint", ".wal.recovery");

  private Confinement() {}

  /**
   * Locks the instance up. What {@code duckdb.init_sql} allowed stays allowed.
   *
   * @param places absolute folders, which must exist, and prefixes in object storage; what is in
   *     them may be read and written
   * @param databases absolute; database files, which need not exist
   * @throws SQLException the instance isn't confined; it must not be used
   */
  static void apply(Connection connection, List<String> places, List<Path> databases)
      throws SQLException {
    Stream<String> files =
        databases.stream().flatMap(file -> FILE_SUFFIXES.stream().map(end -> file + end));
    try (Statement statement = connection.createStatement()) {
      statement.execute(allow("allowed_directories", places.stream()));
      statement.execute(allow("allowed_paths", files));
      statement.execute("SET GLOBAL enable_external_access = false");
      statement.execute("SET GLOBAL lock_configuration = true");
    } catch (SQLException e) {
      throw new SQLException(
          "DuckDB can't be confined to its files (does duckdb.init_sql change"
              + " enable_external_access or lock_configuration?): "
              + DuckDbErrors.message(e),
          e);
    }
  }

  private static String allow(String setting, Stream<String> paths) {
    List<String> literals = new ArrayList<>(paths.map(Identifiers::literal).toList());
    return "SET GLOBAL "
        + setting
        + " = list_concat(current_setting('"
        + setting
        + "'), ["
        + String.join(", ", literals)
        + "]::VARCHAR[])";
  }
}
