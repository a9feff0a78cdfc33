package io.duckspool.receiver.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.net.FreePort;
import io.duckspool.receiver.FakeWriter;
import io.duckspool.receiver.control.ControlRig.Reply;
import io.duckspool.receiver.http.RawClient;
import io.duckspool.receiver.http.TestServer;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may call the control port, what it lists, and how many may wait. */
class ControlPortTest {

  private static final List<String> PATHS =
      List.of(
          "otlp_serve",
          "otlp_flush",
          "otlp_stop",
          "otlp_server_list",
          "otlp_seal_list",
          "config",
          "metrics");

  @TempDir Path temp;
  private ControlRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new ControlRig(temp).start();
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private RawClient.Reply raw(String head) throws IOException {
    try (RawClient client = new RawClient("127.0.0.1", rig.control)) {
      return client.send(head + "\r\n\r\n").reply();
    }
  }

  @Test
  void everyEndpoint_wantsTheControlToken() throws Exception {
    for (String path : PATHS) {
      boolean isPost = List.of("otlp_serve", "otlp_flush", "otlp_stop").contains(path);
      String full = (path.equals("metrics") ? "/" : "/admin/") + path;
      String line = (isPost ? "POST " : "GET ") + full + " HTTP/1.1\r\nHost: localhost";
      String rest = isPost ? "\r\nContent-Type: application/json\r\nContent-Length: 0" : "";
      for (String header :
          List.of("", "\r\nAuthorization: Bearer wrong", "\r\nAuthorization: Basic eDp5")) {
        RawClient.Reply reply = raw(line + rest + header);
        assertEquals(401, reply.status(), path);
        assertEquals(
            "{\"error\":\"unauthorized\",\"message\":\"the control token is missing or wrong\"}",
            reply.text());
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "GET /healthz HTTP/1.1\\r\\nHost: localhost:4319 | 200 | {\"status\":\"ok\"}",
        "GET /readyz HTTP/1.1\\r\\nHost: 127.0.0.1 | 200 | {\"status\":\"ready\"}",
        "GET /healthz HTTP/1.1\\r\\nHost: [::1]:4319 | 200 | {\"status\":\"ok\"}",
        "GET /healthz HTTP/1.1\\r\\nHost: evil.example | 403 | forbidden",
        "GET /nowhere HTTP/1.1\\r\\nHost: evil.example:4319 | 403 | forbidden",
        "GET /healthz HTTP/1.1\\r"
            + "\\n"
            + "Host: localhost\\r"
            + "\\n"
            + "Origin: http://evil.example | 403 | forbidden",
        "GET /healthz HTTP/1.1\\r"
            + "\\n"
            + "Host: localhost:1\\r"
            + "\\n"
            + "Origin: http://localhost:1 | 200 | {\"status\":\"ok\"}",
        "GET /nowhere HTTP/1.1\\r\\nHost: localhost | 404 | not_found",
        "GET /admin/otlp_serve HTTP/1.1\\r\\nHost: localhost | 405 | /admin/otlp_serve takes POST",
        "POST /admin/config HTTP/1.1\\r"
            + "\\n"
            + "Host: localhost\\r"
            + "\\n"
            + "Content-Length: 0 | 405 | /admin/config takes GET",
      })
  void hostOriginPathAndMethod_areChecked(String head, int status, String text) throws Exception {
    RawClient.Reply reply = raw(head.replace("\\r\\n", "\r\n"));
    assertEquals(status, reply.status());
    assertTrue(reply.text().contains(text), reply.text());
  }

  @Test
  void aBody_mustBeJson() throws Exception {
    Reply reply =
        rig.send(
            rig.request("/admin/otlp_stop")
                .header("Content-Type", "text/plain")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{}")));
    assertEquals(
        "415 unsupported_media_type: the body must be application/json, got text/plain",
        reply.error());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "flush | {} | parameter \"uri\" is missing, expected uri, timeout_ms",
        "flush | {\"uri\":\"otlp:localhost:1\",\"timeout_ms\":0} | parameter \"timeout_ms\" must be"
            + " > 0, got 0",
        "flush | {\"uri\":\"otlp:localhost:1\",\"timeout_ms\":-1} | parameter \"timeout_ms\" must"
            + " be > 0, got -1",
        "flush | {\"uri\":\"otlp:localhost:1\",\"timeout_ms\":1.5} | parameter \"timeout_ms\" must"
            + " be an integer, got 1.5",
        "flush | {\"uri\":\"http:localhost:1\"} | parameter \"uri\" listen URI"
            + " \"http:localhost:1\": accepted forms: otlp:host:port, otlp://host:port,"
            + " otlp:[v6]:port, otlp://[v6]:port",
        "flush | {\"ury\":\"x\"} | unknown parameter \"ury\", known are uri, timeout_ms",
        "flush | {\"uri\":\"otlp:localhost:1\",\"timeout_ms\":\"1\"} | parameter \"timeout_ms\""
            + " must be an integer, got \"1\"",
        "flush | {\"uri\":1} | parameter \"uri\" must be a string, got 1",
        "stop | {} | parameter \"uri\" is missing, expected uri, timeout_ms",
        "stop | {\"uri\":\"otlp:localhost:1\",\"timeout_ms\":-1} | parameter \"timeout_ms\" must be"
            + " > 0, got -1",
        "stop | {\"uri\":\"otlp:localhost:1\",\"timeout_ms\":\"1s\"} | parameter \"timeout_ms\""
            + " must be an integer, got \"1s\"",
        "stop | {\"uri\":\"otlp:localhost:1\",\"force\":true} | unknown parameter \"force\", known"
            + " are uri, timeout_ms",
        "stop | {\"uri\":\"otlp:localhost:1\",\"timeout_ms\":0} | parameter \"timeout_ms\" must be"
            + " > 0, got 0",
        "stop | {\"uri\":\"otlp:localhost:0\"} | parameter \"uri\" listen URI \"otlp:localhost:0\":"
            + " port must be in [1, 65535], got 0; accepted forms: otlp:host:port,"
            + " otlp://host:port, otlp:[v6]:port, otlp://[v6]:port",
        "stop | [] | the body must be a JSON object",
      })
  void wrongParameters_areNamed(String call, String body, String message) throws Exception {
    Reply reply = rig.post("/admin/otlp_" + call, body);
    assertEquals("400 bad_request: " + message, reply.error());
  }

  @Test
  void aStop_waitsAMinute_unlessItSaysHowLong() {
    String uri = "otlp:localhost:4318";
    assertEquals(Duration.ofMillis(60_000), ControlCalls.stopTimeout(new AdminApi.Stop(uri, null)));
    assertEquals(Duration.ofMillis(1), ControlCalls.stopTimeout(new AdminApi.Stop(uri, 1L)));
  }

  /** The bounds of timeout_ms from the inside: calls for a server that isn't there. */
  @ParameterizedTest
  @CsvSource({
    "flush, 1",
    "flush, 9223372036854775807",
    "flush, null",
    "stop, 1",
    "stop, 9223372036854775807",
    "stop, null"
  })
  void aTimeout_atItsBounds_isTaken_andNoServerIsNoError(String call, String timeout)
      throws Exception {
    Reply reply =
        rig.post(
            "/admin/otlp_" + call,
            "{\"uri\":\" OTLP://LocalHost:1 \",\"timeout_ms\":" + timeout + "}");
    assertEquals(200, reply.status(), reply.json().toString());
    String none = "{\"status\":\"No server found listening on otlp:localhost:1\"";
    assertEquals(
        call.equals("stop")
            ? none + "}"
            : none + ",\"sealed_rows\":0,\"seals_total\":0,\"error\":null}",
        reply.json().toString());
  }

  @Test
  void aBodyBeyondTheBound_isRefused() throws Exception {
    String body = "{\"uri\":\"" + "x".repeat((1 << 20) - 10) + "\"}";
    assertEquals(1 << 20, body.length());
    assertEquals(400, rig.post("/admin/otlp_stop", body).status());
    assertEquals(
        "413 payload_too_large: the body is larger than 1048576 bytes",
        rig.post("/admin/otlp_stop", body + " ").error());
  }

  @Test
  void theConfiguration_isShown_withItsOrigins() throws Exception {
    Reply reply = rig.get("/admin/config");
    JsonNode reserve = null;
    for (JsonNode value : reply.json()) {
      assertEquals(List.of("key", "value", "origin"), new Reply(200, value).keys());
      if (value.get("key").asText().equals("spool.disk_reserve")) {
        reserve = value;
      }
    }
    assertEquals(
        "{\"key\":\"spool.disk_reserve\",\"value\":\"64MiB\",\"origin\":\"environment"
            + " DUCKSPOOL_SPOOL_DISK_RESERVE\"}",
        String.valueOf(reserve));
  }

  @Test
  void theList_hasEveryKey_inOrder_withTheWriterAndWithout() throws Exception {
    FakeWriter writer = rig.startWriter();
    ListenUri uri = new ListenUri("localhost", FreePort.take());
    String token = rig.serve(uri).text("auth_token");
    String spoolId = rig.file(uri).spoolId();
    for (int i = 0; i < 3; i++) {
      assertEquals(202, ControlRig.postLog("127.0.0.1", uri.port(), token));
    }
    assertEquals(401, ControlRig.postLog("127.0.0.1", uri.port(), "wrong"));
    writer.setPipeline(
        new AdminApi.PipelineStatus(
            spoolId,
            uri.toString(),
            "running",
            "1-2",
            2,
            1,
            99,
            1,
            1,
            77,
            5L,
            6L,
            7,
            8,
            true,
            "the last seal failed",
            "broken",
            9,
            10,
            11L,
            "no checkpoint",
            12));

    JsonNode row = rig.row();
    String head = row.get("head_index").asText();
    String expected =
        """
        {"listen_uri":"%s","listen_url":"http://localhost:%d","host":"localhost","port":%d,\
        "catalog_name":"","schema_name":"main","active_requests":0,"total_requests":4,\
        "total_rows":3,"buffered_rows":1,"admitted_bytes":%d,"buffered_bytes":77,\
        "seal_target_bytes":67108864,"seal_max_age_ms":5000,"oldest_buffered_age_ms":%s,\
        "last_seal_age_ms":6,"seals_total":7,"committed_rows_total":1,"seal_failures_total":8,\
        "is_listening":true,"last_error":"broken","seal_last_error":"the last seal failed",\
        "maintenance_runs_total":9,"maintenance_failures_total":10,"last_maintenance_age_ms":11,\
        "maintenance_last_error":"no checkpoint","promoted_columns_total":12,"spool_id":"%s",\
        "spool_bytes":%s,"head_index":"%s","durable_index":"%s","committed_index":"1-2",\
        "quarantined_rows_total":1,"writer_connected":true}\
        """
            .formatted(
                uri,
                uri.port(),
                uri.port(),
                3 * TestServer.ONE_LOG.length,
                row.get("oldest_buffered_age_ms"),
                spoolId,
                row.get("spool_bytes"),
                head,
                head);
    assertEquals(expected, row.toString());
    assertTrue(row.get("oldest_buffered_age_ms").isIntegralNumber());
    assertTrue(row.get("spool_bytes").asLong() > 0);
    assertTrue(head.matches("[0-9]+-4"), head);

    SpoolIndex next = new SpoolIndex(SpoolIndex.parse(head).segment(), 3);
    CheckpointFile.committed(rig.folder(uri).path(), true)
        .publish(new CommittedMark(new SpoolPosition(next, 2, 2, 99), 7, 1));
    rig.stopWriter();
    rig.stop();
    rig.start();
    JsonNode away = rig.row();
    assertEquals(new Reply(200, row).keys(), new Reply(200, away).keys());
    assertEquals("false", away.get("writer_connected").toString());
    assertEquals(next.toString(), away.get("committed_index").asText());
    assertEquals(3, away.get("total_rows").asLong());
    assertEquals(1, away.get("quarantined_rows_total").asLong());
    assertEquals(1, away.get("committed_rows_total").asLong());
    assertEquals(1, away.get("buffered_rows").asLong());
    for (String nullable :
        List.of("last_seal_age_ms", "seal_last_error", "last_maintenance_age_ms", "last_error")) {
      assertTrue(away.get(nullable).isNull(), nullable);
    }
  }

  @Test
  void aDeclaredServer_thatWaits_isListed_withItsError() throws Exception {
    rig.stop();
    ListenUri uri = new ListenUri("127.0.0.1", FreePort.take());
    rig.environment.put("DUCKSPOOL_SERVERS_0_URI", uri.toString());
    rig.start();
    TestServer.await(
        "it says what it waits for",
        () -> {
          try {
            return rig.row().get("last_error").asText().startsWith("the writer doesn't answer");
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    assertEquals("false", rig.row().get("is_listening").toString());
    FakeWriter writer = rig.startWriter();
    writer.refuse("no such schema");
    TestServer.await("it is refused", () -> ready().contains("target_refused"));
    assertEquals("no such schema", rig.row().get("last_error").asText());
    writer.accept();
    TestServer.await("it is ready", () -> ready().equals("{\"status\":\"ready\"}"));
    assertTrue(rig.row().get("last_error").isNull());
    assertEquals("true", rig.row().get("is_listening").toString());
  }

  private String ready() {
    try {
      return raw("GET /readyz HTTP/1.1\r\nHost: localhost").text();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void theSeals_areThoseOfTheWriter_whichMustBeThere() throws Exception {
    assertEquals(
        "503 unavailable: the writer doesn't answer on 127.0.0.1:" + rig.writerPort,
        rig.get("/admin/otlp_seal_list").error());
    FakeWriter writer = rig.startWriter();
    assertEquals("[]", rig.get("/admin/otlp_seal_list").json().toString());
    writer.setSeals(
        List.of(
            new AdminApi.SealRow(
                "otlp:localhost:1",
                "ab",
                3,
                "age",
                "2026-01-01T00:00:00Z",
                1,
                2,
                3,
                4,
                5,
                6,
                7,
                8,
                "1-1",
                "1-6",
                "committed",
                null)));
    assertEquals(
        "[{\"listen_uri\":\"otlp:localhost:1\",\"spool_id\":\"ab\",\"seal_id\":3,\"trigger\":\"age\","
            + "\"started_at\":\"2026-01-01T00:00:00Z\",\"duration_ms\":1,\"decode_duration_ms\":2,"
            + "\"append_duration_ms\":3,\"commit_duration_ms\":4,\"entries\":5,\"rows\":6,\"bytes\":7,"
            + "\"quarantined\":8,\"first_index\":\"1-1\",\"next_index\":\"1-6\","
            + "\"status\":\"committed\",\"error\":null}]",
        rig.get("/admin/otlp_seal_list").json().toString());
  }

  @Test
  void metrics_countRequestsRowsAndBytes_byServer() throws Exception {
    rig.startWriter();
    ListenUri uri = new ListenUri("127.0.0.1", FreePort.take());
    String token = rig.serve(uri).text("auth_token");
    assertEquals(202, ControlRig.postLog("127.0.0.1", uri.port(), token));
    assertEquals(202, ControlRig.postLog("127.0.0.1", uri.port(), token));
    assertEquals(401, ControlRig.postLog("127.0.0.1", uri.port(), "wrong"));
    String page = rig.text("/metrics");
    String server = "{server=\"" + uri + "\"}";
    for (String line :
        List.of(
            "# TYPE duckspool_receiver_requests_total counter",
            "duckspool_receiver_requests_total{server=\""
                + uri
                + "\",signal=\"logs\",status=\"202\"} 2.0",
            "duckspool_receiver_requests_total{server=\""
                + uri
                + "\",signal=\"logs\",status=\"401\"} 1.0",
            "duckspool_receiver_accepted_rows_total" + server + " 2.0",
            "duckspool_receiver_committed_rows_total" + server + " 0.0",
            "# TYPE duckspool_receiver_quarantined_rows gauge",
            "duckspool_receiver_quarantined_rows" + server + " 0.0",
            "duckspool_receiver_backlog_rows" + server + " 2.0",
            "duckspool_receiver_admitted_bytes" + server + " " + 2.0 * TestServer.ONE_LOG.length,
            "duckspool_receiver_active_requests" + server + " 0.0",
            "duckspool_receiver_listening" + server + " 1.0",
            "duckspool_receiver_in_flight_bytes 0.0",
            "duckspool_receiver_max_in_flight_bytes 5.36870912E8",
            "# TYPE duckspool_receiver_spool_bytes gauge",
            "# TYPE duckspool_receiver_lag_seconds gauge",
            "# TYPE duckspool_receiver_writer_connected gauge",
            "# TYPE jvm_memory_used_bytes gauge")) {
      assertTrue(page.contains(line + "\n"), () -> line + " is not in\n" + page);
    }
  }

  @Test
  void callsThatWait_holdUpNoList_andOneTooManyIsTold() throws Exception {
    FakeWriter writer = rig.startWriter();
    ListenUri uri = new ListenUri("127.0.0.1", FreePort.take());
    assertEquals(200, rig.serve(uri).status());
    CountDownLatch goOn = new CountDownLatch(1);
    writer.answerSeals(
        request -> {
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return new AdminApi.Sealed("sealed", 0, 1, null);
        });
    List<CompletableFuture<Integer>> flushes = new ArrayList<>();
    for (int i = 0; i < ControlCalls.MAX_WAITING; i++) {
      flushes.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return flush(uri).status();
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              },
              task -> new Thread(task).start()));
    }
    TestServer.await("all wait", () -> writer.seals().size() == ControlCalls.MAX_WAITING);
    assertEquals(200, rig.get("/admin/otlp_server_list").status());
    assertEquals(200, rig.get("/healthz").status());
    assertEquals("503 unavailable: too many calls wait for an answer already", flush(uri).error());
    goOn.countDown();
    for (CompletableFuture<Integer> flush : flushes) {
      assertEquals(200, flush.get());
    }
  }

  private Reply flush(ListenUri uri) throws IOException, InterruptedException {
    return rig.post("/admin/otlp_flush", Map.of("uri", uri.toString()));
  }
}
