package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kept spool of a stopped server gets another target: each row is in one of the two. */
final class ReplayTest {

  private static final Target OTHER = Target.ofDefaultDatabase("other");
  private static final Target THIRD = Target.ofDefaultDatabase("third");

  @TempDir Path temp;
  private PipelineHarness server;
  private SpoolPosition committed;

  /** Two entries of five rows are committed to the first target, two of three are not. */
  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
    write(ServerState.SERVING);
    server.append(2);
    server.append(3);
    server.startPipeline();
    server.drain();
    committed = server.spool().durable();
    server.append(1);
    server.append(2);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void withALedgerThatCanBeRead_nothingIsInBothTargets() throws Exception {
    Pipeline pipeline = stoppedWith(FaultySink.Fault.UNAVAILABLE);
    AdminApi.Replayed replayed = replay(pipeline, OTHER);
    assertEquals(
        new AdminApi.Replayed(
            PipelineHarness.URI, server.spoolId, committed.next().toString(), 2, 3, 0),
        replayed);
    assertEquals(
        "other", ServerFile.read(server.folder).config().schema(), "remembered with the server");
    assertEquals(Optional.empty(), server.sink.readLedger(server.spoolId));

    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent.subList(0, 5), stored("main"));
    assertEquals(server.sent.subList(5, 8), stored("other"));
    assertFalse(Files.exists(server.folder.path()));
    assertEquals(Optional.empty(), ledger(OTHER));
    assertEquals("replay", pipeline.seals().get(0).trigger());
    assertEquals(List.of("replay"), server.query("SELECT \"trigger\" FROM other.duckspool_seals"));
  }

  @Test
  void aPausedPipeline_goesOnAtItsNewTarget() throws Exception {
    Pipeline pipeline = stoppedWith(FaultySink.Fault.UNAVAILABLE);
    pipeline.accept(new PipelineCommand.Pause(new CompletableFuture<>()));
    replay(pipeline, OTHER);
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent.subList(5, 8), stored("other"));
  }

  @Test
  void withALedgerThatCanNotBeRead_thePipelineKnowsWhereItLeftIt() throws Exception {
    Pipeline pipeline = stoppedWith(FaultySink.Fault.UNAVAILABLE);
    server.sink.goDown(true);
    AdminApi.Replayed replayed = replay(pipeline, OTHER);
    assertEquals(committed.next().toString(), replayed.nextIndex());
    assertEquals(0, replayed.mayDoubleEntries());
    server.runUntil("the end", pipeline::isEnded);
    server.sink.goDown(false);
    assertEquals(server.sent.subList(0, 5), stored("main"));
    assertEquals(server.sent.subList(5, 8), stored("other"));
    assertEquals(committed, server.ledger().position(), "it could not be removed");
  }

  @Test
  void aCommitWithoutAnswer_isTheDoubt_whereTheLedgerCanNotBeRead() throws Exception {
    Pipeline pipeline = server.running.orElseThrow();
    server.sink.failCommits(FaultySink.Fault.UNKNOWN_BUT_APPLIED, 1);
    server.sink.breakReads(true);
    server.runUntil("a failure", () -> pipeline.snapshot().sealFailuresTotal() > 0);
    server.append(4); // Not in the batch without an answer: no doubt about it.
    stop(pipeline);
    server.sink.goDown(true);
    AdminApi.Replayed replayed = replay(pipeline, OTHER);
    assertEquals(committed.next().toString(), replayed.nextIndex());
    assertEquals(3, replayed.pendingEntries());
    assertEquals(2, replayed.mayDoubleEntries());
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent.subList(0, 8), stored("main"), "it was applied");
    assertEquals(server.sent.subList(5, 12), stored("other"));
  }

  @Test
  void aCommitWithoutAnswer_thatAppearsInALedgerReadInTime_isNoDoubt() throws Exception {
    Pipeline pipeline = server.running.orElseThrow();
    server.sink.failCommits(FaultySink.Fault.UNKNOWN_BUT_APPLIED, 1);
    server.sink.breakReads(true);
    server.runUntil("a failure", () -> pipeline.snapshot().sealFailuresTotal() > 0);
    server.sink.breakReads(false);
    stop(pipeline);
    AdminApi.Replayed replayed = replay(pipeline, OTHER);
    assertEquals(0, replayed.pendingEntries());
    assertEquals(0, replayed.mayDoubleEntries());
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent, stored("main"));
    assertEquals(List.of(), stored("other"));
  }

  @Test
  void aWriterThatNeverReadTheLedger_beginsAtTheCheckpoint_andDoubtsAllBehindIt() throws Exception {
    server.crashPipeline();
    server.sink.goDown(true);
    Pipeline pipeline = server.startPipeline();
    server.steps(3);
    stop(pipeline);
    AdminApi.Replayed replayed = replay(pipeline, OTHER);
    assertEquals(committed.next().toString(), replayed.nextIndex());
    assertEquals(2, replayed.pendingEntries());
    assertEquals(2, replayed.mayDoubleEntries());
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent.subList(5, 8), stored("other"));
  }

  @Test
  void withoutACheckpoint_itBeginsAtTheOldestSegment() throws Exception {
    server.crashPipeline();
    Files.delete(server.folder.path().resolve("committed.ckpt"));
    server.sink.goDown(true);
    Pipeline pipeline = server.startPipeline();
    stop(pipeline);
    AdminApi.Replayed replayed = replay(pipeline, OTHER);
    assertEquals(4, replayed.pendingEntries());
    assertEquals(8, replayed.pendingRows());
    assertEquals(4, replayed.mayDoubleEntries());
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent, stored("other"));
  }

  @Test
  void aLedgerRowThatIsGone_isLikeOneThatCanNotBeRead() throws Exception {
    Pipeline pipeline = stoppedWith(FaultySink.Fault.UNAVAILABLE);
    assertTrue(server.sink.removeLedger(server.spoolId));
    AdminApi.Replayed replayed = replay(pipeline, OTHER);
    assertEquals(committed.next().toString(), replayed.nextIndex());
    assertEquals(0, replayed.mayDoubleEntries());
  }

  @Test
  void anotherWritersLedger_isNotGuessedAt() throws Exception {
    Pipeline pipeline = server.running.orElseThrow();
    server.sink.setLedger(server.ledgerAt(server.spool().durable(), 7));
    server.runUntilState(PipelineState.TARGET_REFUSED);
    stop(pipeline);
    server.sink.goDown(true);
    AdminApi.Replayed replayed = replay(pipeline, OTHER);
    assertEquals(committed.next().toString(), replayed.nextIndex());
    assertEquals(2, replayed.mayDoubleEntries());
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent.subList(5, 8), stored("other"));
  }

  @Test
  void whatIsNotPossible_changesNothing() throws Exception {
    Pipeline pipeline = server.running.orElseThrow();
    assertRefused("is serving", outcome(pipeline, OTHER, server.database.sink(OTHER)));
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 1_000);
    stop(pipeline);
    Target same = Target.ofDefaultDatabase("MAIN");
    assertRefused("already", outcome(pipeline, same, server.database.sink(same)));
    Target missing = new Target("", "nowhere", false, true, Optional.empty());
    assertRefused(
        "schema nowhere does not exist in catalog otlp",
        outcome(pipeline, missing, server.database.sink(missing)));
    FaultySink away = new FaultySink(server.database.sink(OTHER));
    away.goDown(true);
    assertInstanceOf(Outcome.NotNow.class, outcome(pipeline, OTHER, away));

    assertEquals("main", ServerFile.read(server.folder).config().schema());
    assertEquals(committed, server.ledger().position());
    server.sink.failCommits(FaultySink.Fault.NONE, 0);
    server.stopReceiver();
    server.runUntil("the end", pipeline::isEnded);
    server.assertExactlyOnce();
    assertEquals("stop", pipeline.seals().get(0).trigger());
  }

  @Test
  void aLedgerThatDisagreesWithTheSpool_isNotCarriedOver() throws Exception {
    Pipeline pipeline = stoppedWith(FaultySink.Fault.UNAVAILABLE);
    LedgerRow row = server.ledger();
    server.sink.setLedger(
        new LedgerRow(
            row.spoolId(),
            row.listenUri(),
            "f".repeat(32),
            row.position(),
            row.seals(),
            row.updatedAt()));
    assertRefused(
        "of run " + "f".repeat(32), outcome(pipeline, OTHER, server.database.sink(OTHER)));
    assertEquals(Optional.empty(), ledger(OTHER));
  }

  @Test
  void aCallThatWasInterruptedAfterTheNewLedger_isRepeated_orForgotten() throws Exception {
    // The old target comes back, and goes on to commit, before the call is repeated.
    LedgerRow row = server.ledger();
    LedgerRow unused = server.database.sink(OTHER).prepare(row);
    server.drain();
    SpoolPosition later = server.spool().durable();
    server.append(4);
    Pipeline pipeline = stoppedWith(FaultySink.Fault.UNAVAILABLE);
    AdminApi.Replayed replayed = replay(pipeline, OTHER);
    assertEquals(later.next().toString(), replayed.nextIndex());
    assertEquals(0, replayed.mayDoubleEntries());
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent.subList(0, 8), stored("main"));
    assertEquals(server.sent.subList(8, 12), stored("other"));
  }

  @Test
  void aProcessThatDiedAfterTheServerFile_goesOnAtTheNewTarget() throws Exception {
    server.crashPipeline();
    LedgerRow unused = server.database.sink(OTHER).prepare(server.ledger());
    AdminApi.Replayed answer =
        new AdminApi.Replayed(PipelineHarness.URI, server.spoolId, "1-2", 3, 4, 5);
    new ReplayNote(server.database.sink(OTHER).target(), answer).write(server.folder);
    FolderNote.paused(server.folder).set("on purpose");
    ServerFile stopping = StopTest.file(server, ServerState.STOPPING);
    stopping.with(config(OTHER)).write(server.folder);
    server.stopReceiver();
    FaultySink old = server.sink;
    server.sink = new FaultySink(server.database.sink(OTHER));
    Pipeline pipeline = server.startPipeline();
    server.steps(20);
    assertEquals(PipelineState.PAUSED, pipeline.snapshot().state());
    assertEquals(answer, ask(pipeline, OTHER, server.sink), "the call is repeated");
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent.subList(0, 5), stored("main"));
    assertEquals(server.sent.subList(5, 8), stored("other"));
    assertEquals("replay", pipeline.seals().get(0).trigger());
    assertEquals(committed, old.readLedger(server.spoolId).orElseThrow().position());
  }

  @Test
  void aProcessThatDiedBeforeTheServerFile_hasReplayedNothing() throws Exception {
    server.crashPipeline();
    LedgerRow unused = server.database.sink(OTHER).prepare(server.ledger());
    AdminApi.Replayed answer =
        new AdminApi.Replayed(PipelineHarness.URI, server.spoolId, "1-2", 3, 4, 5);
    new ReplayNote(server.database.sink(OTHER).target(), answer).write(server.folder);
    Pipeline pipeline = server.startPipeline();
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 1);
    stop(pipeline);
    server.runUntil("a failure", () -> pipeline.snapshot().sealFailuresTotal() > 0);
    assertRefused(
        "is the target of", outcome(pipeline, Target.ofDefaultDatabase("main"), server.sink));
    server.runUntil("the end", pipeline::isEnded);
    assertEquals("stop", pipeline.seals().get(0).trigger());
    assertEquals(server.sent, stored("main"));
  }

  @Test
  void aTakeUpThatCantBeWrittenDown_changesNothing_andOneThatWasCutOffIsFinished()
      throws Exception {
    Pipeline pipeline = stoppedWith(FaultySink.Fault.UNAVAILABLE);
    FaultySink other = new FaultySink(server.database.sink(OTHER));
    other.failCommits(FaultySink.Fault.UNAVAILABLE, 1_000);
    AdminApi.Replayed replayed = ask(pipeline, OTHER, other);
    Path inTheWay = server.folder.path().resolve("server.json.tmp");
    Files.createDirectory(inTheWay);
    CompletableFuture<Outcome<AdminApi.TakenUp>> failed = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.TakeUp(failed));
    assertInstanceOf(Outcome.NotNow.class, failed.get());
    Files.delete(inTheWay);
    assertEquals(replayed, replay(pipeline, OTHER), "the answer to the repeated call is kept");

    // Cut off: the file says serving, the note is still there.
    StopTest.file(server, ServerState.SERVING).with(config(OTHER)).write(server.folder);
    pipeline.accept(new PipelineCommand.LookAtServer());
    assertFalse(FolderNote.replayed(server.folder).isSet());
  }

  @Test
  void aSpoolThatComesBackToATarget_goesOnBehindWhatThatHas() throws Exception {
    Pipeline pipeline = server.running.orElseThrow();
    server.sink.failCommits(FaultySink.Fault.UNKNOWN_BUT_APPLIED, 1);
    server.sink.breakReads(true);
    server.runUntil("a failure", () -> pipeline.snapshot().sealFailuresTotal() > 0);
    server.append(4);
    stop(pipeline);
    server.sink.goDown(true);
    assertEquals(2, replay(pipeline, OTHER).mayDoubleEntries());
    server.sink.goDown(false);
    server.sink.breakReads(false);
    AdminApi.Replayed back = ask(pipeline, Target.ofDefaultDatabase("main"), server.sink);
    assertEquals(1, back.pendingEntries(), "the first target has the batch without an answer");
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent, stored("main"));
    assertEquals(List.of(), stored("other"));
  }

  @Test
  void anyStepMayFailOnce_andTheCallIsRepeated() throws Exception {
    Pipeline pipeline = stoppedWith(FaultySink.Fault.UNAVAILABLE);
    FaultySink other = new FaultySink(server.database.sink(OTHER));
    int n = 0;
    Outcome<AdminApi.Replayed> outcome;
    List<String> results = new ArrayList<>();
    do {
      other.failStep(++n);
      outcome = outcome(pipeline, OTHER, other);
      results.add(outcome.getClass().getSimpleName());
    } while (!(outcome instanceof Outcome.Done) && n < 20);
    other.failStep(0);
    assertEquals(List.of("NotNow", "NotNow", "Done"), results);
    server.runUntil("the end", pipeline::isEnded);
    assertEquals(server.sent.subList(0, 5), stored("main"));
    assertEquals(server.sent.subList(5, 8), stored("other"));
  }

  @Test
  void aReplayedServer_isTakenUpWithItsNewTarget() throws Exception {
    Pipeline pipeline = stoppedWith(FaultySink.Fault.UNAVAILABLE);
    replay(pipeline, THIRD);
    CompletableFuture<Outcome<AdminApi.TakenUp>> reply = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.TakeUp(reply));
    assertEquals(new Outcome.Done<>(new AdminApi.TakenUp("taken")), reply.get());
    server.runUntil("a seal", () -> pipeline.snapshot().committed().entries() == 4);
    assertEquals(server.sent.subList(5, 8), stored("third"));
    assertEquals("third", ServerFile.read(server.folder).config().schema());
    assertEquals("age", pipeline.seals().get(0).trigger());
  }

  private Pipeline stoppedWith(FaultySink.Fault fault) throws Exception {
    Pipeline pipeline = server.running.orElseThrow();
    server.sink.failCommits(fault, 1_000);
    stop(pipeline);
    server.runUntil("a failure", () -> pipeline.snapshot().sealFailuresTotal() > 0);
    return pipeline;
  }

  private void stop(Pipeline pipeline) throws Exception {
    write(ServerState.STOPPING);
    pipeline.accept(new PipelineCommand.LookAtServer());
    server.stopReceiver();
  }

  private AdminApi.Replayed replay(Pipeline pipeline, Target target) throws Exception {
    return ask(pipeline, target, server.database.sink(target));
  }

  private AdminApi.Replayed ask(Pipeline pipeline, Target target, Sink sink) throws Exception {
    Object done = assertInstanceOf(Outcome.Done.class, outcome(pipeline, target, sink)).value();
    return assertInstanceOf(AdminApi.Replayed.class, done);
  }

  private Outcome<AdminApi.Replayed> outcome(Pipeline pipeline, Target target, Sink sink)
      throws Exception {
    PipelineSettings settings =
        new PipelineSettings(
            server.spoolId, PipelineHarness.URI, server.folder, server.limits, 1 << 20, false);
    CompletableFuture<Outcome<AdminApi.Replayed>> reply = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.Replay(config(target), settings, sink, reply));
    return reply.get();
  }

  private static ServerConfig config(Target target) {
    return StopTest.config(PipelineHarness.URI)
        .withTarget(Optional.empty(), target.schema(), Optional.empty());
  }

  private static void assertRefused(String part, Outcome<AdminApi.Replayed> outcome) {
    String reason = assertInstanceOf(Outcome.Refused.class, outcome).reason();
    assertTrue(reason.contains(part), reason);
  }

  private List<String> stored(String schema) {
    return server.query(
        "SELECT body FROM " + schema + ".otlp_logs ORDER BY split_part(body, '-', 2)::INTEGER");
  }

  private Optional<LedgerRow> ledger(Target target) throws Exception {
    return server.database.sink(target).readLedger(server.spoolId);
  }

  private void write(ServerState state) throws Exception {
    StopTest.file(server, state).write(server.folder);
  }
}
