package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.net.FreePort;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** The rows of contract 2.2 and 2.3: flush and stop. */
final class LifecycleRows {

  static final Map<String, String> FLUSHED =
      ReplyTypes.of("status string, sealed_rows integer, seals_total integer, error string?");

  static final Map<String, String> STOPPED =
      ReplyTypes.of("status string, pending_rows integer, error string");

  /** Bodies of flush and stop, and why they are refused. */
  private static final String REFUSED =
      """
      {} | parameter "uri" is missing, expected uri, timeout_ms
      {"uri":null} | parameter "uri" is missing, expected uri, timeout_ms
      {"uri":4318} | parameter "uri" must be a string, got 4318
      {"uri":""} | parameter "uri" listen URI "": FORMS
      {"uri":"otlp:h","timeout_ms":0} | parameter "timeout_ms" must be > 0, got 0
      {"uri":"otlp:h","timeout_ms":-1} | parameter "timeout_ms" must be > 0, got -1
      {"uri":"otlp:h","timeout_ms":"1"} | parameter "timeout_ms" must be an integer, got "1"
      {"uri":"otlp:h","timeout_ms":1.5} | parameter "timeout_ms" must be an integer, got 1.5
      {"uri":"otlp:h","timeout_ms":true} | parameter "timeout_ms" must be an integer, got true
      {"uri":"otlp:h","timeout":1} | unknown parameter "timeout", known are uri, timeout_ms
      [] | the body must be a JSON object
      null | the body must be a JSON object, got null
      """;

  /** Values of {@code timeout_ms} that are long enough. */
  private static final List<String> LONG_TIMEOUTS =
      List.of("", "\"timeout_ms\":null", "\"timeout_ms\":9223372036854775807");

  private static final String SHORTEST_TIMEOUT = "\"timeout_ms\":1";

  private static final String PAUSED = "paused by an operator, until it is resumed";
  private static final String NOT_IN_TIME =
      "not committed in time; the spool is kept, and goes on draining";

  /** Why a paused server isn't committed within a millisecond: the wait may end at each step. */
  private static final Set<String> PAUSED_OR_LATE =
      Set.of(PAUSED, "not done within 1 ms", NOT_IN_TIME);

  /** Half of it comes faster than the minimum rate for minutes. */
  private static final int SLOW_BODY_BYTES = 1 << 20;

  private final Rig rig;
  private final Wire wire;

  LifecycleRows(Rig rig) {
    this.rig = rig;
    this.wire = new Wire(rig);
  }

  Stream<DynamicNode> tests() {
    return Stream.of(
        dynamicContainer("flush", calls("otlp_flush")),
        dynamicContainer("stop", calls("otlp_stop")),
        dynamicContainer("timeout_ms", timeouts()),
        dynamicContainer("replies", replies()));
  }

  private Stream<DynamicNode> calls(String call) {
    return REFUSED
        .lines()
        .map(line -> line.split(" \\| "))
        .map(
            row ->
                ContractRow.test(
                    row[0],
                    () ->
                        assertEquals(
                            "400 bad_request: " + row[1].replace("FORMS", UriRows.FORMS),
                            wire.post("/admin/" + call, row[0]).error())));
  }

  private Stream<DynamicNode> timeouts() {
    return Stream.concat(
        LONG_TIMEOUTS.stream()
            .flatMap(
                timeout ->
                    Stream.of(
                        ContractRow.test("flush with " + timeout, () -> flush(timeout)),
                        ContractRow.test("stop with " + timeout, () -> stop(timeout)))),
        Stream.of(
            ContractRow.test("flush with " + SHORTEST_TIMEOUT, this::shortestFlush),
            ContractRow.test("stop with " + SHORTEST_TIMEOUT, this::shortestStop)));
  }

  private Stream<DynamicNode> replies() {
    return Stream.of(
        ContractRow.test("flush of nothing", this::emptyFlush),
        ContractRow.test("flush that fails", this::failedFlush),
        ContractRow.test("stop of no server", this::stopTwice),
        ContractRow.test("stop while a request is under way", this::stopDuringRequest),
        ContractRow.test("stop that keeps the spool", this::keptSpool),
        ContractRow.test("stop that is late", this::lateStop),
        ContractRow.test("without the control token", this::withoutToken));
  }

  private void flush(String timeout) throws IOException {
    Wire.Served served = wire.serve(Wire.NO_AGE_SEAL);
    assertEquals(202, wire.sendLogs(served, 3).status());
    Wire.Reply reply = wire.flush(served, timeout);
    ReplyTypes.assertTypes(FLUSHED, reply.json());
    assertEquals(
        "{\"status\":\"sealed\",\"sealed_rows\":3,\"seals_total\":1,\"error\":null}", reply.body());
    wire.stop(served.uri(), "");
  }

