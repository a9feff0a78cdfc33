package io.duckspool.writer.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ControlGuard;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.config.HostPort;
import io.duckspool.common.metrics.MetricsPage;
import io.duckspool.common.server.DataFolder;
import io.duckspool.spool.chronicle.ChronicleSpoolStore;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.pipeline.PipelineDefaults;
import io.duckspool.writer.pipeline.PipelineParts;
import io.duckspool.writer.pipeline.Pipelines;
import io.duckspool.writer.pipeline.ServerCalls;
import io.duckspool.writer.pipeline.Verifier;
import io.duckspool.writer.sink.DuckDbDatabase;
import io.duckspool.writer.sink.DuckDbSettings;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may call the writer's control port, in bytes on a socket. */
final class ControlServerTest {

  private static final String TOKEN = "0123456789abcdef";
  private static final String AUTHORIZED = "Authorization: Bearer " + TOKEN + "\r\n";
  private static final String JSON = "Content-Type: application/json\r\n";

  @TempDir Path temp;
  private int port;
  private DuckDbDatabase database;
  private BatchMemory memory;
  private ControlServer server;

  @BeforeEach
  void open() throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    DataFolder data = new DataFolder(temp.resolve("data"));
    data.create();
    database =
        DuckDbDatabase.open(
            new DuckDbSettings(
                Optional.empty(),
                64L << 20,
                1,
                temp.resolve("tmp"),
                Optional.empty(),
                false,
                Optional.empty()),
            InstantSource.system(),
            System::nanoTime);
    memory = new BatchMemory(1 << 20, 0);
    PipelineParts parts =
        new PipelineParts(
            data,
            new ChronicleSpoolStore(InstantSource.system(), System::nanoTime),
            run -> false,
            memory,
            InstantSource.system(),
            System::nanoTime);
    PipelineDefaults defaults = new PipelineDefaults(1 << 20, 1_000, true, false);
    Pipelines pipelines = new Pipelines(parts, defaults, database::sink);
    HostPort address = HostPort.parse("127.0.0.1:" + port);
    server =
        ControlServer.open(
            address,
            new ControlGuard(ControlToken.of(TOKEN), address, false),
            new ControlServices(
                pipelines,
                new ServerCalls(parts, defaults, database::sink, pipelines),
                new Verifier(pipelines, defaults, database::sink),
                database.sqlRunner(),
                List.of(new AdminApi.ConfigValue("data", "./data", "default")),
                new MetricsPage(new WriterMetrics(pipelines, memory, database::memory))));
  }

  @AfterEach
  void close() {
    server.close();
    memory.close();
    database.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/healthz", "/readyz", "/admin/pipelines", "/admin/seal", "/admin/x", "/metrics"})
  void aNameThatIsNotThisMachines_isRefusedOnEveryPath(String path) throws Exception {
    String answer = get(path, "Host: evil.example:" + port + "\r\n" + AUTHORIZED);
    assertAnswer(403, "forbidden", answer);
    answer = get(path, host() + "Origin: http://evil.example\r\n" + AUTHORIZED);
    assertAnswer(403, "forbidden", answer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "LOCALHOST", "[::1]"})
  void itsOwnNamesAreTaken(String name) throws Exception {
    String answer = get("/admin/pipelines", "Host: " + name + ":" + port + "\r\n" + AUTHORIZED);
    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    assertTrue(answer.endsWith("\r\n\r\n[]"), answer);
  }

  @Test
  void healthAndReadinessNeedNoToken_allElseDoes() throws Exception {
    assertTrue(get("/healthz", host()).startsWith("HTTP/1.1 200 "));
    assertTrue(get("/readyz", host()).startsWith("HTTP/1.1 200 "));
    assertAnswer(401, "unauthorized", get("/admin/pipelines", host()));
    assertAnswer(401, "unauthorized", post("/admin/seal", host() + JSON, "{}"));
    String other = "Authorization: Bearer " + TOKEN + "0\r\n";
    assertAnswer(401, "unauthorized", get("/admin/pipelines", host() + other));
  }

  @ParameterizedTest
  @CsvSource({
    "text/plain, 415, unsupported_media_type",
    "application/x-www-form-urlencoded, 415, unsupported_media_type",
    "application/json, 400, bad_request",
    "application/json; charset=utf-8, 400, bad_request"
  })
  void aBodyIsJsonOnly(String type, int status, String code) throws Exception {
    String header = "Content-Type: " + type + "\r\n";
    assertAnswer(status, code, post("/admin/seal", host() + AUTHORIZED + header, "{}"));
  }

  @Test
  void aBodyWithoutType_isRefused() throws Exception {
    String answer = post("/admin/seal", host() + AUTHORIZED, "{}");
    assertAnswer(415, "unsupported_media_type", answer);
  }

  @Test
  void aBodyAtItsBoundIsRead_andOneByteMoreIsNot() throws Exception {
    String fits = " ".repeat((1 << 20) - 2) + "{}";
    assertAnswer(400, "bad_request", post("/admin/seal", host() + AUTHORIZED + JSON, fits));
    String answer = post("/admin/seal", host() + AUTHORIZED + JSON, " " + fits);
    assertAnswer(413, "payload_too_large", answer);
    assertTrue(answer.contains("1048576 bytes"), answer);
  }

  @Test
  void theConfigurationIsShownWithItsOrigins() throws Exception {
    String answer = get("/admin/config", host() + AUTHORIZED);
    assertTrue(
        answer.endsWith("[{\"key\":\"data\",\"value\":\"./data\",\"origin\":\"default\"}]"),
        answer);
    assertAnswer(401, "unauthorized", get("/admin/config", host()));
  }

  @Test
  void aWrongParameterIsNamed() throws Exception {
    String answer = post("/admin/seal", host() + AUTHORIZED + JSON, "{\"spool\":1}");
    assertAnswer(400, "bad_request", answer);
    assertTrue(
        answer.contains(
            "unknown parameter \\\"spool\\\", known are spool_id, index, trigger, timeout_ms"),
        answer);
  }

  private String host() {
    return "Host: localhost:" + port + "\r\n";
  }

  private String get(String path, String headers) throws Exception {
    return send("GET " + path + " HTTP/1.1\r\n" + headers + "Connection: close\r\n\r\n");
  }

  private String post(String path, String headers, String body) throws Exception {
    return send(
        "POST "
            + path
            + " HTTP/1.1\r\n"
            + headers
            + "Content-Length: "
            + body.length()
            + "\r\nConnection: close\r\n\r\n"
            + body);
  }

  private String send(String request) throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void assertAnswer(int status, String code, String answer) {
    assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
    assertTrue(body.startsWith("{\"error\":\"" + code + "\",\"message\":\""), answer);
    assertEquals('}', body.charAt(body.length() - 1));
  }
}
