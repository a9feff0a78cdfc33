package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.TestServer.TOKEN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.receiver.FakeSpool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests whose ends two parsers may see in different places, and heads that no honest client
 * sends: each gets its one status, and what a second request hides in is never stored.
 */
class HostileRequestsTest {

  /** The connection goes on: a next request of it is answered. */
  private static final boolean OPEN = true;

  private static final boolean CLOSED = false;

  private static final String AUTH = "x-api-key: " + TOKEN + "\r\n";
  private static final String JSON = "Content-Type: application/json\r\n";
  private static final String POST = "POST /v1/logs HTTP/1.1\r\nHost: h\r\n" + AUTH + JSON;
  private static final String BODY = log("first");
  private static final String LENGTH = "Content-Length: " + BODY.length() + "\r\n";
  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
  private static final String CHUNKS = chunk(BODY) + "0\r\n\r\n";

  /** A whole request that would be stored, if anybody took it for one. */
  private static final String HIDDEN =
      POST + "Content-Length: " + log("hidden").length() + "\r\n\r\n" + log("hidden");

  private static final String HEALTH = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = TestServer.options().start();
  }

  @AfterAll
  static void stop() {
    TestServer.await("all memory is given back", () -> server.memory.reservedBytes() == 0);
    TestServer.await("no claim is left", () -> server.admission.claims() == 0);
    server.close();
  }

  private static String log(String text) {
    return "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\""
        + text
        + "\"}}]}]}]}";
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  private static String headers(int count) {
    StringBuilder headers = new StringBuilder();
    for (int i = 0; i < count; i++) {
      headers.append("a").append(i).append(":\r\n");
    }
    return headers.toString();
  }

  /** What is sent, the statuses that come back in order, and what becomes of the connection. */
  private static Arguments row(String name, String bytes, boolean isOpen, Integer... statuses) {
    return Arguments.of(name, bytes, List.of(statuses), isOpen);
  }

  private static Stream<Arguments> ambiguousLengths() {
    return Stream.of(
        row("both, length first", POST + LENGTH + CHUNKED + "\r\n" + CHUNKS + HIDDEN, CLOSED, 400),
        row("both, chunked first", POST + CHUNKED + LENGTH + "\r\n" + CHUNKS + HIDDEN, CLOSED, 400),
        row(
            "a length of 4 before chunks",
            POST + "Content-Length: 4\r\n" + CHUNKED + "\r\n0\r\n\r\n" + HIDDEN,
            CLOSED,
            400),
        row(
            "two lengths",
            POST + LENGTH + "Content-Length: 0\r\n\r\n" + BODY + HIDDEN,
            CLOSED,
            400),
        row("two lengths in one", POST + "Content-Length: 5, 6\r\n\r\n" + HIDDEN, CLOSED, 400),
        row("a signed length", POST + "Content-Length: +5\r\n\r\nhello" + HIDDEN, CLOSED, 400),
        row("a length in hex", POST + "Content-Length: 0x5\r\n\r\nhello" + HIDDEN, CLOSED, 400),
        row("an empty length", POST + "Content-Length: \r\n\r\n" + HIDDEN, CLOSED, 400),
        row(
            "a length of 20 digits",
            POST + "Content-Length: 99999999999999999999\r\n\r\n" + HIDDEN,
            CLOSED,
            400),
        row(
            "a blank before the colon",
            POST + "Content-Length : 5\r\n\r\nhello" + HIDDEN,
            CLOSED,
            400),
        row(
            "a blank before the colon of chunked",
            POST + LENGTH + "Transfer-Encoding : chunked\r\n\r\n" + BODY + HIDDEN,
            CLOSED,
            400),
        row(
            "a coding nobody knows",
            POST + "Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS + HIDDEN,
            CLOSED,
            400),
        row(
            "identity as a transfer coding",
            POST + LENGTH + "Transfer-Encoding: identity\r\n\r\n" + BODY + HIDDEN,
            CLOSED,
            400),
        row(
            "chunked twice",
            POST + "Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS + HIDDEN,
            CLOSED,
            400),
        row(
            "chunked not last",
            POST + "Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS + HIDDEN,
            CLOSED,
            400),
        row(
            "a folded header",
            POST + "Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS + HIDDEN,
            CLOSED,
            400),
        row(
            "chunked by a vertical tab",
            POST + "Transfer-Encoding: \u000bchunked\r\n\r\n" + CHUNKS + HIDDEN,
            CLOSED,
            400));
  }

  private static Stream<Arguments> chunks() {
    String start = POST + CHUNKED + "\r\n";
    return Stream.of(
        row("a size that is no number", start + "zz\r\n" + BODY + "\r\n0\r\n\r\n", CLOSED, 400),
        row("a negative size", start + "-1\r\n" + BODY + "\r\n0\r\n\r\n", CLOSED, 400),
        row("a size with 0x", start + "0x5\r\nhello\r\n0\r\n\r\n", CLOSED, 400),
        row(
            "a size over 64 bits",
            start + "10000000000000005\r\nhello\r\n0\r\n\r\n" + HIDDEN,
            CLOSED,
            400),
        row("no size", start + "\r\nhello\r\n0\r\n\r\n", CLOSED, 400),
        row(
            "a chunk longer than it says",
            start + "5\r\n" + BODY + "\r\n0\r\n\r\n" + HIDDEN,
            CLOSED,
            400),
        row("an extension", start + "1;a=b\r\n{\r\n1\r\n}\r\n0\r\n\r\n", OPEN, 202),
        row("a trailer", start + chunk(BODY) + "0\r\nContent-Length: 1000\r\n\r\n", OPEN, 202));
  }

  private static Stream<Arguments> heads() {
    return Stream.of(
        row(
            "5,000 short headers",
            "GET /healthz HTTP/1.1\r\nHost: h\r\n" + headers(5_000),
            CLOSED,
            431),
        row(
            "2,000 short headers",
            "GET /healthz HTTP/1.1\r\nHost: h\r\n" + headers(2_000) + "\r\n",
            OPEN,
            200),
        row("a header of 1 MiB", POST + "X: " + "x".repeat(1 << 20), CLOSED, 431),
        row("a name of 1 MiB", POST + "x".repeat(1 << 20), CLOSED, 431),
        row("a target of 1 MiB", "GET /" + "x".repeat(1 << 20), CLOSED, 431),
        row("a method of 1 MiB", "x".repeat(1 << 20), CLOSED, 431),
        row("NUL in the path", "GET /healthz\0 HTTP/1.1\r\nHost: h\r\n\r\n", CLOSED, 400),
        row("%00 in the path", "GET /healthz%00 HTTP/1.1\r\nHost: h\r\n\r\n", CLOSED, 400),
        row("NUL in a header", POST + "X: a\0b\r\n" + LENGTH + "\r\n" + BODY, CLOSED, 400),
        row("a lone CR in a header", POST + "X: a\rb\r\n" + LENGTH + "\r\n" + BODY, CLOSED, 400),
        row("%2f in the path", "GET /v1%2flogs HTTP/1.1\r\nHost: h\r\n\r\n", OPEN, 404),
        row("dots in the path", "GET /v1/../healthz HTTP/1.1\r\nHost: h\r\n\r\n", OPEN, 404),
        row("an absolute target", "GET http://h/healthz HTTP/1.1\r\nHost: h\r\n\r\n", OPEN, 200),
        row(
            "an absolute target of another host",
            "GET http://other/healthz HTTP/1.1\r\nHost: h\r\n\r\n",
            OPEN,
            400),
        row("an asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", OPEN, 404),
        row("CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", OPEN, 400),
        row("two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", CLOSED, 400),
        row("HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", CLOSED, 200),
        row(
            "HTTP/1.0 kept alive",
            "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            OPEN,
            200),
        // RFC 9112, section 6.1: taken, and the connection closed after it.
        row(
            "HTTP/1.0 with chunks",
            POST.replace("1.1", "1.0") + CHUNKED + "\r\n" + CHUNKS + HIDDEN,
            CLOSED,
            202),
        row("HTTP/0.9", "GET /healthz\r\n\r\n", CLOSED, 400),
        row("HTTP/1.2", "GET /healthz HTTP/1.2\r\nHost: h\r\n\r\n", CLOSED, 400),
        row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", CLOSED, 400),
        row(
            "TLS",
            "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
            CLOSED,
            400),
        // RFC 9112, section 2.2: a recipient may take it.
        row("only LF", "GET /healthz HTTP/1.1\nHost: h\n\n", OPEN, 200));
  }

  private static Stream<Arguments> pipelines() {
    return Stream.of(
        row("stored, refused, stored", HIDDEN.replace("hidden", "plain1") + HEALTH, OPEN, 202, 200),
        row(
            "nothing after a body that is refused by its head",
            "POST /v1/logs HTTP/1.1\r\nHost: h\r\n"
                + JSON
                + "Content-Length: "
                + HIDDEN.length()
                + "\r\n\r\n"
                + HIDDEN,
            CLOSED,
            401),
        row(
            "nothing after Connection: close",
            "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + HIDDEN,
            CLOSED,
            200),
        row(
            "an Upgrade to HTTP/2",
            "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
            OPEN,
            200));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"ambiguousLengths", "chunks", "heads", "pipelines"})
  void aHostileRequest_getsItsStatus_andNothingOfASecondOneIsStored(
      String name, String bytes, List<Integer> statuses, boolean isOpen) throws IOException {
    List<Integer> replied = new ArrayList<>();
    boolean wasOpen;
    try (RawClient client = server.client()) {
      client.trySend(bytes.getBytes(StandardCharsets.ISO_8859_1));
      for (int i = 0; i < statuses.size(); i++) {
        replied.add(client.reply().status());
      }
      wasOpen = client.trySend(HEALTH.getBytes(StandardCharsets.ISO_8859_1)) && isAnswered(client);
    }
    assertEquals(statuses, replied);
    assertEquals(isOpen, wasOpen, "whether the connection goes on");
    for (FakeSpool.Entry entry : server.fake.entries()) {
      String stored = new String(entry.payload(), StandardCharsets.UTF_8);
      assertTrue(!stored.contains("hidden"), stored);
    }
  }

  private static boolean isAnswered(RawClient client) {
    try {
      return client.reply().status() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aRequestThatWasStored_isStoredOnce() throws IOException {
    int before = server.fake.entries().size();
    try (RawClient client = server.client()) {
      client.send(HIDDEN.replace("hidden", "plain2") + HIDDEN.replace("hidden", "plain3"));
      assertEquals(202, client.reply().status());
      assertEquals(202, client.reply().status());
    }
    assertEquals(before + 2, server.fake.entries().size());
  }
}
