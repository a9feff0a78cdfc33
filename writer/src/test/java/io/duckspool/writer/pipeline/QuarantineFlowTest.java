package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealLimits;
import io.duckspool.writer.quarantine.DamagedRange;
import io.duckspool.writer.quarantine.QuarantineFolder;
import io.duckspool.writer.quarantine.QuarantinedFile;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Entries that can't be stored: none of them holds up the others, none gets lost. */
final class QuarantineFlowTest {

  @TempDir Path temp;
  private PipelineHarness server;

  @BeforeEach
  void open() throws Exception {
    server = PipelineHarness.open(temp);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void anEntryThatDoesNotParse_goesToQuarantine_andTheOthersToTheTarget() throws Exception {
    server.append(2);
    SpoolIndex bad = server.appendGarbage(5);
    server.append(3);
    Pipeline pipeline = server.startPipeline();
    server.drain();

    server.assertExactlyOnce();
    assertEquals(List.of(bad + ".quarantined"), quarantinedNames());
    assertTrue(firstFile().endsWith("not protobuf"));
    assertEquals(1, pipeline.snapshot().quarantinedEntries());
    assertEquals(5, pipeline.snapshot().quarantinedRows());
    assertEquals(1, pipeline.seals().get(0).quarantined());
    assertEquals(5, server.status().committedRowsTotal(), "accepted - quarantined");
  }

  @Test
  void committedRows_areNotFewer_whileAQuarantinedEntryWaitsForItsSeal() throws Exception {
    server.appendGarbage(5);
    Pipeline pipeline = server.startPipeline();
    server.runUntil("the quarantine", () -> pipeline.snapshot().quarantinedRows() == 5);
    assertEquals(0, server.status().committedRowsTotal());
    server.append(2);
    server.drain();
    server.appendGarbage(7);
    server.runUntil("the quarantine", () -> pipeline.snapshot().quarantinedRows() == 12);
    assertEquals(2, server.status().committedRowsTotal());
    server.drain();
    assertEquals(2, server.status().committedRowsTotal());
  }

  @Test
  void aQuarantinedEntryAlone_stillMovesTheLedger() throws Exception {
    server.appendGarbage(5);
    server.startPipeline();
    server.drain();
    assertEquals(1, server.ledger().position().entries());
  }

  @Test
  void aCrashBetweenQuarantineAndSeal_repeatsTheFile_andCountsOnce() throws Exception {
    server.append(1);
    server.appendGarbage(5);
    server.startPipeline();
    server.steps(5);
    assertEquals(1, server.quarantined().size());
    server.crashPipeline();
    Pipeline pipeline = server.startPipeline();
    server.drain();

    assertEquals(1, server.quarantined().size());
    assertEquals(1, pipeline.snapshot().quarantinedEntries());
    server.assertExactlyOnce();
  }

  @Test
  void aHundredInARow_pauseThePipeline_overRestarts_untilItIsResumed() throws Exception {
    server.append(1);
    for (int i = 0; i < 105; i++) {
      server.appendGarbage(1);
    }
    server.append(2);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.PAUSED);
    assertEquals(100, pipeline.snapshot().quarantinedEntries());
    assertEquals(101, server.ledger().position().entries());
    assertEquals("error", server.flush(server.spool().durable().next()).get().status());

    server.crashPipeline();
    Pipeline again = server.startPipeline();
    server.runUntilState(PipelineState.PAUSED);
    server.steps(5);
    assertEquals(100, again.snapshot().quarantinedEntries());

    CompletableFuture<Outcome<PipelineState>> reply = new CompletableFuture<>();
    again.accept(new PipelineCommand.Resume(reply));
    assertEquals(new Outcome.Done<>(PipelineState.STARTING), reply.get());
    server.drain();
    assertEquals(105, again.snapshot().quarantinedEntries());
    server.assertExactlyOnce();
  }

  @Test
  void aHundredInARow_thatTheTargetRefuses_pauseThePipeline() throws Exception {
    server.append(1);
    server.commitAll();
    for (int i = 0; i < 105; i++) {
      server.append(1);
    }
    server.sink.refuse((move, batch) -> batch.rows() > 0);
    Pipeline pipeline = server.startPipeline();
    server.runUntilState(PipelineState.PAUSED);
    assertEquals(100, pipeline.snapshot().quarantinedEntries());
    assertEquals(101, server.ledger().position().entries());
  }

  @Test
  void anEntryThatIsReadAgainAndAgain_countsOnce() throws Exception {
    server.appendGarbage(1);
    server.sink.failCommits(FaultySink.Fault.REFUSED, 120);
    Pipeline pipeline = server.startPipeline();
    server.drain();
    server.steps(5);
    assertEquals(PipelineState.RUNNING, pipeline.snapshot().state());
  }

