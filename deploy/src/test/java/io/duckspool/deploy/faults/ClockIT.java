package io.duckspool.deploy.faults;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.harness.WallClock;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The wall clock jumps, of either process or of both: nothing is lost, and no age is negative. */
@Tag("faults")
final class ClockIT {
  private static final List<Duration> OFFSETS =
      Stream.of(-365, -1, 0, 1, 365).map(Duration::ofDays).toList();

  private static final List<String> AGES =
      List.of("oldest_buffered_age_ms", "last_seal_age_ms", "last_maintenance_age_ms");

  private static final int ZERO = 2;
  private static final int KILL_EVERY = 4;
  private static final long LOOK_MILLIS = 1_500;

  private final AckLog log = new AckLog(10);
  private final StampedRequest logs = Stamped.logs(10);

  @TempDir Path folder;

  @Test
  @FaultRow(
      name = "clock",
      fault = "the wall clock jumps by a day or a year, back and forth",
      quick = 2,
      full = 40,
      perRun = 20)
  void wallClockThatJumps_losesNothing_andMakesNoAgeNegative(Trials trials) throws Exception {
    WallClock ofReceiver = WallClock.in(folder, "receiver");
    WallClock ofWriter = WallClock.in(folder, "writer");
    try (Rig rig = Rig.in(folder).set("spool.segment_age", "1s")) {
      rig.server("seal_max_age_ms", "100");
      ofReceiver.variables().forEach(rig::receiverEnvironment);
      ofWriter.variables().forEach(rig::writerEnvironment);
      rig.start();
      try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 5, logs), log)) {
        Jumps jumps = new Jumps(ofReceiver, ofWriter, trials.random());
        for (int i = 0; i < trials.count(); i++) {
          load.awaitMoreAcks(1 + trials.random().nextInt(200), Rig.LIMIT);
          jumps.next();
          assertAgesAreNotNegative(rig);
          if (i % KILL_EVERY == KILL_EVERY - 1) {
            // What is on the disk is from another time then.
            rig.killAll();
            rig.startWriter();
            rig.startReceiver();
            rig.awaitWriter();
            rig.awaitServing();
            assertAgesAreNotNegative(rig);
          }
          rig.awaitCommitted();
          trials.tried();
        }
      }
      trials.settle(rig, log);
    }
  }

  /** The clock of one process, or those of both, by a day or more, to one of five times. */
  private static final class Jumps {
    private final List<WallClock> clocks;
    private final int[] at = {ZERO, ZERO};
    private final Random random;

    Jumps(WallClock ofReceiver, WallClock ofWriter, Random random) {
      clocks = List.of(ofReceiver, ofWriter);
      this.random = random;
    }

    void next() {
      int left = random.nextInt(3);
      int by = 1 + random.nextInt(OFFSETS.size() - 1);
      for (int i = 0; i < clocks.size(); i++) {
        if (i != left) {
          at[i] = (at[i] + by) % OFFSETS.size();
          clocks.get(i).set(OFFSETS.get(at[i]));
        }
      }
      System.out.println("days off: " + OFFSETS.get(at[0]) + ", " + OFFSETS.get(at[1]));
    }
  }

  /** Looks for a while, in which the processes tell each other how they are. */
  private static void assertAgesAreNotNegative(Rig rig) {
    long began = System.nanoTime();
    Await.until(
        "looked at",
        Rig.LIMIT,
        () -> {
          byte[] rows = rig.receiverControl().get(AdminApi.SERVER_LIST, Duration.ofSeconds(30));
          for (JsonNode row : AdminJson.MAPPER.readTree(rows)) {
            for (String age : AGES) {
              if (row.path(age).asLong() < 0) {
                throw new Await.GaveUpException(age + " is negative: " + row);
              }
            }
          }
          for (String line : rig.writerMetrics().lines().toList()) {
            if (line.matches("(?i)[a-z_]*(age|lag|seconds)[a-z_]*(\\{.*})? -.*")) {
              throw new Await.GaveUpException("negative: " + line);
            }
          }
          return System.nanoTime() - began > Duration.ofMillis(LOOK_MILLIS).toNanos();
        },
        rig::logs);
  }
}
