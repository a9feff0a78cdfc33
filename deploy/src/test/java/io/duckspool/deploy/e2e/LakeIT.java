package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.harness.Tables;
import io.duckspool.deploy.load.StampedRequest;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A lake on this machine behind both processes, whose writer is killed with -9 under load. {@code
 * -Dduckspool.kills=50} makes a long run of it; {@code -Dduckspool.seed=N} repeats its choices.
 */
@Tag("e2e")
final class LakeIT {
  private static final int KILLS = Integer.getInteger("duckspool.kills", 5);
  private static final int RECORDS = 10;
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest[] mix = {
    Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS)
  };

  @TempDir Path folder;

  @Test
  void killedWriter_losesAndDoublesNothing_andEachSealIsOneSnapshotWithAFileForEachTable()
      throws SQLException {
    long seed = Long.getLong("duckspool.seed", System.nanoTime());
    System.out.println("kills: -Dduckspool.kills=" + KILLS + " -Dduckspool.seed=" + seed);
    Random random = new Random(seed);
    try (Rig rig = Rig.in(folder).lake().server("seal_max_age_ms", "100").start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, mix), log)) {
        for (int i = 0; i < KILLS; i++) {
          rig.awaitWriter();
          load.awaitMoreAcks(1 + random.nextInt(1000), LIMIT);
          rig.writer().kill();
          rig.startWriter();
        }
      }
      Balance balance = rig.settle(log);
      balance.assertExact();
      assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
      System.out.println(log.ackedCount() + " acked of " + log.sentCount() + " sent; " + balance);
      assertOneSnapshotAndOneFileEach(rig);
    }
  }

  private static void assertOneSnapshotAndOneFileEach(Rig rig) throws SQLException {
    try (Connection lake = rig.openDatabase()) {
      long seals = Tables.number(lake, "SELECT count(*) FROM duckspool_seals");
      assertEquals(
          seals,
          Tables.number(
              lake,
              "SELECT count(*) FROM ducklake_snapshots('lake') WHERE commit_message LIKE 'seal %'"));
      for (String table : Tables.signalTables()) {
        assertEquals(
            Tables.number(
                lake,
                "SELECT count(*) FROM duckspool_seals WHERE rows_by_table LIKE '%\""
                    + table
                    + "\"%'"),
            Tables.number(
                lake, "SELECT count(*) FROM ducklake_list_files('lake', '" + table + "')"),
            table);
      }
      assertEquals(
          0,
          Tables.number(
              lake, "SELECT count(*) FROM ducklake_list_files('lake', 'duckspool_ledger')"));
      assertEquals(
          0,
          Tables.number(
              lake, "SELECT count(*) FROM ducklake_list_files('lake', 'duckspool_seals')"));
    }
  }
}
