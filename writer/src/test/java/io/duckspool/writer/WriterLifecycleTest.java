package io.duckspool.writer;

import static io.duckspool.writer.WriterHarness.TIMEOUT;
import static io.duckspool.writer.WriterHarness.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that are paused, taken up, replayed and discarded over the writer's control port. */
final class WriterLifecycleTest {

  private static final String URI = "otlp:localhost:4318";

  @TempDir Path temp;
  private WriterHarness writer;

  @BeforeEach
  void open() throws Exception {
    writer = WriterHarness.open(temp);
  }

  @AfterEach
  void close() throws Exception {
    writer.close();
  }

  @Test
  void aPausedServer_isDegraded_overRestartsOfTheWriter_untilItIsResumed() throws Exception {
    WriterHarness.Server server = served();
    assertEquals(
        new AdminApi.PipelineAt(URI, "paused"),
        writer.post(
            AdminApi.PAUSE, new AdminApi.ServerUri("otlp://LOCALHOST"), AdminApi.PipelineAt.class));
    server.append("a");
    AdminApi.Sealed flush = writer.client.seal(server.seal("flush"), TIMEOUT);
    assertEquals("error", flush.status());
    assertTrue(String.valueOf(flush.error()).startsWith("paused"), flush::toString);
    assertDegraded("paused");

    writer.stopWriter();
    writer.startWriter();
    await("the pause", () -> "paused".equals(writer.pipelineState()));
    assertDegraded("paused");
    assertEquals(
        URI,
        writer
            .post(AdminApi.RESUME, new AdminApi.ServerUri(URI), AdminApi.PipelineAt.class)
            .listenUri());
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    assertEquals(200, writer.client.probe("/readyz", TIMEOUT).statusCode());
  }

  @Test
  void sealsOfAllServersAreListed_byServer_newestFirst_andKept() throws Exception {
    WriterHarness.Server second = served(4319);
    WriterHarness.Server first = served(4318);
    for (int i = 0; i < 2; i++) {
      for (WriterHarness.Server server : List.of(second, first)) {
        server.append("x");
        assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
      }
    }
    List<AdminApi.SealRow> seals = writer.seals();
    assertEquals(
        List.of(
            "otlp:localhost:4318 2",
            "otlp:localhost:4318 1",
            "otlp:localhost:4319 2",
            "otlp:localhost:4319 1"),
        seals.stream().map(seal -> seal.listenUri() + " " + seal.sealId()).toList());
    assertEquals(first.spoolId(), seals.get(0).spoolId());
    assertEquals("flush", seals.get(0).trigger());
    assertEquals(seals.get(1).nextIndex(), seals.get(0).firstIndex());
    writer.stopWriter();
    writer.startWriter();
    assertEquals(seals, writer.seals());
  }

  @Test
  void aPreparedServerThatIsNotServedAfterAll_leavesNoLedgerAndNoPipeline() throws Exception {
    WriterHarness.Server server = writer.serve(4318, 200);
    writer.prepare(server);
    assertEquals("[{\"n\":1}]", writer.sql("SELECT count(*) AS n FROM duckspool_ledger"));
    AdminApi.Discarded none = new AdminApi.Discarded(URI, server.spoolId(), 0, 0);
    assertEquals(none, discard());
    assertEquals("[{\"n\":0}]", writer.sql("SELECT count(*) AS n FROM duckspool_ledger"));
    assertEquals(0, writer.pipelineCount());
    assertTrue(Files.exists(server.folder().serverFile()), "the folder is the receiver's");
    assertEquals(none, discard(), "a repeated call");

    writer.prepare(server);
    writer.stopWriter();
    writer.startWriter();
    assertEquals(none, discard(), "after a restart there is no pipeline");
    assertEquals("[{\"n\":0}]", writer.sql("SELECT count(*) AS n FROM duckspool_ledger"));
  }

  @Test
  void aKeptSpool_isDiscarded_andOneThatServesIsNot() throws Exception {
    WriterHarness.Server server = served();
    assertTrue(refusal(this::discard).contains(URI + " serves"));
    pause();
    server.append("a");
    server.append("b");
    server.spool().close();
    server.file(ServerState.STOPPING).write(server.folder());
    assertEquals(new AdminApi.Discarded(URI, server.spoolId(), 2, 2), discard());
    assertFalse(Files.exists(server.folder().path()));
    assertTrue(refusal(this::discard).contains("no kept spool of " + URI));
    await("the pipeline to go", () -> writer.pipelineCount() == 0);
  }

