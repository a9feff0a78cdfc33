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
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicNode;

/** The rows of contract 2.2 to 2.5: flush, stop, and both lists. */
final class LifecycleRows {

  /** The types of a reply, by its keys in their order; ? : may be null. */
  static final Map<String, String> FLUSHED =
      types("status string, sealed_rows integer, seals_total integer, error string?");

  static final Map<String, String> STOPPED =
      types("status string, pending_rows integer, error string");

  static final Map<String, String> SERVER_ROW =
      types(
          "listen_uri string, listen_url string, host string, port integer, catalog_name string,"
              + " schema_name string, active_requests integer, total_requests integer,"
              + " total_rows integer, buffered_rows integer, admitted_bytes integer,"
              + " buffered_bytes integer, seal_target_bytes integer, seal_max_age_ms integer,"
              + " oldest_buffered_age_ms integer?, last_seal_age_ms integer?, seals_total integer,"
              + " committed_rows_total integer, seal_failures_total integer, is_listening boolean,"
              + " last_error string?, seal_last_error string?, maintenance_runs_total integer,"
              + " maintenance_failures_total integer, last_maintenance_age_ms integer?,"
              + " maintenance_last_error string?, promoted_columns_total integer, spool_id string,"
              + " spool_bytes integer, head_index string, durable_index string,"
              + " committed_index string, quarantined_rows_total integer, writer_connected boolean");

  static final Map<String, String> SEAL_ROW =
      types(
          "listen_uri string, spool_id string, seal_id integer, trigger string, started_at string,"
              + " duration_ms integer, decode_duration_ms integer, append_duration_ms integer,"
              + " commit_duration_ms integer, entries integer, rows integer, bytes integer,"
              + " quarantined integer, first_index string, next_index string, status string,"
              + " error string?");

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

  /** Values of {@code timeout_ms} that are taken. */
  private static final List<String> TIMEOUTS =
      List.of("", "\"timeout_ms\":null", "\"timeout_ms\":1", "\"timeout_ms\":9223372036854775807");

  private final Rig rig;
  private final Wire wire;

  LifecycleRows(Rig rig) {
    this.rig = rig;
    this.wire = new Wire(rig);
  }

  private static Map<String, String> types(String text) {
    Map<String, String> types = new LinkedHashMap<>();
    for (String part : text.split(", ")) {
      types.put(part.split(" ")[0], part.split(" ")[1]);
    }
    return types;
  }

  Stream<DynamicNode> tests() {
    return Stream.of(
        dynamicContainer("flush", calls("otlp_flush")),
        dynamicContainer("stop", calls("otlp_stop")),
        dynamicContainer("replies", replies()));
  }

  private Stream<DynamicNode> calls(String call) {
    Stream<DynamicNode> refused =
        REFUSED
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
    Stream<DynamicNode> accepted =
        TIMEOUTS.stream()
            .map(
                timeout ->
                    ContractRow.test(
                        "takes " + timeout,
                        () -> {
                          Wire.Served served = wire.serve("");
                          Wire.Reply reply =
                              wire.post("/admin/" + call, Wire.body(served.uri(), timeout));
                          assertEquals(200, reply.status(), reply.body());
                          wire.stop(served.uri(), "");
                        }));
    return Stream.concat(refused, accepted);
  }

  private Stream<DynamicNode> replies() {
    return Stream.of(
        ContractRow.test("flush", this::flush),
        ContractRow.test("flush that fails", this::failedFlush),
        ContractRow.test("stop", this::stop),
        ContractRow.test("stop that keeps the spool", this::keptSpool),
        ContractRow.test("list before the first event", this::listAtFirst),
        ContractRow.test("list after requests", this::listAfterRequests),
        ContractRow.test("list while rows wait", this::listWhileRowsWait),
        ContractRow.test("seals", this::seals));
  }

  private void flush() throws IOException {
    Wire.Served served = wire.serve("");
    assertEquals(202, wire.sendLogs(served, 3).status());
    Wire.Reply reply = flush(served);
    assertTypes(FLUSHED, reply.json());
    assertEquals(
        "{\"status\":\"sealed\",\"sealed_rows\":3,\"seals_total\":1,\"error\":null}", reply.body());
    assertEquals(
        "{\"status\":\"sealed\",\"sealed_rows\":0,\"seals_total\":1,\"error\":null}",
        flush(served).body());
    wire.stop(served.uri(), "");
  }

  private void failedFlush() throws IOException {
    Wire.Served served = paused();
    assertEquals(202, wire.sendLogs(served, 2).status());
    Wire.Reply reply = flush(served);
    assertEquals(200, reply.status());
    assertTypes(FLUSHED, reply.json());
    assertEquals("error", reply.json().get("status").asText());
    assertEquals(0, reply.json().get("sealed_rows").asLong());
    assertEquals("paused by an operator, until it is resumed", reply.json().get("error").asText());
    resume(served);
    assertEquals(2, flush(served).json().get("sealed_rows").asLong());
    wire.stop(served.uri(), "");
  }

