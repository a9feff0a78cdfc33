package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.LoopMount;
import io.duckspool.deploy.harness.NeedsRoot;
import io.duckspool.deploy.harness.ParquetView;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.BitSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Power cuts under load, with spool, checkpoints and target on the file system that is cut. Both
 * processes run into the cut, in the middle of whatever they do, and are killed after it.
 *
 * <p>What must be there is each request whose 202 the client had before the ioctl began, on one
 * clock. A 202 that comes in later proves nothing, and its request counts as sent: an fdatasync
 * that the ioctl overtakes writes its pages, fails to enter them into the aborted journal, and
 * reports success. A bare loop of append and fdatasync shows it: of 28,734 records acknowledged
 * before 400 cuts none was missing, of 89 acknowledged during or after the ioctl 54 were. A machine
 * without power acknowledges nothing.
 */
@Tag("faults")
@NeedsRoot
final class PowerCutIT {
  private static final int PER_RUN = 20;
  private static final int RECORDS = 10;
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final StampedRequest[] mix = {
    Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS)
  };

  @TempDir Path folder;

  @Test
  @FaultRow(
      name = "power-cut-duckdb",
      fault = "power cut, spool and DuckDB file on the disk",
      quick = 1,
      full = 80,
      perRun = PER_RUN)
  void groupSync_losesNothing(Trials trials) throws SQLException {
    AckLog log = new AckLog(RECORDS);
    try (LoopMount mount = LoopMount.create(folder, 1024);
        Rig rig = rig(mount, "group")) {
      rig.start();
      for (int cut = 0; cut < trials.count(); cut++) {
        cutUnderLoad(rig, mount, log, 1 + trials.random().nextInt(1500));
        rig.startReceiver();
        rig.startWriter();
        rig.awaitServing();
        trials.tried();
      }
      Balance balance = rig.settle(log);
      BitSet late = log.lateAcks();
      int lateCount = late.cardinality();
      late.andNot(balance.presentRequests());
      System.out.printf(
          "%d cuts: %d acked before a cut, %d after it (%d of them lost), %d rejected, %d torn logs"
              + " of DuckDB; %s%n",
          trials.count(),
          log.ackedCount(),
          lateCount,
          late.cardinality(),
          log.rejectedCount(),
          rig.tornDuckDbLogs().size(),
          balance);
      trials.judge(log, balance);
      assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
    }
  }

  /** The files of a lake must be on the disk before its ledger says so. */
  @Test
  @FaultRow(
      name = "power-cut-ducklake",
      fault = "power cut, spool and a local DuckLake on the disk",
      quick = 1,
      full = 60,
      perRun = PER_RUN)
  void groupSync_losesNothing_inALakeEither(Trials trials) throws SQLException {
    try (LoopMount mount = LoopMount.create(folder, 1024);
        Rig rig = rig(mount, "group").lake()) {
      assertNothingIsLost("a lake", rig, mount, trials);
    }
  }

  /** There the ledger is a file as all others, and a seal is decided by one more. */
  @Test
  @FaultRow(
      name = "power-cut-parquet",
      fault = "power cut, spool and Parquet files on the disk",
      quick = 1,
      full = 60,
      perRun = PER_RUN)
  void groupSync_losesNothing_inParquetFilesEither(Trials trials) throws SQLException {
    try (LoopMount mount = LoopMount.create(folder, 1024);
        Rig rig = rig(mount, "group").target(ParquetView.in(mount.inside().resolve("parquet")))) {
      assertNothingIsLost("Parquet files", rig, mount, trials);
    }
  }

  private void assertNothingIsLost(String target, Rig rig, LoopMount mount, Trials trials)
      throws SQLException {
    AckLog log = new AckLog(RECORDS);
    rig.start();
    for (int cut = 0; cut < trials.count(); cut++) {
      cutUnderLoad(rig, mount, log, 1 + trials.random().nextInt(1500));
      rig.startReceiver();
      rig.startWriter();
      rig.awaitServing();
      trials.tried();
    }
    Balance balance = trials.settle(rig, log);
    System.out.printf("%d cuts with %s: %s%n", trials.count(), target, balance);
    assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
  }

  /** Shows that a cut does cut: without the sync, what was acked a moment ago is lost. */
  @Test
  @FaultRow(
      name = "power-cut-control",
      fault = "power cut with `spool.sync: os`: must lose, or the cut is none",
      quick = 10,
      full = 20,
      perRun = 10)
  void osSync_losesAckedEntries_soTheCutIsReal(Trials trials) throws SQLException {
    int losses = 0;
    int cuts = 0;
    while (cuts < trials.count() && (losses == 0 || trials.isFull())) {
      cuts++;
      AckLog log = new AckLog(RECORDS);
      Path place = folder.resolve("control-" + cuts);
      assertTrue(place.toFile().mkdir());
      try (LoopMount mount = LoopMount.create(place, 512);
          Rig rig = Rig.on(mount, place)) {
        configure(rig, "os");
        // The writer is away, so that no commit of its own syncs the file system's journal.
        rig.start();
        rig.awaitCommitted();
        rig.stopWriter();
        cutUnderLoad(rig, mount, log, 50);
        rig.startReceiver();
        rig.startWriter();
        rig.awaitServing();
        Balance balance = rig.settle(log);
        balance.assertNothingButLosses();
        trials.write(log, balance);
        trials.tried();
        losses += balance.lostRequests().cardinality();
      }
    }
    System.out.println("spool.sync os: " + losses + " lost after " + cuts + " cuts");
    assertTrue(losses > 0, "no cut lost anything: the harness is at fault");
  }

  private void cutUnderLoad(Rig rig, LoopMount mount, AckLog log, int acks) {
    int ackedBefore = log.ackedCount();
    long cutNanos;
    try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, mix), log)) {
      load.awaitMoreAcks(acks, LIMIT);
      cutNanos = mount.cutPower();
      rig.killAll();
    }
    int late = log.forgetAcksSince(cutNanos);
    System.out.println(
        "cut: " + (log.ackedCount() - ackedBefore) + " acked before it, " + late + " after it");
    mount.unmount();
    mount.mount();
  }

  private Rig rig(LoopMount mount, String sync) {
    return configure(Rig.on(mount, folder), sync);
  }

  private static Rig configure(Rig rig, String sync) {
    return rig.set("spool.sync", sync)
        .set("spool.disk_reserve", "64MiB")
        .set("spool.segment_age", "500ms")
        .server("max_body_bytes", "1048576")
        .server("seal_max_age_ms", "100");
  }
}
