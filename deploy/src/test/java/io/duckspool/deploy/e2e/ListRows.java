package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicNode;

/** The rows of contract 2.4 and 2.5: the lists of servers and of seals. */
final class ListRows {

  static final Map<String, String> SERVER_ROW =
      ReplyTypes.of(
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
      ReplyTypes.of(
          "listen_uri string, spool_id string, seal_id integer, trigger string, started_at string,"
              + " duration_ms integer, decode_duration_ms integer, append_duration_ms integer,"
              + " commit_duration_ms integer, entries integer, rows integer, bytes integer,"
              + " quarantined integer, first_index string, next_index string, status string,"
              + " error string?");

  private final Rig rig;
  private final Wire wire;

  ListRows(Rig rig) {
    this.rig = rig;
    this.wire = new Wire(rig);
  }

  Stream<DynamicNode> tests() {
    return Stream.of(
        ContractRow.test("list before the first event", this::listAtFirst),
        ContractRow.test("list after requests", this::listAfterRequests),
        ContractRow.test("list while rows wait", this::listWhileRowsWait),
        ContractRow.test("seals", this::seals));
  }

  private void listAtFirst() throws IOException {
    Wire.Served served = wire.serve("\"schema\":\"listed\",\"catalog\":\"lake\"");
    JsonNode row = wire.row(served.uri());
    ReplyTypes.assertTypes(SERVER_ROW, row);
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
    Wire.Served served = wire.serve(Wire.NO_AGE_SEAL);
    assertEquals(202, wire.sendLogs(served, 3).status());
    assertEquals(401, Wire.send(served.port(), "POST /v1/logs", List.of(), "").status());
    assertEquals(404, Wire.send(served.port(), "POST /v1/log", List.of(), "").status());
    wire.flush(served);
    JsonNode row = wire.row(served.uri());
    ReplyTypes.assertTypes(SERVER_ROW, row);
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
    Wire.Served served = wire.serve(Wire.NO_AGE_SEAL);
    wire.pause(served);
    Wire.Reply first = wire.sendLogs(served, 3);
    JsonNode row = wire.row(served.uri());
    ReplyTypes.assertTypes(SERVER_ROW, row);
    assertEquals(3, row.get("buffered_rows").asLong());
    assertEquals(0, row.get("committed_rows_total").asLong());
    assertEquals(Wire.logs(3).length(), row.get("admitted_bytes").asLong());
    assertTrue(row.get("oldest_buffered_age_ms").asLong(-1) >= 0);
    String index = first.headers().get("duckspool-index");
    assertEquals(start(index), row.get("committed_index").asText(), "where the spool begins");
    assertEquals(after(index), row.get("head_index").asText(), "after the last one");
    assertEquals(after(index), row.get("durable_index").asText());
    wire.resume(served);
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
    Wire.Served flushed = wire.serve(Wire.NO_AGE_SEAL);
    String firstIndex = wire.sendLogs(flushed, 3).headers().get("duckspool-index");
    wire.sendLogs(flushed, 2);
    wire.flush(flushed);
    wire.sendLogs(flushed, 1);
    wire.flush(flushed);
    List<JsonNode> seals = seals(flushed);
    seals.forEach(seal -> ReplyTypes.assertTypes(SEAL_ROW, seal));
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
    assertTrigger("size", "\"seal_target_bytes\":1," + Wire.NO_AGE_SEAL);
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
}
