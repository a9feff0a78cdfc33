package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** The rows of contract 4: paths, tokens, types, codings, replies, and errors in their order. */
final class IngestRows {

  /** The methods by path. */
  private static final Map<String, String> PATHS =
      new TreeMap<>(
          Map.of(
              "/v1/logs", "POST",
              "/v1/traces", "POST",
              "/v1/metrics", "POST",
              "/healthz", "GET",
              "/readyz", "GET"));

  private static final String JSON = "Content-Type: application/json";
  private static final String TYPES =
      "application/x-protobuf, application/protobuf, application/otlp, application/json,"
          + " application/otlp+json, application/x-ndjson";
  private static final String CODINGS = "identity, gzip, x-gzip, deflate, zstd, one at a time";
  private static final String KNOWN_PATHS =
      "known paths: /healthz, /readyz, /v1/logs, /v1/metrics, /v1/traces";
  private static final String NO_TOKEN =
      "401 unauthorized: no token; send Authorization: Bearer <token> or x-api-key: <token>";
  private static final String WRONG_TOKEN =
      "401 unauthorized: the token is wrong; send Authorization: Bearer <token> or x-api-key: <token>";

  /** Path and the error. */
  private static final String UNKNOWN_PATHS =
      """
      GET / | KNOWN
      GET /v1 | KNOWN
      POST /v1/logs/ | did you mean /v1/logs?
      POST /V1/Traces | did you mean /v1/traces?
      POST /metrics | did you mean /v1/metrics?
      GET /health | did you mean /healthz?
      """;

  /** Content-Type and what it stands for; a body of each is taken. */
  private static final String ACCEPTED_TYPES =
      """
      application/json | JSON
      application/otlp+json | JSON
      application/x-ndjson | NDJSON
      application/x-protobuf | PROTOBUF
      application/protobuf | PROTOBUF
      application/otlp | PROTOBUF
      application/json; charset=utf-8 | JSON
      Application/JSON;charset=UTF-8 | JSON
      application/x-protobuf; charset=utf-8 | PROTOBUF
      application/x-ndjson ; a=b | NDJSON
      """;

  /** Lines of headers, and what the 415 says. */
  private static final String REFUSED_TYPES =
      """
      X-Other: 1 | no Content-Type; accepted: TYPES
      Content-Type: | no Content-Type; accepted: TYPES
      Content-Type: text/plain | Content-Type "text/plain"; accepted: TYPES
      Content-Type: application/jsonx | Content-Type "application/jsonx"; accepted: TYPES
      Content-Type: application/x-www-form-urlencoded | Content-Type "application/x-www-form-urlencoded"; accepted: TYPES
      Content-Type: application/json~Content-Encoding: br | Content-Encoding "br"; accepted: CODINGS
      Content-Type: application/json~Content-Encoding: compress | Content-Encoding "compress"; accepted: CODINGS
      Content-Type: application/json~Content-Encoding: gzip, gzip | Content-Encoding "gzip, gzip"; accepted: CODINGS
      Content-Type: application/json~Content-Encoding: gzip~Content-Encoding: zstd | Content-Encoding "gzip,zstd"; accepted: CODINGS
      """;

  /** Type, body and the message of a 400. */
  private static final String MALFORMED =
      """
      application/json |  | the JSON body is empty; a request without items is {}
      application/json | { | line 1, column 2: the JSON document is not complete
      application/json | [1] | line 1, column 1: expected an object
      application/json | {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":7}]}]}]} | line 1, column 55, resourceLogs[0].scopeLogs[0].logRecords[0].body: expected an object
      application/json | {"resourceSpans":[]} | line 1, column 20: the request has resourceSpans, which belongs to another signal, and no resourceLogs
      application/x-ndjson |  | the NDJSON body has no line with a request
      application/x-ndjson | ~~ | the NDJSON body has no line with a request
      application/x-ndjson | {}~~{oops}~ | line 3, column 2: not valid JSON
      application/x-protobuf | no protobuf | byte 1, field 13: a field has the unknown wire type 6
      """;

  private final Rig rig;
  private final Wire wire;
  private Wire.Served server;

  IngestRows(Rig rig) {
    this.rig = rig;
    this.wire = new Wire(rig);
  }

  Stream<DynamicNode> tests() throws IOException {
    server = wire.serve("\"schema\":\"ingest\",\"max_body_bytes\":2000");
    return Stream.of(
        dynamicContainer("paths", paths()),
        dynamicContainer("tokens", tokens()),
        dynamicContainer("types", types()),
        dynamicContainer("codings", codings()),
        dynamicContainer("requests without items", withoutItems()),
        dynamicContainer("malformed", malformed()),
        dynamicContainer("the first error is told", precedence()));
  }

