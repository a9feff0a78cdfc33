package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damage to the spool while the writer is down: whatever can still be read is committed, and the
 * loss is reported to the entry and row.
 */
@Tag("faults")
final class DamageIT {
  private static final int RECORDS = 5;
  private static final int REQUESTS = 400;

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest request = Stamped.logs(RECORDS);

  @TempDir Path folder;

  /** What is done to a segment in the middle of the spool. */
  enum Damage {
    ZEROED_PAGE,
    ZEROED_FILE_HEADER,
    ZEROED_HALF,
    FLIPPED_BIT,
    TRUNCATED,
    MISSING
  }

  @ParameterizedTest
  @EnumSource
  void damage_losesOnlyWhatIsDamaged_andIsReportedExactly(Damage damage)
      throws SQLException, IOException {
    Rig rig = Rig.in(folder).set("spool.segment_bytes", "256KiB");
    try (rig) {
      rig.start();
      rig.awaitCommitted();
      rig.stopWriter();
      try (LoadClient load = LoadClient.start(rig.load(2, REQUESTS, 0, request), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      assertEquals(log.sentCount(), log.ackedCount());
      rig.stopReceiver();
      List<Path> segments = rig.segmentFiles();
      assertTrue(segments.size() >= 4, () -> "too few segments: " + segments);
      Path victim = segments.get(segments.size() / 2);
      long segment = Segments.numberOf(victim);
      Set<Integer> requestsInVictim = requestsIn(segment);
      assertFalse(requestsInVictim.isEmpty());
      apply(damage, victim);

      rig.startReceiver();
      rig.startWriter();
      rig.awaitServing();
      rig.awaitCommitted();
      String pipelines = Segments.pipelines(rig);
      String writerOutput = rig.writer().output();
      rig.stop();
      try (Connection connection = rig.openDatabase()) {
        Balance balance = Balance.of(log, connection);
        balance.assertNothingButLosses();
        Set<Integer> lost = new HashSet<>();
        balance.lostRequests().stream().forEach(lost::add);
        System.out.println(damage + ": " + lost.size() + " lost of " + requestsInVictim.size());
        assertTrue(requestsInVictim.containsAll(lost), "lost outside of the segment: " + balance);
        if (damage == Damage.MISSING) {
          assertEquals(requestsInVictim, lost);
        } else if (damage == Damage.FLIPPED_BIT) {
          assertEquals(1, lost.size(), balance::toString);
        } else {
          assertTrue(lost.size() < requestsInVictim.size() || damage == Damage.TRUNCATED);
        }
        assertReported(lost.size(), pipelines, writerOutput);
      }
    }
  }

  private static void assertReported(int lostEntries, String pipelines, String output) {
    if (lostEntries == 0) {
      return;
    }
    int lostRows = lostEntries * RECORDS;
    boolean isInLog =
        output.lines().anyMatch(line -> hasNumber(line, lostEntries) && hasNumber(line, lostRows));
    assertTrue(
        isInLog,
        () -> "no line with " + lostEntries + " entries and " + lostRows + " rows:\n" + output);
    assertTrue(
        pipelines.contains("\"quarantined_rows_total\":" + lostRows),
        () -> lostRows + " rows are not reported: " + pipelines);
  }

  private static boolean hasNumber(String line, int number) {
    return line.matches(".*\\b" + number + "\\b.*");
  }

  private Set<Integer> requestsIn(long segment) {
    Set<Integer> requests = new HashSet<>();
    for (int request = 0; request < log.sentCount(); request++) {
      if (log.index(request) >>> 32 == segment) {
        requests.add(request);
      }
    }
    return requests;
  }

  private static void apply(Damage damage, Path file) {
    try {
      if (damage == Damage.MISSING) {
        Files.delete(file);
        return;
      }
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        long used = Segments.usedBytes(channel);
        long middle = used / 2 & -4096;
        switch (damage) {
          case ZEROED_PAGE -> zero(channel, middle, 4096);
          case ZEROED_FILE_HEADER -> zero(channel, 0, 4096);
          case ZEROED_HALF -> zero(channel, middle, used - middle);
          case FLIPPED_BIT -> Segments.flipBitInPayload(channel, used);
          case TRUNCATED -> channel.truncate(middle + 100);
          case MISSING -> throw new AssertionError();
        }
        channel.force(true);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void zero(FileChannel channel, long from, long length) throws IOException {
    channel.write(ByteBuffer.allocate((int) length), from);
  }
}
