package io.duckspool.deploy.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LoadClientTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private final Queue<String> seen = new ConcurrentLinkedQueue<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private HttpServer server;

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/logs", this::answer);
    server.setExecutor(executor);
    server.start();
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
    executor.shutdownNow();
  }

  @Test
  void load_sendsEachNumberOnce_andNotesEachReply() {
    AckLog log = new AckLog(2);
    try (LoadClient client = LoadClient.start(load(server.getAddress().getPort(), 60), log)) {
      client.awaitEnd(LIMIT);
    }
    // Two connections may each have drawn a number when the last but one was drawn.
    assertTrue(log.sentCount() >= 60 && log.sentCount() <= 62, log.sentCount() + " sent");
    assertEquals(seen.size(), log.sentCount());
    assertEquals(log.sentCount(), seen.stream().distinct().count());
    assertTrue(log.ackedCount() > 0 && log.rejectedCount() > 0);
    assertEquals(log.rejectedCount(), log.statusCount(503));
    int unknown = log.sentCount() - log.ackedCount() - log.rejectedCount();
    assertTrue(unknown > 0, "some connections were cut");
    assertEquals("", log.sharedIndex());
    assertEquals("", log.firstComplaint());
  }

  @Test
  void load_drawsNoNumber_whileNobodyListens() {
    AckLog log = new AckLog(2);
    int port = server.getAddress().getPort();
    server.stop(0);
    LoadClient client = LoadClient.start(load(port, 10), log);
    client.close();
    assertEquals(0, log.sentCount());
  }

  private static LoadClient.Load load(int port, int maxRequests) {
    return new LoadClient.Load(port, Rig.TOKEN, 2, List.of(StampedRequest.logs(2)), maxRequests, 0);
  }

  /** Every fifth request is rejected, every seventh connection cut without a reply. */
  private void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    seen.add(
        ExportLogsServiceRequest.parseFrom(body)
            .getResourceLogs(0)
            .getScopeLogs(0)
            .getLogRecords(0)
            .getBody()
            .getStringValue());
    int number = requests.incrementAndGet();
    if (number % 7 == 0) {
      throw new IOException("cut");
    }
    byte[] reply =
        "{\"status\":\"buffered\",\"rows\":2,\"batches\":1}".getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("duckspool-index", "7-" + number);
    exchange.sendResponseHeaders(number % 5 == 0 ? 503 : 202, reply.length);
    exchange.getResponseBody().write(reply);
    exchange.close();
  }
}
