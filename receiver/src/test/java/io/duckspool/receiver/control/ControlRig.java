package io.duckspool.receiver.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.receiver.FakeWriter;
import io.duckspool.receiver.Receiver;
import io.duckspool.receiver.http.RawClient;
import io.duckspool.receiver.http.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A receiver on real spools, a writer that the test plays, and a client of the control port. */
final class ControlRig implements AutoCloseable {

  static final ObjectMapper JSON = new ObjectMapper();

  final DataFolder data;
  final int control = FreePort.take();
  final int writerPort = FreePort.take();
  final Map<String, String> environment = new HashMap<>();
  private final HttpClient http = TestServer.http();
  private Receiver receiver;
  private FakeWriter writer;

  ControlRig(Path folder) throws IOException {
    data = new DataFolder(folder.resolve("data"));
    environment.put("DUCKSPOOL_SPOOL_DISK_RESERVE", "64MiB");
    environment.put("DUCKSPOOL_RECEIVER_MAX_IN_FLIGHT_BYTES", "512MiB");
  }

  /** A reply: its status, its body, and what the body is as JSON. */
  record Reply(int status, JsonNode json) {
    List<String> keys() {
      List<String> keys = new ArrayList<>();
      json.fieldNames().forEachRemaining(keys::add);
      return keys;
    }

    String text(String key) {
      return json.get(key).asText();
    }

    String error() {
      return status + " " + text("error") + ": " + text("message");
    }
  }

  ControlRig start() throws Exception {
    receiver =
        Receiver.start(
            new ConfigLoader(ConfigLoader.Role.RECEIVER)
                .environment(environment)
                .flag("data", data.root().toString(), "--data")
                .flag("receiver.control", "127.0.0.1:" + control, "--control")
                .flag("writer.control", "127.0.0.1:" + writerPort, "--writer")
                .loadWithOrigins());
    return this;
  }

  void stop() {
    if (receiver != null) {
      receiver.close();
    }
  }

  /** Starts the writer, which removes what is drained. */
  FakeWriter startWriter() throws IOException {
    writer = new FakeWriter(writerPort);
    writer.removeDrained(data);
    return writer;
  }

  FakeWriter writer() {
    return writer;
  }

  void stopWriter() {
    writer.close();
  }

  HttpRequest.Builder request(String path) throws IOException {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control + path))
        .timeout(Duration.ofSeconds(30))
        .header(
            "Authorization",
            "Bearer " + ControlToken.read(data.root().resolve("control.token")).reveal());
  }

  Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    return new Reply(response.statusCode(), JSON.readTree(response.body()));
  }

  Reply get(String path) throws IOException, InterruptedException {
    return send(request(path).GET());
  }

  /** A body that is no JSON. */
  String text(String path) throws IOException, InterruptedException {
    return http.send(request(path).GET().build(), HttpResponse.BodyHandlers.ofString()).body();
  }

  Reply post(String path, String json) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  Reply post(String path, Map<String, ?> body) throws IOException, InterruptedException {
    return post(path, JSON.writeValueAsString(body));
  }

  Reply serve(ListenUri uri) throws IOException, InterruptedException {
    return post("/admin/otlp_serve", Map.of("uri", uri.toString()));
  }

  Reply stop(ListenUri uri, long timeoutMillis) throws IOException, InterruptedException {
    return post("/admin/otlp_stop", Map.of("uri", uri.toString(), "timeout_ms", timeoutMillis));
  }

  /** The one row of the list. */
  JsonNode row() throws IOException, InterruptedException {
    JsonNode rows = get("/admin/otlp_server_list").json();
    if (rows.size() != 1) {
      throw new AssertionError("expected one server, got " + rows);
    }
    return rows.get(0);
  }

  ServerFolder folder(ListenUri uri) {
    return data.server(uri);
  }

  ServerFile file(ListenUri uri) throws IOException {
    return ServerFile.read(folder(uri));
  }

  /** Everything below {@code servers}. */
  List<String> leftBehind() throws IOException {
    try (Stream<Path> paths = Files.list(data.servers())) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  /** Posts one log record; -1 when nobody listens. */
  static int postLog(String host, int port, String token) {
    try (RawClient client = new RawClient(host, port)) {
      client.send(
          "POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nx-api-key: "
              + token
              + "\r\nContent-Length: "
              + TestServer.ONE_LOG.length
              + "\r\n\r\n");
      return client.send(TestServer.ONE_LOG).reply().status();
    } catch (IOException e) {
      return -1;
    }
  }

  static boolean isFree(String host, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new java.net.InetSocketAddress(InetAddress.getByName(host), port), 1);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    stop();
    if (writer != null) {
      writer.close();
    }
  }
}
