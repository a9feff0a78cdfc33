package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 at random moments under load: what was acked is in the tables exactly once. */
@Tag("faults")
final class KillIT {
  private static final int PER_RUN = 50;
  private static final int RECORDS = 10;
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest[] mix = {
    Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS)
  };

  @TempDir Path folder;

  @Test
  @FaultRow(
      name = "kill-receiver",
      fault = "kill -9 of the receiver at random moments under load",
      quick = 2,
      full = 500,
      perRun = PER_RUN)
  void killedReceiver_losesAndDoublesNothing(Trials trials) throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 20, mix), log)) {
        for (int i = 0; i < trials.count(); i++) {
          load.awaitMoreAcks(1 + trials.random().nextInt(100), LIMIT);
          rig.receiver().kill();
          long killed = System.nanoTime();
          rig.startReceiver();
          rig.awaitServing();
          trials.took("until it takes requests again", System.nanoTime() - killed);
          trials.tried();
        }
        load.awaitMoreAcks(100, LIMIT);
      }
      assertExact(rig, trials);
    }
  }

  @Test
  @FaultRow(
      name = "kill-writer-duckdb",
      fault = "kill -9 of the writer at random moments under load, into a DuckDB file",
      quick = 2,
      full = 500,
      perRun = PER_RUN)
  void killedWriter_losesAndDoublesNothing(Trials trials) throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 20, mix), log)) {
        for (int i = 0; i < trials.count(); i++) {
          if (i % 3 != 0) {
            // Two of three kills hit a writer at work, the third one on its way up.
            rig.awaitWriter();
          }
          load.awaitMoreAcks(1 + trials.random().nextInt(200), LIMIT);
          rig.writer().kill();
          rig.startWriter();
          trials.tried();
        }
      }
      assertExact(rig, trials);
    }
  }

  @Test
  @FaultRow(
      name = "kill-both",
      fault = "kill -9 of both at once",
      quick = 2,
      full = 100,
      perRun = PER_RUN)
  void bothKilledAtOnce_loseAndDoubleNothing(Trials trials) throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 20, mix), log)) {
        for (int i = 0; i < trials.count(); i++) {
          if (i % 3 != 0) {
            rig.awaitWriter();
          }
          load.awaitMoreAcks(1 + trials.random().nextInt(100), LIMIT);
          if (trials.random().nextBoolean()) {
            rig.receiver().kill();
            rig.writer().kill();
          } else {
            rig.writer().kill();
            rig.receiver().kill();
          }
          if (trials.random().nextBoolean()) {
            rig.startReceiver();
            rig.startWriter();
          } else {
            rig.startWriter();
            rig.startReceiver();
          }
          trials.tried();
        }
        load.awaitMoreAcks(100, LIMIT);
      }
      assertExact(rig, trials);
    }
  }

  @Test
  @FaultRow(
      name = "kill-receiver-alone",
      fault = "kill -9 of the receiver while the writer is away for the first half",
      quick = 2,
      full = 100,
      perRun = PER_RUN)
  void receiverKilledWhileTheWriterIsAway_losesAndDoublesNothing(Trials trials)
      throws SQLException {
    try (Rig rig = rig().start()) {
      rig.awaitCommitted();
      rig.stopWriter();
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 20, mix), log)) {
        for (int i = 0; i < trials.count(); i++) {
          if (i == trials.count() / 2) {
            rig.startWriter();
          }
          load.awaitMoreAcks(1 + trials.random().nextInt(100), LIMIT);
          rig.receiver().kill();
          rig.startReceiver();
          trials.tried();
        }
        load.awaitMoreAcks(100, LIMIT);
      }
      assertExact(rig, trials);
    }
  }

  private Rig rig() {
    return Rig.in(folder).set("spool.segment_age", "2s").server("seal_max_age_ms", "100");
  }

  private void assertExact(Rig rig, Trials trials) throws SQLException {
    Balance balance = trials.settle(rig, log);
    assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
    System.out.println(log.ackedCount() + " acked of " + log.sentCount() + " sent; " + balance);
  }
}
