package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Operator;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import io.duckspool.writer.servers.DuckDbExtensions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.BitSet;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data folder that was copied while its original lives on: two spools with one id. */
@Tag("faults")
final class CloneIT {
  private static final int RECORDS = 10;
  private static final int REQUESTS = 40;

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest request = Stamped.logs(RECORDS);

  @TempDir Path folder;

  @Test
  @FaultRow(name = "clone", fault = "a copy of the data folder, both pairs running", full = 10)
  void theClone_isFenced_andNothingIsDoubled(Trials trials) throws Exception {
    folder.resolve("one").toFile().mkdir();
    folder.resolve("two").toFile().mkdir();
    try (Rig one = rig("one");
        Rig two = rig("two")) {
      String uri = "otlp:127.0.0.1:" + one.port();
      two.server("uri", uri);
      Operator original = new Operator(one, uri, variables());
      final Operator clone = new Operator(two, uri, variables());
      one.start();
      send(one);
      original.flush();
      one.stop();
      Operator.copy(one.data(), two.data());

      // Both are where the ledger is. One machine has the port but once: the clone waits for it.
      one.start();
      two.startWriter();
      two.startReceiver();
      two.awaitWriter();
      two.awaitReceiverControl();
      Await.until(
          "the clone runs",
          Rig.LIMIT,
          () -> clone.pipeline().path("state").asText().equals("running"),
          two::logs);
      send(one);
      original.flush();
      one.stopReceiver();
      Await.until(
          "the clone listens",
          Rig.LIMIT,
          () -> clone.listed().path("is_listening").asBoolean(),
          two::logs);
      final int clonesFrom = log.sentCount();
      send(one);
      final int clonesTo = log.sentCount();
      String refusal = clone.awaitRefusal();
      assertTrue(refusal.contains("another writer commits this spool"), refusal);

      // The original doesn't mind.
      two.stopReceiver();
      one.startReceiver();
      one.awaitServing();
      send(one);
      original.flush();
      assertOnlyMissing(trials, clonesFrom, clonesTo);

      // With the original gone for good, what the clone accepted is stored, too.
      one.stop();
      two.stopWriter();
      two.startWriter();
      two.startReceiver();
      two.awaitReceiverControl();
      refusal = clone.awaitRefusal();
      assertTrue(refusal.contains("duckspool ledger set " + uri + " --next INDEX"), refusal);
      clone.ledgerIsSet("--next", startOf(clonesFrom));
      clone.flush();
      trials.tried();
      assertOnlyMissing(trials, 0, 0);
    }
  }

  /** Where the segment begins that a request is in. */
  private String startOf(int request) {
    return (log.index(request) >>> 32) + "-0";
  }

  private Rig rig(String name) {
    Rig rig = Rig.in(folder.resolve(name)).server("catalog", "lake").set("spool.segment_age", "1h");
    variables()
        .forEach(
            (variable, value) ->
                rig.writerEnvironment(variable, value).receiverEnvironment(variable, value));
    return rig;
  }

  /** A lake that several processes of one machine may write to. */
  private Map<String, String> variables() {
    return Map.of(
        "DUCKSPOOL_CATALOGS_LAKE_TYPE",
        "ducklake",
        "DUCKSPOOL_CATALOGS_LAKE_METADATA",
        metadata(),
        "DUCKSPOOL_CATALOGS_LAKE_DATA_PATH",
        folder.resolve("lake").toString(),
        "DUCKSPOOL_DUCKDB_EXTENSION_DIRECTORY",
        DuckDbExtensions.folder().toString());
  }

  private String metadata() {
    return "sqlite:" + folder.resolve("lake.sqlite");
  }

  /** Over the original's port, whoever has it. */
  private void send(Rig one) {
    try (LoadClient load = LoadClient.start(Rig.load(one.port(), 2, REQUESTS, 0, request), log)) {
      load.awaitEnd(Rig.LIMIT);
    }
    assertEquals(log.sentCount(), log.ackedCount());
  }

  /** These requests are not in the lake, all others are, once. */
  private void assertOnlyMissing(Trials trials, int from, int to) throws SQLException {
    BitSet missing = new BitSet();
    missing.set(from, to);
    try (Connection connection =
            DriverManager.getConnection("jdbc:duckdb:", DuckDbExtensions.properties());
        Statement statement = connection.createStatement()) {
      statement.execute("LOAD ducklake");
      statement.execute("LOAD sqlite_scanner");
      statement.execute("ATTACH 'ducklake:" + metadata() + "' AS lake (READ_ONLY)");
      statement.execute("USE lake.main");
      Balance balance = Balance.of(log, connection);
      trials.judge(log, balance, to - from);
      assertEquals(missing, balance.lostRequests(), balance::toString);
    }
  }
}