  /** The seal of a stop is in no list, for the server is forgotten: its provenance is there. */
  private void stop(String timeout) throws Exception {
    Wire.Served served = wire.serve(Wire.NO_AGE_SEAL);
    String spoolId = wire.row(served.uri()).get("spool_id").asText();
    assertEquals(202, wire.sendLogs(served, 3).status());
    assertEquals(stopped(served), wire.stop(served.uri(), timeout).body());
    assertTrue(Wire.isFree(served.port()));
    assertEquals(
        "[{\"trigger\":\"stop\",\"rows_by_table\":\"{\\\"otlp_logs\\\":3}\"}]",
        rig.sql(
                "SELECT \"trigger\", rows_by_table FROM duckspool_seals WHERE spool_id = '"
                    + spoolId
                    + "'")
            .replaceAll("\\s", ""));
  }

  private static String stopped(Wire.Served served) {
    return "{\"status\":\"Stopped listening on " + served.uri() + "\"}";
  }

  private void shortestFlush() throws IOException {
    Wire.Served served = paused();
    assertEquals(202, wire.sendLogs(served, 2).status());
    JsonNode reply = wire.flush(served, SHORTEST_TIMEOUT).json();
    assertEquals("error", reply.get("status").asText());
    assertEquals(0, reply.get("sealed_rows").asLong());
    assertTrue(PAUSED_OR_LATE.contains(reply.get("error").asText()), reply::toString);
    wire.resume(served);
    wire.stop(served.uri(), "");
  }

  private void shortestStop() throws IOException {
    Wire.Served served = paused();
    assertEquals(202, wire.sendLogs(served, 2).status());
    String error = assertKept(served, wire.stop(served.uri(), SHORTEST_TIMEOUT));
    assertTrue(PAUSED_OR_LATE.contains(error), error);
    wire.resume(served);
    awaitForgotten(served);
  }

  /** The error of a stop that has freed the port and kept a spool with two rows. */
  private static String assertKept(Wire.Served served, Wire.Reply reply) throws IOException {
    assertEquals(200, reply.status(), reply.body());
    ReplyTypes.assertTypes(STOPPED, reply.json());
    assertEquals("Stopped listening on " + served.uri(), reply.json().get("status").asText());
    assertEquals(2, reply.json().get("pending_rows").asLong());
    assertTrue(Wire.isFree(served.port()));
    return reply.json().get("error").asText();
  }

  private void awaitForgotten(Wire.Served served) {
    Await.until("drained", Rig.LIMIT, () -> wire.find(served.uri()).isEmpty(), rig::logs);
  }

  private void emptyFlush() throws IOException {
    Wire.Served served = wire.serve("");
    assertEquals(
        "{\"status\":\"sealed\",\"sealed_rows\":0,\"seals_total\":0,\"error\":null}",
        wire.flush(served).body());
    wire.stop(served.uri(), "");
  }

  private void failedFlush() throws IOException {
    Wire.Served served = paused();
    assertEquals(202, wire.sendLogs(served, 2).status());
    Wire.Reply reply = wire.flush(served);
    assertEquals(200, reply.status());
    ReplyTypes.assertTypes(FLUSHED, reply.json());
    assertEquals("error", reply.json().get("status").asText());
    assertEquals(0, reply.json().get("sealed_rows").asLong());
    assertEquals(PAUSED, reply.json().get("error").asText());
    wire.resume(served);
    assertEquals(2, wire.flush(served).json().get("sealed_rows").asLong());
    wire.stop(served.uri(), "");
  }

  private void stopTwice() throws IOException {
    Wire.Served served = wire.serve("");
    assertEquals(stopped(served), wire.stop(served.uri(), "").body());
    assertEquals(
        "{\"status\":\"No server found listening on " + served.uri() + "\"}",
        wire.stop(served.uri(), "").body());
  }

  /** What is admitted is waited for; what isn't gets a 503. */
  private void stopDuringRequest() throws Exception {
    Wire.Served served = wire.serve(Wire.NO_AGE_SEAL);
    byte[] body = OtlpBodies.logOfSize(SLOW_BODY_BYTES);
    int half = body.length / 2;
    List<String> headers =
        List.of("x-api-key: " + served.token(), "Content-Type: application/json");
    try (Socket admitted = new Socket(Rig.HOST, served.port())) {
      OutputStream out = admitted.getOutputStream();
      out.write(
          OtlpBodies.utf8(Wire.head("POST /v1/logs", headers, "Content-Length: " + body.length)));
      out.write(body, 0, half);
      Await.until(
          "half a body is there",
          Rig.LIMIT,
          () -> wire.row(served.uri()).get("admitted_bytes").asLong() == half,
          rig::logs);
      CompletableFuture<Wire.Reply> stop = stopLater(served);
      Await.until(
          "it is stopping", Rig.LIMIT, () -> wire.sendLogs(served, 1).status() != 202, rig::logs);
      Wire.Reply refused = wire.sendLogs(served, 1);
      assertEquals("503 unavailable: the server is stopping", refused.error());
      assertTrue(refused.headers().containsKey("retry-after"), refused.headers()::toString);
      assertFalse(stop.isDone());
      out.write(body, half, body.length - half);
      out.flush();
      byte[] start = admitted.getInputStream().readNBytes("HTTP/1.1 202".length());
      assertEquals("HTTP/1.1 202", new String(start, StandardCharsets.UTF_8));
      assertEquals(stopped(served), stop.get(Rig.LIMIT.toSeconds(), TimeUnit.SECONDS).body());
    }
  }

