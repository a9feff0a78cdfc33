package io.duckspool.writer;

import static io.duckspool.writer.WriterHarness.TIMEOUT;
import static io.duckspool.writer.WriterHarness.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.server.ServerState;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole writer, over its control port, with threads and clocks of its own. */
final class WriterTest {

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
  void aServerIsPrepared_flushed_listedAndStopped() throws Exception {
    WriterHarness.Server server = writer.serve(4318, 60_000);
    assertEquals("otlp", writer.prepare(server).catalogName());
    assertEquals("otlp", writer.prepare(server).catalogName(), "safe to repeat");
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    server.append("b");

    AdminApi.Sealed sealed = writer.client.seal(server.seal("flush"), TIMEOUT);
    assertEquals(new AdminApi.Sealed("sealed", 2, 1, null), sealed);
    assertEquals("[{\"n\":2}]", writer.sql("SELECT count(*) AS n FROM otlp_logs"));

    AdminApi.PipelineStatus status = writer.client.pipelines(TIMEOUT).get(0);
    assertEquals("running", status.state());
    assertEquals(2, status.committedRowsTotal());
    assertEquals(server.spool().durable().next().toString(), status.committedIndex());

    server.file(ServerState.STOPPING).write(server.folder());
    server.append("c");
    server.spool().close();
    assertEquals("sealed", writer.client.seal(server.seal("stop"), TIMEOUT).status());
    await("the folder to go", () -> !Files.exists(server.folder().path()));
    await("the pipeline to go", () -> writer.pipelineCount() == 0);
    assertEquals("[{\"n\":3}]", writer.sql("SELECT count(*) AS n FROM otlp_logs"));
    assertEquals("[{\"n\":0}]", writer.sql("SELECT count(*) AS n FROM duckspool_ledger"));
  }

  @Test
  void serversOnOneTargetShareIt_andFlushAtTheSameTime() throws Exception {
    List<WriterHarness.Server> all =
        List.of(writer.serve(4318, 60_000), writer.serve(4319, 60_000), writer.serve(4320, 60_000));
    for (WriterHarness.Server server : all) {
      writer.prepare(server);
      server.file(ServerState.SERVING).write(server.folder());
    }
    for (int round = 0; round < 5; round++) {
      List<CompletableFuture<AdminApi.Sealed>> replies = new ArrayList<>();
      for (WriterHarness.Server server : all) {
        server.append("x");
        AdminApi.Seal request = server.seal("flush");
        for (int i = 0; i < 2; i++) {
          replies.add(CompletableFuture.supplyAsync(() -> writer.seal(request)));
        }
      }
      for (CompletableFuture<AdminApi.Sealed> reply : replies) {
        assertEquals("sealed", reply.get(30, TimeUnit.SECONDS).status());
      }
    }
    assertEquals("[{\"n\":15}]", writer.sql("SELECT count(*) AS n FROM otlp_logs"));
    assertEquals(
        "[{\"n\":5},{\"n\":5},{\"n\":5}]",
        writer.sql("SELECT cumulative_rows::INT AS n FROM duckspool_ledger"));
  }

  @Test
  void aRememberedServerGoesOnAfterARestart_andATerminatedWriterDrainsFirst() throws Exception {
    WriterHarness.Server server = writer.serve(4318, 60_000);
    writer.prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    await("the entry in hand", () -> writer.pipelineBufferedAge() != null);
    writer.stopWriter();
    server.append("b");
    writer.startWriter();
    assertEquals("[{\"n\":1}]", writer.sql("SELECT count(*) AS n FROM otlp_logs"));
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    assertEquals("[{\"n\":2}]", writer.sql("SELECT count(*) AS n FROM otlp_logs"));
  }

