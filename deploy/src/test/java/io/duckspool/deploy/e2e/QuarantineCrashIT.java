package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.CrashLot;
import io.duckspool.deploy.harness.Halt;
import io.duckspool.deploy.harness.RefusingIndex;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A replay and a drop of a quarantine, once for each crash point in them: the writer is halted
 * there and started again, and the caller, who got no answer, calls again.
 */
@Tag("faults")
final class QuarantineCrashIT {

  @TempDir Path folder;

  static List<Halt> halts() {
    return CrashLists.OF_QUARANTINE;
  }

  @ParameterizedTest
  @MethodSource("halts")
  @FaultRow(name = CrashLot.ROW, fault = CrashLot.FAULT, full = CrashLot.FULL)
  void aCallThatIsCutOff_storesEachEntryOnce_orGivesItUpOnce(Halt halt, Trials trials)
      throws Exception {
    try (Rig rig = Rig.in(folder).server("seal_max_age_ms", "50")) {
      rig.start();
      RefusingIndex index = new RefusingIndex(rig);
      List<String> entries = index.quarantine(3);
      boolean isDrop = halt.point() == CrashPoint.QUARANTINE_DROP_NOTED;
      rig.writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, halt.toString()).startWriter();
      rig.awaitWriter();
      Await.until(
          "halted",
          Rig.LIMIT,
          () -> {
            boolean unused = isDrop ? drop(rig, entries.subList(0, 1)) : replay(rig, entries);
            return rig.exitCode("writer").isPresent();
          },
          rig::logs);
      assertEquals(Optional.of(CrashPoint.EXIT_STATUS), rig.exitCode("writer"), rig::logs);
      rig.writerEnvironment(CrashPoint.ENVIRONMENT_VARIABLE, "").startWriter();
      rig.awaitWriter();
      Await.until("called again", Rig.LIMIT, () -> replay(rig, entries), rig::logs);
      assertEquals(List.of(), index.files());
      int givenUp = isDrop ? 1 : 0;
      rig.awaitCommitted();
      assertTrue(
          rig.sql("SELECT count(*) AS n FROM otlp_logs WHERE body = '" + RefusingIndex.TEXT + "'")
              .matches("(?s).*\"n\"\\s*:\\s*\"?" + (4 - givenUp) + "\\D.*"));
      assertTrue(rig.pipelines().contains("\"quarantined_rows_total\":" + givenUp + ","));
      AdminApi.ServerUri server = new AdminApi.ServerUri("otlp:127.0.0.1:" + rig.port());
      String verified =
          new String(
              rig.writerControl().post(AdminApi.VERIFY, server, Rig.LIMIT), StandardCharsets.UTF_8);
      assertTrue(verified.contains("\"status\":\"ok\""), verified);
      trials.tried();
      rig.stop();
    }
  }

  private static boolean replay(Rig rig, List<String> entries) throws InterruptedException {
    return call(
        rig,
        AdminApi.QUARANTINE_REPLAY,
        new AdminApi.QuarantineReplay("otlp:127.0.0.1:" + rig.port(), null, entries));
  }

  private static boolean drop(Rig rig, List<String> entries) throws InterruptedException {
    return call(
        rig,
        AdminApi.QUARANTINE_DROP,
        new AdminApi.QuarantineDrop("otlp:127.0.0.1:" + rig.port(), null, entries));
  }

  /** Whether it was answered; a pipeline that starts is busy. */
  private static boolean call(Rig rig, String path, Object request) throws InterruptedException {
    try {
      byte[] unused = rig.writerControl().post(path, request, Rig.LIMIT);
      return true;
    } catch (AdminException | IOException e) {
      return false;
    }
  }
}
