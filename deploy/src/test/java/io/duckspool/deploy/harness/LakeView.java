package io.duckspool.deploy.harness;

import io.duckspool.writer.servers.DuckDbExtensions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;

/** A lake as a process sees it that isn't the writer. */
final class LakeView {

  /** The lake of a {@link Rig}, below its data folder. */
  static final String METADATA = "lake.ducklake";

  static final String DATA = "lake";

  private LakeView() {}

  /**
   * Opens a lake for queries, its tables by their plain names.
   *
   * @param data where its files are, when that isn't what the lake says
   */
  static Connection open(Path metadata, Optional<Path> data) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("extension_directory", DuckDbExtensions.folder().toString());
    Connection connection = DriverManager.getConnection("jdbc:duckdb:", properties);
    try (Statement statement = connection.createStatement()) {
      statement.execute("LOAD ducklake");
      statement.execute(
          "ATTACH 'ducklake:"
              + metadata
              + "' AS lake (READ_ONLY"
              + data.map(folder -> ", OVERRIDE_DATA_PATH true, DATA_PATH '" + folder + "'")
                  .orElse("")
              + ")");
      statement.execute("USE lake.main");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }
}
