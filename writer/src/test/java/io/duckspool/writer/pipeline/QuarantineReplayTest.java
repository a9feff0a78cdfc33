package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.sink.Audit;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What leaves a quarantine: stored, each entry once, or given up, and counted all the same. */
final class QuarantineReplayTest {

  @TempDir Path temp;
  private PipelineHarness server;
  private Pipeline pipeline;

  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void entriesThatTheTargetTakesByNow_areStoredOnce_andTheCountersFollow() throws Exception {
    List<SpoolIndex> refused = quarantine(3);
    server.append(2);
    server.drain();
    assertEquals(2, status().committedRowsTotal() - 1);
    assertEquals(6, status().quarantinedRowsTotal());
    assertEquals(6, published().quarantinedRows());

    AdminApi.QuarantineReplayed replayed = done(replay(refused));
    assertEquals(3, replayed.replayedEntries());
    assertEquals(6, replayed.replayedRows());
    assertEquals(List.of(), replayed.failures());
    server.assertExactlyOnce();
    assertEquals(List.of(), server.quarantined());
    assertEquals(0, status().quarantinedRowsTotal());
    assertEquals(0, published().quarantinedRows());
    assertEquals(server.spool().durable().rows(), status().committedRowsTotal());
    assertEquals("replay", pipeline.seals().get(0).trigger());
    assertEquals(3, pipeline.seals().get(0).entries());
    assertLedgerAndProvenanceAreRight(1);

    assertEquals(3, done(replay(refused)).failures().size(), "none is in quarantine any more");
    server.closePipeline();
    pipeline = server.startPipeline();
    server.drain();
    server.steps(5);
    assertEquals(server.spool().durable().rows(), status().committedRowsTotal());
    server.assertExactlyOnce();
  }

  @Test
  void entriesThatStillCantBeStored_stay_withTheirNewError_andHoldUpNoOthers() throws Exception {
    List<SpoolIndex> refused = quarantine(5);
    SpoolIndex garbage = server.appendGarbage(4);
    server.drain();
    List<SpoolIndex> all = new ArrayList<>(refused);
    all.add(garbage);
    long[] sizes = sizes(refused);
    server.sink.refuse(
        (move, batch) ->
            move.trigger().text().equals("replay")
                && (batch.entries() > 1 || batch.payloadBytes() == sizes[3]));

    AdminApi.QuarantineReplayed replayed = done(replay(all));
    assertEquals(4, replayed.replayedEntries());
    assertEquals(2, replayed.failures().size());
    assertEquals("undecodable", failure(replayed, garbage).reason());
    assertEquals("rejected_by_target", failure(replayed, refused.get(3)).reason());
    assertEquals(2, server.quarantined().size());
    String file =
        Files.readString(
            server.folder.quarantine().resolve(refused.get(3) + ".quarantined"),
            StandardCharsets.ISO_8859_1);
    assertTrue(file.contains("constraint, on purpose"), file);
    server.sink.refuse((move, batch) -> false);
    assertEquals(1, done(replay(List.of(refused.get(3)))).replayedEntries());
    server.assertExactlyOnce();
    assertLedgerAndProvenanceAreRight(1);
  }

  /** The Nth call of the target fails: nothing is lost or doubled, and a repetition ends it. */
  @Test
  void aTargetThatFailsAtAnyStep_losesAndDoublesNothing() throws Exception {
    int step = 0;
    boolean isThrough = false;
    while (!isThrough) {
      step++;
      List<SpoolIndex> refused = quarantine(2);
      server.sink.failStep(step);
      Outcome<AdminApi.QuarantineReplayed> first = replay(refused);
      isThrough = server.sink.steps() < step;
      server.sink.failStep(0);
      if (!(first instanceof Outcome.Done)) {
        if (step % 2 == 0) {
          server.crashPipeline();
          pipeline = server.startPipeline();
          server.runUntilState(PipelineState.RUNNING);
        }
        AdminApi.QuarantineReplayed unused = done(replay(refused));
      }
      // Where the ledger row could not be removed, the intent is there to have it removed.
      List<Path> left = server.quarantined();
      assertTrue(left.isEmpty() || left.equals(List.of(intent())), "step " + step + ": " + left);
      server.assertExactlyOnce();
      server.closePipeline();
      pipeline = null;
    }
    assertTrue(step > 3, "steps: " + step);
    assertTrue(step < 30, "steps: " + step);
    assertNoOpenLedger(1);
  }

