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
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that takes no more files, or nothing at all. */
@Tag("faults")
@NeedsRoot
final class DiskStateIT {
  private static final String INODES = "inodes-gone";
  private static final String INODES_FAULT = "no inode is left for another file";
  private static final String READ_ONLY = "read-only";
  private static final String READ_ONLY_FAULT = "the file system is read-only";

  private static final int CONNECTIONS = 4;

  /** 128 and a signal: of a JVM that crashes. */
  private static final Set<Integer> CRASHES = Set.of(134, 135, 139);

  private final StampedRequest request = Stamped.logs(20);
  private final AckLog log = new AckLog(20);

  @TempDir Path folder;

  @Test
  @FaultRow(name = INODES, fault = INODES_FAULT, full = 20)
  void aSpoolThatCanMakeNoSegment_goesOnInTheOneItHas(Trials trials) throws Exception {
    try (LoopMount mount = LoopMount.withFewFiles(folder, 256, 256);
        Rig rig = spoolOn(mount)) {
      rig.start();
      rig.awaitCommitted();
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 5, request), log)) {
        load.awaitMoreAcks(20, Rig.LIMIT);
        takeAllInodes(mount);
        Await.until(
            "no segment can be made",
            Rig.LIMIT,
            () -> rig.receiver().output().contains("no room for a new segment"),
            rig::logs);
        // The segment that is there takes them, as long as it has room.
        int answered = log.ackedCount() + log.statusCount(503);
        Await.until(
            "requests are answered",
            Rig.LIMIT,
            () -> log.ackedCount() + log.statusCount(503) > answered + 50,
            rig::logs);
        assertTrue(rig.receiver().isAlive(), rig::logs);
        giveInodesBack(mount);
        load.awaitMoreAcks(50, Rig.LIMIT);
      }
      assertEquals(
          0, log.sentCount() - log.ackedCount() - log.statusCount(503), "no reply, or another");
      trials.tried();
      trials.settle(rig, log);
    }
  }

  @Test
  @FaultRow(name = INODES, fault = INODES_FAULT, full = 20)
  void aTargetThatCanMakeNoFile_isWaitedFor(Trials trials) throws Exception {
    try (LoopMount mount = LoopMount.withFewFiles(folder, 64, 1024);
        Rig rig =
            Rig.beside(mount, folder).target(ParquetView.in(mount.inside().resolve("parquet")))) {
      rig.start();
      rig.awaitCommitted();
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 5, request), log)) {
        takeAllInodes(mount);
        Await.until(
            "the seals fail",
            Rig.LIMIT,
            () -> rig.pipelines().contains("No space left on device"),
            rig::logs);
        load.awaitMoreAcks(20, Rig.LIMIT);
        giveInodesBack(mount);
        load.awaitMoreAcks(20, Rig.LIMIT);
      }
      trials.tried();
      trials.settle(rig, log);
    }
  }

  @Test
  @FaultRow(name = READ_ONLY, fault = READ_ONLY_FAULT, full = 20)
  void aTargetThatIsReadOnlyForAWhile_isWaitedFor(Trials trials) throws Exception {
    try (LoopMount mount = LoopMount.create(folder, 64);
        Rig rig = Rig.beside(mount, folder).lake(mount.inside().resolve("lake"))) {
      rig.start();
      rig.awaitCommitted();
      mount.setReadOnly(true);
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 5, request), log)) {
        load.awaitMoreAcks(20, Rig.LIMIT);
        Await.until(
            "the seals fail",
            Rig.LIMIT,
            () -> rig.pipelines().contains("Read-only file system"),
            rig::logs);
        assertTrue(rig.writer().isAlive(), rig::logs);
        mount.setReadOnly(false);
        load.awaitMoreAcks(20, Rig.LIMIT);
      }
      trials.tried();
      trials.settle(rig, log);
    }
  }

  /** Files that are open stay writable; nothing that has to be opened or made is. */
  @Test
  @FaultRow(name = READ_ONLY, fault = READ_ONLY_FAULT, full = 20)
  void aSpoolMountedReadOnlyForAWhile_isSurvivedByBoth_andDrainsByItself(Trials trials)
      throws Exception {
    try (LoopMount mount = LoopMount.create(folder, 256);
        Rig rig = spoolOn(mount)) {
      rig.start();
      rig.awaitCommitted();
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 5, request), log)) {
        load.awaitMoreAcks(1 + trials.random().nextInt(200), Rig.LIMIT);
        mount.coverReadOnly();
        Await.until(
            "no segment can be made",
            Rig.LIMIT,
            () -> rig.receiver().output().contains("no room for a new segment"),
            rig::logs);
        int answered = log.ackedCount() + log.statusCount(503);
        Await.until(
            "requests are answered",
            Rig.LIMIT,
            () -> log.ackedCount() + log.statusCount(503) > answered + 50,
            rig::logs);
        mount.uncover();
        load.awaitMoreAcks(50, Rig.LIMIT);
      }
      assertTrue(rig.receiver().isAlive() && rig.writer().isAlive(), rig::logs);
      assertEquals(
          0, log.sentCount() - log.ackedCount() - log.statusCount(503), "no reply, or another");
      trials.tried();
      trials.settle(rig, log);
    }
  }

  /**
   * As at an error that the kernel meets in the file system: what was acked before it is there when
   * the file system is mended.
   *
   * <p>A 202 that comes in later proves nothing, as at a power cut ({@link PowerCutIT}): ext4
   * reports success to an fdatasync that the error overtakes, and has not kept what it synced. A
   * bare loop that writes through a map and syncs shows it: of 59 errors 9 took the last record
   * that was acknowledged, none of them more.
   */
  @Test
  @FaultRow(name = READ_ONLY, fault = READ_ONLY_FAULT, full = 20)
  void aSpoolWhoseFileSystemBreaks_acksNothingMore_andIsWholeWhenItIsMended(Trials trials)
      throws Exception {
    try (LoopMount mount = LoopMount.create(folder, 256);
        Rig rig = spoolOn(mount)) {
      rig.start();
      rig.awaitCommitted();
      long broken;
      try (LoadClient load =
          LoadClient.start(rig.load(CONNECTIONS, Integer.MAX_VALUE, 5, request), log)) {
        load.awaitMoreAcks(1 + trials.random().nextInt(200), Rig.LIMIT);
        broken = mount.breakFileSystem();
        Await.until(
            "nothing is acked any more",
            Rig.LIMIT,
            () -> !rig.receiver().isAlive() || log.statusCount(503) > 20,
            rig::logs);
      }
      assertNoCrash(rig, "receiver");
      assertNoCrash(rig, "writer");
      rig.killAll();
      int late = log.forgetAcksSince(broken);
      System.out.println(log.ackedCount() + " acked before the error, " + late + " after it");
      mount.unmount();
      mount.mend();
      mount.mount();
      rig.startReceiver();
      rig.startWriter();
      rig.awaitServing();
      trials.tried();
      BitSet lostLate = log.lateAcks();
      lostLate.andNot(trials.settle(rig, log).presentRequests());
      // One sync has at most one request of each connection.
      assertTrue(lostLate.cardinality() <= CONNECTIONS, () -> "more than one sync: " + lostLate);
    }
  }

  private static void assertNoCrash(Rig rig, String name) {
    rig.exitCode(name)
        .ifPresent(
            code ->
                assertTrue(
                    !CRASHES.contains(code),
                    () -> name + " crashed with " + code + "\n" + rig.logs()));
  }

  private Rig spoolOn(LoopMount mount) {
    return Rig.on(mount, folder)
        .set("duckdb.database", folder.resolve("otlp.duckdb").toString())
        .set("duckdb.temp_directory", folder.resolve("tmp").toString())
        .set("spool.disk_reserve", "32MiB")
        .set("spool.segment_age", "300ms")
        .server("max_body_bytes", "1048576");
  }

  private static void takeAllInodes(LoopMount mount) {
    List<String> line = new ArrayList<>(mount.enter());
    line.addAll(
        List.of(
            "sh",
            "-c",
            "mkdir -p $0/full; i=0; while : > $0/full/$i; do i=$((i+1)); done",
            mount.inside().toString()));
    Shell.Outcome outcome = Shell.outcome(line, Map.of());
    assertTrue(outcome.output().contains("No space left"), outcome::output);
  }

  private static void giveInodesBack(LoopMount mount) throws IOException {
    try (Stream<Path> files = Files.list(mount.outside().resolve("full"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }
}
