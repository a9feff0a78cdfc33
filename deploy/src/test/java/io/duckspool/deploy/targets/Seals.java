package io.duckspool.deploy.targets;

import io.duckspool.deploy.harness.Tables;
import java.sql.Connection;
import java.sql.SQLException;

/** What the seals say of themselves. */
final class Seals {
  private Seals() {}

  static long count(Connection stored) throws SQLException {
    return Tables.number(stored, "SELECT count(*) FROM duckspool_seals");
  }

  /** How many of them have rows of a table. */
  static long countWith(Connection stored, String table) throws SQLException {
    return Tables.number(
        stored,
        "SELECT count(*) FROM duckspool_seals WHERE CAST(rows_by_table ->> '"
            + table
            + "' AS BIGINT) > 0");
  }
}