  private void stop() throws IOException {
    Wire.Served served = wire.serve("");
    assertEquals(202, wire.sendLogs(served, 3).status());
    assertEquals(
        "{\"status\":\"Stopped listening on " + served.uri() + "\"}",
        wire.stop(served.uri(), "").body());
    assertTrue(Wire.isFree(served.port()));
    assertEquals(
        "{\"status\":\"No server found listening on " + served.uri() + "\"}",
        wire.stop(served.uri(), "").body());
  }

  private void keptSpool() throws IOException {
    Wire.Served served = paused();
    assertEquals(202, wire.sendLogs(served, 2).status());
    Wire.Reply reply = wire.stop(served.uri(), "\"timeout_ms\":200");
    assertEquals(200, reply.status());
    assertTypes(STOPPED, reply.json());
    assertEquals("Stopped listening on " + served.uri(), reply.json().get("status").asText());
    assertEquals(2, reply.json().get("pending_rows").asLong());
    assertFalse(reply.json().get("error").asText().isBlank());
    assertTrue(Wire.isFree(served.port()));
    JsonNode row = wire.row(served.uri());
    assertEquals(false, row.get("is_listening").asBoolean());
    assertEquals(
        "409 conflict: %1$s has a kept spool with 2 rows for schema main of the default database, not schema other of the default database: serve it with that target, or give the rows another one with `duckspool spool replay %1$s`, or drop them with `duckspool spool discard --yes %1$s`"
            .formatted(served.uri()),
        wire.post("/admin/otlp_serve", Wire.body(served.uri(), "\"schema\":\"other\"")).error());
    Wire.Served again = wire.serve(served.uri(), "");
    assertEquals(row.get("spool_id"), wire.row(again.uri()).get("spool_id"));
    resume(again);
    assertEquals(2, flush(again).json().get("sealed_rows").asLong());
    wire.stop(served.uri(), "");
  }

  private void listAtFirst() throws IOException {
    Wire.Served served = wire.serve("\"schema\":\"listed\",\"catalog\":\"lake\"");
    JsonNode row = wire.row(served.uri());
    assertTypes(SERVER_ROW, row);
    Map<String, String> values = new LinkedHashMap<>();
    values.put("listen_url", "\"http://127.0.0.1:" + served.port() + "\"");
    values.put("host", "\"127.0.0.1\"");
    values.put("port", Integer.toString(served.port()));
    values.put("catalog_name", "\"lake\"");
    values.put("schema_name", "\"listed\"");
    values.put("seal_target_bytes", "67108864");
    values.put("seal_max_age_ms", "5000");
    values.put("is_listening", "true");
    values.put("writer_connected", "true");
    for (String zero :
        List.of(
            "active_requests",
            "total_requests",
            "total_rows",
            "buffered_rows",
            "admitted_bytes",
            "buffered_bytes",
            "seals_total",
            "committed_rows_total",
            "seal_failures_total",
            "maintenance_runs_total",
            "maintenance_failures_total",
            "promoted_columns_total",
            "quarantined_rows_total")) {
      values.put(zero, "0");
    }
    SERVER_ROW.forEach(
        (key, type) -> {
          if (type.endsWith("?")) {
            values.put(key, "null");
          }
        });
    values.forEach((key, value) -> assertEquals(value, row.get(key).toString(), key));
    wire.stop(served.uri(), "");
  }

  private void listAfterRequests() throws IOException {
    Wire.Served served = wire.serve("");
    assertEquals(202, wire.sendLogs(served, 3).status());
    assertEquals(401, Wire.send(served.port(), "POST /v1/logs", List.of(), "").status());
    assertEquals(404, Wire.send(served.port(), "POST /v1/log", List.of(), "").status());
    flush(served);
    JsonNode row = wire.row(served.uri());
    assertTypes(SERVER_ROW, row);
    assertEquals(2, row.get("total_requests").asLong(), "rejected ones too");
    assertEquals(3, row.get("total_rows").asLong());
    assertEquals(3, row.get("committed_rows_total").asLong());
    assertEquals(0, row.get("buffered_rows").asLong());
    assertEquals(0, row.get("admitted_bytes").asLong());
    assertEquals(1, row.get("seals_total").asLong());
    assertTrue(row.get("last_seal_age_ms").asLong(-1) >= 0);
    assertTrue(row.get("oldest_buffered_age_ms").isNull());
    assertTrue(row.get("spool_bytes").asLong() > 0);
    assertTrue(row.get("spool_id").asText().matches("[0-9a-f]{32}"));
    assertTrue(row.get("head_index").asText().matches("[0-9]+-[0-9]+"));
    assertEquals(row.get("head_index"), row.get("durable_index"));
    assertEquals(row.get("head_index"), row.get("committed_index"));
    wire.stop(served.uri(), "");
  }

