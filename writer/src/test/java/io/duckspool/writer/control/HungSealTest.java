package io.duckspool.writer.control;

import static io.duckspool.writer.control.ControlPortRig.AUTHORIZED;
import static io.duckspool.writer.control.ControlPortRig.JSON;
import static io.duckspool.writer.control.PipelineEndpoints.MAX_FLUSHES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.writer.pipeline.SinkFactory;
import io.duckspool.writer.sink.Sink;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A target that hangs, and more calls that wait for it than the control port lets wait. */
@Timeout(120)
final class HungSealTest {

  private static final String SPOOL = "f".repeat(32);

  @TempDir Path temp;
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final CountDownLatch hangs = new CountDownLatch(1);
  private final List<Socket> sockets = new ArrayList<>();
  private ControlPortRig rig;

  @BeforeEach
  void open() throws Exception {
    rig = ControlPortRig.open(temp, this::hanging);
    ServerFile file =
        new ServerFile(
            ServerState.PREPARING,
            SPOOL,
            1L << 32,
            "a".repeat(32),
            Instant.EPOCH,
            false,
            new ConfigLoader(ConfigLoader.Role.RECEIVER)
                .flag("servers[0].uri", "otlp:localhost:4318", "--uri")
                .load()
                .servers()
                .get(0));
    ServerFolder folder = new ServerFolder(rig.data.servers().resolve("localhost_4318"));
    Files.createDirectory(folder.path());
    file.write(folder);
    String prepared =
        rig.post(
            "/admin/prepare",
            rig.host() + AUTHORIZED + JSON,
            "{\"server\":\"localhost_4318\",\"spool_id\":\"" + SPOOL + "\"}");
    assertTrue(prepared.startsWith("HTTP/1.1 200 "), prepared);
    assertTrue(hangs.await(30, TimeUnit.SECONDS), "the pipeline hangs in its target");
  }

  @AfterEach
  void close() throws Exception {
    goOn.countDown();
    for (Socket socket : sockets) {
      socket.close();
    }
    rig.close();
  }

  /** Sinks in which pipelines hang, whatever they ask of their target. */
  private SinkFactory hanging(SinkFactory sinks) {
    return target -> {
      Sink real = sinks.open(target);
      return (Sink)
          Proxy.newProxyInstance(
              Sink.class.getClassLoader(),
              new Class<?>[] {Sink.class},
              (proxy, method, arguments) -> {
                if (Thread.currentThread().getName().startsWith("pipeline-")
                    && method.getName().matches("check|prepare|readLedger|commit")) {
                  hangs.countDown();
                  goOn.await();
                }
                try {
                  return method.invoke(real, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    };
  }

  private Socket begin(String trigger, String timeout) throws IOException {
    String body =
        "{\"spool_id\":\"%s\",\"index\":\"1-1\",\"trigger\":\"%s\",\"timeout_ms\":%s}"
            .formatted(SPOOL, trigger, timeout);
    Socket socket = rig.begin("/admin/seal", rig.host() + AUTHORIZED + JSON, body);
    sockets.add(socket);
    return socket;
  }

  private String seal(String trigger, String timeout) throws IOException {
    return ControlPortRig.answer(begin(trigger, timeout));
  }

  /** Begins flushes until none finds a place; the answer of one that found none. */
  private String takeAllPlaces() throws Exception {
    CompletableFuture<String> refused = new CompletableFuture<>();
    for (int i = 0; i <= MAX_FLUSHES; i++) {
      Socket flush = begin("flush", "null");
      Thread reader =
          new Thread(
              () -> {
                try {
                  refused.complete(ControlPortRig.answer(flush));
                } catch (IOException e) {
                  assertTrue(refused.isDone(), "closed with the test: " + e);
                }
              });
      reader.setDaemon(true);
      reader.start();
    }
    return refused.get(30, TimeUnit.SECONDS);
  }

  @Test
  void flushesBeyondTheBoundAreRefused_andEveryOtherCallAnswers() throws Exception {
    String refused = takeAllPlaces();
    assertTrue(refused.startsWith("HTTP/1.1 503 "), refused);
    assertTrue(refused.contains("\r\nRetry-After: 1\r\n"), refused);
    assertTrue(
        refused.endsWith(
            "{\"error\":\"unavailable\",\"message\":\"32 flushes wait already, try again\"}"),
        refused);
    for (String path :
        List.of("/healthz", "/readyz", "/metrics", "/admin/pipelines", "/admin/seals")) {
      String answer = rig.get(path, rig.host() + AUTHORIZED);
      assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    }
    String stop = seal("stop", "100");
    assertTrue(stop.contains("\"error\":\"not done within 100 ms\""), stop);
    String sql = rig.post("/admin/sql", rig.host() + AUTHORIZED + JSON, "{\"sql\":\"SELECT 1\"}");
    assertTrue(sql.startsWith("HTTP/1.1 200 "), sql);
  }

  @Test
  void flushesWhoseClientsAreGone_makeRoom() throws Exception {
    String unused = takeAllPlaces();
    for (Socket socket : sockets) {
      socket.close();
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!seal("flush", "1").startsWith("HTTP/1.1 200 ")) {
      assertTrue(System.nanoTime() < deadline, "flushes whose clients are gone wait on");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }

  @Test
  void onceTheTargetAnswers_allThatWaitAreAnswered() throws Exception {
    List<Socket> flushes = new ArrayList<>();
    for (int i = 0; i < MAX_FLUSHES; i++) {
      flushes.add(begin("flush", "null"));
    }
    goOn.countDown();
    for (Socket flush : flushes) {
      String answer = ControlPortRig.answer(flush);
      assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    }
    assertEquals(MAX_FLUSHES, flushes.size());
  }
}
