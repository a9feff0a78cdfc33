package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.TestServer.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** More connections than may be open: new ones end at once, idle ones make room. */
class ConnectionLimitTest {

  private static final int MAX = 32;

  private final List<RawClient> clients = new ArrayList<>();
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    TestServer.Options options = TestServer.options();
    options.maxConnections = MAX;
    server = options.start();
  }

  @AfterEach
  void stop() throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
    await("no connection is counted", () -> server.connections.count() == 0);
    server.close();
  }

  private RawClient connect() throws IOException {
    RawClient client = server.client();
    clients.add(client);
    return client;
  }

  @Test
  void belowTheLimit_connectionsMayBeIdle() throws Exception {
    for (int i = 0; i < MAX / 2; i++) {
      connect();
    }
    await("all are counted", () -> server.connections.count() == MAX / 2);
    // Longer than they had if they were many.
    Thread.sleep(1_500);
    assertEquals(MAX / 2, server.connections.count());
  }

  @Test
  void beyondTheLimit_aNewOneIsClosed_idleOnesMakeRoom_andRequestsGoOn() throws Exception {
    RawClient busy = connect();
    assertEquals(202, postOn(busy));
    for (int i = 1; i < MAX; i++) {
      connect();
    }
    await("all are counted", () -> server.connections.count() == MAX);
    RawClient oneMore = connect();
    assertTrue(oneMore.isClosedByServer());
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (server.connections.count() > MAX / 2) {
      assertTrue(System.nanoTime() < deadline, server.connections.count() + " are open still");
      assertEquals(202, postOn(busy), "one that has something to say stays");
      Thread.sleep(50);
    }
    assertEquals(202, postOn(connect()));
    // The long timeout is back.
    Thread.sleep(1_500);
    assertEquals(202, postOn(busy));
  }

  private static int postOn(RawClient client) throws IOException {
    String head =
        TestServer.head(
            "Content-Type: application/json", "Content-Length: " + TestServer.ONE_LOG.length);
    return client.send(head + "\r\n").send(TestServer.ONE_LOG).reply().status();
  }
}
