package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.HttpErrorsTest.assertError;
import static io.duckspool.receiver.http.Payloads.PROTOBUF;
import static io.duckspool.receiver.http.TestServer.TOKEN;
import static io.duckspool.receiver.http.TestServer.await;
import static io.duckspool.receiver.http.TestServer.head;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpSamples;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import io.duckspool.receiver.FakeSpool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are accepted, in every form; what of each stands in the spool. */
class IngestTest {

  private static final List<String> IDS = IntStream.range(0, 6).mapToObj(i -> "id-" + i).toList();

  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    server = TestServer.options().start();
  }

  @AfterEach
  void stop() {
    await("all memory is given back", () -> server.memory.reservedBytes() == 0);
    await("no claim is left", () -> server.admission.claims() == 0);
    assertEquals(0, server.memory.payloadBytes());
    server.close();
  }

  private FakeSpool.Entry onlyEntry() {
    assertEquals(1, server.fake.entries().size());
    return server.fake.entries().get(0);
  }

  @ParameterizedTest
  @CsvSource({
    "application/x-protobuf, PROTOBUF",
    "application/protobuf, PROTOBUF",
    "application/otlp, PROTOBUF",
    "Application/X-Protobuf; charset=utf-8, PROTOBUF",
    "application/json, JSON",
    "application/otlp+json, JSON",
    "application/json;charset=UTF-8, JSON",
    "application/x-ndjson, NDJSON"
  })
  void everyContentType_isTaken_andStoredAsReceived(String type, PayloadFormat format)
      throws IOException {
    byte[] body = OtlpSamples.write(OtlpSamples.withIds(Signal.LOGS, "shop", IDS), format);
    RawClient.Reply reply = server.post(body, "Content-Type: " + type);
    assertEquals(202, reply.status(), reply.text());
    assertEquals("application/json", reply.headers().get("content-type"));
    assertEquals("{\"status\":\"buffered\",\"rows\":6,\"batches\":1}", reply.text());
    FakeSpool.Entry entry = onlyEntry();
    assertArrayEquals(body, entry.payload());
    assertEquals(entry.index().toString(), reply.headers().get("duckspool-index"));
    assertEquals(Signal.LOGS.code(), entry.meta().signal());
    assertEquals(format.code(), entry.meta().format());
    assertEquals(ContentCoding.IDENTITY.code(), entry.meta().coding());
    assertEquals(6, entry.meta().rows());
    assertTrue(entry.meta().receivedUnixNanos() > 1_700_000_000_000_000_000L);
    assertNotEquals("0".repeat(32), entry.meta().requestId());
  }

  @ParameterizedTest
  @CsvSource({"LOGS, 1", "TRACES, 1", "METRICS, 2"})
  void everySignal_isCountedInItsTables(Signal signal, int tables) throws IOException {
    byte[] body = OtlpSamples.withIds(signal, "shop", IDS).toByteArray();
    try (RawClient client = server.client()) {
      RawClient.Reply reply =
          client
              .send("POST " + signal.path() + " HTTP/1.1\r\nHost: h\r\nx-api-key: " + TOKEN)
              .send("\r\n" + PROTOBUF + "\r\nContent-Length: " + body.length + "\r\n\r\n")
              .send(body)
              .reply();
      assertEquals("{\"status\":\"buffered\",\"rows\":6,\"batches\":" + tables + "}", reply.text());
    }
    assertEquals(signal.code(), onlyEntry().meta().signal());
  }

  @ParameterizedTest
  @EnumSource(ContentCoding.class)
  void everyContentCoding_isTaken_andStoredCompressed(ContentCoding coding) throws IOException {
    byte[] body = Payloads.encode(coding, OtlpSamples.typicalLogs(200, 1).toByteArray());
    RawClient.Reply reply =
        server.post(body, PROTOBUF, "Content-Encoding: " + coding.name().toLowerCase());
    assertEquals("{\"status\":\"buffered\",\"rows\":200,\"batches\":1}", reply.text());
    assertArrayEquals(body, onlyEntry().payload());
    assertEquals(coding.code(), onlyEntry().meta().coding());
  }

  @Test
  void gzip_ofSeveralMembers_isReadToTheEnd() throws IOException {
    byte[] whole = OtlpSamples.typicalLogs(10, 1).toByteArray();
    byte[] first = java.util.Arrays.copyOfRange(whole, 0, 1000);
    byte[] second = java.util.Arrays.copyOfRange(whole, 1000, whole.length);
    byte[] body =
        Payloads.concat(
            Payloads.encode(ContentCoding.GZIP, first),
            Payloads.encode(ContentCoding.GZIP, second));
    RawClient.Reply reply = server.post(body, PROTOBUF, "Content-Encoding: x-gzip");
    assertEquals("{\"status\":\"buffered\",\"rows\":10,\"batches\":1}", reply.text());
  }

  @Test
  void deflate_withoutItsFrame_isTaken() throws IOException {
    byte[] body = Payloads.rawDeflate(OtlpSamples.typicalLogs(10, 1).toByteArray());
    RawClient.Reply reply = server.post(body, PROTOBUF, "Content-Encoding: deflate");
    assertEquals("{\"status\":\"buffered\",\"rows\":10,\"batches\":1}", reply.text());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 1000, 16_384, 16_385, 100_000})
  void aBodyInChunks_ofAnySize_arrivesWhole(int chunkBytes) throws IOException {
    byte[] body = Payloads.logOfSize(50_000);
    try (RawClient client = server.client()) {
      client.send(head(PROTOBUF, "Transfer-Encoding: chunked") + "\r\n");
      RawClient.Reply reply = client.send(Payloads.chunked(body, chunkBytes)).reply();
      assertEquals(202, reply.status(), reply.text());
      assertArrayEquals(body, onlyEntry().payload());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 300_000, 1_048_576})
  void aBodyOfAnnouncedLength_ofAnySize_arrivesWhole(int bytes) throws IOException {
    byte[] body = Payloads.logOfSize(bytes);
    assertEquals(202, server.post(body, PROTOBUF).status());
    assertArrayEquals(body, onlyEntry().payload());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json | {}",
        "application/json | {\"resourceLogs\":[]}",
        "application/json | {\"resource_logs\":null}",
        "application/x-ndjson | {}",
        "application/x-protobuf | ''"
      })
  void aRequestWithoutItems_isASuccess_thatWritesNothing(String type, String body)
      throws IOException {
    RawClient.Reply reply =
        server.post(body.getBytes(StandardCharsets.UTF_8), "Content-Type: " + type);
    assertEquals(202, reply.status(), reply.text());
    assertEquals("{\"status\":\"buffered\",\"rows\":0,\"batches\":0}", reply.text());
    assertFalse(reply.headers().containsKey("duckspool-index"));
    assertTrue(server.fake.entries().isEmpty());
  }

  @Test
  void aByteOrderMark_isSkipped() throws IOException {
    byte[] mark = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    RawClient.Reply reply = server.postJson(Payloads.concat(mark, TestServer.ONE_LOG));
    assertEquals("{\"status\":\"buffered\",\"rows\":1,\"batches\":1}", reply.text());
  }

  @Test
  void ndjson_countsBlankLines_andNamesTheLine() throws IOException {
    String line = new String(TestServer.ONE_LOG, StandardCharsets.UTF_8);
    String type = "Content-Type: application/x-ndjson";
    RawClient.Reply good = server.post((line + "\r\n\r\n" + line).getBytes(), type);
    assertEquals("{\"status\":\"buffered\",\"rows\":2,\"batches\":1}", good.text());
    RawClient.Reply bad = server.post((line + "\r\n\r\n{oops}\n").getBytes(), type);
    assertError(400, "bad_request", bad);
    assertTrue(bad.text().contains("line 3"), bad.text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json | ''",
        "application/json | {",
        "application/json | [1]",
        "application/json | {\"resourceSpans\":[]}",
        "application/x-ndjson | ''",
        "application/x-protobuf | not protobuf"
      })
  void whatDoesNotParse_isA400_andTheConnectionGoesOn(String type, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (RawClient client = server.client()) {
      String head = head("Content-Type: " + type, "Content-Length: " + body.length) + "\r\n";
      assertError(400, "bad_request", client.send(head).send(body).reply());
      client.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
      assertEquals(200, client.reply().status());
    }
    assertTrue(server.fake.entries().isEmpty());
  }

  @ParameterizedTest
  @EnumSource(
      value = ContentCoding.class,
      names = {"GZIP", "DEFLATE", "ZSTD"})
  void whatDoesNotDecompress_isA400(ContentCoding coding) throws IOException {
    byte[] whole = Payloads.encode(coding, OtlpSamples.typicalLogs(20, 1).toByteArray());
    String header = "Content-Encoding: " + coding.name().toLowerCase();
    byte[] cut = java.util.Arrays.copyOf(whole, whole.length / 2);
    assertError(400, "bad_request", server.post(cut, PROTOBUF, header));
    assertError(400, "bad_request", server.post("no such stream".getBytes(), PROTOBUF, header));
    assertTrue(server.fake.entries().isEmpty());
  }

  @Test
  void manyRequests_onOneConnection_pipelined_areAnsweredInOrder() throws IOException {
    byte[] body = Payloads.log("x");
    byte[] request =
        Payloads.concat(
            (head(PROTOBUF, "Content-Length: " + body.length) + "\r\n").getBytes(), body);
    try (RawClient client = server.client()) {
      for (int i = 0; i < 20; i++) {
        client.send(request);
      }
      for (int i = 0; i < 20; i++) {
        RawClient.Reply reply = client.reply();
        assertEquals(202, reply.status());
        assertEquals(
            server.fake.entries().get(i).index().toString(),
            reply.headers().get("duckspool-index"));
      }
    }
  }

  @Test
  void aClientThatAsksFirst_isToldToGoOn() throws IOException {
    byte[] body = Payloads.log("x");
    try (RawClient client = server.client()) {
      client.send(
          head(PROTOBUF, "Expect: 100-continue", "Content-Length: " + body.length) + "\r\n");
      assertEquals("HTTP/1.1 100 Continue", client.statusLine());
      assertEquals(202, client.send(body).reply().status());
    }
  }

  @Test
  void aClientThatGoesAway_inItsBody_leavesNothingBehind() throws IOException {
    try (RawClient client = server.client()) {
      client.send(head(PROTOBUF, "Content-Length: 100000") + "\r\n").send(new byte[50_000]);
      await("bytes are there", () -> server.memory.payloadBytes() == 50_000);
    }
    await("the request is gone", () -> server.admission.claims() == 0);
    assertTrue(server.fake.entries().isEmpty());
  }

  @Test
  void aBrokenChunk_isA400_andTheConnectionIsClosed() throws IOException {
    try (RawClient client = server.client()) {
      client.send(head(PROTOBUF, "Transfer-Encoding: chunked") + "\r\n" + "zz\r\nnonsense\r\n");
      assertError(400, "bad_request", client.reply());
      assertTrue(client.isClosedByServer());
    }
  }
}
