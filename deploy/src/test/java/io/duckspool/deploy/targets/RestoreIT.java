package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Operator;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.BitSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups that are put back, and what docs/backup.md says of each way that can go wrong. */
@Tag("faults")
final class RestoreIT {
  private static final int RECORDS = 10;
  private static final int REQUESTS = 40;
  private static final String ROW = "restore";
  private static final String FAULT = "backups put back, targets and data folders that are gone";

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest request = Stamped.logs(RECORDS);

  @TempDir Path folder;
  private Path target;
  private Path targetBackup;
  private Path dataBackup;

  @BeforeEach
  void nameFolders() {
    target = folder.resolve("target");
    targetBackup = folder.resolve("backup/target");
    dataBackup = folder.resolve("backup/data");
  }

  /** The order of the page: writer, target, receiver, data folder. Requests come in meanwhile. */
  @Test
  @FaultRow(name = ROW, fault = FAULT, full = 70)
  void aBackupInTheRightOrder_restoresAllThatWasAcceptedUntilThen(Trials trials) throws Exception {
    try (Rig rig = rig("1h").start()) {
      try (LoadClient load = LoadClient.start(rig.load(2, request), log)) {
        load.awaitMoreAcks(REQUESTS, Rig.LIMIT);
        rig.awaitCommitted();
        rig.stopWriter();
        Operator.copy(target, targetBackup);
        load.awaitMoreAcks(REQUESTS, Rig.LIMIT);
      }
      rig.stopReceiver();
      Operator.copy(rig.data(), dataBackup);
      final int lostFrom = log.sentCount();

      start(rig);
      send(rig);
      final int lostTo = log.sentCount();
      rig.awaitCommitted();
      rig.stop();
      Operator.delete(rig.data());
      Operator.delete(target);
      Operator.copy(dataBackup, rig.data());
      Operator.copy(targetBackup, target);

      start(rig);
      send(rig);
      assertOnlyLost(rig, trials, lostFrom, lostTo);
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = 70)
  void aDataFolderOlderThanTheTarget_isRefused_andGoesOnAtItsNewestSegment(Trials trials)
      throws Exception {
    try (Rig rig = rig("1h").start()) {
      send(rig);
      rig.awaitCommitted();
      rig.stop();
      Operator.copy(rig.data(), dataBackup);
      start(rig);
      send(rig);
      rig.awaitCommitted();
      rig.stop();
      Operator.delete(rig.data());
      Operator.copy(dataBackup, rig.data());

      start(rig);
      Operator operator = new Operator(rig);
      String refusal = operator.awaitRefusal();
      assertSays(refusal, "the data folder was restored from a backup", "--next INDEX");
      send(rig);
      String said = operator.ledgerIsSet("--next", operator.startOfNewestSegment());
      assertSays(said, "lost, where the target does not have them: ");
      assertOnlyLost(rig, trials, 0, 0);
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = 70)
  void aTargetOlderThanTheDataFolder_getsAgainWhatItLacks(Trials trials) throws Exception {
    try (Rig rig = rig("1h").start()) {
      send(rig);
      rig.awaitCommitted();
      rig.stopWriter();
      Operator.copy(target, targetBackup);
      rig.startWriter();
      send(rig);
      rig.awaitCommitted();
      rig.stopWriter();
      Operator.delete(target);
      Operator.copy(targetBackup, target);

      rig.startWriter();
      trials.tried();
      trials.settle(rig, log);
      assertSays(rig.writer().logTail(), "the target was restored to an earlier state: ");
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = 70)
  void aTargetOlderThanTheOldestSegment_isRefusedWithTheGap_untilThatIsAccepted(Trials trials)
      throws Exception {
    try (Rig rig = rig("200ms").start()) {
      send(rig);
      rig.awaitCommitted();
      rig.stopWriter();
      Operator.copy(target, targetBackup);
      final int lostFrom = log.sentCount();
      rig.startWriter();
      send(rig);
      final int lostTo = log.sentCount();
      rig.awaitCommitted();
      rig.stopReceiver();
      rig.startReceiver();
      rig.awaitServing();
      rig.awaitCommitted();
      Await.until(
          "committed segments are gone",
          Rig.LIMIT,
          () -> {
            rig.isAccepted("a segment of its own");
            return rig.segmentFiles().size() <= 2;
          },
          rig::logs);
      rig.stopWriter();
      Operator.delete(target);
      Operator.copy(targetBackup, target);
      rig.startWriter();

      Operator operator = new Operator(rig);
      assertSays(
          operator.awaitRefusal(),
          "are neither in the target nor in the spool",
          "--from-oldest --accept-gap");
      Shell.Outcome refused = operator.ledgerSet("--from-oldest");
      assertEquals(2, refused.exitCode(), refused::output);
      assertSays(refused.output(), "to give them up, say --accept-gap");
      send(rig);
      assertSays(operator.ledgerIsSet("--from-oldest", "--accept-gap"), "lost, ");
      assertOnlyLost(rig, trials, lostFrom, lostTo);
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = 70)
  void aTargetThatIsGone_isRefused_andStoredAnewFromTheSpool(Trials trials) throws Exception {
    try (Rig rig = rig("1h").start()) {
      send(rig);
      rig.awaitCommitted();
      rig.stopWriter();
      Operator.delete(target);
      target.toFile().mkdir();
      rig.startWriter();

      Operator operator = new Operator(rig);
      assertSays(
          operator.awaitRefusal(),
          "the target has no ledger row for this spool",
          "--next INDEX",
          "--from-oldest");
      send(rig);
      operator.ledgerIsSet("--from-oldest");
      assertOnlyLost(rig, trials, 0, 0);
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = 70)
  void aTargetThatIsGone_mayBeginAnew_atTheHead(Trials trials) throws Exception {
    try (Rig rig = rig("1h").start()) {
      send(rig);
      final int lostTo = log.sentCount();
      rig.awaitCommitted();
      Operator operator = new Operator(rig);
      final String head = operator.listed().path("head_index").asText();
      rig.stopWriter();
      Operator.delete(target);
      target.toFile().mkdir();
      rig.startWriter();
      operator.awaitRefusal();
      send(rig);
      operator.ledgerIsSet("--next", head);
      assertOnlyLost(rig, trials, 0, lostTo);
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = 70)
  void aDataFolderThatIsGone_beginsAnewBesideTheRowsOfBefore(Trials trials) throws Exception {
    try (Rig rig = rig("1h").start()) {
      send(rig);
      rig.awaitCommitted();
      rig.stop();
      Operator.delete(rig.data());
      log.newSpool();
      start(rig);
      send(rig);
      trials.tried();
      trials.settle(rig, log);
    }
  }

  /** The target beside the data folder, as it is where that is worth a backup of its own. */
  private Rig rig(String segmentAge) {
    target.toFile().mkdir();
    return Rig.in(folder)
        .set("duckdb.database", target.resolve("otlp.duckdb").toString())
        .set("spool.segment_age", segmentAge);
  }

  private static void start(Rig rig) {
    rig.startWriter();
    rig.startReceiver();
    rig.awaitServing();
  }

  private void send(Rig rig) {
    int rejected = log.rejectedCount();
    try (LoadClient load = LoadClient.start(rig.load(2, REQUESTS, 0, request), log)) {
      load.awaitEnd(Rig.LIMIT);
    }
    assertEquals(rejected, log.rejectedCount(), rig::logs);
  }

  /** Commits all, stops, and compares: these requests are not there, all others once. */
  private void assertOnlyLost(Rig rig, Trials trials, int from, int to)
      throws SQLException, IOException {
    rig.awaitCommitted();
    rig.stop();
    BitSet lost = new BitSet();
    lost.set(from, to);
    try (Connection connection = rig.openDatabase()) {
      Balance balance = Balance.of(log, connection);
      trials.tried();
      trials.judge(log, balance, to - from);
      assertEquals(lost, balance.lostRequests(), balance::toString);
    }
  }

  private static void assertSays(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), () -> "\"" + part + "\" not in: " + text);
    }
  }
}
