package io.duckspool.deploy.faults;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is stopped (SIGSTOP) and goes on later has missed nothing. */
@Tag("faults")
final class PauseIT {
  private static final String ROW = "pause";
  private static final String FAULT = "SIGSTOP of either process for 1 to 120 s";

  private final AckLog log = new AckLog(10);
  private final StampedRequest logs = Stamped.logs(10);

  @TempDir Path folder;

  @Test
  @FaultRow(name = ROW, fault = FAULT, quick = 2, full = 100, perRun = 25)
  void pausedWriter_goesOn_whileTheReceiverAccepts(Trials trials) throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 20, logs), log)) {
        for (int i = 0; i < trials.count(); i++) {
          load.awaitMoreAcks(1 + trials.random().nextInt(60), Rig.LIMIT);
          rig.writer().pause();
          load.awaitMoreAcks(1 + trials.random().nextInt(120), Rig.LIMIT);
          pass(trials);
          rig.writer().resume();
          trials.tried();
        }
      }
      trials.settle(rig, log);
    }
  }

  /** The writer must not take the receiver's silence for its death. */
  @Test
  @FaultRow(name = ROW, fault = FAULT, quick = 2, full = 100, perRun = 25)
  void pausedReceiver_goesOn_whileTheWriterIsRestarted(Trials trials) throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 20, logs), log)) {
        for (int i = 0; i < trials.count(); i++) {
          load.awaitMoreAcks(1 + trials.random().nextInt(60), Rig.LIMIT);
          rig.receiver().pause();
          rig.writer().kill();
          rig.startWriter();
          rig.awaitWriter();
          pass(trials);
          rig.receiver().resume();
          trials.tried();
        }
        load.awaitMoreAcks(100, Rig.LIMIT);
      }
      trials.settle(rig, log);
    }
  }

  /** A second or more, mostly a few. */
  private static void pass(Trials trials) {
    double longest = trials.isFull() ? 120 : 2;
    long nanos = (long) (1e9 * Math.pow(longest, trials.random().nextDouble()));
    long began = System.nanoTime();
    Await.until("the pause is over", Rig.LIMIT, () -> System.nanoTime() - began >= nanos);
  }

  private Rig rig() {
    return Rig.in(folder).set("spool.segment_age", "1s").server("seal_max_age_ms", "100");
  }
}