  /** What stands in a server's folder, damaged so that no pipeline, or no spool, can be opened. */
  @ParameterizedTest
  @ValueSource(
      strings = {"seals", "attempts.note", "committed.ckpt", "durable.ckpt", "spool", "quarantine"})
  void aKeptSpoolThatIsDamaged_isDiscardedToo(String name) throws Exception {
    WriterHarness.Server server = served();
    pause();
    server.append("a");
    server.spool().close();
    server.file(ServerState.STOPPING).write(server.folder());
    writer.stopWriter();
    Path damaged = server.folder().path().resolve(name);
    boolean isFolder = Files.isDirectory(damaged);
    if (Files.exists(damaged)) {
      Files.move(damaged, temp.resolve("was " + name));
    }
    if (isFolder || name.equals("quarantine")) {
      Files.writeString(damaged, "no folder");
    } else {
      Files.createDirectory(damaged);
    }
    writer.startWriter();
    AdminApi.Discarded discarded = discard();
    assertEquals(server.spoolId(), discarded.spoolId());
    assertEquals(name.equals("durable.ckpt") ? 0 : 1, discarded.discardedRows());
    await("its folder to go", () -> !Files.exists(server.folder().path()));
    await("all of it to go", () -> !Files.exists(writer.data.gone(server.spoolId()).path()));
    assertEquals("[{\"n\":0}]", writer.sql("SELECT count(*) AS n FROM duckspool_ledger"));
    assertTrue(refusal(this::discard).contains("no kept spool of " + URI));
  }

  @Test
  void aKeptSpool_isReplayedElsewhere_andThenGone() throws Exception {
    WriterHarness.Server server = served();
    server.append("a");
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    pause();
    server.append("b");
    assertTrue(refusal(() -> replay("other")).contains("is not stopping"));
    server.spool().close();
    server.file(ServerState.STOPPING).write(server.folder());
    assertTrue(refusal(() -> replay("")).contains("schema must not be empty"));
    assertTrue(refusal(() -> replay("main")).contains("is the target of " + URI + " already"));
    AdminApi.Replay both = new AdminApi.Replay(URI, "otlp", null, "/tmp/x");
    assertTrue(
        refusal(() -> writer.post(AdminApi.REPLAY, both, AdminApi.Replayed.class))
            .contains("exclude each other"));

    AdminApi.Replayed replayed = replay("other");
    assertEquals(1, replayed.pendingRows());
    assertEquals(0, replayed.mayDoubleEntries());
    assertEquals("other", ServerFile.read(server.folder()).config().schema());
    AdminApi.Sealed stop = writer.client.seal(server.seal("stop"), TIMEOUT);
    assertEquals("sealed", stop.status(), stop::toString);
    await("the folder to go", () -> !Files.exists(server.folder().path()));
    assertEquals("[{\"body\":\"a\"}]", writer.sql("SELECT body FROM main.otlp_logs"));
    assertEquals("[{\"body\":\"b\"}]", writer.sql("SELECT body FROM other.otlp_logs"));
  }

  /** Whatever comes first: the server is drained and gone, or it serves with all it had. */
  @Test
  void aStopAndATakeUpAtOnce_loseNothing() throws Exception {
    int taken = 0;
    int rounds = 12;
    for (int i = 0; i < rounds; i++) {
      WriterHarness.Server server = served();
      server.append("x");
      server.spool().close();
      server.file(ServerState.STOPPING).write(server.folder());
      CompletableFuture<AdminApi.Sealed> stop =
          CompletableFuture.supplyAsync(() -> writer.seal(server.seal("stop")));
      if (i % 2 == 0) {
        stop.get(30, TimeUnit.SECONDS);
      }
      AdminApi.TakeUp request = new AdminApi.TakeUp(server.folder().name(), server.spoolId());
      String status = writer.post(AdminApi.TAKE_UP, request, AdminApi.TakenUp.class).status();
      AdminApi.Sealed sealed = stop.get(30, TimeUnit.SECONDS);
      if (status.equals("taken")) {
        taken++;
        assertEquals(ServerState.SERVING, ServerFile.read(server.folder()).state());
        assertEquals(
            "taken", writer.post(AdminApi.TAKE_UP, request, AdminApi.TakenUp.class).status());
        assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
        server.file(ServerState.STOPPING).write(server.folder());
        assertEquals("sealed", writer.client.seal(server.seal("stop"), TIMEOUT).status());
      } else {
        assertEquals("gone", status);
        assertEquals("sealed", sealed.status(), sealed::toString);
      }
      await("the folder to go", () -> !Files.exists(server.folder().path()));
      assertEquals("[{\"n\":" + (i + 1) + "}]", writer.sql("SELECT count(*) AS n FROM otlp_logs"));
    }
    assertEquals("[{\"n\":0}]", writer.sql("SELECT count(*) AS n FROM duckspool_ledger"));
    assertTrue(taken < rounds, "no stop was ever through before the serve");
  }

