package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import com.google.protobuf.CodedInputStream;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** The rows of contract 4 on limits, each at it and over it, readiness, and both response modes. */
final class LimitRows {

  static final int MAX_IN_FLIGHT_BYTES = 32 << 20;
  static final int MAX_REQUEST_ROWS = 10;
  static final int MAX_EXPANDED_BYTES = 10_000;

  /** Long enough for bodies that are held on a slow machine: a slow one fails by its rate. */
  static final Duration BODY_TIMEOUT = Duration.ofMinutes(5);

  private static final int MAX_BODY_BYTES = 2000;
  private static final int DEFAULT_MAX_BODY_BYTES = 16 << 20;
  private static final String JSON = "Content-Type: application/json";
  private static final String PROTOBUF = "Content-Type: application/x-protobuf";
  private static final String DECODED =
      "413 payload_too_large: the decoded body has more than 2000 bytes (max_body_bytes)";

  private final Rig rig;
  private final Wire wire;
  private Wire.Served small;
  private Wire.Served otlp;
  private CompletableFuture<Wire.Reply> slow;

  LimitRows(Rig rig) {
    this.rig = rig;
    this.wire = new Wire(rig);
  }

  Stream<DynamicNode> tests() throws IOException {
    small = wire.serve("\"schema\":\"limits\",\"max_body_bytes\":" + MAX_BODY_BYTES);
    otlp =
        wire.serve(
            "\"schema\":\"limits\",\"response_mode\":\"otlp\",\"max_body_bytes\":"
                + MAX_BODY_BYTES);
    return Stream.of(
        dynamicContainer("limits", limits()),
        ContractRow.test("a slow body is begun", this::beginSlowBody),
        dynamicContainer("readiness", readiness()),
        dynamicContainer("response_mode otlp", otlpMode()));
  }

  private static List<String> headers(Wire.Served server, String... more) {
    List<String> headers = new ArrayList<>(List.of("x-api-key: " + server.token()));
    headers.addAll(List.of(more));
    return headers;
  }

  private static Wire.Reply post(Wire.Served server, byte[] body, String... headers)
      throws IOException {
    return Wire.send(server.port(), "POST /v1/logs", headers(server, headers), body);
  }

  private static Wire.Reply postChunked(Wire.Served server, byte[] body, String... headers)
      throws IOException {
    return Wire.sendRaw(
        server.port(),
        Wire.head("POST /v1/logs", headers(server, headers), "Transfer-Encoding: chunked"),
        OtlpBodies.chunked(body));
  }

  private static void assertTaken(Wire.Reply reply) {
    assertEquals(202, reply.status(), reply.body());
  }

  private Stream<DynamicNode> limits() {
    List<DynamicNode> tests = new ArrayList<>();
    tests.add(ContractRow.test("header block", this::headerBlock));
    tests.add(ContractRow.test("max_body_bytes by default", this::defaultBody));
    tests.add(
        ContractRow.test(
            "max_body_bytes, announced",
            () -> {
              assertTaken(post(small, OtlpBodies.logOfSize(MAX_BODY_BYTES), JSON));
              assertEquals(
                  "413 payload_too_large: Content-Length 2001 is over max_body_bytes = 2000",
                  post(small, OtlpBodies.logOfSize(MAX_BODY_BYTES + 1), JSON).error());
            }));
    tests.add(
        ContractRow.test(
            "max_body_bytes, without length",
            () -> {
              assertTaken(postChunked(small, OtlpBodies.logOfSize(MAX_BODY_BYTES), JSON));
              assertEquals(
                  "413 payload_too_large: the body passes max_body_bytes = 2000",
                  postChunked(small, OtlpBodies.logOfSize(MAX_BODY_BYTES + 1), JSON).error());
            }));
    for (String coding : List.of("gzip", "deflate", "zstd")) {
      tests.add(
          ContractRow.test("max_body_bytes, decoded from " + coding, () -> decodedBody(coding)));
    }
    tests.add(ContractRow.test("receiver.max_request_rows", this::rows));
    tests.add(ContractRow.test("receiver.max_expanded_bytes", this::expandedBytes));
    tests.add(ContractRow.test("receiver.max_in_flight_bytes", this::inFlightBytes));
    tests.add(ContractRow.test("max_buffered_bytes", this::bufferedBytes));
    return tests.stream();
  }

