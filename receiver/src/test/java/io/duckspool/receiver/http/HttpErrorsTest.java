package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.TestServer.TOKEN;
import static io.duckspool.receiver.http.TestServer.head;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows of the error table that are decided before the body, in their order. */
class HttpErrorsTest {

  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    server = TestServer.options().start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/log, /v1/logs",
    "/v1/logs/, /v1/logs",
    "/V1/Traces, /v1/traces",
    "/metrics, /v1/metrics",
    "/health, /healthz",
    "/, /v1/traces"
  })
  void anUnknownPath_isA404_thatNamesTheRightOne(String path, String right) throws IOException {
    RawClient.Reply reply = get(path);
    assertError(404, "not_found", reply);
    assertTrue(reply.text().contains(right), reply.text());
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/logs, POST",
    "PUT, /v1/traces, POST",
    "DELETE, /v1/metrics, POST",
    "OPTIONS, /v1/logs, POST",
    "BREW, /v1/logs, POST",
    "POST, /healthz, GET",
    "POST, /readyz, GET"
  })
  void aKnownPath_underAnotherMethod_isA405_withAllow(String method, String path, String allow)
      throws IOException {
    try (RawClient client = server.client()) {
      RawClient.Reply reply =
          client
              .send(method + " " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
              .reply();
      assertError(405, "method_not_allowed", reply);
      assertEquals(allow, reply.headers().get("allow"));
    }
  }

  @Test
  void head_onHealth_isA405_withoutABody() throws IOException {
    try (RawClient client = server.client()) {
      client.send("HEAD /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      String reply = client.rest();
      assertTrue(reply.startsWith("HTTP/1.1 405"), reply);
      assertTrue(reply.endsWith("\r\n\r\n"), reply);
    }
  }

  @Test
  void aHeaderBlock_of16KiB_isTaken_andOneByteMoreIsNot() throws IOException {
    assertEquals(200, headerBlockOf(16 << 10).status());
    assertError(431, "header_too_large", headerBlockOf((16 << 10) + 1));
  }

  private RawClient.Reply headerBlockOf(int bytes) throws IOException {
    String start = "GET /healthz HTTP/1.1\r\nHost: h\r\nX-Filler: ";
    String end = "\r\n\r\n";
    try (RawClient client = server.client()) {
      return client.send(start + "x".repeat(bytes - start.length() - end.length()) + end).reply();
    }
  }

  @Test
  void aRequestLine_thatIsTooLong_isA431() throws IOException {
    assertError(431, "header_too_large", get("/" + "x".repeat(20_000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no http at all\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n",
        "POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
      })
  void whatIsNoHttpRequest_isA400_inOurShape(String request) throws IOException {
    try (RawClient client = server.client()) {
      assertError(400, "bad_request", client.send(request).reply());
      assertTrue(client.isClosedByServer());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Authorization: Bearer wrong-token-wrong\r\n",
        "Authorization: Basic " + TOKEN + "\r\n",
        "Authorization: Bearer\r\n",
        "Authorization: " + TOKEN + "\r\n",
        "x-api-key: \r\n",
        "x-api-key: " + TOKEN + "x\r\n"
      })
  void aTokenThatIsMissingOrWrong_isA401_beforeAnyByteOfTheBody(String header) throws IOException {
    try (RawClient client = server.client()) {
      RawClient.Reply reply =
          client
              .send("POST /v1/logs HTTP/1.1\r\nHost: h\r\n" + header)
              .send("Content-Length: 1000000\r\n\r\n")
              .reply();
      assertError(401, "unauthorized", reply);
      assertFalse(reply.text().contains(TOKEN));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization: Bearer " + TOKEN,
        "authorization: bEARER " + TOKEN,
        "x-api-key: " + TOKEN,
        "x-api-key: wrong-wrong-wrong-wrong\r\nAuthorization: Bearer " + TOKEN,
        "Authorization: Bearer wrong-wrong-wrong\r\nx-api-key: " + TOKEN
      })
  void oneValidToken_isEnough(String header) throws IOException {
    try (RawClient client = server.client()) {
      RawClient.Reply reply =
          client
              .send("POST /v1/logs HTTP/1.1\r\nHost: h\r\n" + header + "\r\n")
              .send("Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n")
              .reply();
      assertError(415, "unsupported_media_type", reply);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Other: 1",
        "Content-Type: ",
        "Content-Type: text/plain",
        "Content-Type: application/jsonx",
        "Content-Type: application/json\r\nContent-Encoding: br",
        "Content-Type: application/json\r\nContent-Encoding: gzip, gzip",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Encoding: zstd"
      })
  void whatIsNotInTheLists_isA415(String headers) throws IOException {
    try (RawClient client = server.client()) {
      assertError(
          415,
          "unsupported_media_type",
          client.send(head(headers) + "Content-Length: 9000000\r\n\r\n").reply());
    }
  }

  @Test
  void anAnnouncedLength_overTheLimit_isA413_beforeTheBody() throws IOException {
    try (RawClient client = server.client()) {
      assertError(
          413,
          "payload_too_large",
          client
              .send(head("Content-Type: application/json", "Content-Length: 1048577") + "\r\n")
              .reply());
    }
  }

  @Test
  void ofSeveralErrors_theFirstInTheTable_isTold() throws IOException {
    server.admission.stop();
    String wrongType = "Content-Type: text/plain\r\n";
    String json = "Content-Type: application/json\r\n";
    String tooLong = "Content-Length: 9000000\r\n\r\n";
    String token = "x-api-key: " + TOKEN + "\r\n";
    List<List<String>> cases =
        List.of(
            List.of("431", "GET /nowhere HTTP/1.1\r\nX-Filler: " + "x".repeat(20_000) + "\r\n\r\n"),
            List.of("404", "GET /nowhere HTTP/1.1\r\nHost: h\r\n" + wrongType + tooLong),
            List.of("405", "PUT /v1/logs HTTP/1.1\r\nHost: h\r\n" + wrongType + tooLong),
            List.of("401", "POST /v1/logs HTTP/1.1\r\nHost: h\r\n" + wrongType + tooLong),
            List.of("415", "POST /v1/logs HTTP/1.1\r\nHost: h\r\n" + token + wrongType + tooLong),
            List.of("413", "POST /v1/logs HTTP/1.1\r\nHost: h\r\n" + token + json + tooLong),
            // A body that never comes would be a 408 in the end.
            List.of(
                "503",
                "POST /v1/logs HTTP/1.1\r\nHost: h\r\n"
                    + token
                    + json
                    + "Content-Length: 3\r\n\r\n"),
            List.of(
                "503",
                "POST /v1/logs HTTP/1.1\r\nHost: h\r\n"
                    + token
                    + json
                    + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"));
    for (List<String> one : cases) {
      try (RawClient client = server.client()) {
        RawClient.Reply reply = client.send(one.get(1)).reply();
        assertEquals(Integer.parseInt(one.get(0)), reply.status(), one.get(1));
      }
    }
  }

  @Test
  void afterAnErrorWithItsBodySent_aClientStillReadsTheReply() throws IOException {
    byte[] large = new byte[8 << 20];
    for (String type : List.of("text/plain", "application/json")) {
      try (RawClient client = server.client()) {
        client.send(head("Content-Type: " + type, "Content-Length: " + large.length) + "\r\n");
        // The whole body first, as most clients do; the reply must survive it.
        client.trySend(large);
        assertEquals(type.startsWith("text") ? 415 : 413, client.reply().status());
        assertTrue(client.isClosedByServer());
      }
    }
  }

  @Test
  void afterAnErrorWithoutABody_theConnectionGoesOn() throws IOException {
    try (RawClient client = server.client()) {
      client.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
      assertEquals(404, client.reply().status());
      client.send(head() + "Content-Length: 0\r\n\r\n");
      assertEquals(415, client.reply().status());
      client.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
      assertEquals(200, client.reply().status());
    }
  }

  @Test
  void pipelinedRequests_areAnsweredInOrder() throws IOException {
    try (RawClient client = server.client()) {
      client.send(
          "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
              + "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"
              + head()
              + "Content-Length: 0\r\n\r\n"
              + "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
      assertEquals(200, client.reply().status());
      assertEquals(404, client.reply().status());
      assertEquals(415, client.reply().status());
      assertEquals("{\"status\":\"ready\"}", client.reply().text());
    }
  }

  /** Requests that are refused by their head: status, its head without length and blank line. */
  private static List<Arguments> early() {
    String post = "POST /v1/logs HTTP/1.1\r\nHost: h\r\n";
    String token = "x-api-key: " + TOKEN + "\r\n";
    String json = "Content-Type: application/json\r\n";
    return List.of(
        Arguments.of(404, "POST /v1/log HTTP/1.1\r\nHost: h\r\n" + token + json),
        Arguments.of(405, "PUT /v1/logs HTTP/1.1\r\nHost: h\r\n" + token + json),
        Arguments.of(401, post + json),
        Arguments.of(401, post + "x-api-key: " + TOKEN + "x\r\n" + json),
        Arguments.of(415, post + token + "Content-Type: text/plain\r\n"),
        Arguments.of(415, post + token + json + "Content-Encoding: br\r\n"),
        Arguments.of(413, post + token + json));
  }

  @ParameterizedTest
  @MethodSource("early")
  void aRefusalByTheHead_comesBeforeAnythingOfTheBodyIsReadOrAskedFor(int status, String head)
      throws IOException {
    try (RawClient client = server.client()) {
      // The interim reply 100 would be sent by whoever begins to read.
      client.send(head + "Expect: 100-continue\r\nContent-Length: 9000000\r\n\r\n");
      String statusLine = client.statusLine();
      assertTrue(statusLine.startsWith("HTTP/1.1 " + status), statusLine);
      assertEquals(0, server.memory.payloadBytes());
    }
    try (RawClient client = server.client()) {
      client.send(head + "Content-Length: 9000000\r\n\r\n");
      assertEquals(status, client.reply().status());
    }
  }

  @ParameterizedTest
  @MethodSource("early")
  void aClientThatSendsItsWholeBodyFirst_readsTheRefusal(int status, String head)
      throws IOException {
    byte[] body = new byte[9_000_000];
    for (boolean isChunked : new boolean[] {false, true}) {
      try (RawClient client = server.client()) {
        client.send(
            head
                + (isChunked ? "Transfer-Encoding: chunked" : "Content-Length: " + body.length)
                + "\r\n\r\n");
        assertTrue(client.trySend(isChunked ? Payloads.chunked(body, 60_000) : body));
        assertEquals(status, client.reply().status());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Sec-WebSocket-Version: 13", "sec-websocket-version: 1"})
  void aHeaderOfWebSockets_changesNothing(String header) throws IOException {
    String upgrade = header + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    for (List<String> one :
        List.of(
            List.of("404", "GET /nowhere"),
            List.of("405", "GET /v1/logs"),
            List.of("200", "GET /healthz"))) {
      try (RawClient client = server.client()) {
        client.send(one.get(1) + " HTTP/1.1\r\nHost: h\r\n" + upgrade + "\r\n");
        assertEquals(Integer.parseInt(one.get(0)), client.reply().status(), one.get(1));
      }
    }
    try (RawClient client = server.client()) {
      client.send("POST /v1/logs HTTP/1.1\r\nHost: h\r\n" + header + "\r\n");
      assertError(401, "unauthorized", client.send("Content-Length: 0\r\n\r\n").reply());
    }
    assertEquals(
        202, server.post(TestServer.ONE_LOG, "Content-Type: application/json", header).status());
  }

  private RawClient.Reply get(String path) throws IOException {
    try (RawClient client = server.client()) {
      return client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n").reply();
    }
  }

  static void assertError(int status, String code, RawClient.Reply reply) throws IOException {
    assertEquals(status, reply.status(), reply.text());
    assertEquals("application/json", reply.headers().get("content-type").split(";")[0]);
    JsonNode json = new ObjectMapper().readTree(reply.body());
    List<String> names =
        StreamSupport.stream(((Iterable<String>) json::fieldNames).spliterator(), false).toList();
    assertEquals(List.of("error", "message"), names);
    assertEquals(code, json.get("error").asText());
    assertFalse(json.get("message").asText().isBlank());
  }
}
