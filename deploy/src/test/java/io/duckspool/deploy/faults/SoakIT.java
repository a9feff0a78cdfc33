package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.Growth;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A mixed load for long, with kills and pauses in between: nothing grows, nothing is lost. In the
 * first half only the receiver is killed, in the second only the writer: of each there is a life of
 * half the time, in which its figures show what it leaks, and not how old it is.
 */
@Tag("faults")
final class SoakIT {
  private static final int RECORDS = 50;
  private static final long MEBIBYTE = 1 << 20;

  /** What none of the samples may reach, far above what they are. */
  private static final Map<String, Long> BOUNDS =
      Map.of("descriptors", 500L, "threads", 150L, "heap", 512 * MEBIBYTE, "disk", 512 * MEBIBYTE);

  /** What part of the time a process gets to warm up before its figures count. */
  private static final int WARM_UP_PART = 12;

  /** By how much of its mean a figure may grow in an hour; a guess at what no leak stays below. */
  private static final double MAX_GROWTH = 0.2;

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest[] mix = {
    Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS)
  };
  private final Map<String, Growth> figures = new TreeMap<>();
  private final Map<String, Long> pids = new HashMap<>();
  private long began;

  @TempDir Path folder;

  @Test
  @FaultRow(name = "soak", fault = "an hour of mixed load, with random kills and pauses", full = 1)
  void mixedLoad_losesNothing_andNothingGrows(Trials trials) throws Exception {
    Random random = trials.random();
    Duration length = trials.isFull() ? Duration.ofMinutes(60) : Duration.ofSeconds(25);
    Duration step = trials.isFull() ? Duration.ofSeconds(60) : Duration.ofSeconds(5);
    try (Rig rig = Rig.in(folder).set("spool.segment_age", "10s").start()) {
      rig.awaitWriter();
      began = System.nanoTime();
      try (LoadClient load = LoadClient.start(rig.load(2, Integer.MAX_VALUE, 20, mix), log)) {
        while (elapsed().compareTo(length) < 0) {
          pass(step);
          rig.awaitCommitted();
          boolean isSecondHalf = elapsed().multipliedBy(2).compareTo(length) >= 0;
          look("receiver", rig.receiver(), isSecondHalf && isWarm(length, isSecondHalf));
          look("writer", rig.writer(), !isSecondHalf && isWarm(length, isSecondHalf));
          addGrowth("spool disk", diskBytes(rig));
          disturb(rig, random, isSecondHalf, trials.isFull() ? 20_000 : 1_000);
          load.awaitMoreAcks(1, Rig.LIMIT);
        }
      }
      trials.tried();
      trials.note("minutes", String.valueOf(length.toMinutes()));
      judge(trials);
      trials.settle(rig, log);
    }
  }

  /** Whether who is spared in a half has been for long enough. */
  private boolean isWarm(Duration length, boolean isSecondHalf) {
    Duration spared = isSecondHalf ? elapsed().minus(length.dividedBy(2)) : elapsed();
    return spared.compareTo(length.dividedBy(WARM_UP_PART)) >= 0;
  }

  private static void disturb(
      Rig rig, Random random, boolean isSecondHalf, int longestPauseMillis) {
    if (random.nextBoolean()) {
      if (isSecondHalf) {
        rig.writer().kill();
        rig.startWriter();
        rig.awaitWriter();
      } else {
        rig.receiver().kill();
        rig.startReceiver();
        rig.awaitServing();
      }
    } else {
      DuckspoolProcess process = random.nextBoolean() ? rig.receiver() : rig.writer();
      process.pause();
      pass(Duration.ofMillis(random.nextInt(longestPauseMillis)));
      process.resume();
    }
  }

  /**
   * Looks at a process.
   *
   * @param isSpared whether it is one that lives on, so that its figures tell of a leak
   */
  private void look(String name, DuckspoolProcess process, boolean isSpared) throws IOException {
    long pid = process.pid();
    Shell.run("jcmd", "" + pid, "GC.run");
    Map<String, Long> values =
        Map.of(
            "descriptors", count(Path.of("/proc/" + pid + "/fd")),
            "threads", count(Path.of("/proc/" + pid + "/task")),
            "heap", heapBytes(Shell.run("jcmd", "" + pid, "GC.heap_info")));
    values.forEach((figure, value) -> assertBounded(name + " " + figure, value));
    if (isSpared) {
      assertEquals(pid, pids.computeIfAbsent(name, key -> pid), name + " was to be spared");
      values.forEach((figure, value) -> addGrowth(name + " " + figure, value));
    }
  }

  private static long diskBytes(Rig rig) {
    String du = Shell.run("du", "-s", "-B1", rig.data().resolve("servers").toString());
    long bytes = Long.parseLong(du.split("\\s", 2)[0]);
    assertBounded("spool disk", bytes);
    return bytes;
  }

  private void addGrowth(String figure, long value) {
    figures.computeIfAbsent(figure, name -> new Growth()).add(elapsed().toNanos() / 3.6e12, value);
  }

  private static void assertBounded(String figure, long value) {
    long bound = BOUNDS.get(figure.substring(figure.indexOf(' ') + 1));
    assertTrue(value < bound, () -> figure + ": " + value + ", bound " + bound);
  }

  /** Slopes mean something over half an hour alone. */
  private void judge(Trials trials) {
    figures.forEach(
        (figure, growth) -> {
          System.out.println(figure + " by hours: " + growth);
          trials.note(figure, growth.summary());
          if (trials.isFull()) {
            assertTrue(
                growth.perUnit() <= MAX_GROWTH * growth.mean(), () -> figure + " grows: " + growth);
          }
        });
  }

  private static long count(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.count();
    }
  }

  private static long heapBytes(String info) {
    Matcher used = Pattern.compile("used (\\d+)K").matcher(info);
    assertTrue(used.find(), info);
    return Long.parseLong(used.group(1)) << 10;
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  private static void pass(Duration time) {
    long from = System.nanoTime();
    Await.until(
        "time passes", time.plus(Rig.LIMIT), () -> System.nanoTime() - from >= time.toNanos());
  }
}
