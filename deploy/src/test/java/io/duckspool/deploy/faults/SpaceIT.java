package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.LoopMount;
import io.duckspool.deploy.harness.NeedsRoot;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.harness.Tables;
import io.duckspool.deploy.load.StampedRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the spool takes on the disk, by du and df. */
@Tag("faults")
@NeedsRoot
final class SpaceIT {
  private static final int STARTS = Integer.getInteger("duckspool.starts", 6);
  private static final int TRICKLE_SEGMENTS = Integer.getInteger("duckspool.segments", 40);
  private static final long MEBIBYTE = 1 << 20;

  private final AckLog log = new AckLog(5);
  private final StampedRequest request = Stamped.logs(5);

  @TempDir Path folder;

  /**
   * Many starts and a trickle over many segments take little, give it back after the drain, and
   * drain in few seals. The starts are {@code -Dduckspool.starts} (100 for the full count), each
   * with an entry; the segments {@code -Dduckspool.segments} (120).
   */
  @Test
  void manySmallSegments_takeLittle_giveItBack_andDrainInFewSeals()
      throws SQLException, IOException {
    try (LoopMount mount = LoopMount.create(folder, 512);
        Rig rig = rig(mount)) {
      rig.start();
      rig.awaitCommitted();
      rig.stop();
      final long freeBefore = mount.freeBytes();
      for (int start = 0; start < STARTS; start++) {
        rig.startReceiver();
        rig.awaitServing();
        send(rig, 1);
        rig.stopReceiver();
      }
      assertTrue(rig.segmentFiles().size() >= STARTS, () -> "segments: " + rig.segmentFiles());
      rig.startReceiver();
      rig.awaitServing();
      int segmentsBefore = rig.segmentFiles().size();
      try (LoadClient load = LoadClient.start(rig.load(1, Integer.MAX_VALUE, 20, request), log)) {
        Await.until(
            "a trickle over many segments",
            Rig.LIMIT,
            () -> rig.segmentFiles().size() >= segmentsBefore + TRICKLE_SEGMENTS,
            () -> rig.segmentFiles().size() + " segments");
      }
      long taken = du(mount, rig);
      System.out.println(
          rig.segmentFiles().size() + " segments after " + STARTS + " starts: " + taken + " bytes");
      assertTrue(taken < 64 * MEBIBYTE, taken + " bytes by du");

      long payloadBytes = (long) log.ackedCount() * request.byteCount();
      final long sealsBefore = seals(rig);
      rig.startWriter();
      rig.awaitCommitted();
      Await.until(
          "the space is back",
          Rig.LIMIT,
          () -> mount.freeBytes() >= freeBefore - 40 * MEBIBYTE && rig.segmentFiles().size() <= 3,
          () -> rig.segmentFiles().size() + " segments, " + mount.freeBytes() + " free");
      rig.settle(log).assertExact();
      // Two of them may be of the harness, whose fences come after the backlog.
      long maxSeals = (payloadBytes + 67_108_863) / 67_108_864 + 2;
      long seals = seals(rig) - sealsBefore;
      System.out.println(payloadBytes + " bytes drained in " + seals + " seals");
      assertTrue(seals <= maxSeals, seals + " seals, at most " + maxSeals);
    }
  }

  private void send(Rig rig, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      int number = log.send();
      var reply = rig.post(request.path(), "application/x-protobuf", request.encode(number));
      log.replied(number, reply);
      assertEquals(202, reply.status());
    }
  }

  private static long seals(Rig rig) throws SQLException {
    try (Connection connection = rig.openDatabase()) {
      return Tables.number(connection, "SELECT count(*) FROM duckspool_seals");
    }
  }

  private static long du(LoopMount mount, Rig rig) {
    List<String> line = new ArrayList<>(mount.enter());
    line.addAll(List.of("du", "-s", "-B1", mount.inside() + "/data/servers"));
    return Long.parseLong(Shell.run(line).split("\\s", 2)[0]);
  }

  private Rig rig(LoopMount mount) {
    return Rig.on(mount, folder)
        .set("duckdb.database", folder.resolve("otlp.duckdb").toString())
        .set("spool.disk_reserve", "64MiB")
        .set("spool.segment_age", "250ms")
        // The default: a batch that is open for so long is sealed before the backlog is drained.
        .server("seal_max_age_ms", "5000");
  }
}
