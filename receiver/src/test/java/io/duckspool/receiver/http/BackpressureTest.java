package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.HttpErrorsTest.assertError;
import static io.duckspool.receiver.http.Payloads.PROTOBUF;
import static io.duckspool.receiver.http.TestServer.await;
import static io.duckspool.receiver.http.TestServer.head;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.duckspool.common.otlp.ContentCoding;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused with a 503, and that it passes; what a 202 waits for. */
class BackpressureTest {

  private static final String JSON_TYPE = "Content-Type: application/json";

  private TestServer server;

  @AfterEach
  void stop() {
    await("all memory is given back", () -> server.memory.reservedBytes() == 0);
    await("no claim is left", () -> server.admission.claims() == 0);
    assertEquals(0, server.memory.payloadBytes());
    server.close();
  }

  private static void assertUnavailable(RawClient.Reply reply, String reason) throws IOException {
    assertError(503, "unavailable", reply);
    int seconds = Integer.parseInt(reply.headers().get("retry-after"));
    assertTrue(seconds >= 1, "Retry-After " + seconds);
    assertTrue(reply.text().contains(reason), reply.text());
  }

  private CompletableFuture<RawClient.Reply> postLater(byte[] body) {
    return postLater(body, PROTOBUF);
  }

  private CompletableFuture<RawClient.Reply> postLater(byte[] body, String type) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return server.post(body, type);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  @Test
  void a202_isSent_onlyAfterTheSync() throws Exception {
    server = TestServer.options().start();
    server.fake.holdSync();
    try (RawClient client = server.client()) {
      byte[] body = Payloads.log("x");
      client.send(head(PROTOBUF, "Content-Length: " + body.length) + "\r\n").send(body);
      await("the entry is appended", () -> server.fake.waitingCount() == 1);
      assertFalse(client.hasReplyWithin(Duration.ofMillis(300)));
      server.fake.sync();
      assertEquals(202, client.reply().status());
    }
  }

  @Test
  void noThreadIsHeld_whileEntriesWaitForTheirSync() throws Exception {
    TestServer.Options options = TestServer.options();
    options.httpThreads = 1;
    server = options.start();
    server.fake.holdSync();
    List<CompletableFuture<RawClient.Reply>> replies = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      RawClient client = server.client();
      byte[] body = Payloads.log("x");
      client.send(head(PROTOBUF, "Content-Length: " + body.length) + "\r\n").send(body);
      replies.add(
          CompletableFuture.supplyAsync(
              () -> {
                try (client) {
                  return client.reply();
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              }));
    }
    await("all are appended, by the one thread", () -> server.fake.waitingCount() == 20);
    assertEquals(200, healthStatus());
    server.fake.sync();
    for (CompletableFuture<RawClient.Reply> reply : replies) {
      assertEquals(202, reply.get().status());
    }
  }

  private int healthStatus() throws IOException {
    try (RawClient client = server.client()) {
      return client.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").reply().status();
    }
  }

  @Test
  void aSyncThatFails_isA503_forWhoeverWaits_andForAllWhoCome() throws Exception {
    server = TestServer.options().start();
    server.fake.holdSync();
    CompletableFuture<RawClient.Reply> waiting = postLater(Payloads.log("x"));
    await("the entry is appended", () -> server.fake.waitingCount() == 1);
    server.fake.failSync();
    assertUnavailable(waiting.get(), "fsync failed");
    assertUnavailable(server.post(Payloads.log("y"), PROTOBUF), "sync of the spool failed");
  }

  @Test
  void aDiskWithoutRoom_isA503_beforeTheBody_andPasses() throws Exception {
    server = TestServer.options().start();
    server.fake.setUsableBytes(999);
    try (RawClient client = server.client()) {
      client.send(head(PROTOBUF, "Content-Length: 1000") + "\r\n");
      assertUnavailable(client.reply(), "no room");
    }
    assertEquals(202, server.post(Payloads.logOfSize(999), PROTOBUF).status());
    server.fake.setUsableBytes(Long.MAX_VALUE);
    assertEquals(202, server.post(Payloads.logOfSize(1000), PROTOBUF).status());
  }

