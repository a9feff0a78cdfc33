package io.duckspool.deploy.harness;

import io.duckspool.writer.servers.DuckDbExtensions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** A DuckDB in memory that looks at what others have stored. */
final class DuckDbView {
  private DuckDbView() {}

  /** Opens one and runs the statements in it; the connection is the caller's to close. */
  static Connection open(List<String> statements) throws SQLException {
    Connection connection =
        DriverManager.getConnection("jdbc:duckdb:", DuckDbExtensions.properties());
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }
}
