package io.duckspool.deploy.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.Distribution;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage in the middle of DuckDB's write-ahead log, which no power cut leaves. */
@Tag("faults")
final class DatabaseLogIT {
  private static final int RECORDS = 20;

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest request = Stamped.logs(RECORDS);

  @TempDir Path folder;

  @Test
  void writerRefusesADamagedLog_andAfterACutCommitsWhatTheSpoolHolds()
      throws SQLException, IOException {
    try (Rig rig = Rig.in(folder).start()) {
      commitAndDamage(rig);
      assertRefused(rig);
      assertEquals(2, cut(rig).exitCode());
      assertRefused(rig);
      Shell.Outcome cut = cut(rig, "--yes");
      assertEquals(0, cut.exitCode(), cut::output);
      assertEquals(1, rig.tornDuckDbLogs().size());
      Shell.Outcome again = cut(rig, "--yes");
      assertTrue(again.output().contains("no log is damaged"), again::output);
      rig.startWriter();
      rig.settle(log).assertExact();
    }
  }

  @Test
  void rowsThatTheSpoolHoldsNoMore_areNamedAsAGap_untilItIsAccepted() throws Exception {
    Rig rig = Rig.in(folder).set("spool.segment_age", "200ms");
    try (rig) {
      rig.start();
      commitAndDamage(rig);
      assertEquals(0, cut(rig, "--yes").exitCode());
      rig.startWriter();
      Await.until(
          "the pipeline refuses",
          Rig.LIMIT,
          () -> Segments.pipelines(rig).contains("\"target_refused\""),
          rig::logs);
      Shell.Outcome accepted =
          run(
              "ledger",
              "set",
              "otlp:127.0.0.1:" + rig.port(),
              "--from-oldest",
              "--accept-gap",
              "--config",
              rig.config().toString());
      assertEquals(0, accepted.exitCode(), accepted::output);
      assertTrue(accepted.output().contains("lost"), accepted::output);
      rig.awaitCommitted();
      rig.stop();
      try (Connection connection = rig.openDatabase()) {
        Balance balance = Balance.of(log, connection);
        balance.assertNothingButLosses();
        assertTrue(balance.lostRequests().cardinality() > 0, balance::toString);
      }
    }
  }

  /** Some commits that stay in the log, of which one gets a wrong byte. */
  private void commitAndDamage(Rig rig) throws IOException {
    for (int i = 0; i < 6; i++) {
      try (LoadClient load = LoadClient.start(rig.load(2, 20, 0, request), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      rig.awaitCommitted();
    }
    assertEquals(log.sentCount(), log.ackedCount(), rig::logs);
    // A kill leaves the log as it is, a stop would empty it.
    rig.writer().kill();
    Path wal = rig.data().resolve("otlp.duckdb.wal");
    try (FileChannel channel =
        FileChannel.open(wal, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      long middle = channel.size() / 2;
      channel.read(one, middle);
      channel.write(one.put(0, (byte) (one.get(0) ^ 0x10)).rewind(), middle);
    }
  }

  private static void assertRefused(Rig rig) {
    assertEquals(1, rig.startWriter().awaitExit(Rig.LIMIT), rig::logs);
    String output = rig.writer().output();
    assertTrue(output.contains("otlp.duckdb.wal is damaged at byte "), output);
    assertTrue(output.contains("duckspool wal cut --yes"), output);
  }

  private static Shell.Outcome cut(Rig rig, String... options) {
    List<String> arguments = new ArrayList<>(List.of("wal", "cut"));
    arguments.addAll(List.of("--config", rig.config().toString()));
    arguments.addAll(List.of(options));
    return run(arguments.toArray(String[]::new));
  }

  private static Shell.Outcome run(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Distribution.launcher().toString());
    command.addAll(List.of(arguments));
    return Shell.outcome(command, Distribution.environment(""));
  }
}