  private void listWhileRowsWait() throws IOException {
    Wire.Served served = paused();
    Wire.Reply first = wire.sendLogs(served, 3);
    JsonNode row = wire.row(served.uri());
    assertTypes(SERVER_ROW, row);
    assertEquals(3, row.get("buffered_rows").asLong());
    assertEquals(0, row.get("committed_rows_total").asLong());
    assertEquals(Wire.logs(3).length(), row.get("admitted_bytes").asLong());
    assertTrue(row.get("oldest_buffered_age_ms").asLong(-1) >= 0);
    String index = first.headers().get("duckspool-index");
    assertEquals(start(index), row.get("committed_index").asText(), "where the spool begins");
    assertEquals(after(index), row.get("head_index").asText(), "after the last one");
    assertEquals(after(index), row.get("durable_index").asText());
    resume(served);
    wire.stop(served.uri(), "");
  }

  private static String start(String index) {
    return index.substring(0, index.indexOf('-')) + "-0";
  }

  private static String after(String index) {
    int dash = index.indexOf('-');
    return index.substring(0, dash + 1) + (Long.parseLong(index.substring(dash + 1)) + 1);
  }

  private void seals() throws IOException {
    Wire.Served flushed = wire.serve("");
    String firstIndex = wire.sendLogs(flushed, 3).headers().get("duckspool-index");
    wire.sendLogs(flushed, 2);
    flush(flushed);
    wire.sendLogs(flushed, 1);
    flush(flushed);
    List<JsonNode> seals = seals(flushed);
    seals.forEach(seal -> assertTypes(SEAL_ROW, seal));
    assertEquals(2, seals.size());
    JsonNode seal = seals.get(1);
    assertEquals(2, seal.get("entries").asLong(), "newest first");
    assertEquals(5, seal.get("rows").asLong());
    assertEquals(Wire.logs(3).length() + Wire.logs(2).length(), seal.get("bytes").asLong());
    assertEquals(0, seal.get("quarantined").asLong());
    assertEquals(start(firstIndex), seal.get("first_index").asText());
    assertEquals(after(after(firstIndex)), seal.get("next_index").asText());
    assertEquals("flush", seal.get("trigger").asText());
    assertEquals("committed", seal.get("status").asText());
    assertTrue(seal.get("error").isNull());
    assertEquals(wire.row(flushed.uri()).get("spool_id"), seal.get("spool_id"));
    assertTrue(seal.get("started_at").asText().endsWith("Z"));
    assertTrue(Instant.parse(seal.get("started_at").asText()).isBefore(Instant.now()));
    wire.stop(flushed.uri(), "");
    assertTrigger("size", "\"seal_target_bytes\":1,\"seal_max_age_ms\":3600000");
    assertTrigger("age", "\"seal_max_age_ms\":1");
  }

  private void assertTrigger(String trigger, String parameters) throws IOException {
    Wire.Served served = wire.serve(parameters);
    wire.sendLogs(served, 1);
    Await.until("sealed", Rig.LIMIT, () -> !seals(served).isEmpty(), rig::logs);
    assertEquals(trigger, seals(served).get(0).get("trigger").asText());
    wire.stop(served.uri(), "");
  }

  private List<JsonNode> seals(Wire.Served served) throws IOException {
    return StreamSupport.stream(wire.get("/admin/otlp_seal_list").json().spliterator(), false)
        .filter(seal -> seal.get("listen_uri").asText().equals(served.uri()))
        .toList();
  }

  private Wire.Reply flush(Wire.Served served) throws IOException {
    return wire.post("/admin/otlp_flush", Wire.body(served.uri(), ""));
  }

  private Wire.Served paused() throws IOException {
    Wire.Served served = wire.serve("");
    assertEquals(
        200,
        wire.post(rig.writerControlPort(), "/admin/pause", Wire.body(served.uri(), "")).status());
    return served;
  }

  private void resume(Wire.Served served) throws IOException {
    assertEquals(
        200,
        wire.post(rig.writerControlPort(), "/admin/resume", Wire.body(served.uri(), "")).status());
  }

  private static void assertTypes(Map<String, String> expected, JsonNode object) {
    assertEquals(new ArrayList<>(expected.keySet()), Wire.keys(object));
    expected.forEach(
        (key, type) -> {
          JsonNode value = object.get(key);
          String found =
              value.isTextual()
                  ? "string"
                  : value.isBoolean()
                      ? "boolean"
                      : value.isIntegralNumber() ? "integer" : value.toString();
          assertTrue(
              type.equals(found)
                  || type.equals(found + "?")
                  || (type.endsWith("?") && value.isNull()),
              key + " is " + value + ", expected " + type);
        });
  }

  /** What the calls say once the writer is stopped; the last rows of all. */
  Stream<DynamicNode> testsWithoutTheWriter() throws IOException {
    Wire.Served kept = wire.serve("\"schema\":\"kept\"");
    wire.sendLogs(kept, 1);
    flush(kept);
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
        ContractRow.test("flush", () -> assertEquals(away, flush(kept).error())),
        ContractRow.test(
            "seals", () -> assertEquals(away, wire.get("/admin/otlp_seal_list").error())),
        ContractRow.test(
            "list",
            () -> {
              JsonNode row = wire.row(kept.uri());
              assertTypes(SERVER_ROW, row);
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
