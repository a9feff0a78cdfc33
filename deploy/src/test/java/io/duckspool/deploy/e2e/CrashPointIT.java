package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.CrashLot;
import io.duckspool.deploy.harness.Damage;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.LoadPlan;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The life of a server, from its first start to its end, as often as it takes to halt at each crash
 * point: the process that reaches it is halted there and started again. A point that is not reached
 * fails. The points of calls and of other targets have tests of their own.
 */
@Tag("faults")
final class CrashPointIT {
  private static final int RECORDS = 10;

  @TempDir Path folder;

  private Revival revival;

  private static final AtomicInteger ROUND = new AtomicInteger();

  static List<CrashLot> lots() {
    return CrashLot.deal(CrashLists.OF_RECEIVER, CrashLists.OF_WRITER, ROUND.getAndIncrement());
  }

  @ParameterizedTest
  @MethodSource("lots")
  @FaultRow(name = CrashLot.ROW, fault = CrashLot.FAULT, full = CrashLot.FULL)
  void crash_losesAndDoublesNothing(CrashLot lot, Trials trials) throws SQLException, IOException {
    AckLog log = new AckLog(RECORDS);
    Rig rig = Rig.in(folder).set("spool.segment_age", "300ms").server("seal_max_age_ms", "50");
    revival = new Revival(rig, lot);
    try (rig) {
      rig.startWriter();
      rig.startReceiver();
      send(rig, log, 200);
      stop(rig, "writer");
      send(rig, log, 10);
      stop(rig, "receiver");
      int damaged = Damage.ofLastAcked(rig, log);
      rig.startWriter();
      rig.startReceiver();
      revival.keepUntil("serving again", () -> rig.isAccepted("fence"));
      revival.keepUntil("committed", () -> rig.isCommitted("fence"));
      stop(rig, "receiver");
      stop(rig, "writer");
      stopServer(rig);
      assertTrue(revival.waiting().isEmpty(), revival.waiting() + " was never reached");
      lot.halts().forEach(halt -> trials.tried());
      try (Connection connection = rig.openDatabase()) {
        Balance balance = Balance.of(log, connection);
        trials.judge(log, balance, 1);
        BitSet expected = new BitSet();
        expected.set(damaged);
        assertEquals(expected, balance.lostRequests(), balance::toString);
      }
      try (Stream<Path> kept = Files.walk(rig.data().resolve("quarantine"))) {
        assertTrue(kept.anyMatch(Files::isRegularFile), "the damaged bytes are kept");
      }
    }
  }

  private void send(Rig rig, AckLog log, int count) {
    LoadPlan load =
        rig.load(
            2, count, 5, Stamped.logs(RECORDS), Stamped.traces(RECORDS), Stamped.metrics(RECORDS));
    try (LoadClient client = LoadClient.start(load, log)) {
      revival.keepUntil("the load is sent", () -> !client.isRunning());
    }
  }

  /** The server is stopped as a receiver does it that then ends; the writer does the rest. */
  private void stopServer(Rig rig) throws IOException {
    DataFolder data = new DataFolder(rig.data());
    ServerFolder server = data.listServers().get(0);
    ServerFile.read(server).with(ServerState.STOPPING).write(server);
    rig.startWriter();
    revival.keepUntil(
        "the server is gone", () -> data.listServers().isEmpty() && data.listGone().isEmpty());
    stop(rig, "writer");
  }

  /** A process that is halted while it stops is started and stopped again. */
  private void stop(Rig rig, String name) {
    // A JVM that is still starting has no handler for SIGTERM yet.
    revival.keepUntil(name + " is up", () -> rig.isHealthy(name));
    revival.stop(name, name.equals("writer") ? rig::awaitWriter : rig::awaitServing);
  }
}
