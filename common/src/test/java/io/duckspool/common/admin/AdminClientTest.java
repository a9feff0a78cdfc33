package io.duckspool.common.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.sun.net.httpserver.HttpServer;
import io.duckspool.common.config.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminClientTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir Path folder;
  private HttpServer server;
  private AdminClient client;
  private volatile int status = 200;
  private volatile String answer = "{}";
  private final AtomicReference<String> body = new AtomicReference<>();

  @BeforeEach
  void start() throws Exception {
    Path tokenFile = folder.resolve("control.token");
    String bearer = "Bearer " + ControlToken.readOrCreate(tokenFile).reveal();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          body.set(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          boolean authorized =
              bearer.equals(exchange.getRequestHeaders().getFirst("Authorization"));
          byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(authorized ? status : 401, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    client = new AdminClient(new HostPort("127.0.0.1", server.getAddress().getPort()), tokenFile);
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void seal_isSentAndReadInSnakeCase() throws Exception {
    answer = "{\"status\":\"sealed\",\"sealed_rows\":42,\"seals_total\":7,\"error\":null}";
    assertEquals(
        new AdminApi.Sealed("sealed", 42, 7, null),
        client.seal(new AdminApi.Seal("ab", "1-2", "flush", null), TIMEOUT));
    assertEquals(
        "{\"spool_id\":\"ab\",\"index\":\"1-2\",\"trigger\":\"flush\",\"timeout_ms\":null}",
        body.get());
  }

  @Test
  void anErrorAnswer_keepsItsStatusCodeAndMessage() {
    status = 400;
    answer = "{\"error\":\"bad_request\",\"message\":\"no such catalog: lake\"}";
    var e =
        assertThrows(
            AdminException.class, () -> client.prepare(new AdminApi.Prepare("a_1", "ab"), TIMEOUT));
    assertEquals(400, e.status());
    assertEquals("bad_request", e.code());
    assertEquals("no such catalog: lake", e.getMessage());
  }

  @Test
  void anAnswerThatIsNone_isAnIoFailure() {
    answer = "<html>";
    assertThrows(IOException.class, () -> client.pipelines(TIMEOUT));
    status = 502;
    assertThrows(IOException.class, () -> client.pipelines(TIMEOUT));
  }

  @Test
  void anUnreachablePort_isAnIoFailure() {
    server.stop(0);
    assertThrows(IOException.class, () -> client.pipelines(TIMEOUT));
  }

  @Test
  void anUnknownField_isRefused() {
    assertThrows(
        UnrecognizedPropertyException.class,
        () -> AdminJson.MAPPER.readValue("{\"spool_id\":\"a\",\"x\":1}", AdminApi.Release.class));
  }
}