  @Test
  void aServerWithoutItsLedger_isRefused_andTheWriterIsNotReady() throws Exception {
    WriterHarness.Server server = writer.serve(4318, 200);
    server.append("a");
    server.file(ServerState.SERVING).write(server.folder());
    await("the refusal", () -> "target_refused".equals(writer.pipelineState()));
    HttpResponse<byte[]> ready = writer.client.probe("/readyz", TIMEOUT);
    assertEquals(503, ready.statusCode());
    assertTrue(new String(ready.body(), StandardCharsets.UTF_8).contains("target_refused"));
    assertEquals("error", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    assertEquals(200, writer.client.probe("/healthz", TIMEOUT).statusCode());
  }

  @Test
  void aRefusedServer_goesOnWhereAnOperatorSays() throws Exception {
    WriterHarness.Server server = writer.serve(4318, 200);
    server.append("a");
    server.file(ServerState.SERVING).write(server.folder());
    await("the refusal", () -> "target_refused".equals(writer.pipelineState()));
    for (AdminApi.SetLedger wrong :
        List.of(
            new AdminApi.SetLedger("otlp:localhost:9", null, false),
            new AdminApi.SetLedger("otlp:localhost:4318", "1-1", false),
            new AdminApi.SetLedger("otlp:localhost:4318", "here", false))) {
      AdminException refused =
          assertThrows(AdminException.class, () -> writer.client.setLedger(wrong, TIMEOUT));
      assertEquals(400, refused.status(), refused::getMessage);
    }
    AdminApi.LedgerSet set =
        writer.client.setLedger(
            new AdminApi.SetLedger("otlp:localhost:4318", null, false), TIMEOUT);
    assertEquals(server.spool().firstIndex().toString(), set.nextIndex());
    await("the row", () -> writer.pipelines().get(0).committedRowsTotal() == 1);
    assertEquals("[{\"n\":1}]", writer.sql("SELECT count(*) AS n FROM otlp_logs"));
  }

  @Test
  void anAbandonedPreparation_leavesNoPipelineBehind() throws Exception {
    WriterHarness.Server server = writer.serve(4318, 200);
    writer.prepare(server);
    assertEquals(1, writer.pipelineCount());
    server.spool().close();
    Files.delete(server.folder().serverFile());
    await("the pipeline to go", () -> writer.pipelineCount() == 0);
  }

  @Test
  void filesAreReleasedForAReceiver_andOpenedAgain() throws Exception {
    WriterHarness.Server server = writer.serve(4318, 200);
    writer.prepare(server);
    server.append("a");
    writer.client.release(new AdminApi.Release(server.spoolId()), TIMEOUT);
    writer.client.release(new AdminApi.Release("f".repeat(32)), TIMEOUT);
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
  }

  @Test
  void errorsHaveOneShape_andTheTokenIsAskedForFirst() throws Exception {
    assertAnswer(404, "not_found", "GET", "/admin/nothing", null, "");
    assertAnswer(405, "method_not_allowed", "GET", "/admin/seal", null, "");
    assertAnswer(405, "method_not_allowed", "PUT", "/healthz", null, "");
    assertAnswer(401, "unauthorized", "POST", "/admin/seal", null, "{");
    assertAnswer(401, "unauthorized", "POST", "/admin/seal", "Bearer wrong", "{}");
    String token = "bearer " + Files.readString(writer.config.control().tokenFile()).strip();
    assertAnswer(400, "bad_request", "POST", "/admin/seal", token, "{");
    assertAnswer(400, "bad_request", "POST", "/admin/seal", token, "{\"what\":1}");
    assertAnswer(400, "bad_request", "POST", "/admin/sql", token, "{\"sql\":\"DROP TABLE x\"}");
    assertAnswer(
        400, "bad_request", "POST", "/admin/sql", token, "{\"sql\":\"SELECT nothing_like_it\"}");
    assertAnswer(
        400,
        "bad_request",
        "POST",
        "/admin/prepare",
        token,
        "{\"server\":\"x\",\"spool_id\":\"y\"}");
    AdminApi.Sealed unknown =
        writer.client.seal(new AdminApi.Seal("0".repeat(32), "1-1", "flush", 100L), TIMEOUT);
    assertEquals("unknown", unknown.status());
    AdminException refused =
        assertThrows(
            AdminException.class,
            () -> writer.client.seal(new AdminApi.Seal("0", "1-1", "never", 100L), TIMEOUT));
    assertEquals(400, refused.status());
  }

  @Test
  void aSecondWriterOnTheSameData_isRefusedByTheFirstOnesPid() {
    IOException refused = assertThrows(IOException.class, () -> Writer.start(writer.loaded));
    assertTrue(refused.getMessage().contains("pid " + ProcessHandle.current().pid()));
  }

  @Test
  void aPortThatIsTaken_isNamed_andNothingIsLeftRunning() throws Exception {
    writer.stopWriter();
    try (ServerSocket taken =
        new ServerSocket(
            writer.config.writer().control().port(),
            1,
            java.net.InetAddress.getLoopbackAddress())) {
      IOException refused = assertThrows(IOException.class, () -> Writer.start(writer.loaded));
      assertTrue(refused.getMessage().contains(writer.config.writer().control().toString()));
      assertEquals(writer.config.writer().control().port(), taken.getLocalPort());
    }
    writer.startWriter();
  }

  private void assertAnswer(
      int status, String code, String method, String path, String authorization, String body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + writer.config.writer().control() + path))
            .timeout(TIMEOUT)
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    request.header("Content-Type", "application/json; charset=utf-8");
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertEquals(status, answer.statusCode(), answer.body());
    assertTrue(answer.body().startsWith("{\"error\":\"" + code + "\","), answer.body());
  }
}
