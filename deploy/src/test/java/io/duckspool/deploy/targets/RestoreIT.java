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
import io.duckspool.deploy.harness.WallClock;
import io.duckspool.deploy.load.StampedRequest;
import io.duckspool.deploy.scorecard.FaultRow;
import io.duckspool.deploy.scorecard.Trials;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.chronicle.SpoolInspection;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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

  /** Ten times each test. */
  private static final int FULL = 110;

  private static final String FAULT = "backups put back, targets and data folders that are gone";

  /** What {@link #send} and one {@link Rig#awaitCommitted} bring, as messages count it. */
  private static final String AS_SENT =
      (REQUESTS + 1) + " entries with " + (REQUESTS * RECORDS + 1) + " rows";

  private static final String NONE = "0 entries with 0 rows";

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
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
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
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
  void aDataFolderOlderThanTheTarget_isRefused_andGoesOnAtItsNewestSegment(Trials trials)
      throws Exception {
    try (Rig rig = rig("1h").start()) {
      send(rig);
      rig.awaitCommitted();
      rig.stop();
      Operator.copy(rig.data(), dataBackup);
      final long oldest = oldestSegment(rig);
      start(rig);
      send(rig);
      rig.awaitCommitted();
      Operator operator = new Operator(rig);
      final String ledger = committedIndex(operator);
      rig.stop();
      Operator.delete(rig.data());
      Operator.copy(dataBackup, rig.data());

      start(rig);
      assertSays(
          operator.awaitRefusal(),
          "the ledger stands at " + ledger + ", in a segment that is not there",
          "the older segment " + oldest + " is",
          "the data folder was restored from a backup",
          "--from-oldest",
          "--next INDEX");
      send(rig);
      String said = operator.ledgerIsSet("--next", operator.startOfNewestSegment());
      assertSays(said, lost(AS_SENT), doubled(NONE));
      assertOnlyLost(rig, trials, 0, 0);
    }
  }

  /** The clock is set back, so that the restored folder numbers its next segment as before. */
  @Test
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
  void aSegmentOfAnotherRun_isRefused_andGoesOnAtItsStart(Trials trials) throws Exception {
    WallClock clock = WallClock.in(folder, "receiver");
    Rig rig = rig("1h");
    clock.variables().forEach(rig::receiverEnvironment);
    try (rig) {
      rig.start();
      send(rig);
      rig.awaitCommitted();
      rig.stop();
      Operator.copy(rig.data(), dataBackup);
      clock.set(Duration.ofDays(-1));
      start(rig);
      send(rig);
      rig.awaitCommitted();
      Operator operator = new Operator(rig);
      final String ledger = committedIndex(operator);
      rig.stop();
      Operator.delete(rig.data());
      Operator.copy(dataBackup, rig.data());
      log.newSpool();

      // Before the receiver has begun its segment, the writer would miss it.
      rig.startReceiver();
      rig.awaitServing();
      rig.startWriter();
      send(rig);
      String start = operator.startOfNewestSegment();
      assertSays(
          operator.awaitRefusal(),
          "the ledger stands at " + ledger + " of run ",
          "but segment " + start.replace("-0", "") + ", which starts at " + start + ", was written",
          "was restored from a backup",
          "--next INDEX",
          "--from-oldest");
      assertSays(operator.ledgerIsSet("--next", start), lost(AS_SENT));
      assertOnlyLost(rig, trials, 0, 0);
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
  void aTargetOlderThanTheDataFolder_getsAgainWhatItLacks(Trials trials) throws Exception {
    try (Rig rig = rig("1h").start()) {
      send(rig);
      rig.awaitCommitted();
      final String ledger = committedIndex(new Operator(rig));
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
      assertSays(
          rig.writer().output(),
          "the target was restored to an earlier state: "
              + AS_SENT
              + " are stored again from "
              + ledger
              + " on");
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
  void aTargetOlderThanTheOldestSegment_isRefusedWithTheGap_untilThatIsAccepted(Trials trials)
      throws Exception {
    try (Rig rig = rig("200ms").start()) {
      final Instant began = Instant.now();
      send(rig);
      rig.awaitCommitted();
      Operator operator = new Operator(rig);
      final String ledger = committedIndex(operator);
      rig.stopWriter();
      final Instant backedUp = Instant.now();
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

      Gap gap = Gap.in(operator.awaitRefusal(), ledger, oldestSegment(rig));
      assertTrue(!gap.from().isBefore(began) && !gap.from().isAfter(backedUp), gap::toString);
      assertTrue(gap.to().isAfter(backedUp) && gap.to().isBefore(Instant.now()), gap::toString);
      Shell.Outcome refused = operator.ledgerSet("--from-oldest");
      assertEquals(2, refused.exitCode(), refused::output);
      assertSays(refused.output(), gap.amount(), "to give them up, say --accept-gap");
      send(rig);
      assertSays(
          operator.ledgerIsSet("--from-oldest", "--accept-gap"), lost(gap.amount()), doubled(NONE));
      assertOnlyLost(rig, trials, lostFrom, lostTo);
      // Beside the requests that the log knows there were some of a row each.
      long requests = lostTo - lostFrom;
      assertEquals(gap.entries() - requests, gap.rows() - requests * RECORDS);
      try (Connection stored = rig.openDatabase()) {
        long passed = number(stored, "SELECT cumulative_rows FROM duckspool_ledger");
        assertEquals(passed - gap.rows(), number(stored, "SELECT count(*) FROM otlp_logs"));
      }
    }
  }

  /** The segment that the restored ledger stands in is gone, but the ledger was at its end. */
  @Test
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
  void aTargetOlderThanTheOldestSegment_goesOn_whereNothingLiesBetween(Trials trials)
      throws Exception {
    try (Rig rig = rig("1h").start()) {
      send(rig);
      rig.awaitCommitted();
      rig.stopWriter();
      Operator.copy(target, targetBackup);
      final long ledger = oldestSegment(rig);
      rig.stopReceiver();
      start(rig);
      send(rig);
      rig.awaitCommitted();
      Await.until(
          "the committed segment is gone", Rig.LIMIT, () -> oldestSegment(rig) > ledger, rig::logs);
      rig.stopWriter();
      Operator.delete(target);
      Operator.copy(targetBackup, target);

      final long oldest = oldestSegment(rig);
      rig.startWriter();
      send(rig);
      trials.tried();
      trials.settle(rig, log);
      assertSays(rig.writer().output(), "going on at " + oldest + "-0");
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
  void aLedgerInATornTail_goesOnAtTheNextSegment(Trials trials) throws Exception {
    try (Rig rig = rig("1h").set("spool.sync", "os").start()) {
      tearTail(rig, "durable.ckpt", "committed.ckpt");
      // Again as long as nothing is sealed: the ledger still stands in the torn segment.
      for (int starts = 0; starts < 2; starts++) {
        start(rig);
        awaitRunning(rig);
        assertSays(
            rig.writer().output(),
            AS_SENT
                + " are in the target, but no longer in the spool, which lost its tail; going on at");
        rig.stop();
      }
      settleMore(rig, trials);
    }
  }

  /** The checkpoints had got to the disk before the power was cut, the entries had not. */
  @Test
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
  void aLedgerInATornTail_withCheckpointsBehindIt_goesOn(Trials trials) throws Exception {
    try (Rig rig = rig("1h").set("spool.sync", "os").start()) {
      tearTail(rig);
      start(rig);
      awaitRunning(rig);
      rig.stop();
      settleMore(rig, trials);
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
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
      assertSays(operator.ledgerIsSet("--from-oldest"), lost(NONE), doubled(AS_SENT));
      assertOnlyLost(rig, trials, 0, 0);
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
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
      assertSays(operator.ledgerIsSet("--next", head), lost(AS_SENT), doubled(NONE));
      assertOnlyLost(rig, trials, 0, lostTo);
    }
  }

  @Test
  @FaultRow(name = ROW, fault = FAULT, full = FULL)
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

  /**
   * Kills both, once all is committed, and leaves of the newest segment what it was before the last
   * requests.
   *
   * @param torn checkpoints that are those of then, too
   */
  private void tearTail(Rig rig, String... torn) throws IOException {
    send(rig);
    rig.awaitCommitted();
    List<Path> segments = rig.segmentFiles();
    List<Path> files = new ArrayList<>(List.of(segments.get(segments.size() - 1)));
    Stream.of(torn).map(rig.serverFolder()::resolve).forEach(files::add);
    Path onDisk = folder.resolve("on-disk");
    for (Path file : files) {
      Operator.copy(file, onDisk.resolve(file.getFileName()));
    }
    send(rig);
    rig.awaitCommitted();
    rig.killAll();
    for (Path file : files) {
      Operator.delete(file);
      Operator.copy(onDisk.resolve(file.getFileName()), file);
    }
  }

  private static void awaitRunning(Rig rig) {
    Operator operator = new Operator(rig);
    Await.until(
        "the pipeline goes on",
        Rig.LIMIT,
        () -> operator.pipeline().path("state").asText().equals("running"),
        rig::logs);
  }

  private void settleMore(Rig rig, Trials trials) throws SQLException {
    start(rig);
    send(rig);
    trials.tried();
    trials.settle(rig, log);
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

  /** What a refusal says of entries that nobody has. */
  private record Gap(long entries, long rows, Instant from, Instant to) {
    static Gap in(String refusal, String ledger, long oldestSegment) {
      Matcher said =
          Pattern.compile(
                  "the ledger stands at (\\S+), the oldest segment starts at (\\S+)-0: between them"
                      + " (\\d+) entries with (\\d+) rows, of the time from (\\S+) to (\\S+), are"
                      + " neither in the target nor in the spool; .*--from-oldest --accept-gap.*")
              .matcher(refusal);
      assertTrue(said.matches(), refusal);
      assertEquals(ledger, said.group(1));
      assertEquals(oldestSegment, Long.parseLong(said.group(2)));
      return new Gap(
          Long.parseLong(said.group(3)),
          Long.parseLong(said.group(4)),
          Instant.parse(said.group(5)),
          Instant.parse(said.group(6)));
    }

    String amount() {
      return entries + " entries with " + rows + " rows";
    }
  }

  private static String lost(String amount) {
    return "lost, where the target does not have them: " + amount;
  }

  private static String doubled(String amount) {
    return "stored twice, where the target has them: " + amount;
  }

  /** Where the ledger stands, once all is committed. */
  private static String committedIndex(Operator operator) throws IOException {
    return operator.listed().path("committed_index").asText();
  }

  private static long oldestSegment(Rig rig) throws IOException, SpoolReadException {
    return SpoolInspection.of(rig.serverFolder()).segments().get(0).number();
  }

  private static long number(Connection stored, String query) throws SQLException {
    try (Statement statement = stored.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static void assertSays(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), () -> "\"" + part + "\" not in: " + text);
    }
  }
}