  @Test
  void aCommitWithoutAnAnswer_isFoundOut() throws Exception {
    for (FaultySink.Fault fault :
        List.of(FaultySink.Fault.UNKNOWN_BUT_APPLIED, FaultySink.Fault.UNKNOWN_NOT_APPLIED)) {
      List<SpoolIndex> refused = quarantine(2);
      server.sink.failCommits(fault, 1);
      Outcome<AdminApi.QuarantineReplayed> outcome = replay(refused);
      server.sink.failCommits(FaultySink.Fault.NONE, 0);
      if (!(outcome instanceof Outcome.Done)) {
        assertTrue(Files.exists(intent()), "it may yet be applied");
        assertInstanceOf(Outcome.NotNow.class, drop(refused), "nor can it be given up");
        AdminApi.QuarantineReplayed unused = done(replay(refused));
      }
      server.assertExactlyOnce();
      assertEquals(List.of(), server.quarantined());
      server.closePipeline();
      pipeline = null;
    }
    assertNoOpenLedger(1);
  }

  @Test
  void aReplayThatDiedTwice_isGivenUpByTheNextStart_andItsEntriesStay() throws Exception {
    List<SpoolIndex> refused = quarantine(2);
    server.closePipeline();
    new QuarantineIntent(
            "0".repeat(32),
            server.sink.target(),
            2,
            false,
            refused.stream().map(SpoolIndex::toString).toList())
        .write(server.folder.quarantine());
    pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);
    assertFalse(Files.exists(intent()));
    assertEquals(2, server.quarantined().size());
    assertEquals(2, done(replay(refused)).replayedEntries());
    server.assertExactlyOnce();
  }

  @Test
  void aReplayIntoAnotherTarget_thatIsNotSettled_isNamed() throws Exception {
    List<SpoolIndex> refused = quarantine(1);
    new QuarantineIntent("0".repeat(32), "lake.other", 1, false, List.of(refused.get(0).toString()))
        .write(server.folder.quarantine());
    Outcome<AdminApi.QuarantineReplayed> outcome = replay(refused);
    assertTrue(outcome.toString().contains("lake.other"), outcome::toString);
    assertEquals(1 + 1, server.quarantined().size());
  }

  @Test
  void anEntryThatTheLedgerHasNotPassed_isLeftAlone() throws Exception {
    SpoolIndex bad = server.appendGarbage(1);
    pipeline = server.startPipeline();
    server.steps(2);
    assertEquals(1, server.quarantined().size());
    AdminApi.QuarantineReplayed replayed = done(replay(List.of(bad)));
    assertTrue(replayed.failures().get(0).error().contains("has not passed it"));
  }

  @Test
  void whatIsGivenUp_staysCounted_overRestarts() throws Exception {
    List<SpoolIndex> refused = quarantine(2);
    SpoolIndex none = new SpoolIndex(1, 1);
    AdminApi.QuarantineDropped dropped =
        ((Outcome.Done<AdminApi.QuarantineDropped>) drop(List.of(refused.get(0), none))).value();
    assertEquals(1, dropped.droppedEntries());
    assertEquals(2, dropped.droppedRows());
    assertEquals(1, dropped.failures().size());
    for (int start = 0; start < 2; start++) {
      assertEquals(2, status().quarantinedEntriesTotal());
      assertEquals(4, status().quarantinedRowsTotal());
      assertEquals(1, status().committedRowsTotal());
      server.closePipeline();
      pipeline = server.startPipeline();
      server.runUntilState(PipelineState.RUNNING);
    }
    assertEquals(1, done(replay(List.of(refused.get(1)))).replayedEntries());
    assertEquals(1, done(replay(List.of(refused.get(0)))).failures().size());
    assertEquals(2, status().quarantinedRowsTotal());
    assertEquals(3, status().committedRowsTotal());
  }

  @Test
  void whatAStoppedServerLeft_goesIntoAnother_andItsFolderGoes() throws Exception {
    List<SpoolIndex> refused = quarantine(3);
    String left = "ab".repeat(16);
    Path kept = Files.createDirectories(server.data.quarantine()).resolve(left);
    Files.move(server.folder.quarantine(), kept);
    server.closePipeline();
    pipeline = server.startPipeline();
    server.runUntilState(PipelineState.RUNNING);

    assertInstanceOf(Outcome.Refused.class, replay(Optional.of("cd".repeat(16)), refused));
    assertInstanceOf(Outcome.Refused.class, replay(Optional.of("../x"), refused));
    KeptQuarantine held = KeptQuarantine.open(server.data, left);
    assertInstanceOf(Outcome.NotNow.class, replay(Optional.of(left), refused));
    held.close();
    AdminApi.QuarantineReplayed replayed = done(replay(Optional.of(left), refused.subList(0, 2)));
    assertEquals(2, replayed.replayedEntries());
    assertEquals(left, replayed.spoolId());
    assertTrue(Files.exists(kept));
    assertEquals(1, done(replay(Optional.of(left), refused)).replayedEntries());
    assertFalse(Files.exists(kept));
    server.assertExactlyOnce();
    assertLedgerAndProvenanceAreRight(1);
  }

  @Test
  void aPausedPipeline_storesNothing() throws Exception {
    List<SpoolIndex> refused = quarantine(1);
    pipeline.accept(new PipelineCommand.Pause(new CompletableFuture<>()));
    Outcome<AdminApi.QuarantineReplayed> outcome = replay(refused);
    assertTrue(outcome.toString().contains("paused"), outcome::toString);
  }

  @Test
  void aCall_takesSoManyEntries_andNotOneMore() throws Exception {
    QuarantineCalls calls = new QuarantineCalls(server.noPipelines());
    List<String> most = Collections.nCopies(QuarantineCalls.MAX_ENTRIES, "1-1");
    AdminApi.QuarantineReplay request =
        new AdminApi.QuarantineReplay(PipelineHarness.URI, null, most);
    assertInstanceOf(Outcome.Refused.class, calls.replay(request), "there is no pipeline");
    List<String> more = new ArrayList<>(most);
    more.add("1-1");
    assertThrows(
        IllegalArgumentException.class,
        () -> calls.replay(new AdminApi.QuarantineReplay(PipelineHarness.URI, null, more)));
    assertThrows(
        IllegalArgumentException.class,
        () -> calls.drop(new AdminApi.QuarantineDrop(null, null, most)));
  }

  /** Appends an entry, and others that the target refuses, and lets them go their ways. */
  private List<SpoolIndex> quarantine(int count) throws Exception {
    server.append(1);
    List<SpoolIndex> refused = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      refused.add(server.append(i == 3 ? 5 : 2));
    }
    server.sink.refuse(
        (move, batch) ->
            batch.rows() > 0
                && refused.stream()
                    .anyMatch(
                        index ->
                            !isQuarantined(index)
                                && index.compareTo(move.first()) >= 0
                                && index.compareTo(move.next().next()) < 0));
    pipeline = server.startPipeline();
    server.drain();
    assertEquals(count, server.quarantined().size());
    server.sink.refuse((move, batch) -> false);
    return refused;
  }

  private boolean isQuarantined(SpoolIndex index) {
    return Files.exists(server.folder.quarantine().resolve(index + ".quarantined"));
  }

  private long[] sizes(List<SpoolIndex> indices) throws Exception {
    long[] sizes = new long[indices.size()];
    for (int i = 0; i < sizes.length; i++) {
      byte[] file =
          Files.readAllBytes(server.folder.quarantine().resolve(indices.get(i) + ".quarantined"));
      int line = new String(file, StandardCharsets.ISO_8859_1).indexOf('\n') + 1;
      sizes[i] = ByteBuffer.wrap(file).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt(line + 80);
    }
    return sizes;
  }

  private static AdminApi.QuarantineFailure failure(
      AdminApi.QuarantineReplayed replayed, SpoolIndex index) {
    return replayed.failures().stream()
        .filter(failure -> failure.index().equals(index.toString()))
        .findFirst()
        .orElseThrow();
  }

  private Outcome<AdminApi.QuarantineReplayed> replay(List<SpoolIndex> indices) throws Exception {
    return replay(Optional.empty(), indices);
  }

  private Outcome<AdminApi.QuarantineReplayed> replay(
      Optional<String> spoolId, List<SpoolIndex> indices) throws Exception {
    CompletableFuture<Outcome<AdminApi.QuarantineReplayed>> reply = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.ReplayQuarantine(spoolId, indices, reply));
    return reply.get();
  }

  private Outcome<AdminApi.QuarantineDropped> drop(List<SpoolIndex> indices) throws Exception {
    CompletableFuture<Outcome<AdminApi.QuarantineDropped>> reply = new CompletableFuture<>();
    pipeline.accept(new PipelineCommand.DropQuarantined(indices, reply));
    return reply.get();
  }

  private static AdminApi.QuarantineReplayed done(Outcome<AdminApi.QuarantineReplayed> outcome) {
    assertInstanceOf(Outcome.Done.class, outcome, outcome::toString);
    return ((Outcome.Done<AdminApi.QuarantineReplayed>) outcome).value();
  }

  private Path intent() {
    return server.folder.quarantine().resolve("replay.intent.json");
  }

  private AdminApi.PipelineStatus status() {
    return pipeline
        .snapshot()
        .toStatus(
            new PipelineSettings(
                server.spoolId, PipelineHarness.URI, server.folder, server.limits, 1 << 20, false),
            0,
            0);
  }

  /** What the receiver knows, with the writer away, too. */
  private CommittedMark published() throws Exception {
    return CheckpointFile.committed(server.folder.path(), false).readCommitted();
  }

  private void assertNoOpenLedger(int servers) {
    assertEquals(
        List.of(Integer.toString(servers)), server.query("SELECT count(*) FROM duckspool_ledger"));
  }

  private void assertLedgerAndProvenanceAreRight(int servers) throws Exception {
    assertNoOpenLedger(servers);
    Audit.Provenance provenance = server.sink.audit(server.spoolId).provenance().orElseThrow();
    assertEquals(List.of(), provenance.breaks());
    for (Audit.TableRows table : provenance.tables()) {
      assertEquals(table.sealed(), table.present(), table::table);
    }
  }
}
