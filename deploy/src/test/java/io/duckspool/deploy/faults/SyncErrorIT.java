package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.NeedsRoot;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel says EIO to a sync: nobody gets a 202 for it, and the process ends. */
@Tag("faults")
@NeedsRoot
final class SyncErrorIT {
  private final AckLog log = new AckLog(10);
  private final StampedRequest logs = Stamped.logs(10);

  @TempDir Path folder;

  @Test
  @FaultRow(name = "sync-error", fault = "fdatasync and fsync return EIO", full = 50)
  void failedSync_isNeverAcked_andThePoisonedReceiverEnds(Trials trials) throws SQLException {
    try (Rig rig = Rig.in(folder).start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, logs), log)) {
        load.awaitMoreAcks(50, Rig.LIMIT);
        try (DuckspoolProcess strace = failSyncs(rig.receiver())) {
          Await.until(
              "the receiver notices",
              Rig.LIMIT,
              () -> !rig.receiver().isAlive() || log.statusCount(503) > 0,
              () -> rig.logs() + strace.logTail());
          int ackedAtFailure = log.ackedCount();
          int exitCode = rig.receiver().awaitExit(Rig.LIMIT);
          assertTrue(exitCode != 0, "a failed sync is no good end");
          // Requests that had their sync may still have been on their way to the client.
          assertTrue(log.ackedCount() <= ackedAtFailure + 4, "acked after a failed sync");
        }
        assertEquals(0, log.statusCount(500));
        rig.startReceiver();
        load.awaitMoreAcks(50, Rig.LIMIT);
      }
      trials.tried();
      trials.settle(rig, log);
    }
  }

  private DuckspoolProcess failSyncs(DuckspoolProcess receiver) {
    DuckspoolProcess strace =
        DuckspoolProcess.start(
            "strace",
            List.of(
                "strace",
                "-f",
                "-p",
                "" + receiver.pid(),
                "-e",
                "trace=fdatasync,fsync",
                "-e",
                "inject=fdatasync,fsync:error=EIO"),
            Map.of(),
            folder,
            folder.resolve("strace.log"));
    Await.until(
        "strace is attached",
        Rig.LIMIT,
        () -> strace.output().contains("attached"),
        strace::logTail);
    return strace;
  }
}
