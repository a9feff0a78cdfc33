package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.LoopMount;
import io.duckspool.deploy.harness.NeedsRoot;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.HttpConnection;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernel says EIO to a sync: nobody gets a 202 for it, and the process ends.
 *
 * <p>A sync that strace fails is none: its pages stay in the page cache, where a restart would find
 * them. So the power is cut once the process has ended, and what was not synced is lost: a 202 for
 * it shows in the balance. The writer is away meanwhile, or it would commit an entry that a reader
 * must not see yet to a target that keeps it.
 */
@Tag("faults")
@NeedsRoot
final class SyncErrorIT {
  private static final int RECORDS = 20;
  private static final int MAX_GOOD_SYNCS = 6;

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest logs = Stamped.logs(RECORDS);

  @TempDir Path folder;

  /** Which sync fails first, and with it all later ones of its kind. */
  private enum Failing {
    /** Of entries in a segment that goes on. */
    ENTRIES("512MiB", "inject=fdatasync:error=EIO"),
    /** Of entries in segments of a few requests: most stand at the end of one. */
    SEGMENT_ENDS("64KiB", "inject=fdatasync:error=EIO"),
    /** Of the folder that gets a new segment, which is the last of those at the end of one. */
    FOLDER("64KiB", "inject=fsync:error=EIO");

    private final String segmentBytes;
    private final String fault;

    Failing(String segmentBytes, String fault) {
      this.segmentBytes = segmentBytes;
      this.fault = fault;
    }
  }

  @Test
  @FaultRow(
      name = "sync-error",
      fault = "fdatasync and fsync return EIO",
      quick = 3,
      full = 50,
      perRun = 9)
  void failedSync_isNeverAcked_andThePoisonedReceiverEnds(Trials trials) throws SQLException {
    int atSegmentEnds = 0;
    try (LoopMount mount = LoopMount.create(folder, 1024);
        Rig rig = rig(mount)) {
      rig.start();
      rig.awaitCommitted();
      rig.stop();
      for (int i = 0; i < trials.count(); i++) {
        Failing failing = Failing.values()[i % Failing.values().length];
        rig.set("spool.segment_bytes", failing.segmentBytes);
        rig.startReceiver();
        rig.awaitServing();
        failUnderLoad(rig, mount, failing, 1 + trials.random().nextInt(MAX_GOOD_SYNCS));
        boolean isAtSegmentEnd = rig.receiver().output().contains("a segment could not be ended");
        assertTrue(isAtSegmentEnd ? failing != Failing.ENTRIES : failing != Failing.FOLDER);
        atSegmentEnds += isAtSegmentEnd ? 1 : 0;
        mount.cutPower();
        mount.unmount();
        mount.mount();
        trials.tried();
      }
      trials.note("at the end of a segment", atSegmentEnds + " of " + trials.count());
      rig.startReceiver();
      rig.startWriter();
      rig.awaitServing();
      trials.settle(rig, log);
    }
  }

  private void failUnderLoad(Rig rig, LoopMount mount, Failing failing, int first) {
    int rejectedBefore = log.statusCount(503);
    try (LoadClient load = LoadClient.start(rig.load(8, logs), log)) {
      load.awaitMoreAcks(50, Rig.LIMIT);
      try (DuckspoolProcess strace = failSyncs(rig, mount, failing, first)) {
        Await.until(
            "the receiver notices",
            Rig.LIMIT,
            () -> !rig.receiver().isAlive() || log.statusCount(503) > rejectedBefore,
            () -> rig.logs() + strace.logTail());
        awaitEndNeverReady(rig);
        assertTrue(strace.output().contains("(INJECTED)"), strace::logTail);
      }
    }
    assertEquals(0, log.statusCount(500));
  }

  /** From the first 503 on the server is not ready, and says why, until its process has ended. */
  private static void awaitEndNeverReady(Rig rig) {
    Await.until(
        "the poisoned receiver ends",
        Rig.LIMIT,
        () -> {
          HttpConnection.Reply reply;
          try {
            reply = rig.get("/readyz");
          } catch (IOException e) {
            // Nobody listens any more.
            return !rig.receiver().isAlive();
          }
          if (reply.status() != 503 || !reply.body().contains("\"spool_poisoned\"")) {
            throw new Await.GaveUpException("/readyz after a failed sync: " + reply);
          }
          return false;
        },
        rig::logs);
    assertTrue(rig.receiver().awaitExit(Rig.LIMIT) != 0, "a failed sync is no good end");
  }

  private DuckspoolProcess failSyncs(Rig rig, LoopMount mount, Failing failing, int first) {
    List<String> command = new ArrayList<>(mount.enter());
    command.addAll(
        List.of("strace", "-f", "-p", "" + rig.receiver().pid(), "-e", "trace=fdatasync,fsync"));
    if (failing == Failing.FOLDER) {
      Path spool = mount.outside().relativize(rig.serverFolder().resolve("spool"));
      command.addAll(List.of("-P", mount.inside().resolve(spool).toString()));
    }
    command.addAll(List.of("-e", failing.fault + ":when=" + first + "+"));
    DuckspoolProcess strace =
        DuckspoolProcess.start("strace", command, Map.of(), folder, folder.resolve("strace.log"));
    Await.until(
        "strace is attached",
        Rig.LIMIT,
        () -> strace.output().contains("attached"),
        strace::logTail);
    return strace;
  }

  /** The spool on the disk that is cut, the DuckDB file elsewhere. */
  private Rig rig(LoopMount mount) {
    return Rig.on(mount, folder)
        .set("duckdb.database", folder.resolve("otlp.duckdb").toString())
        .set("duckdb.temp_directory", folder.resolve("tmp").toString())
        .set("spool.disk_reserve", "64MiB")
        .server("max_body_bytes", "1048576");
  }
}
