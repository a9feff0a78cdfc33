package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments under load: what was acked is in the tables exactly once. {@code
 * -Dduckspool.kills=50} makes a long run of it; {@code -Dduckspool.seed=N} repeats its choices.
 */
@Tag("e2e")
final class KillIT {
  private static final int KILLS = Integer.getInteger("duckspool.kills", 5);
  private static final int RECORDS = 10;
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest[] mix = {
    Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS)
  };
  private Random random;

  @TempDir Path folder;

  @BeforeEach
  void seed() {
    long seed = Long.getLong("duckspool.seed", System.nanoTime());
    System.out.println("kills: -Dduckspool.kills=" + KILLS + " -Dduckspool.seed=" + seed);
    random = new Random(seed);
  }

  @Test
  void killedReceiver_losesAndDoublesNothing() throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, mix), log)) {
        for (int i = 0; i < KILLS; i++) {
          load.awaitMoreAcks(1 + random.nextInt(600), LIMIT);
          rig.receiver().kill();
          rig.startReceiver();
        }
        load.awaitMoreAcks(100, LIMIT);
      }
      assertExact(rig);
    }
  }

  @Test
  void killedWriter_losesAndDoublesNothing() throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, mix), log)) {
        for (int i = 0; i < KILLS; i++) {
          if (i % 3 != 0) {
            // Two of three kills hit a writer at work, the third one on its way up.
            rig.awaitWriter();
          }
          load.awaitMoreAcks(1 + random.nextInt(1000), LIMIT);
          rig.writer().kill();
          rig.startWriter();
        }
      }
      assertExact(rig);
    }
  }

  @Test
  void bothKilledAtOnce_loseAndDoubleNothing() throws SQLException {
    try (Rig rig = rig().start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, mix), log)) {
        for (int i = 0; i < KILLS; i++) {
          if (i % 3 != 0) {
            rig.awaitWriter();
          }
          load.awaitMoreAcks(1 + random.nextInt(600), LIMIT);
          if (random.nextBoolean()) {
            rig.receiver().kill();
            rig.writer().kill();
          } else {
            rig.writer().kill();
            rig.receiver().kill();
          }
          if (random.nextBoolean()) {
            rig.startReceiver();
            rig.startWriter();
          } else {
            rig.startWriter();
            rig.startReceiver();
          }
        }
        load.awaitMoreAcks(100, LIMIT);
      }
      assertExact(rig);
    }
  }

  @Test
  void receiverKilledWhileTheWriterIsAway_losesAndDoublesNothing() throws SQLException {
    try (Rig rig = rig().start()) {
      rig.awaitCommitted();
      rig.stopWriter();
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, mix), log)) {
        for (int i = 0; i < KILLS; i++) {
          if (i == KILLS / 2) {
            rig.startWriter();
          }
          load.awaitMoreAcks(1 + random.nextInt(600), LIMIT);
          rig.receiver().kill();
          rig.startReceiver();
        }
        load.awaitMoreAcks(100, LIMIT);
      }
      assertExact(rig);
    }
  }

  private Rig rig() {
    return Rig.in(folder).set("spool.segment_age", "2s").server("seal_max_age_ms", "100");
  }

  private void assertExact(Rig rig) throws SQLException {
    Balance balance = rig.settle(log);
    balance.assertExact();
    assertTrue(rig.quarantined().isEmpty(), () -> "in quarantine: " + rig.quarantined());
    System.out.println(log.ackedCount() + " acked of " + log.sentCount() + " sent; " + balance);
  }
}