  private List<String> headers(String... more) {
    List<String> headers = new ArrayList<>(List.of("Authorization: Bearer " + server.token()));
    headers.addAll(List.of(more));
    return headers;
  }

  private static Stream<String[]> cells(String table) {
    return table.lines().map(line -> line.split(" \\| ", -1));
  }

  private Wire.Reply post(List<String> headers, byte[] body) throws IOException {
    return Wire.send(server.port(), "POST /v1/logs", headers, body);
  }

  private Wire.Reply post(List<String> headers, String body) throws IOException {
    return post(headers, body.getBytes(StandardCharsets.UTF_8));
  }

  private static void assertAccepted(int rows, int tables, Wire.Reply reply) {
    assertEquals(
        "{\"status\":\"buffered\",\"rows\":" + rows + ",\"batches\":" + tables + "}", reply.body());
    assertEquals(202, reply.status());
    assertEquals("application/json", reply.headers().get("content-type"));
    assertEquals(
        rows > 0, reply.headers().getOrDefault("duckspool-index", "").matches("[0-9]+-[0-9]+"));
  }

  private Stream<DynamicNode> paths() {
    List<DynamicNode> tests = new ArrayList<>();
    PATHS.forEach(
        (path, right) -> {
          for (String method : List.of("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")) {
            if (!method.equals(right)) {
              tests.add(
                  ContractRow.test(
                      method + " " + path,
                      () -> {
                        Wire.Reply reply =
                            Wire.send(server.port(), method + " " + path, headers(), "");
                        assertEquals(
                            "405 method_not_allowed: " + path + " takes " + right, reply.error());
                        assertEquals(right, reply.headers().get("allow"));
                      }));
            }
          }
        });
    cells(UNKNOWN_PATHS)
        .forEach(
            row ->
                tests.add(
                    ContractRow.test(
                        row[0],
                        () ->
                            assertEquals(
                                "404 not_found: no such path; "
                                    + row[1].replace("KNOWN", KNOWN_PATHS),
                                Wire.send(server.port(), row[0], headers(), "").error()))));
    for (String path : List.of("/healthz", "/readyz")) {
      tests.add(
          ContractRow.test(
              "GET " + path,
              () -> {
                Wire.Reply reply = Wire.send(server.port(), "GET " + path, List.of(), "");
                assertEquals(200, reply.status());
                assertEquals("application/json", reply.headers().get("content-type"));
                String status = path.equals("/healthz") ? "ok" : "ready";
                assertEquals("{\"status\":\"" + status + "\"}", reply.body());
              }));
    }
    return tests.stream();
  }

  private Stream<DynamicNode> tokens() {
    List<DynamicNode> tests = new ArrayList<>();
    for (String path : List.of("/v1/logs", "/v1/traces", "/v1/metrics")) {
      Map<String, String> refused = new TreeMap<>();
      refused.put("X-Other: 1", NO_TOKEN);
      for (String wrong :
          List.of(
              "Authorization: Bearer 0123456789abcdef0",
              "Authorization: Bearer",
              "Authorization: Basic TOKEN",
              "Authorization: TOKEN",
              "x-api-key: TOKENx",
              "x-api-key: Bearer TOKEN")) {
        refused.put(wrong, WRONG_TOKEN);
      }
      refused.forEach(
          (header, error) ->
              tests.add(
                  ContractRow.test(
                      path + " refuses " + header,
                      () -> {
                        Wire.Reply reply = postWith(path, header);
                        assertEquals(error, reply.error());
                        assertEquals("Bearer", reply.headers().get("www-authenticate"));
                      })));
      for (String header :
          List.of(
              "Authorization: Bearer TOKEN",
              "authorization: bEARER TOKEN",
              "x-api-key: TOKEN",
              "X-API-KEY: wrong~Authorization: Bearer TOKEN",
              "Authorization: Bearer wrong~x-api-key: TOKEN")) {
        tests.add(
            ContractRow.test(
                path + " takes " + header, () -> assertAccepted(0, 0, postWith(path, header))));
      }
    }
    return tests.stream();
  }

  private Wire.Reply postWith(String path, String headers) throws IOException {
    List<String> lines = new ArrayList<>(List.of(JSON));
    lines.addAll(List.of(headers.replace("TOKEN", server.token()).split("~")));
    return Wire.send(server.port(), "POST " + path, lines, "{}");
  }

