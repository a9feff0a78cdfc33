package io.duckspool.deploy.faults;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is stopped (SIGSTOP) and goes on later has missed nothing. */
@Tag("faults")
final class PauseIT {
  private static final int PAUSES = 5;

  private final AckLog log = new AckLog(10);
  private final StampedRequest logs = Stamped.logs(10);
  private final Random random = new Random();

  @TempDir Path folder;

  @Test
  void pausedWriter_goesOn_whileTheReceiverAccepts() throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, logs), log)) {
        for (int i = 0; i < PAUSES; i++) {
          load.awaitMoreAcks(1 + random.nextInt(300), Rig.LIMIT);
          rig.writer().pause();
          load.awaitMoreAcks(1 + random.nextInt(600), Rig.LIMIT);
          rig.writer().resume();
        }
      }
      rig.settle(log).assertExact();
    }
  }

  /** The writer must not take the receiver's silence for its death. */
  @Test
  void pausedReceiver_goesOn_whileTheWriterIsRestarted() throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, logs), log)) {
        for (int i = 0; i < PAUSES; i++) {
          load.awaitMoreAcks(1 + random.nextInt(300), Rig.LIMIT);
          rig.receiver().pause();
          rig.writer().kill();
          rig.startWriter();
          rig.awaitWriter();
          rig.receiver().resume();
        }
        load.awaitMoreAcks(100, Rig.LIMIT);
      }
      rig.settle(log).assertExact();
    }
  }

  private Rig rig() {
    return Rig.in(folder).set("spool.segment_age", "1s").server("seal_max_age_ms", "100");
  }
}
