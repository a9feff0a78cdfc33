package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.TestServer.head;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.duckspool.common.otlp.ContentCoding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Clients that die after each byte of a request: nothing is stored, kept or said to be a bug. */
class CutRequestsTest {

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    log.start();
    root().addAppender(log);
    server = TestServer.options().start();
  }

  @AfterEach
  void stop() {
    root().detachAppender(log);
    server.close();
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @Test
  void anAnnouncedBody_cutAtEveryByte() throws IOException {
    byte[] body = TestServer.ONE_LOG;
    cutEverywhere(
        Payloads.concat(
            bytes(
                head("Content-Type: application/json", "Content-Length: " + body.length) + "\r\n"),
            body),
        0);
  }

  @Test
  void aCompressedBodyInChunks_cutAtEveryByte() throws IOException {
    byte[] body = Payloads.encode(ContentCoding.GZIP, Payloads.log("x"));
    cutEverywhere(
        Payloads.concat(
            bytes(
                head(Payloads.PROTOBUF, "Content-Encoding: gzip", "Transfer-Encoding: chunked")
                    + "\r\n"),
            Payloads.chunked(body, 20)),
        // With the chunk of size 0 the body is whole, RFC 9112, section 8.
        "\r\n".length());
  }

  /** Cut between its chunks, what came is a request of its own. */
  @Test
  void linesInChunks_cutAtEveryByte() throws IOException {
    byte[] line = Payloads.concat(TestServer.ONE_LOG, bytes("\n"));
    cutEverywhere(
        Payloads.concat(
            bytes(
                head("Content-Type: application/x-ndjson", "Transfer-Encoding: chunked") + "\r\n"),
            Payloads.chunked(Payloads.concat(line, Payloads.concat(line, line)), line.length)),
        "\r\n".length());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /**
   * At each place one client ends its side and reads on, another is gone at once.
   *
   * @param afterBody bytes at the end without which the request is whole
   */
  private void cutEverywhere(byte[] request, int afterBody) throws IOException {
    for (int length = 0; length < request.length - afterBody; length++) {
      try (RawClient client = server.client()) {
        client.send(Arrays.copyOf(request, length));
        client.endOutput();
        String reply = client.rest();
        assertFalse(
            reply.startsWith("HTTP/1.1 2"), length + " of " + request.length + ": " + reply);
        assertFalse(reply.startsWith("HTTP/1.1 5"), length + ": " + reply);
      }
      try (RawClient client = server.client()) {
        client.send(Arrays.copyOf(request, length));
      }
    }
    TestServer.await("all memory is given back", () -> server.memory.reservedBytes() == 0);
    TestServer.await("no payload is left", () -> server.memory.payloadBytes() == 0);
    TestServer.await("no claim is left", () -> server.admission.claims() == 0);
    assertEquals(0, server.admission.payloadBytes());
    assertEquals(List.of(), server.fake.entries());
    assertEquals(
        List.of(),
        log.list.stream()
            .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
            .map(ILoggingEvent::toString)
            .toList());
    // The same request, whole.
    try (RawClient client = server.client()) {
      assertEquals(202, client.send(request).reply().status());
    }
    assertEquals(1, server.fake.entries().size());
  }
}
