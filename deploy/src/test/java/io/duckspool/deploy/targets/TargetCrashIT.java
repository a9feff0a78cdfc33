package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.CrashLot;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.Halt;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The writer is halted at each crash point of a seal that only lakes, Parquet files and Iceberg
 * tables have, behind each table or file of a seal, and in the maintenance of a lake, one after the
 * other under load. What is not reached fails. Where time is short it is two halts at one target:
 * the writer's own tests halt at all points.
 */
@Tag("faults")
final class TargetCrashIT {
  private static final int RECORDS = 10;

  /** Three with one batch in hand are something else: so entries that kill a process are found. */
  private static final int MAX_DEATHS_IN_A_ROW = 2;

  /** A lake is maintained after 32 seals, and not first after five minutes. */
  private static final String MAINTAINED_SOON = "-Dduckspool.test.maintenance.interval=1";

  private static final Map<TestTarget, List<Halt>> HALTS =
      new TreeMap<>(
          Map.of(
              TestTarget.LAKE_ON_SQLITE, TargetCrashLists.OF_LAKES,
              TestTarget.PARQUET, TargetCrashLists.OF_PARQUET,
              TestTarget.ICEBERG_ON_S3, TargetCrashLists.OF_ICEBERG));

  private final StampedRequest[] mix = {
    Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS)
  };

  @TempDir Path folder;

  @Test
  @FaultRow(name = CrashLot.ROW, fault = CrashLot.FAULT, full = CrashLot.FULL)
  void crashesOnTheWayToOtherTargets_loseAndDoubleNothing(Trials trials) throws Exception {
    if (trials.isFull()) {
      for (Map.Entry<TestTarget, List<Halt>> each : HALTS.entrySet()) {
        crash(each.getKey(), each.getValue(), trials);
      }
      return;
    }
    List<TestTarget> targets = List.copyOf(HALTS.keySet());
    TestTarget target = targets.get(trials.random().nextInt(targets.size()));
    List<Halt> halts = new ArrayList<>(HALTS.get(target));
    Collections.shuffle(halts, trials.random());
    crash(target, halts.subList(0, MAX_DEATHS_IN_A_ROW), trials);
  }

  private void crash(TestTarget target, List<Halt> halts, Trials trials) throws Exception {
    AckLog log = new AckLog(RECORDS);
    Path own = Files.createDirectory(folder.resolve(target.name()));
    try (RunningTarget running = target.start(Files.createDirectory(own.resolve("target")));
        Rig rig = Rig.in(Files.createDirectory(own.resolve("rig")))) {
      rig.set("spool.segment_age", "2s").server("seal_max_age_ms", "100");
      rig.writerOptions(MAINTAINED_SOON);
      running.configure(rig);
      rig.startReceiver();
      List<Halt> left = new ArrayList<>();
      for (Halt halt : halts) {
        if (halt.point() == CrashPoint.ICEBERG_LEDGER_BEGUN) {
          // Reached as the server is made, and never again.
          haltAt(halt, rig, trials);
        } else {
          left.add(halt);
        }
      }
      rig.startWriter();
      rig.awaitServing();
      while (!left.isEmpty()) {
        List<Halt> next = left.subList(0, Math.min(MAX_DEATHS_IN_A_ROW, left.size()));
        rig.stopWriter();
        try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 20, mix), log)) {
          for (Halt halt : next) {
            haltAt(halt, rig, trials);
          }
          rig.startWriter();
          load.awaitMoreAcks(10, Rig.LIMIT);
        }
        // A commit between two pairs of deaths, or the entries in hand count as deadly.
        rig.awaitCommitted();
        next.clear();
      }
      trials.settle(rig, log);
      assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
    }
  }

  /** Has a writer work until it halts there. */
  private static void haltAt(Halt halt, Rig rig, Trials trials) {
    DuckspoolProcess writer =
        rig.writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, halt.toString()).startWriter();
    Await.until("the writer halts at " + halt, Rig.LIMIT, () -> !writer.isAlive(), rig::logs);
    assertEquals(CrashPoint.EXIT_STATUS, writer.awaitExit(Rig.LIMIT), rig::logs);
    rig.writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, "");
    trials.tried();
  }
}
