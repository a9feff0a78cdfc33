package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.sink.Audit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * What docs/backup.md says of rarer ways in which ledger and journal come apart, over the real
 * spool and database, up to the rows that are there in the end.
 */
final class RestoreTest {

  private static final String LOST_REPLAY = "neither in the target nor in quarantine";

  @TempDir Path temp;
  @TempDir Path backup;
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private PipelineHarness server;

  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
    logged.start();
    log().addAppender(logged);
  }

  @AfterEach
  void close() throws Exception {
    log().detachAppender(logged);
    server.close();
  }

  private static Logger log() {
    return (Logger) LoggerFactory.getLogger(Starter.class.getPackageName());
  }

  /** A power cut with {@code spool.sync: os}, after the writer had read what it took away. */
  @Test
  void aTornTailThatTheTargetHas_losesAndDoublesNothing() throws Exception {
    server.append(2);
    Path atTheCut = copyOfTheFolder();
    server.append(3);
    server.append(4);
    server.commitAll();
    server.stopReceiver();
    Folders.restore(atTheCut, server.folder.path());
    server.startReceiver();
    server.append(5);
    server.commitAll();

    server.assertExactlyOnce();
    assertLogged("2 entries with 7 rows are in the target, but no longer in the spool");
    assertEquals(List.of(), breaks());
  }

  @Test
  void aDataFolderOlderThanTheTarget_fromTheOldest_doublesWhatTheTargetHas_andSaysSo()
      throws Exception {
    server.append(2);
    server.stopReceiver();
    Path older = copyOfTheFolder();
    server.startReceiver();
    server.append(3);
    server.commitAll();
    server.restoreFolder(older);
    server.append(4);
    server.assertRefuses("the data folder was restored from a backup", "--from-oldest");

    AdminApi.LedgerSet set = set(null);
    assertEquals(List.of(0L, 0L), List.of(set.mayLoseEntries(), set.mayLoseRows()));
    server.drain();
    Stream<String> doubled = server.sent.stream().limit(2);
    assertEquals(
        Stream.concat(doubled, server.sent.stream()).sorted().toList(), server.storedIds());
    assertTrue(set.mayDoubleEntries() >= 1, set::toString);
    assertTrue(set.mayDoubleRows() >= 2, set::toString);
  }

  /** The index is that of the page's expression. */
  @Test
  void aLedgerThatWasDeletedAlone_goesOnWhereTheSealsEnd() throws Exception {
    server.append(2);
    server.commitAll();
    server.append(3);
    server.commitAll();
    server.append(4);
    assertTrue(server.sink.removeLedger(server.spoolId));
    server.assertRefuses("the target has no ledger row for this spool, though it had one");

    String end =
        "(SELECT max(next_index) AS n FROM duckspool_seals WHERE spool_id = '%s')"
            .formatted(server.spoolId);
    String index = server.query("SELECT (n >> 32) || '-' || (n & 4294967295) FROM " + end).get(0);
    AdminApi.LedgerSet set = set(index);
    assertEquals(List.of(0L, 0L), List.of(set.mayDoubleEntries(), set.mayDoubleRows()));
    server.drain();
    server.assertExactlyOnce();
    assertEquals(List.of(), breaks());
  }

  @Test
  void aLedgerThatWasDeletedAlone_whoseSegmentIsGone_goesOnFromTheOldest() throws Exception {
    server.append(2);
    server.commitAll();
    server.restartReceiver();
    server.append(3);
    SpoolIndex ledger = server.ledger().position().next();
    server.commitAll(); // Removes the first segment.
    server.restartReceiver();
    server.commitAll();
    server.restartReceiver();
    server.append(4);
    assertTrue(server.segments().get(0) > ledger.segment(), "the ledger's segment is still there");
    assertTrue(server.sink.removeLedger(server.spoolId));
    server.assertRefuses("the target has no ledger row for this spool, though it had one");

    AdminApi.LedgerSet set = set(null);
    assertEquals(
        List.of(0L, 0L, 0L, 0L),
        List.of(
            set.mayLoseEntries(), set.mayLoseRows(), set.mayDoubleEntries(), set.mayDoubleRows()));
    server.drain();
    server.assertExactlyOnce();
  }

  @Test
  void aLedgerThatCountsOtherwise_goesOnAtTheNewestSegment() throws Exception {
    server.append(2);
    server.commitAll();
    LedgerEdits.miscount(server, 7, 7, 7);
    server.restartReceiver();
    server.append(3);
    server.assertRefuses("the ledger counts 8 entries", "the spool 1 entries");

    List<Long> segments = server.segments();
    AdminApi.LedgerSet set = set(segments.get(segments.size() - 1) + "-0");
    assertEquals(List.of(0L, 0L), List.of(set.mayDoubleEntries(), set.mayDoubleRows()));
    server.drain();
    server.assertExactlyOnce();
    assertEquals(
        List.of(set.nextIndex()),
        breaks().stream().map(gap -> gap.first().toString()).toList(),
        "where the ledger was set");
  }

  @Test
  void whatWasReplayedAfterTheBackupOfTheTarget_isNamed_once() throws Exception {
    SpoolIndex refused = quarantine(3);
    Path older = copyOfTheDatabase();
    replay(refused);
    server.commitAll();
    assertNotLogged(LOST_REPLAY);

    restoreDatabase(older);
    server.commitAll();
    assertLogged("1 entries with 3 rows, which `quarantine replay` stored from ");
    assertLogged("(from %s of spool %s to %s of".formatted(refused, server.spoolId, refused));
    assertEquals(2, server.storedIds().size());
    assertEquals(List.of(), server.quarantined());
    logged.list.clear();
    server.commitAll();
    assertNotLogged(LOST_REPLAY);
  }

  @Test
  void whatWasReplayed_andIsReadAgain_isNotLost() throws Exception {
    Path older = copyOfTheDatabase();
    SpoolIndex refused = quarantine(3);
    replay(refused);
    restoreDatabase(older);
    server.commitAll();
    assertNotLogged(LOST_REPLAY);
    server.assertExactlyOnce();
  }

  /** Commits an entry of two rows and lets the next one go to quarantine. */
  private SpoolIndex quarantine(int rowCount) throws Exception {
    server.append(2);
    server.commitAll();
    SpoolIndex refused = server.append(rowCount);
    server.sink.refuse((move, batch) -> batch.rows() > 0);
    server.commitAll();
    server.sink.refuse((move, batch) -> false);
    return refused;
  }

  private void replay(SpoolIndex index) throws Exception {
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    CompletableFuture<Outcome<AdminApi.QuarantineReplayed>> reply = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.ReplayQuarantine(Optional.empty(), List.of(index), reply));
    assertInstanceOf(Outcome.Done.class, reply.get());
    server.closePipeline();
    server.assertExactlyOnce();
  }

  private Path databaseFile() {
    return server.root.resolve("otlp.duckdb");
  }

  private Path copyOfTheDatabase() throws Exception {
    server.database.close();
    Path copy = Files.copy(databaseFile(), backup.resolve("otlp.duckdb"));
    server.openTarget(PipelineHarness.openDatabase(server.root));
    return copy;
  }

  private void restoreDatabase(Path copy) throws Exception {
    server.database.close();
    Files.copy(copy, databaseFile(), StandardCopyOption.REPLACE_EXISTING);
    server.openTarget(PipelineHarness.openDatabase(server.root));
  }

  private Path copyOfTheFolder() throws Exception {
    Path copy = backup.resolve("folder");
    Folders.copy(server.folder.path(), copy);
    return copy;
  }

  private void assertLogged(String part) {
    assertTrue(messages().stream().anyMatch(text -> text.contains(part)), messages()::toString);
  }

  private void assertNotLogged(String part) {
    assertTrue(messages().stream().noneMatch(text -> text.contains(part)), messages()::toString);
  }

  private List<String> messages() {
    return logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private List<Audit.Break> breaks() throws Exception {
    return server.sink.audit(server.spoolId).provenance().orElseThrow().breaks();
  }

  private AdminApi.LedgerSet set(@Nullable String next) {
    Object done =
        assertInstanceOf(Outcome.Done.class, LedgerEdits.ask(server, next, false)).value();
    return assertInstanceOf(AdminApi.LedgerSet.class, done);
  }
}