  @Test
  void anEntryThatTheTargetRefuses_isFoundByBisection_andTheOthersAreStored() throws Exception {
    for (int i = 0; i < 64; i++) {
      server.append(1);
    }
    SpoolIndex bad = server.appendPayload(1, PipelineHarness.logs(List.of("the bad one"), 0));
    for (int i = 0; i < 40; i++) {
      server.append(1);
    }
    refuse(bad);
    Pipeline pipeline = server.startPipeline();
    server.drain();

    assertEquals(List.of(bad + ".quarantined"), quarantinedNames());
    assertTrue(firstFile().contains("constraint, on purpose"));
    server.assertExactlyOnce();
    assertTrue(server.sink.attempts() <= 20, "attempts: " + server.sink.attempts());
    assertEquals(PipelineState.RUNNING, pipeline.snapshot().state());
  }

  @Test
  void aRefusedEntry_isTakenBack_whenTheWriterDiesBeforeTheSeal_andTheTargetThenAcceptsIt()
      throws Exception {
    server.append(1);
    SpoolIndex bad = server.appendPayload(1, PipelineHarness.logs(List.of("the bad one"), 0));
    refuse(bad);
    server.startPipeline();
    server.runUntil("the refused entry is put away", () -> isQuarantined(bad));
    assertTrue(server.ledger().position().next().compareTo(bad) <= 0, "not yet passed");
    server.crashPipeline();

    server.sink.refuse((move, batch) -> false);
    Pipeline pipeline = server.startPipeline();
    server.drain();
    assertEquals(List.of(), server.quarantined());
    assertEquals(0, pipeline.snapshot().quarantinedEntries());
    assertEquals(
        List.of("1"), server.query("SELECT count(*) FROM otlp_logs WHERE body = 'the bad one'"));
  }

  @Test
  void severalRefusedEntries_areAllFound() throws Exception {
    SpoolIndex one = server.appendPayload(1, PipelineHarness.logs(List.of("bad"), 0));
    for (int i = 0; i < 20; i++) {
      server.append(1);
    }
    SpoolIndex two = server.appendPayload(1, PipelineHarness.logs(List.of("bad"), 0));
    SpoolIndex three = server.appendPayload(1, PipelineHarness.logs(List.of("bad"), 0));
    server.append(1);
    refuse(one, two, three);
    server.startPipeline();
    server.drain();

    assertEquals(3, server.quarantined().size());
    server.assertExactlyOnce();
  }

  @Test
  void aTargetThatIsDown_blamesNoEntry() throws Exception {
    server.append(1);
    server.sink.failCommits(FaultySink.Fault.UNAVAILABLE, 30);
    server.startPipeline();
    server.drain();
    assertEquals(0, server.quarantined().size());
    server.assertExactlyOnce();
  }

  @Test
  void anEntryThatKillsTheProcess_isQuarantinedAfterSixDeaths_andTheOthersAreStored()
      throws Exception {
    server.limits = new SealLimits(1_000, 5_000, 1 << 20, 1_000);
    server.append(1);
    server.append(1);
    SpoolIndex killer = server.append(1);
    server.sent.remove(server.sent.size() - 1);
    server.append(1);

    assertEquals(6, deathsUntilCommitted(killer, 4));
    assertEquals(List.of(killer + ".quarantined"), quarantinedNames());
    assertTrue(firstFile().contains("process died"));
    server.assertExactlyOnce();
  }

  @Test
  void anEntryThatKillsTheProcess_rightBehindDamage_isQuarantined_too() throws Exception {
    server.appendPayload(1, PipelineHarness.logs(List.of("LOST-IN-THE-MIDDLE"), 0));
    SpoolIndex killer = server.append(1);
    server.sent.remove(server.sent.size() - 1);
    server.append(1);
    server.stopReceiver();
    zero("LOST-IN-THE-MIDDLE");
    server.startReceiver();

    assertEquals(6, deathsUntilCommitted(killer, 3));
    assertEquals(
        List.of(server.firstIndex() + ".quarantined", killer + ".quarantined"), quarantinedNames());
    server.assertExactlyOnce();
  }

  private int deathsUntilCommitted(SpoolIndex killer, long entries) throws Exception {
    int deaths = 0;
    while (server.ledger().position().entries() < entries && deaths < 20) {
      Pipeline pipeline = server.startPipeline();
      for (int i = 0; i < 2_000 && !isDeadly(killer); i++) {
        server.clock.advanceMillis(pipeline.doWork());
      }
      if (isDeadly(killer)) {
        deaths++;
        server.crashPipeline();
      } else {
        server.drain();
        server.closePipeline();
      }
    }
    return deaths;
  }

