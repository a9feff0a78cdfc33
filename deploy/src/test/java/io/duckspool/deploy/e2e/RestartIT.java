package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts and stops in the good way, in any order. */
@Tag("e2e")
final class RestartIT {
  private final AckLog log = new AckLog(10);
  private final StampedRequest logs = Stamped.logs(10);

  @TempDir Path folder;

  @Test
  void stopUnderLoad_answersWhatWasAdmitted_andEitherProcessRestarts() throws SQLException {
    try (Rig rig = Rig.in(folder).start()) {
      try (LoadClient load = LoadClient.start(rig.load(4, Integer.MAX_VALUE, 2, logs), log)) {
        load.awaitMoreAcks(200, Rig.LIMIT);
        rig.stopReceiver();
        rig.startReceiver();
        load.awaitMoreAcks(200, Rig.LIMIT);
        rig.stopWriter();
        load.awaitMoreAcks(200, Rig.LIMIT);
        rig.startWriter();
        load.awaitMoreAcks(200, Rig.LIMIT);
      }
      rig.settle(log).assertExact();
      // Both again, with nothing to do, must leave everything as it is.
      rig.startReceiver();
      rig.startWriter();
      rig.awaitServing();
      rig.settle(log).assertExact();
    }
  }

  @Test
  void receiver_servesARememberedServer_withoutTheWriter() throws SQLException {
    try (Rig rig = Rig.in(folder).start()) {
      rig.awaitCommitted();
      rig.stop();
      rig.startReceiver();
      rig.awaitServing();
      try (LoadClient load = LoadClient.start(rig.load(2, 50, 0, logs), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      assertEquals(log.sentCount(), log.ackedCount());
      rig.stopReceiver();
      rig.startWriter();
      rig.startReceiver();
      rig.awaitServing();
      rig.settle(log).assertExact();
    }
  }

  @Test
  void writer_drainsBeforeItEnds() throws SQLException {
    try (Rig rig = Rig.in(folder).server("seal_max_age_ms", "60000").start()) {
      try (LoadClient load = LoadClient.start(rig.load(2, 200, 0, logs), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      rig.stop();
      rig.balance(log).assertExact();
    }
  }

  @Test
  void secondProcess_namesTheFirst_andEnds() throws IOException {
    try (Rig rig = Rig.in(folder).start()) {
      for (Map.Entry<String, Long> first :
          Map.of("receiver", rig.receiver().pid(), "writer", rig.writer().pid()).entrySet()) {
        try (DuckspoolProcess second = rig.launch(first.getKey(), "", Map.of())) {
          assertEquals(1, second.awaitExit(Rig.LIMIT), second::logTail);
          assertTrue(second.output().contains("pid " + first.getValue()), second::logTail);
        }
      }
      assertEquals(200, rig.get("/healthz").status());
      rig.awaitCommitted();
    }
  }
}
