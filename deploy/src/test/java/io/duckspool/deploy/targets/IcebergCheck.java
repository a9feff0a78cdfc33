package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.deploy.harness.Tables;
import java.sql.Connection;
import java.sql.SQLException;

/** What tables in an Iceberg catalog keep of seals. */
final class IcebergCheck {
  private IcebergCheck() {}

  /**
   * Fails unless each table has one snapshot for each seal with rows of it.
   *
   * @param qualifier catalog and schema, with a dot at the end
   */
  static void assertOneSnapshotForSealAndTable(Connection stored, String qualifier)
      throws SQLException {
    for (String table : Tables.signalTables()) {
      assertEquals(Seals.countWith(stored, table), snapshotCount(stored, qualifier + table), table);
    }
    assertEquals(Seals.count(stored), snapshotCount(stored, qualifier + "duckspool_seals"));
  }

  private static long snapshotCount(Connection stored, String table) throws SQLException {
    return Tables.number(stored, "SELECT count(*) FROM iceberg_snapshots('" + table + "')");
  }
}