  private void headerBlock() throws IOException {
    String start = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Filler: ";
    int filler = (16 << 10) - start.length() - 4;
    String end = "\r\n\r\n";
    assertEquals(
        200, Wire.sendRaw(small.port(), start + "x".repeat(filler) + end, new byte[0]).status());
    assertEquals(
        "431 header_too_large: the request line and headers pass 16384 bytes",
        Wire.sendRaw(small.port(), start + "x".repeat(filler + 1) + end, new byte[0]).error());
  }

  private void defaultBody() throws IOException {
    Wire.Served server = wire.serve("\"schema\":\"limits\"");
    assertTaken(post(server, OtlpBodies.logOfSize(DEFAULT_MAX_BODY_BYTES), JSON));
    String over = "Content-Length: " + (DEFAULT_MAX_BODY_BYTES + 1);
    assertEquals(
        "413 payload_too_large: Content-Length 16777217 is over max_body_bytes = 16777216",
        Wire.sendRaw(
                server.port(), Wire.head("POST /v1/logs", headers(server, JSON), over), new byte[0])
            .error());
    wire.stop(server.uri(), "");
  }

  private void decodedBody(String coding) throws IOException {
    String header = "Content-Encoding: " + coding;
    byte[] fits = OtlpBodies.encoded(OtlpBodies.logOfSize(MAX_BODY_BYTES)).get(coding);
    byte[] over = OtlpBodies.encoded(OtlpBodies.logOfSize(MAX_BODY_BYTES + 1)).get(coding);
    byte[] bomb = OtlpBodies.encoded(new byte[1 << 20]).get(coding);
    assertTaken(post(small, fits, JSON, header));
    assertEquals(DECODED, post(small, over, JSON, header).error());
    assertTrue(bomb.length <= MAX_BODY_BYTES, "announced it would be too large already");
    assertEquals(DECODED, post(small, bomb, JSON, header).error());
  }

  private void rows() throws IOException {
    assertEquals(
        "{\"status\":\"buffered\",\"rows\":10,\"batches\":1}",
        wire.sendLogs(small, MAX_REQUEST_ROWS).body());
    assertEquals(
        "413 payload_too_large: the request has more than 10 rows (receiver.max_request_rows);"
            + " send smaller batches",
        wire.sendLogs(small, MAX_REQUEST_ROWS + 1).error());
  }

  private void expandedBytes() throws IOException {
    // What each of ten rows repeats, but for the value of the attribute.
    String columns = "{\"a\":\"\"}" + "unknown"; // Its service has no name.
    int fits = MAX_EXPANDED_BYTES / MAX_REQUEST_ROWS - columns.length();
    assertTaken(post(small, withResource(fits), JSON));
    assertEquals(
        "413 payload_too_large: the rows of the request repeat more than 10000 bytes of text"
            + " (receiver.max_expanded_bytes); send smaller batches, or fewer resource and scope"
            + " attributes",
        post(small, withResource(fits + 1), JSON).error());
  }

  private static byte[] withResource(int length) {
    String attribute = "{\"key\":\"a\",\"value\":{\"stringValue\":\"" + "x".repeat(length) + "\"}}";
    return OtlpBodies.utf8(
        Wire.logs(MAX_REQUEST_ROWS)
            .replaceFirst("\\[\\{", "[{\"resource\":{\"attributes\":[" + attribute + "]},"));
  }

  /** Two bodies of which a quarter is there hold the room that they announced. */
  private void inFlightBytes() throws IOException {
    Wire.Served server = wire.serve("\"schema\":\"limits\"");
    int left = MAX_IN_FLIGHT_BYTES / 4;
    try (Socket half = new Socket(Rig.HOST, server.port());
        Socket quarter = new Socket(Rig.HOST, server.port())) {
      sendAQuarter(half, server, MAX_IN_FLIGHT_BYTES / 2);
      awaitInFlight(MAX_IN_FLIGHT_BYTES / 2);
      sendAQuarter(quarter, server, MAX_IN_FLIGHT_BYTES / 4);
      awaitInFlight(MAX_IN_FLIGHT_BYTES - left);
      Wire.Reply refused =
          Wire.sendRaw(
              server.port(),
              Wire.head("POST /v1/logs", headers(server, JSON), "Content-Length: " + (left + 1)),
              new byte[0]);
      assertEquals(
          "503 unavailable: receiver.max_in_flight_bytes: 25165824 bytes are in flight, 8388609"
              + " more would pass the limit of 33554432",
          refused.error());
      assertEquals("1", refused.headers().get("retry-after"));
      assertTaken(wire.sendLogs(server, 1));
    }
    awaitInFlight(0);
    wire.stop(server.uri(), "");
  }

