package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.StampedRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The life of a server, from its first start to its end, once for each crash point: whichever
 * process reaches it is halted there and started again. A point that is not reached fails.
 */
@Tag("e2e")
final class CrashPointIT {
  private static final int RECORDS = 10;

  @TempDir Path folder;

  private boolean isFired;

  @ParameterizedTest
  @EnumSource
  void crash_losesAndDoublesNothing(CrashPoint point) throws SQLException, IOException {
    AckLog log = new AckLog(RECORDS);
    Rig rig =
        Rig.in(folder)
            .set("spool.segment_age", "300ms")
            .server("seal_max_age_ms", "50")
            .receiverEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, point.name())
            .writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, point.name());
    try (rig) {
      rig.startWriter();
      rig.startReceiver();
      try (LoadClient load =
          LoadClient.start(
              rig.load(
                  2,
                  300,
                  5,
                  StampedRequest.logs(RECORDS),
                  StampedRequest.traces(RECORDS),
                  StampedRequest.metrics(RECORDS)),
              log)) {
        keepUntil(rig, "the load is sent", () -> log.sentCount() >= 300);
        load.awaitEnd(Rig.LIMIT);
      }
      stopBoth(rig);
      rig.startWriter();
      rig.startReceiver();
      keepUntil(rig, "serving again", () -> rig.get("/healthz").status() == 200);
      stopBoth(rig);
      stopServer(rig);
      assertTrue(isFired, point + " was never reached");
      try (Connection connection = rig.openDatabase()) {
        Balance.of(log, connection).assertExact();
      }
    }
  }

  /** The server is stopped as a receiver does it that then ends; the writer does the rest. */
  private void stopServer(Rig rig) throws IOException {
    DataFolder data = new DataFolder(rig.data());
    ServerFolder server = data.listServers().get(0);
    ServerFile.read(server).with(ServerState.STOPPING).write(server);
    rig.startWriter();
    keepUntil(
        rig, "the server is gone", () -> data.listServers().isEmpty() && data.listGone().isEmpty());
    stop(rig, "writer");
  }

  private void stopBoth(Rig rig) {
    stop(rig, "receiver");
    stop(rig, "writer");
  }

  /** A process that is halted while it stops is started and stopped again. */
  private void stop(Rig rig, String name) {
    Optional<Integer> exitCode = rig.tryStop(name);
    if (exitCode.equals(Optional.of(CrashPoint.EXIT_STATUS))) {
      isFired = true;
      restart(rig, name);
      if (name.equals("writer")) {
        rig.awaitWriter();
      } else {
        rig.awaitServing();
      }
      exitCode = rig.tryStop(name);
    }
    assertEquals(Optional.of(0), exitCode, rig::logs);
  }

  private void keepUntil(Rig rig, String what, Callable<Boolean> condition) {
    Await.until(
        what,
        Rig.LIMIT,
        () -> {
          for (String name : List.of("receiver", "writer")) {
            Optional<Integer> exitCode = rig.exitCode(name);
            if (exitCode.isPresent() && exitCode.get() != CrashPoint.EXIT_STATUS) {
              throw new Await.GaveUpException(name + " ended with " + exitCode.get());
            }
            if (exitCode.isPresent()) {
              isFired = true;
              restart(rig, name);
            }
          }
          return condition.call();
        },
        rig::logs);
  }

  /** Starts a process without the crash point: it has done its work there. */
  private static void restart(Rig rig, String name) {
    if (name.equals("writer")) {
      rig.writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, "").startWriter();
    } else {
      rig.receiverEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, "").startReceiver();
    }
  }
}