  private Stream<DynamicNode> types() {
    Stream<DynamicNode> accepted =
        cells(ACCEPTED_TYPES)
            .flatMap(
                row ->
                    OtlpBodies.SIGNALS.stream()
                        .map(
                            signal ->
                                ContractRow.test(
                                    "takes " + row[0] + " of " + signal,
                                    () ->
                                        assertAccepted(
                                            2,
                                            OtlpBodies.tables(signal),
                                            Wire.send(
                                                server.port(),
                                                "POST /v1/" + signal,
                                                headers("Content-Type: " + row[0]),
                                                OtlpBodies.of(signal, row[1]))))));
    Stream<DynamicNode> refused =
        cells(REFUSED_TYPES)
            .map(
                row ->
                    ContractRow.test(
                        "refuses " + row[0],
                        () ->
                            assertEquals(
                                "415 unsupported_media_type: "
                                    + row[1].replace("TYPES", TYPES).replace("CODINGS", CODINGS),
                                post(headers(row[0].split("~")), "{}").error())));
    return Stream.concat(accepted, refused);
  }

  private Stream<DynamicNode> codings() throws IOException {
    byte[] body = OtlpBodies.of("logs", "PROTOBUF");
    List<DynamicNode> tests = new ArrayList<>();
    OtlpBodies.encoded(body)
        .forEach(
            (name, encoded) ->
                tests.add(
                    ContractRow.test(
                        name,
                        () -> {
                          String coding = name.split(" ")[0];
                          List<String> headers = headers("Content-Type: application/x-protobuf");
                          if (!coding.equals("none")) {
                            headers.add("Content-Encoding: " + coding);
                          }
                          assertAccepted(2, 1, post(headers, encoded));
                        })));
    for (String coding : List.of("gzip", "x-gzip", "deflate", "zstd")) {
      tests.add(
          ContractRow.test(
              "no " + coding,
              () -> {
                List<String> headers = headers(JSON, "Content-Encoding: " + coding);
                String error = post(headers, "{}").error();
                assertTrue(
                    error.startsWith("400 bad_request: the body does not decompress: "), error);
              }));
    }
    return tests.stream();
  }

  private Stream<DynamicNode> withoutItems() {
    Map<String, String> rows =
        new TreeMap<>(
            Map.of(
                "{}", "application/json",
                "{\"resourceLogs\":[]}", "application/json",
                "\uFEFF{}", "application/otlp+json",
                "\r\n{}\r\n\r\n{}", "application/x-ndjson",
                "", "application/x-protobuf"));
    return rows.entrySet().stream()
        .map(
            row ->
                ContractRow.test(
                    row.getValue() + ": " + row.getKey(),
                    () -> {
                      long rowsBefore = wire.row(server.uri()).get("total_rows").asLong();
                      String headBefore = wire.row(server.uri()).get("head_index").asText();
                      assertAccepted(
                          0, 0, post(headers("Content-Type: " + row.getValue()), row.getKey()));
                      assertEquals(rowsBefore, wire.row(server.uri()).get("total_rows").asLong());
                      assertEquals(headBefore, wire.row(server.uri()).get("head_index").asText());
                    }));
  }

  private Stream<DynamicNode> malformed() {
    return cells(MALFORMED)
        .map(
            row ->
                ContractRow.test(
                    row[0] + ": " + row[1],
                    () ->
                        assertEquals(
                            "400 bad_request: " + row[2],
                            post(headers("Content-Type: " + row[0]), row[1].replace("~", "\r\n"))
                                .error())));
  }

  /** Each request has all the errors of the rows below its own. */
  private Stream<DynamicNode> precedence() throws IOException {
    String tooLong = "Content-Length: 2001";
    String text = "Content-Type: text/plain";
    String token = "x-api-key: " + server.token();
    return Stream.of(
        first("431 header_too_large", "PUT /nowhere", "X-Filler: " + "x".repeat(1 << 14), tooLong),
        first("404 not_found", "PUT /nowhere", text, tooLong),
        first("405 method_not_allowed", "PUT /v1/logs", text, tooLong),
        first("401 unauthorized", "POST /v1/logs", text, tooLong),
        first("415 unsupported_media_type", "POST /v1/logs", token, text, tooLong),
        first("413 payload_too_large", "POST /v1/logs", token, JSON, tooLong));
  }

  /** No byte of the body is sent. */
  private DynamicNode first(String error, String start, String... headers) {
    return ContractRow.test(
        error,
        () -> {
          String told =
              Wire.sendRaw(server.port(), Wire.head(start, List.of(headers)), new byte[0]).error();
          assertTrue(told.startsWith(error + ": "), told);
          assertFalse(told.contains(server.token()));
        });
  }
}
