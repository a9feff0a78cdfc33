package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.server.DataFolder;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds {@code docs/openapi.yaml} against the real endpoints, in both directions. */
@Tag("e2e")
final class OpenApiIT {

  /** A call that succeeds only in a state that other tests bring about; here it is refused. */
  private static final Set<String> REFUSED_HERE = Set.of(AdminApi.LEDGER);

  private static final Map<String, Class<?>> RECORDS =
      Map.ofEntries(
          Map.entry("Served", AdminApi.Served.class),
          Map.entry("Flushed", AdminApi.Flushed.class),
          Map.entry("ServerRow", AdminApi.ServerRow.class),
          Map.entry("SealRow", AdminApi.SealRow.class),
          Map.entry("PipelineStatus", AdminApi.PipelineStatus.class),
          Map.entry("Replayed", AdminApi.Replayed.class),
          Map.entry("Discarded", AdminApi.Discarded.class),
          Map.entry("LedgerSet", AdminApi.LedgerSet.class),
          Map.entry("Sealed", AdminApi.Sealed.class),
          Map.entry("QuarantineReplayed", AdminApi.QuarantineReplayed.class),
          Map.entry("QuarantineFailure", AdminApi.QuarantineFailure.class),
          Map.entry("QuarantineDropped", AdminApi.QuarantineDropped.class),
          Map.entry("Verified", AdminApi.Verified.class));

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Set<String> succeeded = new TreeSet<>();
  private final OpenApiDocument document;
  private Rig rig;

  @TempDir Path folder;

  OpenApiIT() throws IOException {
    document = OpenApiDocument.read();
  }