  @Test
  void aDiskThatFillsUp_duringTheRequest_isA503() throws Exception {
    server = TestServer.options().start();
    server.fake.setFull(true);
    assertUnavailable(server.post(Payloads.log("x"), PROTOBUF), "no room");
    server.fake.setFull(false);
    assertEquals(202, server.post(Payloads.log("x"), PROTOBUF).status());
  }

  @Test
  void aBug_isA500_withAnIdForTheLog() throws Exception {
    server = TestServer.options().start();
    server.fake.setBug(new IllegalStateException("a bug, made by this test"));
    RawClient.Reply reply = server.post(Payloads.log("x"), PROTOBUF);
    assertError(500, "internal_error", reply);
    assertTrue(reply.text().matches(".*internal error [0-9a-f]{16};.*"), reply.text());
    assertFalse(reply.text().contains("a bug"), reply.text());
  }

  @Test
  void anErrorOfTheVirtualMachine_isA500_inOurShape_andItsMemoryIsGivenBack() throws Exception {
    TestServer.Options options = TestServer.options();
    options.onReadiness =
        () -> {
          throw new StackOverflowError("made by this test");
        };
    server = options.start();
    server.fake.setError(new NoClassDefFoundError("made by this test"));
    RawClient.Reply early = server.post(Payloads.logOfSize(1 << 20), PROTOBUF);
    assertError(500, "internal_error", early);
    assertTrue(early.text().matches(".*internal error [0-9a-f]{16};.*"), early.text());
    assertFalse(early.text().contains("made by"), early.text());
    server.fake.setError(null);
    assertEquals(202, server.post(Payloads.log("x"), PROTOBUF).status());
    try (RawClient client = server.client()) {
      client.send("GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
      assertError(500, "internal_error", client.reply());
    }
  }

  @Test
  void maxBufferedBytes_isFilledToTheByte_thenRefused_untilTheWriterCommits() throws Exception {
    TestServer.Options options = TestServer.options();
    options.maxBufferedBytes = OptionalLong.of(10_000);
    server = options.start();
    assertEquals(202, server.post(Payloads.logOfSize(6_000), PROTOBUF).status());
    assertUnavailable(server.post(Payloads.logOfSize(4_001), PROTOBUF), "max_buffered_bytes");
    assertEquals(202, server.post(Payloads.logOfSize(4_000), PROTOBUF).status());
    assertUnavailable(server.post(Payloads.logOfSize(64), PROTOBUF), "max_buffered_bytes");
    server.fake.commitAll();
    assertEquals(202, server.post(Payloads.logOfSize(10_000), PROTOBUF).status());
  }

  @Test
  void maxBufferedBytes_alsoBoundsABodyWithoutLength() throws Exception {
    TestServer.Options options = TestServer.options();
    options.maxBufferedBytes = OptionalLong.of(50_000);
    server = options.start();
    assertUnavailable(postChunked(Payloads.logOfSize(50_001)), "max_buffered_bytes");
    assertEquals(202, postChunked(Payloads.logOfSize(50_000)).status());
  }

  private RawClient.Reply postChunked(byte[] body) throws IOException {
    try (RawClient client = server.client()) {
      client.send(head(PROTOBUF, "Transfer-Encoding: chunked") + "\r\n");
      return client.send(Payloads.chunked(body, 8_000)).reply();
    }
  }

  @Test
  void maxInFlightBytes_isA503_whileOthersAreInFlight_andPasses() throws Exception {
    TestServer.Options options = TestServer.options();
    options.maxInFlightBytes = 300_000;
    server = options.start();
    server.fake.holdSync();
    CompletableFuture<RawClient.Reply> first = postLater(Payloads.logOfSize(200_000));
    await("the first waits for its sync", () -> server.fake.waitingCount() == 1);
    assertEquals(200_000, server.memory.reservedBytes());
    assertUnavailable(server.post(Payloads.logOfSize(100_001), PROTOBUF), "max_in_flight_bytes");
    CompletableFuture<RawClient.Reply> second = postLater(Payloads.logOfSize(50_000));
    await("a smaller one fits", () -> server.fake.waitingCount() == 2);
    server.fake.sync();
    assertEquals(202, first.get().status());
    assertEquals(202, second.get().status());
    await("memory is back", () -> server.memory.reservedBytes() == 0);
    CompletableFuture<RawClient.Reply> third = postLater(Payloads.logOfSize(200_000));
    await("the third waits", () -> server.fake.waitingCount() == 1);
    server.fake.sync();
    assertEquals(202, third.get().status());
  }

  @Test
  void anAnnouncedLength_isNotBelieved_untilItsBytesAreThere() throws Exception {
    TestServer.Options options = TestServer.options();
    options.maxInFlightBytes = 2_200_000;
    server = options.start();
    try (RawClient stalled = server.client();
        RawClient other = server.client()) {
      stalled.send(head(PROTOBUF, "Content-Length: 1000000") + "\r\n").send(new byte[100]);
      other.send(head(PROTOBUF, "Content-Length: 1000000") + "\r\n").send(new byte[100]);
      await("both arrived", () -> server.memory.payloadBytes() == 200);
      assertTrue(server.memory.reservedBytes() <= 40_000, "held: " + server.memory.reservedBytes());
      assertEquals(202, server.post(Payloads.logOfSize(1_000_000), PROTOBUF).status());
      stalled.close();
      other.close();
      await("they are gone", () -> server.admission.claims() == 0);
    }
  }

  @Test
  void theFirstCheck_comesBeforeAnyDecompression() throws Exception {
    TestServer.Options options = TestServer.options();
    options.maxBufferedBytes = OptionalLong.of(10);
    server = options.start();
    // Neither gzip nor protobuf: a 400, had it been looked at.
    assertUnavailable(
        server.post(new byte[100], PROTOBUF, "Content-Encoding: gzip"), "max_buffered_bytes");
  }

  @Test
  void aStoppingServer_refusesTheNew_andFinishesTheAdmitted() throws Exception {
    server = TestServer.options().start();
    byte[] body = Payloads.logOfSize(100_000);
    try (RawClient client = server.client()) {
      client.send(head(PROTOBUF, "Content-Length: " + body.length) + "\r\n");
      client.send(java.util.Arrays.copyOf(body, 50_000));
      await("the first is admitted", () -> server.memory.payloadBytes() == 50_000);
      server.admission.stop();
      assertUnavailable(server.post(Payloads.log("x"), PROTOBUF), "stopping");
      assertFalse(server.admission.awaitIdle(Duration.ofMillis(50)));
      CompletableFuture<Boolean> idle =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return server.admission.awaitIdle(Duration.ofSeconds(10));
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      client.send(java.util.Arrays.copyOfRange(body, 50_000, body.length));
      assertEquals(202, client.reply().status());
      assertTrue(idle.get());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a503_reachesAClient_thatSendsItsWholeBodyFirst(boolean isChunked) throws Exception {
    server = TestServer.options().start();
    server.admission.stop();
    byte[] body = Payloads.logOfSize(1 << 20);
    String length = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: " + body.length;
    try (RawClient client = server.client()) {
      client.send(head(PROTOBUF, length) + "\r\n");
      client.send(isChunked ? Payloads.chunked(body, 60_000) : body);
      assertUnavailable(client.reply(), "stopping");
    }
  }

  @ParameterizedTest
  @EnumSource(LargestBody.class)
  void aBodyOfMaxBodyBytes_isTaken_whereTwiceThatMayBeInFlight(LargestBody largest)
      throws Exception {
    TestServer.Options options = TestServer.options();
    options.maxBodyBytes = LargestBody.BYTES;
    options.maxInFlightBytes = 2 * LargestBody.BYTES;
    server = options.start();
    for (int i = 0; i < 3; i++) {
      RawClient.Reply reply =
          largest == LargestBody.CHUNKED
              ? postChunked(largest.body())
              : server.post(largest.body(), largest.headers());
      assertEquals(202, reply.status(), reply.text());
      await("all memory is given back", () -> server.memory.reservedBytes() == 0);
    }
  }

  private enum LargestBody {
    IDENTITY,
    CHUNKED,
    GZIP,
    DEFLATE,
    ZSTD,
    JSON,
    JSON_IN_GZIP;

    static final int BYTES = 1 << 20;

    /** The largest there may be; compressed ones are not made smaller, as random bytes aren't. */
    byte[] body() throws IOException {
      byte[] random = new byte[BYTES - 8_000];
      new Random(1).nextBytes(random);
      byte[] incompressible =
          ExportLogsServiceRequest.newBuilder()
              .addResourceLogs(
                  ResourceLogs.newBuilder()
                      .addScopeLogs(
                          ScopeLogs.newBuilder()
                              .addLogRecords(
                                  LogRecord.newBuilder()
                                      .setBody(
                                          AnyValue.newBuilder()
                                              .setBytesValue(ByteString.copyFrom(random))))))
              .build()
              .toByteArray();
      byte[] body =
          switch (this) {
            case IDENTITY, CHUNKED -> Payloads.logOfSize(BYTES);
            case GZIP -> Payloads.encode(ContentCoding.GZIP, incompressible);
            case DEFLATE -> Payloads.encode(ContentCoding.DEFLATE, incompressible);
            case ZSTD -> Payloads.encode(ContentCoding.ZSTD, incompressible);
            case JSON -> Payloads.jsonOfSize(BYTES);
            case JSON_IN_GZIP -> Payloads.encode(ContentCoding.GZIP, Payloads.jsonOfSize(BYTES));
          };
      assertTrue(body.length <= BYTES, "" + body.length);
      assertTrue(this == JSON_IN_GZIP || body.length > BYTES - 8_000, "" + body.length);
      return body;
    }

    String[] headers() {
      String type = this == JSON || this == JSON_IN_GZIP ? JSON_TYPE : PROTOBUF;
      String coding =
          this == JSON_IN_GZIP
              ? "gzip"
              : this == GZIP || this == DEFLATE || this == ZSTD ? name() : "identity";
      return new String[] {type, "Content-Encoding: " + coding.toLowerCase(Locale.ROOT)};
    }
  }

  @Test
  void memoryForJson_isCounted_andIsA503_whileOthersAreInFlight() throws Exception {
    TestServer.Options options = TestServer.options();
    options.maxInFlightBytes = 1_500_000;
    server = options.start();
    byte[] json = Payloads.jsonOfSize(700_000);
    server.fake.holdSync();
    CompletableFuture<RawClient.Reply> other = postLater(Payloads.logOfSize(600_000));
    await("another waits for its sync", () -> server.fake.waitingCount() == 1);
    assertUnavailable(server.postJson(json), "max_in_flight_bytes");
    server.fake.sync();
    assertEquals(202, other.get().status());
    CompletableFuture<RawClient.Reply> alone = postLater(json, JSON_TYPE);
    await("alone it is taken", () -> server.fake.waitingCount() == 1);
    server.fake.sync();
    assertEquals(202, alone.get().status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"protobuf", "json", "protobuf in gzip", "json in gzip"})
  void eightConnections_ofOneMebibyteBodies_atTheDefaults_seeNo503(String form) throws Exception {
    TestServer.Options options = TestServer.options();
    // A quarter of the receiver's smallest supported heap of 256 MiB.
    options.maxInFlightBytes = 64 << 20;
    options.maxBodyBytes = 16 << 20;
    options.httpThreads = 8;
    server = options.start();
    boolean isJson = form.startsWith("json");
    boolean isGzip = form.endsWith("gzip");
    byte[] plain = isJson ? Payloads.jsonOfSize(1 << 20) : Payloads.logOfSize(1 << 20);
    byte[] body = isGzip ? Payloads.encode(ContentCoding.GZIP, plain) : plain;
    byte[] head =
        (head(
                    isJson ? JSON_TYPE : PROTOBUF,
                    "Content-Encoding: " + (isGzip ? "gzip" : "identity"),
                    "Content-Length: " + body.length)
                + "\r\n")
            .getBytes();
    List<CompletableFuture<Integer>> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      clients.add(
          CompletableFuture.supplyAsync(
              () -> {
                try (RawClient client = server.client()) {
                  int accepted = 0;
                  for (int n = 0; n < 12; n++) {
                    accepted += client.send(head).send(body).reply().status() == 202 ? 1 : 0;
                  }
                  return accepted;
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              },
              task -> new Thread(task).start()));
    }
    assertEquals(96, sum(clients));
  }

  private static int sum(List<CompletableFuture<Integer>> counts)
      throws InterruptedException, ExecutionException {
    int sum = 0;
    for (CompletableFuture<Integer> count : counts) {
      sum += count.get();
    }
    return sum;
  }
}
