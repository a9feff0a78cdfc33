package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second receiver or writer on the same data folder says who holds it, and ends with 1. */
@Tag("faults")
final class TwoProcessesIT {
  private final AckLog log = new AckLog(10);

  @TempDir Path folder;

  @Test
  @FaultRow(
      name = "two-processes",
      fault = "a second receiver or writer on the same data folder",
      quick = 2,
      full = 20,
      perRun = 20)
  void aSecondProcess_namesTheFirst_andDoesNoHarm(Trials trials) throws SQLException {
    try (Rig rig = Rig.in(folder).start()) {
      rig.awaitWriter();
      try (LoadClient load =
          LoadClient.start(rig.load(2, Integer.MAX_VALUE, 2, Stamped.logs(10)), log)) {
        for (int i = 0; i < trials.count(); i++) {
          load.awaitMoreAcks(1 + trials.random().nextInt(100), Rig.LIMIT);
          String name = i % 2 == 0 ? "receiver" : "writer";
          DuckspoolProcess first = i % 2 == 0 ? rig.receiver() : rig.writer();
          try (DuckspoolProcess second = rig.launch(name, "", Map.of())) {
            assertEquals(1, second.awaitExit(Rig.LIMIT), second::logTail);
            String said = second.output();
            assertTrue(said.contains("" + first.pid()), () -> first.pid() + " not in: " + said);
            assertTrue(said.contains(rig.data().toString()), () -> "which folder? " + said);
          }
          trials.tried();
        }
        load.awaitMoreAcks(10, Rig.LIMIT);
      }
      trials.settle(rig, log);
    }
  }
}
