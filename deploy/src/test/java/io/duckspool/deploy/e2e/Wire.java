package io.duckspool.deploy.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.net.FreePort;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.load.HttpConnection;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Requests as they go over the wire to the ports of a rig, and their replies: nothing between the
 * test and the contract knows names or types. Blocks.
 */
final class Wire {

  /** Of a server that must not seal by itself, however slow the machine. */
  static final String NO_AGE_SEAL = "\"seal_max_age_ms\":3600000";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Rig rig;

  Wire(Rig rig) {
    this.rig = rig;
  }

  /** A reply; the names of headers are in lower case. */
  record Reply(int status, Map<String, String> headers, String body) {

    JsonNode json() {
      return parse(body);
    }

    /** The keys of the body, in their order. */
    List<String> keys() {
      return Wire.keys(json());
    }

    /** {@code 400 bad_request: message}; the whole body where it isn't an error of ours. */
    String error() {
      JsonNode json = json();
      return keys().equals(List.of("error", "message"))
          ? status + " " + json.get("error").asText() + ": " + json.get("message").asText()
          : status + " " + body;
    }
  }

  /** A server that serves, with the reply that said so. */
  record Served(String uri, int port, String token, Reply reply) {}

  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + json, e);
    }
  }

  static List<String> keys(JsonNode json) {
    return json.properties().stream().map(Map.Entry::getKey).toList();
  }

  /** A call of the receiver's control port, with the token. */
  Reply get(String path) throws IOException {
    return get(rig.receiverControlPort(), path);
  }

  Reply get(int port, String path) throws IOException {
    return send(port, "GET " + path, List.of(authorization()), "");
  }

  /** A call of the receiver's control port, with the token. */
  Reply post(String path, String json) throws IOException {
    return post(rig.receiverControlPort(), path, json);
  }

  Reply post(int port, String path, String json) throws IOException {
    return send(
        port, "POST " + path, List.of(authorization(), "Content-Type: application/json"), json);
  }

  /** Serves on a port that is free. */
  Served serve(String parameters) throws IOException {
    return serve("otlp:127.0.0.1:" + FreePort.take(), parameters);
  }

  Served serve(String uri, String parameters) throws IOException {
    Reply reply = post("/admin/otlp_serve", body(uri, parameters));
    if (reply.status() != 200) {
      throw new AssertionError(parameters + ": " + reply.error());
    }
    String listenUri = reply.json().get("listen_uri").asText();
    int port = Integer.parseInt(listenUri.substring(listenUri.lastIndexOf(':') + 1));
    return new Served(listenUri, port, reply.json().get("auth_token").asText(), reply);
  }

  /** A JSON object of a URI and more parameters, which may be empty. */
  static String body(String uri, String parameters) {
    return "{\"uri\":\"" + uri + "\"" + (parameters.isEmpty() ? "" : "," + parameters) + "}";
  }

  Reply stop(String uri, String parameters) throws IOException {
    return post("/admin/otlp_stop", body(uri, parameters));
  }

  Reply flush(Served served) throws IOException {
    return flush(served, "");
  }

  Reply flush(Served served, String parameters) throws IOException {
    return post("/admin/otlp_flush", body(served.uri(), parameters));
  }

  /** Has the writer seal nothing more of a server. */
  void pause(Served served) throws IOException {
    control("pause", served);
  }

  void resume(Served served) throws IOException {
    control("resume", served);
  }

  private void control(String call, Served served) throws IOException {
    Reply reply = post(rig.writerControlPort(), "/admin/" + call, body(served.uri(), ""));
    if (reply.status() != 200) {
      throw new AssertionError(call + ": " + reply.error());
    }
  }

  /** The row of a server in the list. */
  JsonNode row(String uri) throws IOException {
    return find(uri).orElseThrow(() -> new AssertionError(uri + " is not listed"));
  }

  /** The row of a server; empty when it is not listed. */
  Optional<JsonNode> find(String uri) throws IOException {
    for (JsonNode row : get("/admin/otlp_server_list").json()) {
      if (row.get("listen_uri").asText().equals(uri)) {
        return Optional.of(row);
      }
    }
    return Optional.empty();
  }

  /** Sends so many log records in JSON. */
  Reply sendLogs(Served server, int records) throws IOException {
    return send(
        server.port(),
        "POST /v1/logs",
        List.of("x-api-key: " + server.token(), "Content-Type: application/json"),
        logs(records));
  }

  static String logs(int records) {
    String record = "{\"body\":{\"stringValue\":\"x\"}}";
    return "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":["
        + String.join(",", Collections.nCopies(records, record))
        + "]}]}]}";
  }

  /** Sends one request of a connection of its own; its length is announced. */
  static Reply send(int port, String start, List<String> headers, String body) throws IOException {
    return send(port, start, headers, body.getBytes(StandardCharsets.UTF_8));
  }

  static Reply send(int port, String start, List<String> headers, byte[] body) throws IOException {
    return sendRaw(port, head(start, headers, "Content-Length: " + body.length), body);
  }

  /** The lines of a request up to and including the blank one. */
  static String head(String start, List<String> headers, String... more) {
    StringBuilder head = new StringBuilder(start + " HTTP/1.1\r\nHost: localhost\r\n");
    headers.forEach(line -> head.append(line).append("\r\n"));
    List.of(more).forEach(line -> head.append(line).append("\r\n"));
    return head.append("\r\n").toString();
  }

  /** Sends these very bytes. */
  static Reply sendRaw(int port, String head, byte[] body) throws IOException {
    try (HttpConnection connection = HttpConnection.open(Rig.HOST, port, false, Rig.LIMIT)) {
      HttpConnection.Reply reply =
          connection.exchange(head.getBytes(StandardCharsets.ISO_8859_1), body);
      return new Reply(reply.status(), reply.headers(), reply.body());
    }
  }

  /** Whether nobody listens on a port. */
  static boolean isFree(int port) throws IOException {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByName(Rig.HOST))) {
      return socket.isBound();
    } catch (BindException e) {
      return false;
    }
  }

  private String authorization() throws IOException {
    return "Authorization: Bearer " + Files.readString(rig.data().resolve("control.token")).strip();
  }
}
