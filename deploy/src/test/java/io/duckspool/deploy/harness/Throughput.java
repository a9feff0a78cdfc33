package io.duckspool.deploy.harness;

import io.duckspool.deploy.load.StampedRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures rows per second accepted (fsynced, 202 seen) and committed to the DuckDB file, for log
 * requests of 512 records of 555 bytes on 8 connections, with default settings. Run by {@code
 * deploy/bin/measure-throughput [seconds] [rounds]}.
 */
public final class Throughput {
  private static final int RECORDS = 512;
  private static final int CONNECTIONS = 8;

  private Throughput() {}

  /** Prints a line a round, then the medians. */
  public static void main(String[] arguments) throws Exception {
    int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    List<Double> accepted = new ArrayList<>();
    List<Double> both = new ArrayList<>();
    List<Double> drained = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      accepted.add(acceptedAlone(seconds));
      double[] rates = acceptedAndCommitted(seconds);
      both.add(rates[0]);
      drained.add(rates[1]);
      System.out.printf(
          "round %d: %,.0f rows/s accepted with the writer stopped; with both running %,.0f rows/s"
              + " accepted, %,.0f rows/s committed until all was in the table%n",
          round, accepted.get(round - 1), rates[0], rates[1]);
    }
    System.out.printf(
        "median of %d: %,.0f rows/s accepted alone, %,.0f accepted and %,.0f committed with both"
            + " running (%s, Java %s, %d processors)%n",
        rounds,
        median(accepted),
        median(both),
        median(drained),
        System.getProperty("os.name"),
        System.getProperty("java.version"),
        Runtime.getRuntime().availableProcessors());
    System.exit(0);
  }

  private static double acceptedAlone(int seconds) throws Exception {
    Path folder = Files.createTempDirectory("duckspool-throughput");
    try (Rig rig = Rig.in(folder).asLaunched().server("seal_max_age_ms", "5000").start()) {
      rig.awaitCommitted();
      rig.stopWriter();
      AckLog log = new AckLog(RECORDS);
      warmUp(rig);
      long begin = System.nanoTime();
      loadFor(rig, log, seconds);
      return rate(log, begin);
    } finally {
      delete(folder);
    }
  }

  private static double[] acceptedAndCommitted(int seconds) throws Exception {
    Path folder = Files.createTempDirectory("duckspool-throughput");
    try (Rig rig = Rig.in(folder).asLaunched().server("seal_max_age_ms", "5000").start()) {
      warmUp(rig);
      rig.awaitCommitted();
      AckLog log = new AckLog(RECORDS);
      long begin = System.nanoTime();
      loadFor(rig, log, seconds);
      double accepted = rate(log, begin);
      rig.awaitCommitted(Duration.ofMinutes(30));
      double committed = rate(log, begin);
      rig.stop();
      try (Connection connection = rig.openDatabase()) {
        LedgerCheck.assertAgrees(connection);
      }
      return new double[] {accepted, committed};
    } finally {
      delete(folder);
    }
  }

  /** The JVMs compile what is hot; these rows are in no rate. */
  private static void warmUp(Rig rig) {
    AckLog log = new AckLog(RECORDS);
    StampedRequest request = Stamped.logs(RECORDS);
    try (LoadClient load = LoadClient.start(rig.load(CONNECTIONS, 400, 0, request), log)) {
      load.awaitEnd(Rig.LIMIT);
    }
  }

  private static void loadFor(Rig rig, AckLog log, int seconds) {
    StampedRequest request = Stamped.logs(RECORDS);
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    try (LoadClient load = LoadClient.start(rig.load(CONNECTIONS, request), log)) {
      Await.until(
          "the time is over",
          Duration.ofSeconds(seconds + 60L),
          () -> System.nanoTime() >= end || !load.isRunning());
    }
    if (log.rejectedCount() > 0) {
      throw new AssertionError(log.rejectedCount() + " requests were rejected");
    }
  }

  private static double rate(AckLog log, long begin) {
    return (double) log.ackedCount() * RECORDS / ((System.nanoTime() - begin) / 1e9);
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static void delete(Path folder) throws Exception {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
