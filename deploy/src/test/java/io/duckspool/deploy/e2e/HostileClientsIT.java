package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.load.HttpConnection;
import io.duckspool.deploy.load.ProcessStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of connections that are slow, silent or greedy, on a receiver with a small heap. */
@Tag("e2e")
final class HostileClientsIT {
  private static final int CLIENTS = 4;
  private static final int REQUESTS = 100;
  private static final int MANY = 1_000;
  private static final int THREADS = 8;
  private static final Duration BODY_TIMEOUT = Duration.ofSeconds(3);
  private static final String AUTH = "x-api-key: " + Rig.TOKEN + "\r\n";
  private static final String JSON = "Content-Type: application/json\r\n";
  private static final String POST = "POST /v1/logs HTTP/1.1\r\nHost: h\r\n";

  @TempDir Path folder;
  private Rig rig;
  private long descriptors;

  @BeforeEach
  void start() throws IOException {
    rig = Rig.in(folder).set("receiver.body_timeout", BODY_TIMEOUT.toSeconds() + "s");
    rig.set("receiver.max_connections", "30000").server("max_body_bytes", "4194304");
    rig.server("http_threads", "" + THREADS);
    rig.receiverEnvironment("DUCKSPOOL_RECEIVER_HEAP", "96m").start();
    System.out.println("without an attack: " + honest());
    descriptors = descriptors();
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  @Test
  void slowHeads_areCutOff_andHonestClientsGoOn() throws Exception {
    try (Attackers slow =
        Attackers.start(MANY, rig.port(), POST, "X: y\r\n", Duration.ofMillis(500))) {
      System.out.println("beside " + MANY + " slow heads: " + honest());
      awaitCutOff(slow);
    }
    assertAsBefore();
  }

  @Test
  void slowBodies_areCutOff_andHonestClientsGoOn() throws Exception {
    String head = POST + AUTH + JSON + "Content-Length: 100000\r\n\r\n";
    try (Attackers slow = Attackers.start(MANY, rig.port(), head, " ", Duration.ofMillis(500))) {
      System.out.println("beside " + MANY + " slow bodies: " + honest());
      awaitCutOff(slow);
    }
    assertAsBefore();
  }

  @Test
  void slowReaders_areCutOff_andHonestClientsGoOn() throws Exception {
    String request = POST + AUTH + JSON + "Content-Length: 2\r\n\r\n[]";
    // The kernel takes thousands of replies of each: not all of them send as many as it takes.
    try (Attackers slow =
            Attackers.start(MANY, rig.port(), request, request, Duration.ofMillis(500));
        Attackers greedy =
            Attackers.start(
                2 * THREADS, rig.port(), request, request.repeat(100), Duration.ofMillis(10))) {
      System.out.println("beside " + slow.count() + " that read no replies: " + honest());
      Await.until(
          "those are cut off whose replies fit nowhere",
          Rig.LIMIT,
          () -> greedy.refused() == greedy.count(),
          () -> greedy.refused() + " of " + greedy.count() + "\n" + rig.logs());
    }
    assertAsBefore();
  }

  @Test
  void idleConnections_areBoundedInMemory_andHonestClientsGoOn() throws Exception {
    long hard =
        Long.parseLong(Shell.run("sh", "-c", "ulimit -Hn | sed s/unlimited/1000000/").strip());
    // Few enough that none is closed to make room: see ConnectionLimit.
    int count = (int) Math.min(20_000, hard / 4 * 3 / 8 * 7 - 500);
    long before = ProcessStatus.of(rig.receiver().pid()).orElseThrow().rssBytes();
    try (Attackers idle = Attackers.start(count, rig.port(), "", "", Duration.ofSeconds(1))) {
      Await.until("all are open", Rig.LIMIT, () -> descriptors() >= descriptors + count, rig::logs);
      System.out.println("beside " + count + " idle connections: " + honest());
      long each =
          (ProcessStatus.of(rig.receiver().pid()).orElseThrow().rssBytes() - before) / count;
      System.out.println("an idle connection takes " + each + " bytes of memory");
      assertTrue(each < 16 << 10, each + " bytes for each connection");
      assertEquals(0, idle.cutOff());
    }
    assertAsBefore();
  }

  @Test
  void withoutAToken_largeHeadsAndBodies_holdNoMemory() throws Exception {
    String head = POST + "X: " + "x".repeat(16_000);
    String body = POST + JSON + "Content-Length: 4194304\r\n\r\n" + "x".repeat(60_000);
    try (Attackers heads = Attackers.start(MANY, rig.port(), head, "", Duration.ofSeconds(1));
        Attackers bodies =
            Attackers.start(MANY, rig.port(), body, "x".repeat(60_000), Duration.ofMillis(200))) {
      System.out.println("beside " + 2 * MANY + " large strangers: " + honest());
      awaitCutOff(bodies);
      awaitCutOff(heads);
    }
    assertAsBefore();
    String log = rig.receiver().output();
    assertFalse(log.contains("OutOfMemory"), rig::logs);
  }

  /** Some connections that send requests one after the other: all must be accepted. */
  private String honest() throws IOException {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<List<Long>>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(threads.submit(this::sendAll));
      }
      List<Long> micros = new ArrayList<>();
      for (Future<List<Long>> client : clients) {
        micros.addAll(client.get());
      }
      List<Long> sorted = micros.stream().sorted().toList();
      return "p50 "
          + sorted.get(sorted.size() / 2)
          + " us, p99 "
          + sorted.get(sorted.size() * 99 / 100)
          + " us";
    } catch (Exception e) {
      throw new AssertionError(rig.logs(), e);
    } finally {
      threads.shutdownNow();
    }
  }

  private List<Long> sendAll() throws IOException {
    List<Long> micros = new ArrayList<>();
    byte[] body = Wire.logs(10).getBytes(StandardCharsets.UTF_8);
    byte[] head =
        HttpConnection.head(
            "POST",
            "/v1/logs",
            Rig.HOST,
            Map.of("Content-Type", "application/json", "x-api-key", Rig.TOKEN),
            body.length);
    // Half of them on one connection, half each on its own.
    try (HttpConnection kept = open()) {
      for (int i = 0; i < REQUESTS; i++) {
        long start = System.nanoTime();
        if (i % 2 == 0) {
          assertEquals(202, kept.exchange(head, body).status());
        } else {
          try (HttpConnection own = open()) {
            assertEquals(202, own.exchange(head, body).status());
          }
        }
        micros.add((System.nanoTime() - start) / 1_000);
      }
    }
    return micros;
  }

  private HttpConnection open() throws IOException {
    return HttpConnection.open(Rig.HOST, rig.port(), false, Rig.LIMIT);
  }

  private void awaitCutOff(Attackers attackers) {
    Await.until(
        "all are cut off",
        Rig.LIMIT,
        () -> attackers.cutOff() == attackers.count(),
        () -> attackers.cutOff() + " of " + attackers.count() + "\n" + rig.logs());
  }

  private long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/" + rig.receiver().pid() + "/fd"))) {
      return open.count();
    }
  }

  /** Sockets, memory and rows: nothing of an attack stays. */
  private void assertAsBefore() throws Exception {
    // Segments come and go, and some files are opened late.
    Await.until(
        "all sockets are gone", Rig.LIMIT, () -> descriptors() < descriptors + 50, rig::logs);
    System.out.println("after the attack: " + honest());
    rig.awaitCommitted();
    Wire.Reply list = new Wire(rig).get("/admin/otlp_server_list");
    assertEquals(0, list.json().get(0).get("admitted_bytes").asLong(), list.body());
    assertEquals(0, list.json().get(0).get("active_requests").asLong(), list.body());
    assertFalse(rig.receiver().output().contains(" ERROR "), rig::logs);
    rig.stop();
  }
}