  @Test
  void zeroedBytesInTheMiddle_areReportedExactly_andAllElseIsStored() throws Exception {
    server.append(2);
    server.appendPayload(4, PipelineHarness.logs(List.of("a", "b", "c", "LOST-IN-THE-MIDDLE"), 0));
    server.append(3);
    server.stopReceiver();
    DamagedRange unused = zero("LOST-IN-THE-MIDDLE");
    server.startReceiver();
    Pipeline pipeline = server.startPipeline();
    server.drain();

    server.assertExactlyOnce();
    assertEquals(1, pipeline.snapshot().quarantinedEntries());
    assertEquals(4, pipeline.snapshot().quarantinedRows());
    assertEquals(1, server.quarantined().size());
    assertTrue(firstFile().contains("\"kind\":\"damage\""));
    assertTrue(Files.size(server.quarantined().get(0)) > 150, "the damaged bytes are kept");
  }

  @Test
  void damage_isNamedBySegmentAndByte_inLogAndNote() throws Exception {
    server.append(2);
    server.restartReceiver();
    server.append(2);
    server.appendPayload(4, PipelineHarness.logs(List.of("a", "b", "c", "LOST-IN-THE-MIDDLE"), 0));
    server.append(3);
    server.stopReceiver();
    DamagedRange zeroed = zero("LOST-IN-THE-MIDDLE");
    server.startReceiver();
    server.append(2);
    Logger logger = (Logger) LoggerFactory.getLogger(Intake.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      server.startPipeline();
      server.drain();
    } finally {
      logger.detachAppender(log);
    }

    QuarantinedFile file = QuarantineFolder.files(server.folder.quarantine()).get(0);
    List<DamagedRange> ranges = file.note().orElseThrow().damagedRanges();
    assertEquals(1, ranges.size());
    DamagedRange range = ranges.get(0);
    assertEquals(zeroed.segmentFile(), range.segmentFile());
    assertTrue(range.firstByte() <= zeroed.firstByte() && range.nextByte() >= zeroed.nextByte());
    assertEquals(file.contentBytes(), range.nextByte() - range.firstByte());
    assertTrue(file.contentBytes() < 500, "one entry, and not what stands around it");
    assertEquals(1, log.list.size());
    String said = log.list.get(0).getFormattedMessage();
    String where =
        ", bytes %d to %d of %s: 1 entries"
            .formatted(range.firstByte(), range.nextByte(), range.segmentFile());
    assertTrue(said.contains(where), said);
  }

  @Test
  void damageBetweenTwoEntries_isNoEntry_alsoWhereTheyAreTakenOneAtATime() throws Exception {
    server.append(2);
    SpoolIndex bad = server.appendPayload(1, PipelineHarness.logs(List.of("the bad one"), 0));
    server.append(1);
    refuse(bad);
    FaultyStore damaged = new FaultyStore(server.store);
    damaged.damageBefore(bad);
    server.store = damaged;
    server.startPipeline();
    server.drain();

    server.assertExactlyOnce();
    assertEquals(List.of(bad + ".quarantined"), quarantinedNames());
    assertTrue(firstFile().contains("\"kind\":\"entry\""));
  }

  private String firstFile() throws Exception {
    return Files.readString(server.quarantined().get(0), StandardCharsets.ISO_8859_1);
  }

  private boolean isDeadly(SpoolIndex killer) {
    return server.isAboutToCommit(killer) && !isQuarantined(killer);
  }

  private void refuse(SpoolIndex... bad) {
    List<SpoolIndex> all = List.of(bad);
    server.sink.refuse(
        (move, batch) ->
            batch.rows() > 0
                && all.stream()
                    .anyMatch(
                        index ->
                            !isQuarantined(index)
                                && index.compareTo(move.first()) >= 0
                                && index.compareTo(move.next().next()) < 0));
  }

  private boolean isQuarantined(SpoolIndex index) {
    return Files.exists(server.folder.quarantine().resolve(index + ".quarantined"));
  }

  /** Where it stood. */
  private DamagedRange zero(String text) throws Exception {
    byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
    try (var files = Files.walk(server.folder.path().resolve("spool"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".cq4")).toList()) {
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        int at = bytes.indexOf(text);
        if (at >= 0) {
          try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(at);
            open.write(new byte[wanted.length]);
          }
          return new DamagedRange(file.getFileName().toString(), at, at + wanted.length);
        }
      }
    }
    throw new AssertionError("not in any segment: " + text);
  }

  private List<String> quarantinedNames() throws Exception {
    return server.quarantined().stream().map(file -> file.getFileName().toString()).toList();
  }
}