  private static void sendAQuarter(Socket socket, Wire.Served server, int length)
      throws IOException {
    String head =
        Wire.head("POST /v1/logs", headers(server, PROTOBUF), "Content-Length: " + length);
    OutputStream out = socket.getOutputStream();
    out.write(OtlpBodies.utf8(head));
    out.write(new byte[length / 4 + 65_536]);
    out.flush();
  }

  private void awaitInFlight(int bytes) {
    Await.until(
        bytes + " bytes are in flight",
        Rig.LIMIT,
        () ->
            wire.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("duckspool_receiver_in_flight_bytes "))
                .anyMatch(line -> Double.parseDouble(line.substring(line.indexOf(' '))) == bytes),
        rig::logs);
  }

  private void bufferedBytes() throws IOException {
    Wire.Served full =
        wire.serve("\"schema\":\"limits\",\"max_body_bytes\":1000,\"max_buffered_bytes\":1000");
    wire.pause(full);
    byte[] over = OtlpBodies.logOfSize(401);
    assertTaken(post(full, OtlpBodies.logOfSize(600), JSON));
    String message =
        "503 unavailable: max_buffered_bytes: 600 bytes wait for the writer, 401 more would pass"
            + " the limit of 1000";
    Wire.Reply refused = post(full, over, JSON);
    assertEquals(message, refused.error());
    assertEquals("1", refused.headers().get("retry-after"));
    assertEquals(message, postChunked(full, over, JSON).error());
    assertTaken(post(full, OtlpBodies.logOfSize(400), JSON));
    assertEquals(
        "503 unavailable: max_buffered_bytes: 1000 bytes wait for the writer, 3 more would pass"
            + " the limit of 1000",
        post(full, OtlpBodies.utf8("abc"), JSON, "Content-Encoding: gzip").error(),
        "before any decompression");
    assertEquals(1000, wire.row(full.uri()).get("admitted_bytes").asLong());
    wire.resume(full);
    wire.flush(full);
    assertTaken(post(full, over, JSON));
    wire.stop(full.uri(), "");
  }

  private Stream<DynamicNode> readiness() {
    return Stream.of(
        ContractRow.test(
            "paused",
            () -> {
              wire.pause(small);
              Await.until(
                  "the receiver knows", Rig.LIMIT, () -> ready(small).status() == 503, rig::logs);
              assertEquals("{\"status\":\"degraded\",\"reason\":\"paused\"}", ready(small).body());
              assertEquals(
                  "{\"status\":\"ok\"}",
                  Wire.send(small.port(), "GET /healthz", List.of(), "").body());
              wire.resume(small);
              Await.until(
                  "the receiver knows", Rig.LIMIT, () -> ready(small).status() == 200, rig::logs);
              assertEquals("{\"status\":\"ready\"}", ready(small).body());
            }));
  }

  private static Wire.Reply ready(Wire.Served server) throws IOException {
    return Wire.send(server.port(), "GET /readyz", List.of(), "");
  }

  private Stream<DynamicNode> otlpMode() {
    List<DynamicNode> tests = new ArrayList<>();
    for (String signal : OtlpBodies.SIGNALS) {
      for (String type :
          List.of(
              "application/json JSON",
              "application/otlp+json JSON",
              "application/x-ndjson NDJSON",
              "application/x-protobuf PROTOBUF",
              "application/protobuf PROTOBUF",
              "application/otlp PROTOBUF")) {
        tests.add(
            ContractRow.test(
                signal + " in " + type,
                () -> success(signal, type.split(" ")[0], type.split(" ")[1])));
      }
    }
    tests.add(ContractRow.test("a request without items", this::emptySuccess));
    tests.add(
        ContractRow.test(
            "413 in protobuf",
            () ->
                assertStatus(
                    3,
                    "Content-Length 2001 is over max_body_bytes = 2000",
                    post(otlp, new byte[2001], PROTOBUF))));
    tests.add(
        ContractRow.test(
            "415 in protobuf",
            () ->
                assertStatus(
                    3,
                    "Content-Encoding \"br\"; accepted: identity, gzip, x-gzip, deflate, zstd, one"
                        + " at a time",
                    post(otlp, new byte[0], PROTOBUF, "Content-Encoding: br"))));
    tests.add(
        ContractRow.test(
            "401 in protobuf",
            () ->
                assertStatus(
                    16,
                    "no token; send Authorization: Bearer <token> or x-api-key: <token>",
                    Wire.send(otlp.port(), "POST /v1/logs", List.of(PROTOBUF), ""))));
    tests.add(
        ContractRow.test(
            "400 in JSON",
            () -> {
              Wire.Reply reply = post(otlp, new byte[0], "Content-Type: application/otlp+json");
              assertEquals(400, reply.status());
              assertEquals("application/otlp+json", reply.headers().get("content-type"));
              assertEquals(
                  "{\"code\":3,\"message\":\"the JSON body is empty; a request without items is"
                      + " {}\"}",
                  reply.body());
            }));
    tests.add(
        ContractRow.test(
            "404 in JSON",
            () -> {
              Wire.Reply reply = Wire.send(otlp.port(), "POST /v1/log", List.of(), "");
              assertEquals(404, reply.status());
              assertEquals("application/json", reply.headers().get("content-type"));
              assertEquals(
                  "{\"code\":5,\"message\":\"no such path; did you mean /v1/logs?\"}",
                  reply.body());
            }));
    return tests.stream();
  }

  private void success(String signal, String type, String format) throws IOException {
    Wire.Reply reply =
        Wire.send(
            otlp.port(),
            "POST /v1/" + signal,
            headers(otlp, "Content-Type: " + type),
            OtlpBodies.of(signal, format));
    assertEquals(200, reply.status(), reply.body());
    assertEquals(type, reply.headers().get("content-type"));
    assertEquals(format.equals("PROTOBUF") ? "" : "{}", reply.body());
    assertEquals("2", reply.headers().get("duckspool-rows"));
    assertEquals(
        Integer.toString(OtlpBodies.tables(signal)), reply.headers().get("duckspool-batches"));
    assertTrue(reply.headers().get("duckspool-index").matches("[0-9]+-[0-9]+"));
  }

  private void emptySuccess() throws IOException {
    Wire.Reply reply = post(otlp, new byte[0], PROTOBUF);
    assertEquals(200, reply.status());
    assertEquals("", reply.body());
    assertEquals("0", reply.headers().get("duckspool-rows"));
    assertEquals("0", reply.headers().get("duckspool-batches"));
    assertFalse(reply.headers().containsKey("duckspool-index"));
  }

  /** A google.rpc.Status; one whose message is short is the same bytes as text. */
  private static void assertStatus(int code, String message, Wire.Reply reply) throws IOException {
    assertEquals("application/x-protobuf", reply.headers().get("content-type"));
    CodedInputStream status = CodedInputStream.newInstance(OtlpBodies.utf8(reply.body()));
    assertEquals(1 << 3, status.readTag());
    assertEquals(code, status.readInt32());
    assertEquals(2 << 3 | 2, status.readTag());
    assertEquals(message, status.readStringRequireUtf8());
    assertTrue(status.isAtEnd());
  }

  /** It is found slow while other rows are tried; at the limits it would be in their way. */
  private void beginSlowBody() {
    slow = CompletableFuture.supplyAsync(this::sendHalfABody, task -> new Thread(task).start());
  }

  private Wire.Reply sendHalfABody() {
    try {
      return Wire.sendRaw(
          small.port(),
          Wire.head("POST /v1/logs", headers(small, JSON), "Content-Length: 100"),
          new byte[50]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** To be run late: by then it may be over. */
  Stream<DynamicNode> lateTests() {
    return Stream.of(ContractRow.test("a slow body", this::slowBody));
  }

  private void slowBody() throws Exception {
    Wire.Reply reply = slow.get(Rig.LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertEquals(
        "408 request_timeout: the body took longer than receiver.body_timeout = 300000 ms, or came"
            + " slower than 1024 bytes a second",
        reply.error());
    assertEquals("close", reply.headers().get("connection"));
  }
}
