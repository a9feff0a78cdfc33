package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.Payloads.PROTOBUF;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.net.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a server listens, and what its ports say of its health. */
class HttpListenerTest {

  private static int health(String host, int port) throws IOException {
    try (RawClient client = new RawClient(host, port)) {
      return client.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").reply().status();
    }
  }

  @Test
  void localhost_isBothLoopbacks() throws IOException {
    TestServer.Options options = TestServer.options();
    options.host = "localhost";
    try (TestServer server = options.start()) {
      assertEquals(200, health("127.0.0.1", server.port));
      assertEquals(200, health("::1", server.port));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void localhost_isBothLoopbacks_orNeither(String taken) throws IOException {
    TestServer.Options options = TestServer.options();
    options.host = "localhost";
    options.port = FreePort.take();
    String other = taken.equals("::1") ? "127.0.0.1" : "::1";
    try (ServerSocket socket = new ServerSocket(options.port, 1, InetAddress.getByName(taken))) {
      IOException failure = assertThrows(IOException.class, options::start);
      assertTrue(failure.getMessage().contains("port " + options.port), failure.getMessage());
      assertThrows(IOException.class, () -> health(other, socket.getLocalPort()));
    }
    try (TestServer server = options.start()) {
      assertEquals(200, health(other, server.port));
    }
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, ::1", "::1, 127.0.0.1"})
  void anAddress_isThatAddressAlone(String host, String other) throws IOException {
    TestServer.Options options = TestServer.options();
    options.host = host;
    try (TestServer server = options.start()) {
      assertEquals(202, server.post(Payloads.log("x"), PROTOBUF).status());
      assertThrows(IOException.class, () -> health(other, server.port));
    }
  }

  @Test
  void aClosedServer_freesItsPort() throws IOException {
    TestServer.Options options = TestServer.options();
    options.port = FreePort.take();
    for (int i = 0; i < 3; i++) {
      try (TestServer server = options.start()) {
        assertEquals(200, health("127.0.0.1", server.port));
      }
    }
  }

  @Test
  void withoutAuthentication_noTokenIsAsked() throws IOException {
    TestServer.Options options = TestServer.options();
    options.disableAuth = true;
    try (TestServer server = options.start();
        RawClient client = server.client()) {
      byte[] body = Payloads.log("x");
      client.send("POST /v1/logs HTTP/1.1\r\nHost: h\r\n" + PROTOBUF + "\r\n");
      client.send("Content-Length: " + body.length + "\r\n\r\n").send(body);
      assertEquals(202, client.reply().status());
    }
  }

  @Test
  void health_andReadiness_needNoToken() throws IOException {
    TestServer.Options options = TestServer.options();
    options.degradation = Optional.of("seal_failed");
    try (TestServer server = options.start();
        RawClient client = server.client()) {
      RawClient.Reply health = client.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").reply();
      assertEquals("{\"status\":\"ok\"}", health.text());
      assertEquals("application/json", health.headers().get("content-type"));
      RawClient.Reply ready = client.send("GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n").reply();
      assertEquals(503, ready.status());
      assertEquals("{\"status\":\"degraded\",\"reason\":\"seal_failed\"}", ready.text());
    }
  }
}