  private CompletableFuture<Wire.Reply> stopLater(Wire.Served served) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return wire.stop(served.uri(), "");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> new Thread(task).start());
  }

  private void keptSpool() throws IOException {
    Wire.Served served = paused();
    assertEquals(202, wire.sendLogs(served, 2).status());
    assertEquals(PAUSED, assertKept(served, wire.stop(served.uri(), "")));
    JsonNode row = wire.row(served.uri());
    assertEquals(false, row.get("is_listening").asBoolean());
    assertEquals(
        "409 conflict: %1$s has a kept spool with 2 rows for schema main of the default database, not schema other of the default database: serve it with that target, or give the rows another one with `duckspool spool replay %1$s`, or drop them with `duckspool spool discard --yes %1$s`"
            .formatted(served.uri()),
        wire.post("/admin/otlp_serve", Wire.body(served.uri(), "\"schema\":\"other\"")).error());
    Wire.Served again = wire.serve(served.uri(), Wire.NO_AGE_SEAL);
    assertEquals(row.get("spool_id"), wire.row(again.uri()).get("spool_id"));
    wire.resume(again);
    assertEquals(2, wire.flush(again).json().get("sealed_rows").asLong());
    wire.stop(served.uri(), "");
  }

  /** The writer takes the call, and says nothing. */
  private void lateStop() throws IOException {
    Wire.Served served = wire.serve(Wire.NO_AGE_SEAL);
    rig.writer().pause();
    try {
      assertEquals(202, wire.sendLogs(served, 2).status());
      assertEquals(NOT_IN_TIME, assertKept(served, wire.stop(served.uri(), "\"timeout_ms\":200")));
    } finally {
      rig.writer().resume();
    }
    awaitForgotten(served);
    Await.until(
        "the receiver knows that the writer is there",
        Rig.LIMIT,
        () -> wire.row("otlp:127.0.0.1:" + rig.port()).get("writer_connected").asBoolean(),
        rig::logs);
  }

  private void withoutToken() throws IOException {
    for (String call : List.of("serve", "flush", "stop", "server_list", "seal_list")) {
      String method = call.endsWith("_list") ? "GET" : "POST";
      assertEquals(
          "401 unauthorized: the control token is missing or wrong",
          Wire.send(
                  rig.receiverControlPort(),
                  method + " /admin/otlp_" + call,
                  List.of("Content-Type: application/json"),
                  method.equals("GET") ? "" : "{}")
              .error(),
          call);
    }
  }

  private Wire.Served paused() throws IOException {
    Wire.Served served = wire.serve(Wire.NO_AGE_SEAL);
    wire.pause(served);
    return served;
  }

  /** What the calls say once the writer is stopped; the last rows of all. */
  Stream<DynamicNode> testsWithoutTheWriter() throws IOException {
    Wire.Served kept = wire.serve("\"schema\":\"kept\"");
    wire.sendLogs(kept, 1);
    wire.flush(kept);
    rig.stopWriter();
    wire.sendLogs(kept, 2);
    String away =
        "503 unavailable: the writer doesn't answer on 127.0.0.1:" + rig.writerControlPort();
    return Stream.of(
        ContractRow.test(
            "serve",
            () -> {
              int port = FreePort.take();
              String body = Wire.body("otlp:127.0.0.1:" + port, "");
              assertEquals(away, wire.post("/admin/otlp_serve", body).error());
              assertTrue(Wire.isFree(port));
            }),
        ContractRow.test("flush", () -> assertEquals(away, wire.flush(kept).error())),
        ContractRow.test(
            "seals", () -> assertEquals(away, wire.get("/admin/otlp_seal_list").error())),
        ContractRow.test(
            "list",
            () -> {
              JsonNode row = wire.row(kept.uri());
              ReplyTypes.assertTypes(ListRows.SERVER_ROW, row);
              assertEquals(false, row.get("writer_connected").asBoolean());
              assertEquals(2, row.get("buffered_rows").asLong());
              assertEquals(1, row.get("committed_rows_total").asLong());
            }),
        ContractRow.test(
            "stop",
            () ->
                assertEquals(
                    "{\"status\":\"Stopped listening on "
                        + kept.uri()
                        + "\",\"pending_rows\":2,\"error\":\"the writer doesn't answer on 127.0.0.1:"
                        + rig.writerControlPort()
                        + "; the spool is kept, and goes on draining with it\"}",
                    wire.stop(kept.uri(), "").body())));
  }
}
