package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.HttpErrorsTest.assertError;
import static io.duckspool.receiver.http.Payloads.PROTOBUF;
import static io.duckspool.receiver.http.TestServer.await;
import static io.duckspool.receiver.http.TestServer.head;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpSamples;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Limits on what a body is and becomes: at, under and over; and on how slowly it comes. */
class BodyLimitsTest {

  private static final int MAX_BODY_BYTES = 100_000;

  private final TestServer.Options options = TestServer.options();
  private TestServer server;

  private void start() throws IOException {
    options.maxBodyBytes = MAX_BODY_BYTES;
    server = options.start();
  }

  @AfterEach
  void stop() {
    await("all memory is given back", () -> server.memory.reservedBytes() == 0);
    await("no claim is left", () -> server.admission.claims() == 0);
    server.close();
  }

  @Test
  void anAnnouncedBody_mayBeAsLargeAsTheLimit() throws IOException {
    start();
    assertEquals(202, server.post(Payloads.logOfSize(MAX_BODY_BYTES), PROTOBUF).status());
    assertError(
        413, "payload_too_large", server.post(Payloads.logOfSize(MAX_BODY_BYTES + 1), PROTOBUF));
  }

  @Test
  void aBodyWithoutLength_mayBeAsLargeAsTheLimit() throws IOException {
    start();
    assertEquals(202, postChunked(Payloads.logOfSize(MAX_BODY_BYTES)).status());
    assertError(413, "payload_too_large", postChunked(Payloads.logOfSize(MAX_BODY_BYTES + 1)));
  }

  private RawClient.Reply postChunked(byte[] body) throws IOException {
    try (RawClient client = server.client()) {
      client.send(head(PROTOBUF, "Transfer-Encoding: chunked") + "\r\n");
      return client.send(Payloads.chunked(body, 8_000)).reply();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ContentCoding.class,
      names = {"GZIP", "DEFLATE", "ZSTD"})
  void aDecodedBody_mayBeAsLargeAsTheLimit(ContentCoding coding) throws IOException {
    start();
    String header = "Content-Encoding: " + coding.name().toLowerCase();
    byte[] fits = Payloads.encode(coding, Payloads.logOfSize(MAX_BODY_BYTES));
    assertEquals(202, server.post(fits, PROTOBUF, header).status());
    byte[] over = Payloads.encode(coding, Payloads.logOfSize(MAX_BODY_BYTES + 1));
    assertError(413, "payload_too_large", server.post(over, PROTOBUF, header));
  }

  @ParameterizedTest
  @EnumSource(
      value = ContentCoding.class,
      names = {"GZIP", "DEFLATE", "ZSTD"})
  void aBomb_stopsAtTheLimit(ContentCoding coding) throws IOException {
    options.maxInFlightBytes = 1 << 20;
    start();
    byte[] bomb = Payloads.encode(coding, new byte[64 << 20]);
    assertTrue(bomb.length < MAX_BODY_BYTES, "bomb of " + bomb.length + " bytes");
    RawClient.Reply reply =
        server.post(bomb, PROTOBUF, "Content-Encoding: " + coding.name().toLowerCase());
    assertError(413, "payload_too_large", reply);
  }

  @Test
  void decodedMemory_isCounted_andRefusedWhenThereIsNone() throws IOException {
    options.maxInFlightBytes = 60_000;
    start();
    byte[] body = Payloads.encode(ContentCoding.GZIP, Payloads.logOfSize(90_000));
    RawClient.Reply reply = server.post(body, PROTOBUF, "Content-Encoding: gzip");
    assertError(503, "unavailable", reply);
    assertTrue(reply.headers().containsKey("retry-after"));
  }

  @Test
  void rows_mayBeAsManyAsTheLimit() throws IOException {
    options.limits = new OtlpLimits(OtlpLimits.MAX_NESTING, 10, 1 << 30);
    start();
    assertEquals(202, server.post(OtlpSamples.typicalLogs(10, 1).toByteArray(), PROTOBUF).status());
    assertError(
        413,
        "payload_too_large",
        server.post(OtlpSamples.typicalLogs(11, 1).toByteArray(), PROTOBUF));
  }

  @Test
  void expandedText_isBounded() throws IOException {
    options.limits = new OtlpLimits(OtlpLimits.MAX_NESTING, 1_000_000, 1_000);
    start();
    assertError(
        413,
        "payload_too_large",
        server.post(OtlpSamples.typicalLogs(100, 1).toByteArray(), PROTOBUF));
  }

  @Test
  void aBodyThatTakesTooLong_isA408_andTheConnectionIsClosed() throws IOException {
    options.bodyTimeout = Duration.ofMillis(500);
    start();
    for (String length : List.of("Content-Length: 1000", "Transfer-Encoding: chunked")) {
      try (RawClient client = server.client()) {
        client.send(head(PROTOBUF, length) + "\r\n");
        RawClient.Reply reply = client.reply();
        assertError(408, "request_timeout", reply);
        assertEquals("close", reply.headers().get("connection"));
        assertTrue(client.isClosedByServer());
      }
    }
  }

  @Test
  void aBodyThatTrickles_isA408_longBeforeTheTimeout() throws IOException {
    options.bodyTimeout = Duration.ofSeconds(60);
    start();
    try (RawClient client = server.client()) {
      client.send(head(PROTOBUF, "Content-Length: 100000") + "\r\n").send(new byte[5_000]);
      assertError(408, "request_timeout", client.reply());
      assertTrue(client.isClosedByServer());
    }
  }

  @Test
  void stalledUploads_leaveHonestClientsAlone() throws Exception {
    AtomicLong nanos = new AtomicLong();
    options.ticker = nanos::get;
    options.bodyTimeout = Duration.ofSeconds(3);
    options.httpThreads = 2;
    start();
    List<RawClient> stalled = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        RawClient client = server.client();
        stalled.add(client);
        client.send(head(PROTOBUF, "Content-Length: 90000") + "\r\n").send(new byte[10]);
      }
      await("all are admitted", () -> server.admission.claims() == 200);
      byte[] body = Payloads.logOfSize(50_000);
      for (int i = 0; i < 20; i++) {
        assertEquals(202, server.post(body, PROTOBUF).status());
      }
      await("all are stalled as before", () -> server.admission.claims() == 200);
      nanos.addAndGet(TimeUnit.SECONDS.toNanos(4));
      for (RawClient client : stalled) {
        assertEquals(408, client.reply().status());
      }
    } finally {
      for (RawClient client : stalled) {
        client.close();
      }
    }
  }

  @Test
  void aRejectedBody_thatNeverEnds_isDroppedForAWhile_thenTheConnectionIsClosed()
      throws IOException {
    options.bodyTimeout = Duration.ofMillis(500);
    start();
    try (RawClient client = server.client()) {
      client.send(head("Content-Type: text/plain", "Content-Length: 90000") + "\r\n");
      assertError(415, "unsupported_media_type", client.reply());
      assertTrue(client.isClosedByServer());
    }
  }
}
