package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.LoopMount;
import io.duckspool.deploy.harness.NeedsRoot;
import io.duckspool.deploy.harness.ParquetView;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The spool's disk runs full: requests are rejected, no process dies, nothing acked is lost. Or the
 * target's: seals wait for room.
 */
@Tag("faults")
@NeedsRoot
final class DiskFullIT {
  private static final String BALLAST = "ballast";
  private static final String SPOOL = "disk-full-spool";
  private static final String SPOOL_FAULT = "the disk of the spool is full";
  private static final String TARGET = "disk-full-target";
  private static final String TARGET_FAULT = "the disk of the target is full";

  private final StampedRequest request = Stamped.logs(200);
  private final AckLog log = new AckLog(200);

  @TempDir Path folder;

  @Test
  @FaultRow(name = SPOOL, fault = SPOOL_FAULT, full = 50)
  void diskGuard_rejects_andTheBacklogDrains_whenTheWriterIsBack(Trials trials)
      throws SQLException, IOException {
    try (LoopMount mount = LoopMount.create(folder, 256);
        Rig rig = rig(mount)) {
      rig.start();
      rig.awaitCommitted();
      rig.stopWriter();
      fill(rig);
      assertTrue(mount.freeBytes() > 0, "the guard leaves its reserve");
      assertEquals(503, rig.get("/readyz").status());
      rig.startWriter();
      Await.until(
          "accepted again",
          Rig.LIMIT,
          () -> rig.post("/v1/logs", "application/json", "{}".getBytes()).status() == 202,
          rig::logs);
      trials.tried();
      trials.settle(rig, log);
    }
  }

  /** Somebody else fills the disk to the last block: the guard must see that, too. */
  @Test
  @FaultRow(name = SPOOL, fault = SPOOL_FAULT, full = 50)
  void diskFilledByAnother_isSurvived(Trials trials) throws SQLException, IOException {
    try (LoopMount mount = LoopMount.create(folder, 256);
        Rig rig = rig(mount)) {
      rig.start();
      rig.awaitCommitted();
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 1, request), log)) {
        load.awaitMoreAcks(20, Rig.LIMIT);
        fillToTheLastBlock(mount);
        Await.until("rejected with 503", Rig.LIMIT, () -> log.statusCount(503) > 50, rig::logs);
        assertTrue(rig.receiver().isAlive(), rig::logs);
        Files.delete(mount.outside().resolve(BALLAST));
        load.awaitMoreAcks(20, Rig.LIMIT);
      }
      assertEquals(
          0, log.sentCount() - log.ackedCount() - log.statusCount(503), "no reply, or another");
      trials.tried();
      trials.settle(rig, log);
    }
  }

  /** The files of a lake have a disk of their own, and that runs full. */
  @Test
  @FaultRow(name = TARGET, fault = TARGET_FAULT, full = 50)
  void aFullTarget_isWaitedFor_andNothingIsLostOrDoubled(Trials trials)
      throws SQLException, IOException {
    try (LoopMount mount = LoopMount.create(folder, 64);
        Rig rig = Rig.beside(mount, folder).lake(mount.inside().resolve("lake"))) {
      assertAFullTargetIsWaitedFor(rig, mount, trials);
    }
  }

  /** The same with Parquet files, which are made in the data folder and then copied. */
  @Test
  @FaultRow(name = TARGET, fault = TARGET_FAULT, full = 50)
  void aFullParquetRoot_isWaitedFor_andNothingIsLostOrDoubled(Trials trials)
      throws SQLException, IOException {
    try (LoopMount mount = LoopMount.create(folder, 64);
        Rig rig =
            Rig.beside(mount, folder).target(ParquetView.in(mount.inside().resolve("parquet")))) {
      assertAFullTargetIsWaitedFor(rig, mount, trials);
    }
  }

  private void assertAFullTargetIsWaitedFor(Rig rig, LoopMount mount, Trials trials)
      throws SQLException, IOException {
    rig.start();
    rig.awaitCommitted();
    fillToTheLastBlock(mount);
    try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 1, request), log)) {
      load.awaitMoreAcks(200, Rig.LIMIT);
      Await.until(
          "the seals fail",
          Rig.LIMIT,
          () -> rig.pipelines().contains("No space left on device"),
          rig::logs);
      assertTrue(rig.writer().isAlive(), rig::logs);
      Files.delete(mount.outside().resolve(BALLAST));
      load.awaitMoreAcks(20, Rig.LIMIT);
    }
    trials.tried();
    trials.settle(rig, log);
  }

  private static void fillToTheLastBlock(LoopMount mount) {
    List<String> fill = new ArrayList<>(mount.enter());
    fill.addAll(
        List.of(
            "dd", "if=/dev/zero", "of=" + mount.inside().resolve(BALLAST), "bs=1M", "status=none"));
    Shell.Outcome filled = Shell.outcome(fill, Map.of());
    assertTrue(filled.exitCode() != 0, "dd found an end: " + filled.output());
  }

  private void fill(Rig rig) {
    try (LoadClient load = LoadClient.start(rig.load(4, request), log)) {
      Await.until(
          "rejected with 503",
          Rig.LIMIT,
          () -> {
            if (!rig.receiver().isAlive()) {
              throw new Await.GaveUpException("the receiver died");
            }
            return log.statusCount(503) > 50;
          },
          rig::logs);
    }
    assertEquals(
        0, log.sentCount() - log.ackedCount() - log.statusCount(503), "no reply, or another");
    assertTrue(rig.receiver().isAlive(), rig::logs);
  }

  /** Spool on the small disk, the DuckDB file elsewhere. */
  private Rig rig(LoopMount mount) {
    return Rig.on(mount, folder)
        .set("duckdb.database", folder.resolve("otlp.duckdb").toString())
        .set("duckdb.temp_directory", folder.resolve("tmp").toString())
        .set("spool.disk_reserve", "32MiB")
        .set("spool.segment_bytes", "16MiB")
        .server("max_body_bytes", "1048576");
  }
}
