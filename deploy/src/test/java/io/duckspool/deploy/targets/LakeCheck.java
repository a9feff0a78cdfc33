package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.deploy.harness.Tables;
import java.sql.Connection;
import java.sql.SQLException;

/** What a lake keeps of seals: a snapshot each, a file for each table, and none for the ledger. */
final class LakeCheck {
  private LakeCheck() {}

  /** Fails unless it is so; nothing may have been merged yet. */
  static void assertOneSnapshotAndOneFileEach(Connection lake) throws SQLException {
    assertEquals(
        Seals.count(lake),
        Tables.number(
            lake,
            "SELECT count(*) FROM ducklake_snapshots('lake') WHERE commit_message LIKE 'seal %'"));
    for (String table : Tables.signalTables()) {
      assertEquals(Seals.countWith(lake, table), fileCount(lake, table), table);
    }
    assertEquals(0, fileCount(lake, "duckspool_ledger"));
    assertEquals(0, fileCount(lake, "duckspool_seals"));
  }

  private static long fileCount(Connection lake, String table) throws SQLException {
    return Tables.number(lake, "SELECT count(*) FROM ducklake_list_files('lake', '" + table + "')");
  }
}
