package io.duckspool.receiver.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that send request after request, and read no reply. */
class UnreadRepliesTest {

  private static final int THREADS = 1;

  /** Some hundred fit into what a connection keeps; without a bound it was 16,000. */
  private static final long MAX_UNREAD = 1_000;

  private final List<SocketChannel> clients = new ArrayList<>();
  private TestServer server;
  private int honest;

  @BeforeEach
  void start() throws IOException {
    TestServer.Options options = TestServer.options();
    options.httpThreads = THREADS;
    server = options.start();
  }

  @AfterEach
  void stop() throws IOException {
    for (SocketChannel client : clients) {
      client.close();
    }
    server.close();
  }

  @Test
  void withoutAToken_holdNoThread() throws Exception {
    attack("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
  }

  @Test
  void withAToken_holdNoThread() throws Exception {
    attack(TestServer.head("Content-Type: application/json", "Content-Length: 2") + "\r\n" + "[]");
    long unread = server.counts.total() - honest;
    assertTrue(unread < clients.size() * MAX_UNREAD, unread + " replies wait in the kernel");
  }

  /**
   * More of them than there are threads, each until the server closes its connection; somebody
   * honest is answered all the while.
   */
  private void attack(String request) throws Exception {
    byte[] requests = request.repeat(100).getBytes(StandardCharsets.UTF_8);
    Map<SocketChannel, ByteBuffer> attackers = new HashMap<>();
    for (int i = 0; i <= THREADS; i++) {
      clients.add(connect());
      attackers.put(clients.get(i), ByteBuffer.wrap(requests));
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(40); // An idle one ends after 60.
    while (!attackers.isEmpty()) {
      attackers.entrySet().removeIf(attacker -> !isOpen(attacker.getKey(), attacker.getValue()));
      assertTrue(System.nanoTime() < deadline, "a client that reads nothing is served still");
      honest++;
      assertEquals(202, server.postJson(TestServer.ONE_LOG).status());
    }
  }

  private SocketChannel connect() throws IOException {
    SocketChannel client = SocketChannel.open();
    client.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
    client.connect(new InetSocketAddress("127.0.0.1", server.port));
    client.configureBlocking(false);
    return client;
  }

  /** Sends as much as the other side takes now; false once it has closed the connection. */
  private static boolean isOpen(SocketChannel client, ByteBuffer requests) {
    try {
      client.write(requests);
      if (!requests.hasRemaining()) {
        requests.rewind();
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
