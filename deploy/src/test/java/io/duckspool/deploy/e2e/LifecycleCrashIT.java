package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminException;
import io.duckspool.common.server.DataFolder;
import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.CrashLot;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.harness.Tables;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every call that makes, flushes, stops, takes up, replays or discards a server, as often as it
 * takes to halt at each crash point in them: the process that reaches it is halted there and
 * started again, and the caller, who got no answer, calls again. A point that is not reached fails.
 */
@Tag("faults")
final class LifecycleCrashIT {
  private static final int RECORDS = 10;
  private static final long SHORT_MILLIS = 300;
  private static final String GIVEN_UP = "given up";

  @TempDir Path folder;

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest logs = Stamped.logs(RECORDS);

  private static final AtomicInteger ROUND = new AtomicInteger();

  static List<CrashLot> lots() {
    return CrashLot.deal(
        CrashLists.OF_CALLS_IN_RECEIVER, CrashLists.OF_CALLS_IN_WRITER, ROUND.getAndIncrement());
  }

  @ParameterizedTest
  @MethodSource("lots")
  @FaultRow(name = CrashLot.ROW, fault = CrashLot.FAULT, full = CrashLot.FULL)
  void aCallThatIsCutOff_isRepeated_andNothingIsLostOrDoubled(CrashLot lot, Trials trials)
      throws IOException, SQLException {
    try (Rig rig = Rig.in(folder).server("seal_max_age_ms", "50")) {
      Revival revival = new Revival(rig, lot);
      Calls calls = new Calls(rig, revival);
      rig.startWriter();
      rig.startReceiver();
      revival.keepUntil("serving", () -> rig.isHealthy("receiver"));

      // The declared server: flushed, stopped while it can't be committed, taken up, stopped.
      send(rig, revival, 30);
      calls.flush();
      calls.pause();
      send(rig, revival, 20);
      calls.stop(SHORT_MILLIS);
      calls.serve(Map.of("uri", calls.uri, "token", Rig.TOKEN, "seal_max_age_ms", 50));
      send(rig, revival, 20);
      calls.resume();
      calls.stop(Rig.LIMIT.toMillis());
      calls.awaitGone();

      log.newSpool();

      // A target that is refused leaves nothing behind.
      calls.refused(Map.of("uri", calls.uri, "schema", "absent", "create_tables", false));
      assertEquals(0, new DataFolder(rig.data()).listServers().size());

      // Made by a call, kept by a stop, replayed elsewhere.
      calls.serve(Map.of("uri", calls.uri, "token", Rig.TOKEN));
      calls.pause();
      send(rig, revival, 20);
      calls.stop(SHORT_MILLIS);
      calls.replay("elsewhere");
      calls.awaitGone();

      // Made by a call, kept by a stop, given up: none of it may be in the tables.
      calls.serve(Map.of("uri", calls.uri, "token", Rig.TOKEN));
      calls.pause();
      assertTrue(rig.isAccepted(GIVEN_UP));
      calls.stop(SHORT_MILLIS);
      calls.discard();
      calls.awaitGone();

      // A JVM that is still starting has no handler for SIGTERM yet.
      revival.keepUntil("serving nothing", () -> calls.servers() == 0);
      revival.keepUntil("the writer is up", () -> rig.isHealthy("writer"));
      revival.stop("receiver", rig::awaitReceiverControl);
      revival.stop("writer", rig::awaitWriter);
      assertTrue(revival.waiting().isEmpty(), revival.waiting() + " was never reached");
      lot.halts().forEach(halt -> trials.tried());
      try (Connection connection = rig.openDatabase();
          Statement statement = connection.createStatement()) {
        // What was replayed is put beside the rest, so that one balance judges both.
        statement.execute(
            """
            CREATE TEMP VIEW otlp_logs AS SELECT * FROM %1$s.main.otlp_logs
            UNION ALL SELECT * FROM %1$s.elsewhere.otlp_logs
            """
                .formatted(connection.getCatalog()));
        trials.judge(log, Balance.of(log, connection));
        assertEquals(
            0,
            Tables.number(
                connection, "SELECT count(*) FROM otlp_logs WHERE body = '" + GIVEN_UP + "'"),
            "rows that were given up");
      }
    }
  }

  private void send(Rig rig, Revival revival, int count) {
    try (LoadClient client = LoadClient.start(rig.load(2, count, 0, logs), log)) {
      revival.keepUntil("the load is sent", () -> !client.isRunning());
    }
  }

  /** The calls of an operator who repeats what was not answered. */
  private static final class Calls {

    private final Rig rig;
    private final Revival revival;
    private final Control control;
    private final String uri;

    Calls(Rig rig, Revival revival) {
      this.rig = rig;
      this.revival = revival;
      this.control = new Control(rig);
      this.uri = "otlp:127.0.0.1:" + rig.port();
    }

    void serve(Map<String, Object> parameters) {
      repeat(
          "served",
          () -> {
            try {
              control.serve(parameters);
            } catch (AdminException e) {
              // A call that was cut off may have made it; a restarted process needs a moment.
              if (e.status() == 409 && e.getMessage().contains("already exists")) {
                return rig.isHealthy("receiver");
              }
              return retried(e);
            }
            return true;
          });
    }

    void refused(Map<String, Object> parameters) {
      repeat(
          "refused",
          () -> {
            try {
              control.serve(parameters);
            } catch (AdminException e) {
              return e.status() == 400 || retried(e);
            }
            throw new AssertionError("served into a schema that is not there");
          });
    }

    void flush() {
      repeat("flushed", () -> control.flush(uri).status().equals("sealed"));
    }

    void stop(long timeoutMs) {
      repeat(
          "stopped",
          () -> {
            String status = control.stop(uri, timeoutMs).status();
            return status.startsWith("Stopped") || status.startsWith("No server");
          });
    }

    void pause() {
      repeat("paused", () -> control.pause(uri).state().equals("paused"));
    }

    void resume() {
      repeat("resumed", () -> !control.resume(uri).state().equals("paused"));
    }

    void replay(String schema) {
      repeat("replayed", () -> isGone() || control.replay(uri, schema).nextIndex().contains("-"));
    }

    void discard() {
      repeat(
          "discarded", () -> isGone() || control.discard(uri).listenUri().equals(uri) || isGone());
    }

    int servers() throws IOException, AdminException, InterruptedException {
      return control.servers().size();
    }

    void awaitGone() {
      revival.keepUntil("the server is gone", this::isGone);
    }

    private boolean isGone() throws IOException {
      DataFolder data = new DataFolder(rig.data());
      return data.listServers().isEmpty() && data.listGone().isEmpty();
    }

    private static boolean retried(AdminException e) throws AdminException {
      if (e.status() == 503) {
        return false;
      }
      throw e;
    }

    private void repeat(String what, Callable<Boolean> call) {
      revival.keepUntil(
          what,
          () -> {
            try {
              return call.call();
            } catch (AdminException e) {
              return retried(e);
            } catch (IOException e) {
              return false; // The process is halted, or starts again just now.
            }
          });
    }
  }
}
