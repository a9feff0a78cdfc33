package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerParameters;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.server.DataFolder;
import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** The rows of contract 2.1: every parameter of {@code otlp_serve}, and its reply. */
final class ServeRows {

  /** What a row shows of its parameter. */
  enum Kind {
    AT,
    UNDER,
    OVER,
    TYPE,
    RULE
  }

  /**
   * One row of a table below.
   *
   * @param given parameters, as they stand in the JSON object
   * @param expected a message, or what the server file then has
   */
  record Row(String parameter, Kind kind, String given, String expected) {

    String title() {
      return parameter + " " + kind + ": " + given;
    }
  }

  /** The keys of the reply, all of them strings. */
  static final List<String> REPLY =
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
          "catalog_name");

  /** Parameters and the message that refuses them, each a 400 {@code bad_request}. */
  private static final String REFUSED =
      """
      uri TYPE | "uri":4318 | parameter "uri" must be a string, got 4318
      uri TYPE | "uri":{} | parameter "uri" must be a string, got {}
      uri RULE | "uri":"otlp:0.0.0.0:PORT" | parameter "uri" listens on 0.0.0.0, which is not localhost: that needs allow_other_hostname: true
      catalog TYPE | "catalog":1 | parameter "catalog" must be a string, got 1
      catalog RULE | "catalog":"nowhere" | catalog nowhere is not attached: the catalogs of the configuration are frozen, lake
      catalog RULE | "catalog":"frozen" | catalog frozen is attached read-only, a target must be writable
      schema TYPE | "schema":false | parameter "schema" must be a string, got false
      schema UNDER | "schema":"" | parameter "schema" must not be empty
      schema UNDER | "schema":" " | parameter "schema" must not be empty
      schema RULE | "schema":"absent","create_tables":false | schema absent does not exist in catalog otlp, and create_tables is false
      token TYPE | "token":1234567890123456 | parameter "token" must be a string, got another type: number
      token UNDER | "token":"0123456789abcde" | parameter "token" at least 16 characters, got 15
      token UNDER | "token":"" | parameter "token" at least 16 characters, got 0
      disable_auth TYPE | "disable_auth":"true" | parameter "disable_auth" must be a boolean, got "true"
      disable_auth TYPE | "disable_auth":1 | parameter "disable_auth" must be a boolean, got 1
      parquet_export_path TYPE | "parquet_export_path":["p"] | parameter "parquet_export_path" must be a string, got ["p"]
      parquet_export_path UNDER | "parquet_export_path":"" | parameter "parquet_export_path" must not be empty
      parquet_export_path RULE | "parquet_export_path":"p","catalog":"lake" | parameter "parquet_export_path" can't be given together with catalog
      parquet_export_path RULE | "parquet_export_path":"gs://bucket/p" | parameter "parquet_export_path" a folder or s3://bucket/prefix, got "gs://bucket/p"
      create_tables TYPE | "create_tables":"false" | parameter "create_tables" must be a boolean, got "false"
      create_tables RULE | "create_tables":false,"schema":"lacking" | table lacking.otlp_metrics_summary does not exist, and create_tables is false
      create_tables RULE | "schema":"odd" | table odd.otlp_logs, column body: expected VARCHAR, found INTEGER; table odd.otlp_traces, column trace_id: expected VARCHAR, found no such column; table odd.duckspool_seals, column more: expected an extra column to be nullable or to have a default, found INTEGER NOT NULL
      create_tables RULE | "create_tables":false,"schema":"odd" | table odd.otlp_logs, column body: expected VARCHAR, found INTEGER; table odd.otlp_traces, column trace_id: expected VARCHAR, found no such column; table odd.duckspool_seals, column more: expected an extra column to be nullable or to have a default, found INTEGER NOT NULL
      allow_other_hostname TYPE | "allow_other_hostname":"yes" | parameter "allow_other_hostname" must be a boolean, got "yes"
      max_body_bytes TYPE | "max_body_bytes":"1" | parameter "max_body_bytes" must be an integer, got "1"
      max_body_bytes TYPE | "max_body_bytes":1.5 | parameter "max_body_bytes" must be an integer, got 1.5
      max_body_bytes UNDER | "max_body_bytes":0 | parameter "max_body_bytes" must be 1 to 256MiB, got 0
      max_body_bytes UNDER | "max_body_bytes":-1 | parameter "max_body_bytes" must be 1 to 256MiB, got -1
      max_body_bytes OVER | "max_body_bytes":268435457 | parameter "max_body_bytes" must be 1 to 256MiB, got 268435457
      max_body_bytes RULE | "max_body_bytes":268435456 | parameter "max_body_bytes" twice 256MiB must fit receiver.max_in_flight_bytes, which is 32MiB
      max_body_bytes RULE | "max_body_bytes":16777217 | parameter "max_body_bytes" twice 16777217 must fit receiver.max_in_flight_bytes, which is 32MiB
      http_threads TYPE | "http_threads":"4" | parameter "http_threads" must be an integer, got "4"
      http_threads UNDER | "http_threads":0 | parameter "http_threads" must be 1 to 1024, got 0
      http_threads UNDER | "http_threads":-1 | parameter "http_threads" must be 1 to 1024, got -1
      http_threads OVER | "http_threads":1025 | parameter "http_threads" must be 1 to 1024, got 1025
      max_buffered_bytes TYPE | "max_buffered_bytes":true | parameter "max_buffered_bytes" must be an integer, got true
      max_buffered_bytes UNDER | "max_buffered_bytes":0 | parameter "max_buffered_bytes" must be >= 1, got 0
      max_buffered_bytes UNDER | "max_buffered_bytes":-1 | parameter "max_buffered_bytes" must be >= 1, got -1
      max_buffered_bytes OVER | "max_buffered_bytes":9223372036854775808 | parameter "max_buffered_bytes" a size up to 2^63-1 bytes, got "9223372036854775808"
      max_buffered_bytes RULE | "max_buffered_bytes":16777215 | parameter "max_body_bytes" 16MiB must fit max_buffered_bytes, which is 16777215
      seal_target_bytes TYPE | "seal_target_bytes":"64MiB" | parameter "seal_target_bytes" must be an integer, got "64MiB"
      seal_target_bytes UNDER | "seal_target_bytes":0 | parameter "seal_target_bytes" must be >= 1, got 0
      seal_max_age_ms TYPE | "seal_max_age_ms":"5s" | parameter "seal_max_age_ms" must be an integer, got "5s"
      seal_max_age_ms UNDER | "seal_max_age_ms":0 | parameter "seal_max_age_ms" must be 1 to 3153600000000, got 0
      seal_max_age_ms OVER | "seal_max_age_ms":3153600000001 | parameter "seal_max_age_ms" must be 1 to 3153600000000, got 3153600000001
      target_file_size TYPE | "target_file_size":"256MiB" | parameter "target_file_size" must be an integer, got "256MiB"
      target_file_size UNDER | "target_file_size":0 | parameter "target_file_size" must be >= 1, got 0
      maintenance_retention_ms TYPE | "maintenance_retention_ms":[] | parameter "maintenance_retention_ms" must be an integer, got []
      maintenance_retention_ms UNDER | "maintenance_retention_ms":0 | parameter "maintenance_retention_ms" must be 1 to 3153600000000, got 0
      maintenance_retention_ms OVER | "maintenance_retention_ms":3153600000001 | parameter "maintenance_retention_ms" must be 1 to 3153600000000, got 3153600000001
      promote_resource_attributes TYPE | "promote_resource_attributes":["a"] | parameter "promote_resource_attributes" must be a string, got ["a"]
      promote_resource_attributes UNDER | "promote_resource_attributes":"a,,b" | parameter "promote_resource_attributes" comma-separated keys, none of them empty, got "a,,b"
      promote_resource_attributes RULE | "promote_resource_attributes":"a.b,a-b" | parameter "promote_resource_attributes" "a.b" and "a-b" would share one column, ..._attr_a_b
      promote_resource_attributes RULE | "promote_resource_attributes":"a","parquet_export_path":"p" | parameter "promote_resource_attributes" can't be given together with parquet_export_path
      promote_scope_attributes TYPE | "promote_scope_attributes":1 | parameter "promote_scope_attributes" must be a string, got 1
      promote_scope_attributes UNDER | "promote_scope_attributes":"a," | parameter "promote_scope_attributes" comma-separated keys, none of them empty, got "a,"
      promote_scope_attributes RULE | "promote_scope_attributes":"A,a" | parameter "promote_scope_attributes" "A" and "a" would share one column, ..._attr_a
      promote_scope_attributes RULE | "promote_scope_attributes":"a","parquet_export_path":"p" | parameter "promote_scope_attributes" can't be given together with parquet_export_path
      response_mode TYPE | "response_mode":200 | parameter "response_mode" must be a string, got 200
      response_mode RULE | "response_mode":"fast" | parameter "response_mode" one of buffered, otlp, got "fast"
      response_mode RULE | "response_mode":"fast","schema":"" | parameter "schema" must not be empty; parameter "response_mode" one of buffered, otlp, got "fast"
      """;

  /** Parameters that are taken, and the parameter as the server file then has it; -: not at all. */
  private static final String ACCEPTED =
      """
      uri AT | "uri":" otlp://LOCALHOST:PORT " | -
      catalog AT | "catalog":"" | -
      catalog AT | "catalog":"lake" | "lake"
      schema AT | "schema":"x" | "x"
      token AT | "token":"0123456789abcdef" | "0123456789abcdef"
      token RULE | "token":"short","disable_auth":true | -
      disable_auth AT | "disable_auth":true | true
      disable_auth AT | "disable_auth":false | false
      parquet_export_path AT | "parquet_export_path":"DATA/parquet","schema":"files" | "DATA/parquet"
      create_tables AT | "create_tables":true | true
      create_tables AT | "create_tables":false,"schema":"whole" | false
      allow_other_hostname AT | "uri":"otlp:127.0.0.2:PORT","allow_other_hostname":true | true
      allow_other_hostname AT | "allow_other_hostname":false | false
      max_body_bytes AT | "max_body_bytes":1 | 1
      max_body_bytes RULE | "max_body_bytes":16777216 | 16777216
      http_threads AT | "http_threads":1 | 1
      http_threads AT | "http_threads":1024 | 1024
      max_buffered_bytes AT | "max_buffered_bytes":1,"max_body_bytes":1 | 1
      max_buffered_bytes AT | "max_buffered_bytes":9223372036854775807 | 9223372036854775807
      max_buffered_bytes RULE | "max_buffered_bytes":16777216 | 16777216
      seal_target_bytes AT | "seal_target_bytes":1 | 1
      seal_target_bytes AT | "seal_target_bytes":9223372036854775807 | 9223372036854775807
      seal_max_age_ms AT | "seal_max_age_ms":1 | 1
      seal_max_age_ms AT | "seal_max_age_ms":3153600000000 | 3153600000000
      target_file_size AT | "target_file_size":1,"catalog":"lake" | 1
      target_file_size AT | "target_file_size":9223372036854775807 | 9223372036854775807
      maintenance_retention_ms AT | "maintenance_retention_ms":1,"catalog":"lake" | 1
      maintenance_retention_ms AT | "maintenance_retention_ms":3153600000000 | 3153600000000
      promote_resource_attributes AT | "promote_resource_attributes":" a.b , c,c " | ["a.b","c"]
      promote_resource_attributes AT | "promote_resource_attributes":"a.b","create_tables":false,"schema":"promoted" | ["a.b"]
      promote_scope_attributes AT | "promote_scope_attributes":"d" | ["d"]
      response_mode AT | "response_mode":"buffered" | "buffered"
      response_mode AT | "response_mode":"otlp" | "otlp"
      """;

  /**
   * What each parameter is where it isn't given: as {@code GET /admin/config} says, and in the
   * server file; -: nothing.
   */
  private static final String DEFAULTS =
      """
      catalog | - | -
      schema | main | "main"
      token | *** | MADE
      disable_auth | false | false
      parquet_export_path | - | -
      create_tables | true | true
      allow_other_hostname | false | false
      max_body_bytes | 16MiB | 16777216
      http_threads | THREADS | THREADS
      max_buffered_bytes | - | -
      seal_target_bytes | 64MiB | 67108864
      seal_max_age_ms | 5000 | 5000
      target_file_size | 256MiB | 268435456
      maintenance_retention_ms | - | -
      promote_resource_attributes |  | -
      promote_scope_attributes |  | -
      response_mode | buffered | "buffered"
      """;

  /** The port of a server without a URI. */
  private static final int DEFAULT_PORT = 4318;

  private final Rig rig;
  private final Wire wire;

  ServeRows(Rig rig) {
    this.rig = rig;
    this.wire = new Wire(rig);
  }

  static List<Row> refused() {
    return rows(REFUSED);
  }

  static List<Row> accepted() {
    return rows(ACCEPTED);
  }

  private static List<Row> rows(String table) {
    List<Row> rows = new ArrayList<>();
    for (String line : table.split("\n")) {
      String[] cells = line.split(" \\| ", 3);
      String[] name = cells[0].split(" ");
      rows.add(new Row(name[0], Kind.valueOf(name[1]), cells[1], cells[2]));
    }
    return rows;
  }

  /** By parameter. */
  static Map<String, List<String>> defaults() {
    Map<String, List<String>> defaults = new LinkedHashMap<>();
    String threads =
        Integer.toString(Math.min(32, Math.max(4, 4 * Runtime.getRuntime().availableProcessors())));
    for (String line : DEFAULTS.replace("THREADS", threads).split("\n")) {
      String[] cells = line.split(" \\| ", 3);
      defaults.put(cells[0], List.of(cells[1], cells[2]));
    }
    return defaults;
  }

  Stream<DynamicNode> tests() throws IOException {
    return Stream.of(
        dynamicContainer("refused", refused().stream().map(this::refusedTest)),
        dynamicContainer("other bodies", otherBodies()),
        dynamicContainer("taken", accepted().stream().map(this::acceptedTest)),
        dynamicContainer("null", nulls()),
        dynamicContainer("default", defaultRows()),
        dynamicContainer("and", others()));
  }

  private DynamicNode refusedTest(Row row) {
    return ContractRow.test(
        row.title(),
        () -> {
          int port = FreePort.take();
          Wire.Reply reply = wire.post("/admin/otlp_serve", body(row.given(), port));
          assertEquals("400 bad_request: " + row.expected(), reply.error());
          assertNothingIsLeft(port);
        });
  }

  /** A URI of its own, unless there is one. */
  private String body(String given, int port) {
    String filled =
        given.replace("PORT", Integer.toString(port)).replace("DATA", rig.data().toString());
    return filled.contains("\"uri\":")
        ? "{" + filled + "}"
        : Wire.body("otlp:127.0.0.1:" + port, filled);
  }

  private void assertNothingIsLeft(int port) throws IOException {
    assertTrue(Wire.isFree(port), "the port is free");
    assertEquals(1, new DataFolder(rig.data()).listServers().size(), "only the declared one");
  }

  private Stream<DynamicNode> otherBodies() {
    String known = String.join(", ", ServerParameters.names());
    Map<String, String> messages = new LinkedHashMap<>();
    messages.put("{\"schemas\":\"x\"}", "unknown parameter \"schemas\", known are " + known);
    messages.put("{\"SCHEMA\":\"x\"}", "unknown parameter \"SCHEMA\", known are " + known);
    messages.put("[]", "the body must be a JSON object");
    messages.put("\"otlp:localhost:4318\"", "the body must be a JSON object");
    messages.put("null", "the body must be a JSON object");
    messages.put("", "the body must be a JSON object");
    return messages.entrySet().stream()
        .map(
            row ->
                ContractRow.test(
                    row.getKey(),
                    () ->
                        assertEquals(
                            "400 bad_request: " + row.getValue(),
                            wire.post("/admin/otlp_serve", row.getKey()).error())));
  }

  private DynamicNode acceptedTest(Row row) {
    return ContractRow.test(
        row.title(),
        () -> {
          int port = FreePort.take();
          Wire.Reply reply = wire.post("/admin/otlp_serve", body(row.given(), port));
          assertEquals(200, reply.status(), reply.body());
          assertEquals(REPLY, reply.keys());
          assertInServerFile(
              serverFile(reply.json().get("listen_uri").asText()),
              row.parameter(),
              row.expected().replace("DATA", rig.data().toString()));
          stop(reply);
        });
  }

  /** The same as not given. */
  private Stream<DynamicNode> nulls() throws IOException {
    StringBuilder nulls = new StringBuilder();
    for (String parameter : defaults().keySet()) {
      nulls.append(nulls.isEmpty() ? "" : ",").append('"').append(parameter).append("\":null");
    }
    Wire.Served served = wire.serve(nulls.toString());
    JsonNode file = serverFile(served.uri());
    stop(served.reply());
    return Stream.concat(
        defaults().entrySet().stream()
            .map(
                row ->
                    ContractRow.test(
                        row.getKey(),
                        () -> assertInServerFile(file, row.getKey(), row.getValue().get(1)))),
        Stream.of(ContractRow.test("uri", () -> assertPortIsTheDefault("{\"uri\":null}"))));
  }

  private void stop(Wire.Reply served) throws IOException {
    String uri = served.json().get("listen_uri").asText();
    assertEquals("{\"status\":\"Stopped listening on " + uri + "\"}", wire.stop(uri, "").body());
  }

  private JsonNode serverFile(String uri) throws IOException {
    JsonNode file =
        Wire.parse(
            Files.readString(new DataFolder(rig.data()).server(ListenUri.parse(uri)).serverFile()));
    assertEquals(uri, file.get("listen_uri").asText());
    return file;
  }

  private static void assertInServerFile(JsonNode file, String parameter, String expected) {
    JsonNode value = file.path(parameter);
    if (expected.equals("MADE")) {
      assertTrue(value.asText().matches("[0-9a-f]{32}"), value.asText());
    } else {
      assertEquals(expected, value.isMissingNode() ? "-" : value.toString());
    }
  }

  /** A port that is surely taken: the message says which one it was. */
  private void assertPortIsTheDefault(String body) throws IOException {
    try (ServerSocket unused =
        Wire.isFree(DEFAULT_PORT)
            ? new ServerSocket(DEFAULT_PORT, 1, InetAddress.getByName(Rig.HOST))
            : new ServerSocket()) {
      String error = wire.post("/admin/otlp_serve", body).error();
      assertTrue(
          error.startsWith("409 conflict: can't listen on 127.0.0.1 port " + DEFAULT_PORT + ": "),
          error);
    }
  }

  private Stream<DynamicNode> defaultRows() throws IOException {
    Wire.Served served = wire.serve("");
    JsonNode file = serverFile(served.uri());
    stop(served.reply());
    Map<String, JsonNode> configured = new HashMap<>();
    for (JsonNode row : wire.get("/admin/config").json()) {
      configured.put(row.get("key").asText(), row);
    }
    return defaults().entrySet().stream()
        .flatMap(
            row ->
                Stream.of(
                    ContractRow.test(
                        row.getKey() + " in the file of the server",
                        () -> assertInServerFile(file, row.getKey(), row.getValue().get(1))),
                    ContractRow.test(
                        row.getKey() + " in the configuration",
                        () -> {
                          JsonNode found = configured.get("servers[0]." + row.getKey());
                          JsonNode value = found.get("value");
                          assertEquals(
                              row.getValue().get(0), value.isNull() ? "-" : value.asText());
                          boolean isGiven = row.getKey().equals("token");
                          assertEquals(!isGiven, found.get("origin").asText().equals("default"));
                        })));
  }

  private Stream<DynamicNode> others() {
    return Stream.of(
        ContractRow.test("uri by default", () -> assertPortIsTheDefault("{}")),
        ContractRow.test("the reply", this::reply),
        ContractRow.test("the same URI twice", this::sameUriTwice),
        ContractRow.test("a port that is taken", this::takenPort),
        ContractRow.test("a token that is made is needed", this::madeToken),
        ContractRow.test("disable_auth needs none", this::noToken),
        ContractRow.test("promoted attributes get a column", this::promoted));
  }

  private void reply() throws IOException {
    Wire.Served served = wire.serve("\"schema\":\"x\",\"catalog\":\"lake\"");
    assertEquals(
        "{\"listen_uri\":\"%s\",\"listen_url\":\"http://127.0.0.1:%d\",\"auth_token\":\"%s\",\"schema_name\":\"x\",\"logs_table\":\"otlp_logs\",\"traces_table\":\"otlp_traces\",\"metrics_gauge_table\":\"otlp_metrics_gauge\",\"metrics_sum_table\":\"otlp_metrics_sum\",\"metrics_histogram_table\":\"otlp_metrics_histogram\",\"metrics_exp_histogram_table\":\"otlp_metrics_exp_histogram\",\"metrics_summary_table\":\"otlp_metrics_summary\",\"catalog_name\":\"lake\"}"
            .formatted(served.uri(), served.port(), served.token()),
        served.reply().body());
    stop(served.reply());
  }

  private void sameUriTwice() throws IOException {
    String port = ":" + rig.port();
    for (String form : List.of("otlp:127.0.0.1" + port, " OTLP://127.0.0.1" + port + " ")) {
      assertEquals(
          "409 conflict: OTLP server already exists",
          wire.post("/admin/otlp_serve", Wire.body(form, "")).error());
    }
  }

  private void takenPort() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      assertEquals(
          "409 conflict: can't listen on 127.0.0.1 port " + port + ": Address already in use",
          wire.post("/admin/otlp_serve", Wire.body("otlp:localhost:" + port, "")).error());
      assertEquals(1, new DataFolder(rig.data()).listServers().size());
    }
  }

  private void madeToken() throws IOException {
    Wire.Served served = wire.serve("");
    assertTrue(served.token().matches("[0-9a-f]{32}"), served.token());
    assertEquals(202, wire.sendLogs(served, 1).status());
    Wire.Served stranger =
        new Wire.Served(served.uri(), served.port(), "0".repeat(32), served.reply());
    assertEquals(401, wire.sendLogs(stranger, 1).status());
    stop(served.reply());
  }

  private void noToken() throws IOException {
    Wire.Served served = wire.serve("\"disable_auth\":true,\"token\":\"0123456789abcdef\"");
    assertEquals("", served.token());
    assertEquals(202, wire.sendLogs(served, 1).status());
    stop(served.reply());
  }

  private void promoted() throws Exception {
    Wire.Served served =
        wire.serve(
            "\"promote_resource_attributes\":\"a.b\",\"promote_scope_attributes\":\"c d\",\"schema\":\"attributes\"");
    assertEquals(2, wire.row(served.uri()).get("promoted_columns_total").asInt());
    assertEquals(
        "[]",
        rig.sql("SELECT resource_attr_a_b, scope_attr_c_d FROM attributes.otlp_traces")
            .replaceAll("\\s", ""));
    stop(served.reply());
  }
}
