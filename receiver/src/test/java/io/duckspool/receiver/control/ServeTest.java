package io.duckspool.receiver.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.FakeWriter;
import io.duckspool.receiver.control.ControlRig.Reply;
import io.duckspool.receiver.http.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The call otlp_serve over real HTTP, with real spools. */
class ServeTest {

  @TempDir Path temp;
  private ControlRig rig;
  private FakeWriter writer;
  private ListenUri uri;

  @BeforeEach
  void start() throws Exception {
    rig = new ControlRig(temp).start();
    writer = rig.startWriter();
    uri = new ListenUri("localhost", FreePort.take());
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private Reply serve(Map<String, ?> parameters) throws Exception {
    return rig.post("/admin/otlp_serve", parameters);
  }

  private void assertNothingIsLeft() throws IOException {
    assertEquals(List.of(), rig.leftBehind());
    assertTrue(ControlRig.isFree("127.0.0.1", uri.port()));
    assertTrue(ControlRig.isFree("::1", uri.port()));
  }

  @Test
  void aNewServer_repliesWithEveryKey_inOrder_andTakesRequests() throws Exception {
    Reply reply = rig.serve(uri);
    assertEquals(200, reply.status(), reply.json().toString());
    assertEquals(
        List.of(
            "listen_uri",
            "listen_url",
            "auth_token",
            "schema_name",
            "logs_table",
            "traces_table",
            "metrics_gauge_table",
            "metrics_sum_table",
            "metrics_histogram_table",
            "metrics_exp_histogram_table",
            "metrics_summary_table",
            "catalog_name"),
        reply.keys());
    reply.json().forEach(value -> assertTrue(value.isTextual(), reply.json().toString()));
    assertEquals(uri.toString(), reply.text("listen_uri"));
    assertEquals("http://localhost:" + uri.port(), reply.text("listen_url"));
    assertTrue(reply.text("auth_token").matches("[0-9a-f]{32}"));
    assertEquals("main", reply.text("schema_name"));
    assertEquals("otlp_logs", reply.text("logs_table"));
    assertEquals("otlp_traces", reply.text("traces_table"));
    assertEquals("otlp_metrics_gauge", reply.text("metrics_gauge_table"));
    assertEquals("otlp_metrics_sum", reply.text("metrics_sum_table"));
    assertEquals("otlp_metrics_histogram", reply.text("metrics_histogram_table"));
    assertEquals("otlp_metrics_exp_histogram", reply.text("metrics_exp_histogram_table"));
    assertEquals("otlp_metrics_summary", reply.text("metrics_summary_table"));
    assertEquals("", reply.text("catalog_name"));

    assertEquals(202, ControlRig.postLog("127.0.0.1", uri.port(), reply.text("auth_token")));
    assertEquals(202, ControlRig.postLog("::1", uri.port(), reply.text("auth_token")));
    assertEquals(401, ControlRig.postLog("::1", uri.port(), "0".repeat(32)));
    ServerFile file = rig.file(uri);
    assertEquals(ServerState.SERVING, file.state());
    assertFalse(file.declared());
    assertTrue(file.firstIndex() > 0);
    assertEquals(file.spoolId(), writer.prepared().get(0).spoolId());
    assertEquals(reply.text("auth_token"), Files.readString(rig.folder(uri).tokenFile()).strip());
  }

  /** Each parameter at its bound, as it stands in the server file. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "catalog | \"lake\"",
        "schema | \"x\"",
        "token | \"0123456789abcdef\"",
        "disable_auth | true",
        "parquet_export_path | \"s3://bucket/prefix\"",
        "create_tables | false",
        "allow_other_hostname | true",
        "max_body_bytes | 1",
        "max_body_bytes | 268435456",
        "http_threads | 1",
        "max_buffered_bytes | 16777216",
        "seal_target_bytes | 1",
        "seal_max_age_ms | 1",
        "target_file_size | 1",
        "maintenance_retention_ms | 1",
        "response_mode | \"otlp\"",
      })
  void eachParameter_atItsBound_isRemembered(String name, String value) throws Exception {
    Reply reply =
        rig.post("/admin/otlp_serve", "{\"uri\":\"" + uri + "\",\"" + name + "\":" + value + "}");
    assertEquals(200, reply.status(), reply.json().toString());
    JsonNode file = ControlRig.JSON.readTree(Files.readAllBytes(rig.folder(uri).serverFile()));
    assertEquals(ControlRig.JSON.readTree(value), file.get(name));
  }

  @Test
  void whatIsWrong_isNamed_beforeAnythingIsMade() throws Exception {
    for (Map.Entry<String, String> one :
        Map.of(
                "{\"token\":\"0123456789abcde\"}",
                "parameter \"token\" at least 16 characters, got 15",
                "{\"max_body_bytes\":0}",
                "parameter \"max_body_bytes\" must be 1 to 256MiB, got 0",
                "{\"max_body_bytes\":268435457}",
                "parameter \"max_body_bytes\" must be 1 to 256MiB, got 268435457",
                "{\"schema\":\"\"}",
                "parameter \"schema\" must not be empty",
                "{\"http_threads\":\"4\"}",
                "parameter \"http_threads\" must be an integer, got \"4\"",
                "{\"catalog\":\"c\",\"parquet_export_path\":\"p\"}",
                "parameter \"parquet_export_path\" can't be given together with catalog",
                "{\"promote_resource_attributes\":\"a.b,a-b\"}",
                "parameter \"promote_resource_attributes\" \"a.b\" and \"a-b\" would share one"
                    + " column, ..._attr_a_b",
                "[]",
                "the body must be a JSON object")
            .entrySet()) {
      Reply reply = rig.post("/admin/otlp_serve", one.getKey());
      assertEquals("400 bad_request: " + one.getValue(), reply.error());
    }
    Reply unknown = rig.post("/admin/otlp_serve", "{\"ury\":\"x\"}");
    assertTrue(
        unknown.error().startsWith("400 bad_request: unknown parameter \"ury\", known are uri, "),
        unknown.error());
    assertNothingIsLeft();
    assertEquals(List.of(), writer.prepared());
  }

  @Test
  void aTokenOfItsOwn_orNone() throws Exception {
    Reply reply = serve(Map.of("uri", uri.toString(), "token", "0123456789abcdef"));
    assertEquals("0123456789abcdef", reply.text("auth_token"));
    ListenUri open = new ListenUri("127.0.0.1", FreePort.take());
    Reply without = serve(Map.of("uri", open.toString(), "disable_auth", true, "token", "ignored"));
    assertEquals("", without.text("auth_token"));
    assertEquals(202, ControlRig.postLog("127.0.0.1", open.port(), "anything"));
    assertFalse(Files.exists(rig.folder(open).tokenFile()));
  }

  @Test
  void theSameUri_inAnyForm_isThereOnce() throws Exception {
    assertEquals(200, rig.serve(uri).status());
    for (String form :
        List.of("otlp://LOCALHOST:" + uri.port(), " otlp::" + uri.port() + " ", uri.toString())) {
      assertEquals("409 conflict: OTLP server already exists", serve(Map.of("uri", form)).error());
    }
  }

  @Test
  void twoCallsAtOnce_makeOneServer() throws Exception {
    List<CompletableFuture<Integer>> calls =
        java.util.stream.Stream.generate(
                () ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return rig.serve(uri).status();
                          } catch (IOException | InterruptedException e) {
                            throw new IllegalStateException(e);
                          }
                        },
                        task -> new Thread(task).start()))
            .limit(4)
            .toList();
    List<Integer> statuses = calls.stream().map(CompletableFuture::join).sorted().toList();
    assertEquals(List.of(200, 409, 409, 409), statuses);
  }

  @Test
  void twoServers_ofOneReceiver_haveTheirOwnSchema_andSpool_oneOnIpv6() throws Exception {
    ListenUri v6 = new ListenUri("::1", FreePort.take());
    Reply one = serve(Map.of("uri", uri.toString(), "schema", "one"));
    Reply two = serve(Map.of("uri", "otlp://[0:0:0::1]:" + v6.port(), "schema", "two"));
    assertEquals("one", one.text("schema_name"));
    assertEquals("two", two.text("schema_name"));
    assertEquals("otlp:[::1]:" + v6.port(), two.text("listen_uri"));
    assertEquals("http://[::1]:" + v6.port(), two.text("listen_url"));
    assertEquals(202, ControlRig.postLog("::1", v6.port(), two.text("auth_token")));
    assertEquals(401, ControlRig.postLog("::1", v6.port(), one.text("auth_token")));
    assertEquals(-1, ControlRig.postLog("127.0.0.1", v6.port(), two.text("auth_token")));
    assertNotEquals(rig.file(uri).spoolId(), rig.file(v6).spoolId());
    JsonNode rows = rig.get("/admin/otlp_server_list").json();
    assertEquals(2, rows.size());
    assertEquals(1, rows.findValues("total_rows").stream().filter(n -> n.asLong() == 1).count());
  }

  @Test
  void anotherHostname_isRefused_beforeASocketIsBound() throws Exception {
    String other = "otlp:127.0.0.2:" + uri.port();
    assertEquals(
        "400 bad_request: parameter \"uri\" listens on 127.0.0.2, which is not localhost: that"
            + " needs allow_other_hostname: true",
        serve(Map.of("uri", other)).error());
    assertTrue(ControlRig.isFree("127.0.0.2", uri.port()));
    assertNothingIsLeft();

    Reply allowed = serve(Map.of("uri", other, "allow_other_hostname", true));
    assertEquals(other, allowed.text("listen_uri"));
    assertEquals(202, ControlRig.postLog("127.0.0.2", uri.port(), allowed.text("auth_token")));
  }

  @Test
  void aTakenPort_isNamed_andNothingIsLeftBehind() throws Exception {
    try (ServerSocket taken = new ServerSocket(uri.port(), 1, InetAddress.getByName("::1"))) {
      Reply reply = rig.serve(uri);
      assertEquals(409, reply.status());
      assertTrue(
          reply
              .error()
              .matches("409 conflict: can't listen on .* port " + uri.port() + ": .*in use.*"),
          reply.error());
      assertEquals(uri.port(), taken.getLocalPort());
    }
    assertEquals(List.of(), writer.prepared());
    assertNothingIsLeft();
    assertEquals(200, rig.serve(uri).status());
  }

  @Test
  void withoutTheWriter_thereIsNoNewServer() throws Exception {
    rig.stopWriter();
    assertEquals(
        "503 unavailable: the writer doesn't answer on 127.0.0.1:" + rig.writerPort,
        rig.serve(uri).error());
    assertNothingIsLeft();
    rig.startWriter();
    assertEquals(200, rig.serve(uri).status());
  }

  @Test
  void aRefusedTarget_isSaidInTheWritersWords_andNothingIsLeftBehind() throws Exception {
    writer.refuse("table otlp_logs: column body is INTEGER, expected VARCHAR");
    assertEquals(
        "400 bad_request: table otlp_logs: column body is INTEGER, expected VARCHAR",
        rig.serve(uri).error());
    assertNothingIsLeft();
  }

  @Test
  void whereTheLedgerMayHaveBeenMade_theWriterRemovesIt() throws Exception {
    writer.refuse(503, "unavailable", "the target doesn't answer");
    writer.onPrepare(
        () -> assertEquals(ServerState.PREPARING, unchecked(() -> rig.file(uri)).state()));
    assertEquals("503 unavailable: the writer: the target doesn't answer", rig.serve(uri).error());
    assertNothingIsLeft();
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private static <T> T unchecked(Reading<T> reading) {
    try {
      return reading.read();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void whoConnectsTooEarly_waits_andIsServed() throws Exception {
    CompletableFuture<Integer> early = new CompletableFuture<>();
    writer.onPrepare(
        () ->
            new Thread(
                    () ->
                        early.complete(
                            ControlRig.postLog("127.0.0.1", uri.port(), "0123456789abcdef")))
                .start());
    assertEquals(200, serve(Map.of("uri", uri.toString(), "token", "0123456789abcdef")).status());
    assertEquals(202, early.get());
  }

  @Test
  void aServer_isRemembered_overARestart_withoutTheWriter() throws Exception {
    String token = rig.serve(uri).text("auth_token");
    ServerFile before = rig.file(uri);
    rig.stop();
    assertTrue(ControlRig.isFree("127.0.0.1", uri.port()));
    rig.stopWriter();
    rig.start();
    TestServer.await(
        "it serves again", () -> ControlRig.postLog("127.0.0.1", uri.port(), token) == 202);
    assertEquals(before, rig.file(uri));
  }

  @Test
  void aServerThatWasNeverServed_isRemovedAtTheStart_itsLedgerByTheWriter() throws Exception {
    ServerFile made = served();
    rig.stop();
    ServerFile asked = made.with(ServerState.PREPARING);
    asked.write(rig.folder(uri));
    ListenUri other = new ListenUri("localhost", FreePort.take());
    ServerConfig config = made.config().withUri(other.toString());
    AtomicFile.createFolder(rig.folder(other).path());
    new ServerFile(
            ServerState.PREPARING, "f".repeat(32), 0, made.runId(), made.createdAt(), false, config)
        .write(rig.folder(other));
    rig.stopWriter();

    rig.start();
    assertEquals(List.of(uri.folderName()), rig.leftBehind());
    assertEquals(ServerState.DRAINED, rig.file(uri).state());
    assertTrue(rig.get("/admin/otlp_server_list").json().isEmpty());
    rig.startWriter();
    Reply again = rig.serve(uri);
    assertEquals(200, again.status(), again.json().toString());
    assertNotEquals(made.spoolId(), rig.file(uri).spoolId());
  }

  private ServerFile served() throws Exception {
    assertEquals(200, rig.serve(uri).status());
    return rig.file(uri);
  }
}
