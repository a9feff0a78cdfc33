package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.TestServer.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** More connections than may be open: new ones end at once, idle ones make room. */
class ConnectionLimitTest {

  private static final int MAX = 32;

  private final List<RawClient> clients = new ArrayList<>();
  private final AtomicLong aheadNanos = new AtomicLong();
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    TestServer.Options options = TestServer.options();
    options.maxConnections = MAX;
    options.ticker = () -> System.nanoTime() + aheadNanos.get();
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
    passMuchTime(MAX / 2);
    for (RawClient client : clients) {
      assertEquals(202, postOn(client));
    }
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
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (server.connections.count() > MAX / 2) {
      assertTrue(System.nanoTime() < deadline, server.connections.count() + " are open still");
      // Less than the second after which one is closed.
      aheadNanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(500));
      assertEquals(202, postOn(busy), "one that has something to say stays");
    }
    passMuchTime(server.connections.count());
    assertEquals(202, postOn(busy), "the long timeout is back");
  }

  /** Uploads that pause are no idle connections, however many they are. */
  @Test
  void beyondTheLimit_bodiesThatPause_areNotCutOff() throws Exception {
    int count = MAX - 1;
    for (int i = 0; i < count; i++) {
      connect()
          .send(
              TestServer.head(
                      "Content-Type: application/json",
                      "Content-Length: " + TestServer.ONE_LOG.length)
                  + "\r\n");
    }
    await("all are admitted", () -> server.admission.claims() == count);
    RawClient idle = connect();
    await("all are counted", () -> server.connections.count() == MAX);
    aheadNanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
    await("the idle one is gone", () -> server.connections.count() == count);
    assertTrue(idle.isClosedByServer());
    for (RawClient upload : clients.subList(0, count)) {
      assertEquals(202, upload.send(TestServer.ONE_LOG).reply().status());
    }
  }

  /**
   * Lets over half a minute pass, until a head that began and doesn't go on is given up: so long
   * have the deadlines been looked at.
   *
   * @param others connections that are open, and must stay
   */
  private void passMuchTime(int others) throws IOException {
    connect().send("P");
    await("it is counted", () -> server.connections.count() == others + 1);
    await(
        "the slow head is given up",
        () -> {
          aheadNanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
          return server.connections.count() <= others;
        });
    clients.remove(clients.size() - 1).close();
    assertEquals(others, server.connections.count());
  }

  private static int postOn(RawClient client) throws IOException {
    String head =
        TestServer.head(
            "Content-Type: application/json", "Content-Length: " + TestServer.ONE_LOG.length);
    return client.send(head + "\r\n").send(TestServer.ONE_LOG).reply().status();
  }
}
