package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Growth;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.ProcessMemory;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the processes do with little memory. */
@Tag("faults")
final class MemoryIT {
  private static final long MEBIBYTE = 1 << 20;

  /** Bytes of backlog that the writer drains: 2048 MiB for the full test. */
  private static final long BACKLOG = Long.getLong("duckspool.backlog.mebibytes", 512) * MEBIBYTE;

  /** That of the scorecard. */
  private static final long FULL_BACKLOG = 20L << 30;

  /** How long a backlog of any size may take. */
  private static final Duration DRAIN_LIMIT = Duration.ofMinutes(60);

  /** Looks at the writer at rest, and drains between them. */
  private static final int SLICES = 20;

  @TempDir Path folder;

  @Test
  void receiverWith256MiB_takes32ParallelRequestsOf16MiB() throws SQLException {
    StampedRequest request = Stamped.logs((int) (16 * MEBIBYTE - 64 * 1024) / 555);
    AckLog log = new AckLog(request.recordCount());
    try (Rig rig = Rig.in(folder).asLaunched().receiverOptions("-Xmx256m").start()) {
      try (LoadClient load = LoadClient.start(rig.load(32, 96, 0, request), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      System.out.println(log.ackedCount() + " acked, " + log.statusCount(503) + " times 503");
      assertEquals(log.sentCount(), log.ackedCount() + log.statusCount(503), rig::logs);
      assertTrue(log.ackedCount() > 0, rig::logs);
      assertFalse(rig.receiver().output().contains("OutOfMemoryError"), rig::logs);
      rig.settle(log).assertExact();
    }
  }

  @Test
  void receiverWith256MiB_takesManySmallRequests_whileTheWriterIsAway() throws SQLException {
    int requests = Integer.getInteger("duckspool.small.requests", 200_000);
    StampedRequest request = Stamped.logs(1);
    AckLog log = new AckLog(1);
    try (Rig rig = Rig.in(folder).asLaunched().receiverOptions("-Xmx256m").start()) {
      rig.awaitCommitted();
      rig.stopWriter();
      try (LoadClient load = LoadClient.start(rig.load(16, requests, 0, request), log)) {
        load.awaitEnd(Duration.ofMinutes(10));
      }
      assertEquals(log.sentCount(), log.ackedCount(), rig::logs);
      assertFalse(rig.receiver().output().contains("OutOfMemoryError"), rig::logs);
      rig.startWriter();
      rig.settle(log).assertExact();
    }
  }

  /**
   * The bound holds all the time. Growth is looked for at rest, after a drain as long again, in
   * what the resident set has beside the buffers that DuckDB counts against its limit: under load
   * those come and go by 200 MiB with each checkpoint, in which a leak of a few can't be seen. It
   * takes 2 GiB, so the small run of the gate has the bound alone, which would break there if the
   * payloads were kept.
   */
  @Test
  @FaultRow(
      name = "backlog",
      fault = "a backlog of 20 GiB, with a heap of 512 MiB and as much for DuckDB",
      full = 1)
  void writerWith512MiB_drainsABacklog_withinItsMemory_andWithoutGrowth(Trials trials)
      throws Exception {
    StampedRequest request = Stamped.logs(1800);
    AckLog log = new AckLog(request.recordCount());
    long memoryLimit = 512 * MEBIBYTE;
    long backlog = trials.isFull() ? FULL_BACKLOG : BACKLOG;
    int requests = (int) (backlog / request.byteCount()) + 1;
    Rig rig =
        Rig.in(folder)
            .asLaunched()
            .set("duckdb.memory_limit", "512MiB")
            .server("seal_max_age_ms", "1000")
            .writerOptions("-Xmx512m");
    try (rig) {
      rig.start();
      rig.awaitCommitted();
      rig.stopWriter();
      send(rig, request, requests, log);
      long started = System.nanoTime();
      rig.startWriter();
      rig.awaitWriter();
      try (ProcessMemory memory =
          ProcessMemory.watch(rig.writer(), () -> committedGibibytes(rig))) {
        double before = committedGibibytes(rig);
        Await.until("the first seal", Rig.LIMIT, () -> committedGibibytes(rig) > before, rig::logs);
        trials.took("until the first seal", System.nanoTime() - started);
        awaitDrained(rig, memory, request, log);
        trials.took("until it is drained", System.nanoTime() - started);
        trials.note("bytes", "%,d of payload".formatted((long) requests * request.byteCount()));
        trials.note("peak of the writer's RSS", memory.peakBytes() / MEBIBYTE + " MiB");
        double mean = memory.meanBytes();
        System.out.printf(
            "writer: peak RSS %d MiB, mean %.0f MiB of %d samples%n",
            memory.peakBytes() / MEBIBYTE, mean / MEBIBYTE, memory.samples().size());
        if (trials.isFull()) {
          assertIsFlat(memory, mean, trials);
        }
        if (backlog >= 2048 * MEBIBYTE && !trials.isFull()) {
          Growth growth = growthAtRest(rig, memory, request, requests, log);
          System.out.printf(
              "writer: grows by %.2f MiB per GiB, %.4f of the mean; at rest, MiB: %s%n",
              growth.perUnit(), growth.perUnit() * MEBIBYTE / mean, growth);
          assertTrue(growth.perUnit() * MEBIBYTE < 0.01 * mean, growth::toString);
        }
        assertTrue(
            memory.peakBytes() < 512 * MEBIBYTE + memoryLimit + 256 * MEBIBYTE,
            () -> memory.peakBytes() / MEBIBYTE + " MiB resident\n" + memory.samples());
      }
      assertFalse(rig.writer().output().contains("OutOfMemoryError"), rig::logs);
      trials.tried();
      trials.settle(rig, log);
    }
  }

  /** Looks at some samples of the drain, without those of its first tenth. */
  private static void assertIsFlat(ProcessMemory memory, double mean, Trials trials) {
    Growth growth = new Growth();
    double end = memory.progress();
    double next = end / 10;
    for (ProcessMemory.Sample sample : memory.samples()) {
      if (sample.progress() > next) {
        growth.add(sample.progress(), (double) sample.rssBytes() / MEBIBYTE);
        next = sample.progress() + end / 200;
      }
    }
    trials.note("growth", "%.2f MiB per GiB".formatted(growth.perUnit()));
    assertTrue(growth.perUnit() * MEBIBYTE < 0.01 * mean, growth::toString);
  }

  /** Drains as much again in slices, and looks at the writer after each. In MiB per GiB. */
  private static Growth growthAtRest(
      Rig rig, ProcessMemory memory, StampedRequest request, int requests, AckLog log)
      throws IOException, InterruptedException {
    Growth growth = new Growth();
    for (int slice = 1; slice <= SLICES; slice++) {
      send(rig, request, requests + (int) ((long) requests * slice / SLICES), log);
      awaitDrained(rig, memory, request, log);
      long resident = ProcessMemory.bytesAtRest(rig.writer());
      growth.add(committedGibibytes(rig), (double) (resident - duckDbBytes(rig)) / MEBIBYTE);
    }
    return growth;
  }

  /** Sends until so many requests were sent in all. */
  private static void send(Rig rig, StampedRequest request, int requests, AckLog log) {
    try (LoadClient load =
        LoadClient.start(rig.load(4, requests - log.sentCount(), 0, request), log)) {
      load.awaitEnd(DRAIN_LIMIT);
    }
    assertEquals(requests, log.ackedCount(), rig::logs);
  }

  /** Waits without a query: one that is under way keeps DuckDB from checkpointing. */
  private static void awaitDrained(
      Rig rig, ProcessMemory memory, StampedRequest request, AckLog log) {
    double sent = (double) log.sentCount() * request.byteCount() / (1L << 30);
    Await.until("the backlog is drained", DRAIN_LIMIT, () -> memory.progress() >= sent, rig::logs);
  }

  /** What DuckDB counts against its memory limit. */
  private static long duckDbBytes(Rig rig) throws IOException, InterruptedException {
    String metrics = rig.writerMetrics();
    return (long)
        number(metrics, "(?m)^duckspool_writer_duckdb_memory_bytes ")
            .orElseThrow(() -> new AssertionError("no memory of DuckDB in " + metrics));
  }

  /** 0 as long as the writer has not taken the server up. */
  private static double committedGibibytes(Rig rig) {
    return number(Segments.pipelines(rig), "\"committed_bytes_total\":").orElse(0) / (1L << 30);
  }

  /** The first number behind this pattern. */
  private static OptionalDouble number(String text, String before) {
    Matcher number = Pattern.compile(before + "([0-9.E+]+)").matcher(text);
    return number.find()
        ? OptionalDouble.of(Double.parseDouble(number.group(1)))
        : OptionalDouble.empty();
  }
}
