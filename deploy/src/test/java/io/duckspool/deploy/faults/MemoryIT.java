package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.ProcessMemory;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the processes do with little memory. */
@Tag("faults")
final class MemoryIT {
  private static final long MEBIBYTE = 1 << 20;

  /** Bytes of backlog that the writer drains: 2048 MiB for the full test. */
  private static final long BACKLOG = Long.getLong("duckspool.backlog.mebibytes", 512) * MEBIBYTE;

  @TempDir Path folder;

  @Test
  void receiverWith256MiB_takes32ParallelRequestsOf16MiB() throws SQLException {
    StampedRequest request = Stamped.logs((int) (16 * MEBIBYTE - 64 * 1024) / 555);
    AckLog log = new AckLog(request.recordCount());
    try (Rig rig = Rig.in(folder).receiverOptions("-Xmx256m").start()) {
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
    try (Rig rig = Rig.in(folder).receiverOptions("-Xmx256m").start()) {
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

  @Test
  void writerWith512MiB_drainsABacklog_withinItsMemory_andWithoutGrowth() throws SQLException {
    StampedRequest request = Stamped.logs(1800);
    AckLog log = new AckLog(request.recordCount());
    long memoryLimit = 512 * MEBIBYTE;
    Rig rig =
        Rig.in(folder)
            .set("duckdb.memory_limit", "512MiB")
            .server("seal_max_age_ms", "5000")
            .writerOptions("-Xmx512m");
    try (rig) {
      rig.start();
      rig.awaitCommitted();
      rig.stopWriter();
      int requests = (int) (BACKLOG / request.byteCount()) + 1;
      try (LoadClient load = LoadClient.start(rig.load(4, requests, 0, request), log)) {
        load.awaitEnd(Duration.ofMinutes(10));
      }
      assertEquals(log.sentCount(), log.ackedCount(), rig::logs);
      rig.startWriter();
      rig.awaitWriter();
      try (ProcessMemory memory =
          ProcessMemory.watch(rig.writer(), () -> committedGibibytes(rig))) {
        rig.awaitCommitted(Duration.ofMinutes(20));
        double backlog = BACKLOG / (1024.0 * MEBIBYTE);
        System.out.printf(
            "writer: peak RSS %d MiB, %d samples, slope %.4f of the mean per GiB%n",
            memory.peakBytes() / MEBIBYTE,
            memory.samples().size(),
            memory.relativeSlope(backlog / 3));
        assertTrue(
            memory.peakBytes() < 512 * MEBIBYTE + memoryLimit + 256 * MEBIBYTE,
            () -> memory.peakBytes() / MEBIBYTE + " MiB resident\n" + memory.samples());
        if (backlog >= 2) {
          assertTrue(memory.relativeSlope(backlog / 3) < 0.01, memory.samples()::toString);
        }
      }
      assertFalse(rig.writer().output().contains("OutOfMemoryError"), rig::logs);
      rig.settle(log).assertExact();
    }
  }

  private static double committedGibibytes(Rig rig) {
    var digits =
        java.util.regex.Pattern.compile("\"committed_bytes_total\":([0-9]+)")
            .matcher(Segments.pipelines(rig));
    return digits.find() ? Long.parseLong(digits.group(1)) / (double) (1L << 30) : 0;
  }
}
