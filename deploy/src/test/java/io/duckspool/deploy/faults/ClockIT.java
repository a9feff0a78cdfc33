package io.duckspool.deploy.faults;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminClient;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  /** Of them these are numbers once something was sealed, and something is not; null before. */
  private static final Set<String> NUMBERS = Set.of("oldest_buffered_age_ms", "last_seal_age_ms");

  private static final Pattern AGE_METRIC =
      Pattern.compile("(?i)[a-z_]*(?:age|lag|seconds)[a-z_]*(?:\\{.*})? (\\S+)");

  /** How far a process's time may be off, which is no more than it takes to answer. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofHours(1);

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
          jumps.awaitSeen(rig);
          assertAgesAreNotNegative(rig);
          if (i % KILL_EVERY == KILL_EVERY - 1) {
            // What is on the disk is from another time then.
            rig.killAll();
            rig.startWriter();
            rig.startReceiver();
            rig.awaitWriter();
            rig.awaitServing();
            jumps.awaitSeen(rig);
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

    /** Both processes date their answers by the clock as it was set. */
    void awaitSeen(Rig rig) {
      awaitSeen("receiver", rig.receiverControl(), OFFSETS.get(at[0]));
      awaitSeen("writer", rig.writerControl(), OFFSETS.get(at[1]));
    }

    private static void awaitSeen(String name, AdminClient process, Duration offset) {
      Await.until(
          "the " + name + " sees its clock",
          Rig.LIMIT,
          () -> {
            String date =
                process
                    .probe("/healthz", Duration.ofSeconds(30))
                    .headers()
                    .firstValue("date")
                    .orElseThrow();
            Instant said = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date));
            Duration off = Duration.between(Instant.now().plus(offset), said).abs();
            return off.compareTo(CLOCK_TOLERANCE) < 0;
          });
    }
  }

  /**
   * Looks for a while, in which the processes tell each other how they are, and until each age that
   * there must be was seen.
   */
  private static void assertAgesAreNotNegative(Rig rig) {
    long began = System.nanoTime();
    Set<String> seen = new HashSet<>();
    Await.until(
        "looked at",
        Rig.LIMIT,
        () -> {
          seen.addAll(checkedAges(rig));
          checkMetrics(rig.writerMetrics());
          checkMetrics(text(rig.receiverControl().get(AdminApi.METRICS, Duration.ofSeconds(30))));
          return seen.containsAll(NUMBERS)
              && System.nanoTime() - began > Duration.ofMillis(LOOK_MILLIS).toNanos();
        },
        () -> seen + rig.logs());
  }

  /** The ages of the one server that are numbers now; each is there, if null. */
  private static Set<String> checkedAges(Rig rig) throws Exception {
    JsonNode rows =
        AdminJson.MAPPER.readTree(
            rig.receiverControl().get(AdminApi.SERVER_LIST, Duration.ofSeconds(30)));
    if (rows.size() != 1) {
      throw new Await.GaveUpException("not one server: " + rows);
    }
    Set<String> numbers = new HashSet<>();
    for (String age : AGES) {
      JsonNode value = rows.get(0).path(age);
      if (value.isIntegralNumber() ? value.asLong() < 0 : !value.isNull()) {
        throw new Await.GaveUpException(age + " is " + value + ": " + rows);
      }
      if (value.isIntegralNumber()) {
        numbers.add(age);
      }
    }
    return numbers;
  }

  private static void checkMetrics(String page) {
    int count = 0;
    for (String line : page.lines().toList()) {
      Matcher age = AGE_METRIC.matcher(line);
      if (age.matches()) {
        count++;
        if (!(Double.parseDouble(age.group(1)) >= 0)) {
          throw new Await.GaveUpException("negative: " + line);
        }
      }
    }
    if (count == 0) {
      throw new Await.GaveUpException("no age in " + page);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