  @Test
  void theDocument_namesEveryPath_andTheKeysInTheirOrder() throws ReflectiveOperationException {
    Set<String> constants = new TreeSet<>(Set.of("/healthz", "/readyz"));
    for (Field field : AdminApi.class.getFields()) {
      if (field.getType() == String.class) {
        constants.add((String) field.get(null));
      }
    }
    assertEquals(constants, document.paths());
    RECORDS.forEach(
        (schema, type) ->
            assertEquals(
                Arrays.stream(type.getRecordComponents())
                    .map(RecordComponent::getName)
                    .map(name -> name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT))
                    .toList(),
                document.keys(schema),
                schema));
  }

  @Test
  void theEndpoints_answerAsTheDocumentSays() throws Exception {
    try (Rig started = Rig.in(folder).startWithoutServers()) {
      rig = started;
      String uri = "otlp:127.0.0.1:" + rig.port();
      String byUri = "{\"uri\":\"" + uri + "\"}";
      String serve = "{\"uri\":\"" + uri + "\",\"token\":\"" + Rig.TOKEN + "\"}";
      for (String path : List.of(AdminApi.CONFIG, AdminApi.METRICS, "/healthz", "/readyz")) {
        call(path, "", 200);
      }
      call(AdminApi.SERVE, serve, 200);
      call(AdminApi.SERVE, serve, 409);
      send();
      call(AdminApi.FLUSH, byUri, 200);
      call(AdminApi.SERVER_LIST, "", 200);
      call(AdminApi.SEAL_LIST, "", 200);
      call(AdminApi.SEALS, "", 200);
      String pipelines = call(AdminApi.PIPELINES, "", 200);
      String spoolId = new ObjectMapper().readTree(pipelines).get(0).get("spool_id").asText();
      String index = new ObjectMapper().readTree(pipelines).get(0).get("committed_index").asText();
      for (String format : List.of("json", "csv", "arrow")) {
        call(AdminApi.SQL, "{\"sql\":\"SELECT 1 AS one\",\"format\":\"" + format + "\"}", 200);
      }
      call(
          AdminApi.SEAL,
          "{\"spool_id\":\"%s\",\"index\":\"%s\",\"trigger\":\"flush\",\"timeout_ms\":1000}"
              .formatted(spoolId, index),
          200);
      call(AdminApi.VERIFY, byUri, 200);
      for (String path : List.of(AdminApi.QUARANTINE_REPLAY, AdminApi.QUARANTINE_DROP)) {
        call(path, "{\"uri\":\"%s\",\"spool_id\":null,\"indices\":[\"1-1\"]}".formatted(uri), 200);
        call(path, "{\"uri\":\"%s\",\"indices\":[\"one\"]}".formatted(uri), 400);
      }
      call(AdminApi.RELEASE, "{\"spool_id\":\"%s\"}".formatted(spoolId), 200);
      String server = new DataFolder(rig.data()).listServers().get(0).name();
      String ofServer = "{\"server\":\"%s\",\"spool_id\":\"%s\"}".formatted(server, spoolId);
      call(AdminApi.PREPARE, ofServer, 200);
      call(AdminApi.TAKE_UP, ofServer, 200);
      call(
          AdminApi.LEDGER,
          "{\"listen_uri\":\"%s\",\"next\":null,\"accept_gap\":false}".formatted(uri),
          400);
      call(AdminApi.PAUSE, byUri, 200);
      call(AdminApi.RESUME, byUri, 200);
      stopAndKeep(uri);
      call(AdminApi.REPLAY, "{\"uri\":\"" + uri + "\",\"schema\":\"elsewhere\"}", 200);
      Await.until(
          "replayed and removed",
          Rig.LIMIT,
          () -> new DataFolder(rig.data()).listServers().isEmpty(),
          rig::logs);
      call(AdminApi.SERVE, serve, 200);
      stopAndKeep(uri);
      call(AdminApi.DISCARD, byUri, 200);
      refusals();
      Set<String> expected = new TreeSet<>(document.paths());
      expected.removeAll(REFUSED_HERE);
      assertEquals(expected, succeeded);
      rig.stop();
    }
  }

  /** What every call does with strangers, and with bodies that are none. */
  private void refusals() throws IOException, InterruptedException {
    for (String path : document.paths()) {
      for (String url : document.servers(path)) {
        String post = document.method(path).equals("POST") ? "{}" : "";
        boolean isOpen = path.equals("/healthz") || path.equals("/readyz");
        assertReply(path, send(request(url, path, post), false), isOpen ? 200 : 401);
        HttpRequest.Builder foreign = request(url, path, post);
        assertReply(path, send(foreign.header("Origin", "http://attacker.example"), true), 403);
        if (post.isEmpty()) {
          continue;
        }
        HttpRequest.Builder form = request(url, path, post).setHeader("Content-Type", "text/plain");
        assertReply(path, send(form, true), 415);
        HttpRequest.Builder large = post(url, path, " ".repeat((1 << 20) - 1) + "{}");
        assertReply(path, send(large, true), 413);
        for (String wrong : List.of("{\"no_such_parameter\":1}", "[]", "{", "\"x\"", "")) {
          HttpResponse<byte[]> reply = send(post(url, path, wrong), true);
          assertReply(path, reply, 400);
        }
      }
    }
  }

  private void stopAndKeep(String uri) throws IOException, InterruptedException {
    call(AdminApi.PAUSE, "{\"uri\":\"" + uri + "\"}", 200);
    send();
    String reply = call(AdminApi.STOP, "{\"uri\":\"" + uri + "\",\"timeout_ms\":500}", 200);
    assertTrue(reply.contains("\"pending_rows\":1"), reply);
  }

  private void send() throws IOException {
    assertEquals(true, rig.isAccepted("x"));
  }

  /** Calls a path on every port that has it; the body of the last reply. */
  private String call(String path, String body, int status)
      throws IOException, InterruptedException {
    String last = "";
    for (String url : document.servers(path)) {
      if (!body.isEmpty()) {
        assertEquals(List.of(), document.requestFaults(path, body), path);
      }
      HttpResponse<byte[]> reply = send(request(url, path, body), true);
      last = assertReply(path, reply, status);
    }
    if (status == 200) {
      succeeded.add(path);
    }
    return last;
  }

  private String assertReply(String path, HttpResponse<byte[]> reply, int status) {
    String body = new String(reply.body(), StandardCharsets.UTF_8);
    Optional<String> type = reply.headers().firstValue("Content-Type");
    assertEquals(status, reply.statusCode(), () -> reply.request() + " " + body);
    assertEquals(
        List.of(),
        document.replyFaults(path, status, type, body),
        () -> reply.request() + " " + body);
    return body;
  }

  private HttpRequest.Builder request(String url, String path, String body) {
    return body.isEmpty() ? HttpRequest.newBuilder(on(url, path)).GET() : post(url, path, body);
  }

  private HttpRequest.Builder post(String url, String path, String body) {
    return HttpRequest.newBuilder(on(url, path))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  private URI on(String url, String path) {
    int port = url.endsWith(":4319") ? rig.receiverControlPort() : rig.writerControlPort();
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request, boolean withToken)
      throws IOException, InterruptedException {
    if (withToken) {
      String token = Files.readString(rig.data().resolve("control.token")).strip();
      request.header("Authorization", "Bearer " + token);
    }
    return http.send(request.timeout(Rig.LIMIT).build(), HttpResponse.BodyHandlers.ofByteArray());
  }
}