  @Test
  void whatTheWriterCounts_isShownByServer() throws Exception {
    WriterHarness.Server server = served();
    server.append("a");
    server.append("b");
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    String page = new String(writer.client.get(AdminApi.METRICS, TIMEOUT), StandardCharsets.UTF_8);
    String label = "{server=\"" + URI + "\"";
    for (String line :
        List.of(
            "duckspool_writer_committed_rows_total" + label + "} 2.0",
            "# TYPE duckspool_writer_quarantined_rows gauge",
            "duckspool_writer_quarantined_rows" + label + "} 0.0",
            "# TYPE duckspool_writer_quarantined_entries gauge",
            "duckspool_writer_seals_total" + label + ",trigger=\"flush\"} 1.0",
            "duckspool_writer_seals_total" + label + ",trigger=\"age\"} 0.0",
            "duckspool_writer_seal_failures_total" + label + "} 0.0",
            "duckspool_writer_seal_seconds_count" + label + "} 1",
            "duckspool_writer_seal_part_seconds_count{part=\"commit\",server=\"" + URI + "\"} 1",
            "duckspool_writer_lag_seconds" + label + "} 0.0",
            "duckspool_writer_pipeline_state" + label + ",state=\"running\"} 1.0",
            "duckspool_writer_maintenance_runs_total" + label + "} 0.0",
            "duckspool_writer_duckdb_spilled_bytes 0.0")) {
      assertTrue(page.contains("\n" + line + "\n"), () -> line + " is not in\n" + page);
    }
    assertTrue(page.matches("(?s).*\nduckspool_writer_duckdb_memory_bytes [1-9].*"), page);
    assertTrue(page.matches("(?s).*\nduckspool_writer_batch_memory_bytes [0-9].*"), page);
  }

  @Test
  void wrongUris_andUnknownServers_areNamed() throws Exception {
    for (String path : List.of(AdminApi.PAUSE, AdminApi.RESUME, AdminApi.DISCARD)) {
      AdminApi.ServerUri unknown = new AdminApi.ServerUri("otlp:localhost:9");
      assertTrue(
          refusal(() -> writer.client.post(path, unknown, TIMEOUT)).contains("otlp:localhost:9"));
      AdminApi.ServerUri wrong = new AdminApi.ServerUri("http://localhost:9");
      assertTrue(
          refusal(() -> writer.client.post(path, wrong, TIMEOUT)).contains("accepted forms"));
    }
    AdminApi.TakeUp nobody = new AdminApi.TakeUp("localhost_9", "0".repeat(32));
    assertEquals("gone", writer.post(AdminApi.TAKE_UP, nobody, AdminApi.TakenUp.class).status());
    WriterHarness.Server server = served();
    AdminApi.TakeUp other = new AdminApi.TakeUp(server.folder().name(), "f".repeat(32));
    assertTrue(
        refusal(() -> writer.post(AdminApi.TAKE_UP, other, AdminApi.TakenUp.class))
            .contains("not the one asked"));
    for (long timeoutMs : new long[] {0, -1}) {
      AdminApi.Seal seal = new AdminApi.Seal(server.spoolId(), "1-1", "flush", timeoutMs);
      assertTrue(
          refusal(() -> writer.client.seal(seal, TIMEOUT))
              .contains("timeout_ms must be > 0, got " + timeoutMs));
    }
  }

  private WriterHarness.Server served() throws Exception {
    return served(4318);
  }

  private WriterHarness.Server served(int port) throws Exception {
    WriterHarness.Server server = writer.serve(port, 60_000);
    writer.prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    return server;
  }

  private void pause() throws Exception {
    writer.post(AdminApi.PAUSE, new AdminApi.ServerUri(URI), AdminApi.PipelineAt.class);
  }

  private AdminApi.Discarded discard() throws Exception {
    return writer.post(AdminApi.DISCARD, new AdminApi.ServerUri(URI), AdminApi.Discarded.class);
  }

  private AdminApi.Replayed replay(String schema) throws Exception {
    return writer.post(
        AdminApi.REPLAY, new AdminApi.Replay(URI, null, schema, null), AdminApi.Replayed.class);
  }

  private void assertDegraded(String reason) throws Exception {
    HttpResponse<byte[]> ready = writer.client.probe("/readyz", TIMEOUT);
    assertEquals(503, ready.statusCode());
    assertEquals(
        "{\"status\":\"degraded\",\"reason\":\"" + reason + "\"}",
        new String(ready.body(), StandardCharsets.UTF_8));
  }

  @FunctionalInterface
  private interface Call {
    void run() throws Exception;
  }

  private static String refusal(Call call) {
    AdminException refused = assertThrows(AdminException.class, call::run);
    assertEquals(400, refused.status(), refused::getMessage);
    return String.valueOf(refused.getMessage());
  }
}
