package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.Payloads.PROTOBUF;
import static io.duckspool.receiver.http.TestServer.head;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.CodedInputStream;
import io.duckspool.common.otlp.OtlpSamples;
import io.duckspool.common.otlp.PayloadFormat;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replies as the OTLP specification has them. */
class OtlpModeTest {

  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    TestServer.Options options = TestServer.options();
    options.otlpMode = true;
    server = options.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "application/x-protobuf, PROTOBUF",
    "application/protobuf, PROTOBUF",
    "application/json, JSON",
    "application/otlp+json, JSON",
    "application/x-ndjson, NDJSON"
  })
  void success_isAnEmptyResponse_inTheRequestsOwnType(String type, PayloadFormat format)
      throws IOException {
    byte[] body = OtlpSamples.write(OtlpSamples.typicalLogs(3, 1), format);
    RawClient.Reply reply = server.post(body, "Content-Type: " + type + "; charset=utf-8");
    assertEquals(200, reply.status(), reply.text());
    assertEquals(type, reply.headers().get("content-type"));
    if (format == PayloadFormat.PROTOBUF) {
      assertEquals(
          ExportLogsServiceResponse.getDefaultInstance(),
          ExportLogsServiceResponse.parseFrom(reply.body()));
      assertEquals(0, reply.body().length);
    } else {
      assertEquals("{}", reply.text());
    }
    assertEquals("3", reply.headers().get("duckspool-rows"));
    assertEquals("1", reply.headers().get("duckspool-batches"));
    assertEquals(
        server.fake.entries().get(0).index().toString(), reply.headers().get("duckspool-index"));
  }

  @Test
  void anEmptyRequest_isASuccess_withoutAnIndex() throws IOException {
    RawClient.Reply reply = server.post(new byte[0], PROTOBUF);
    assertEquals(200, reply.status());
    assertEquals("0", reply.headers().get("duckspool-rows"));
    assertEquals("0", reply.headers().get("duckspool-batches"));
    assertFalse(reply.headers().containsKey("duckspool-index"));
  }

  @Test
  void anError_ofProtobuf_isAStatus_inProtobuf() throws IOException {
    RawClient.Reply reply = server.post("no protobuf".getBytes(), PROTOBUF);
    assertEquals(400, reply.status());
    assertEquals("application/x-protobuf", reply.headers().get("content-type"));
    CodedInputStream status = CodedInputStream.newInstance(reply.body());
    assertEquals(1 << 3, status.readTag());
    assertEquals(3, status.readInt32());
    assertEquals(2 << 3 | 2, status.readTag());
    assertFalse(status.readStringRequireUtf8().isBlank());
    assertTrue(status.isAtEnd());
  }

  @Test
  void anError_ofJson_isAStatus_inJson() throws IOException {
    server.admission.stop();
    RawClient.Reply reply = server.postJson("{}".getBytes());
    assertEquals(503, reply.status());
    assertTrue(reply.headers().containsKey("retry-after"));
    assertEquals("application/json", reply.headers().get("content-type"));
    JsonNode status = new ObjectMapper().readTree(reply.body());
    assertEquals(14, status.get("code").asInt());
    assertEquals("the server is stopping", status.get("message").asText());
    assertEquals(2, status.size());
  }

  @Test
  void aMessageOverATheSizeOfOneVarintByte_isWrittenRight() throws IOException {
    try (RawClient client = server.client()) {
      // The message of a 415 lists what is accepted: more than 127 bytes.
      client.send(head(PROTOBUF, "Content-Encoding: br", "Content-Length: 0") + "\r\n");
      RawClient.Reply reply = client.reply();
      assertEquals(415, reply.status());
      CodedInputStream status = CodedInputStream.newInstance(reply.body());
      status.readTag();
      assertEquals(3, status.readInt32());
      status.readTag();
      assertTrue(status.readStringRequireUtf8().contains("br"));
      assertTrue(status.isAtEnd());
    }
  }

  @Test
  void anError_withoutAKnownType_isAStatus_inJson() throws IOException {
    try (RawClient client = server.client()) {
      RawClient.Reply reply = client.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n").reply();
      assertEquals(404, reply.status());
      assertEquals(5, new ObjectMapper().readTree(reply.body()).get("code").asInt());
    }
    try (RawClient client = server.client()) {
      RawClient.Reply reply = client.send("nonsense\r\n\r\n").reply();
      assertEquals(400, reply.status());
      assertEquals(3, new ObjectMapper().readTree(reply.body()).get("code").asInt());
    }
  }
}
