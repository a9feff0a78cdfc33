package io.duckspool.receiver;

import static io.duckspool.receiver.http.TestServer.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.http.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process from the outside: its data folder, its ports, its writer. */
class ReceiverTest {

  @TempDir Path temp;
  private final FakeSpoolStore store = new FakeSpoolStore();
  private final Map<String, String> environment = new HashMap<>();
  private int port;
  private int control;
  private int writerPort;
  private DataFolder data;
  private Receiver receiver;
  private FakeWriter writer;

  @BeforeEach
  void choosePorts() throws IOException {
    data = new DataFolder(temp.resolve("data"));
    port = FreePort.take();
    control = FreePort.take();
    writerPort = FreePort.take();
    environment.put("DUCKSPOOL_SERVERS_0_URI", "otlp:localhost:" + port);
  }

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.close();
    }
    if (writer != null) {
      writer.close();
    }
  }

  private Receiver start() throws Exception {
    receiver =
        Receiver.start(
            new ConfigLoader(ConfigLoader.Role.RECEIVER)
                .environment(environment)
                .flag("data", data.root().toString(), "--data")
                .flag("receiver.control", "127.0.0.1:" + control, "--control")
                .flag("writer.control", "127.0.0.1:" + writerPort, "--writer")
                .loadWithOrigins(),
            store,
            InstantSource.system(),
            System::nanoTime);
    return receiver;
  }

  private ServerFolder folder() {
    return data.server(ListenUri.parse("otlp:localhost:" + port));
  }

  private ServerFile file() throws IOException {
    return ServerFile.read(folder());
  }

  private static int status(String host, int port, String path) {
    try (RawClient client = new RawClient(host, port)) {
      return client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").reply().status();
    } catch (IOException e) {
      return -1;
    }
  }

  private boolean isListening() {
    return status("127.0.0.1", port, "/healthz") == 200;
  }

  @Test
  void aDeclaredServer_waitsForTheWriter_thenListensOnBothLoopbacks() throws Exception {
    start();
    await("the spool is made", () -> store.opened().size() == 1);
    assertEquals(200, status("127.0.0.1", control, "/healthz"));
    assertEquals(503, status("127.0.0.1", control, "/readyz"));
    assertFalse(isListening());
    assertEquals(ServerState.PREPARING, file().state());

    writer = new FakeWriter(writerPort);
    await("the server listens", this::isListening);
    await("the receiver is ready", () -> status("127.0.0.1", control, "/readyz") == 200);

    assertEquals(200, status("::1", port, "/healthz"));
    ServerFile file = file();
    assertEquals(ServerState.SERVING, file.state());
    assertEquals(store.opened().get(0).firstIndex().toLong(), file.firstIndex());
    assertEquals(file.spoolId(), writer.prepared().get(0).spoolId());
    assertEquals(folder().name(), writer.prepared().get(0).server());
    String token = Files.readString(folder().tokenFile()).strip();
    assertTrue(token.matches("[0-9a-f]{32}"), token);
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(folder().tokenFile())));
  }

  @Test
  void aRememberedServer_servesAgain_withoutTheWriter_withItsTokenAndSpool() throws Exception {
    writer = new FakeWriter(writerPort);
    start();
    await("the server listens", this::isListening);
    ServerFile before = file();
    receiver.close();
    assertFalse(isListening());
    assertTrue(ProcessLock.holder(data.receiverLock()).isEmpty());
    writer.close();

    environment.clear();
    start();
    await("the server listens again", this::isListening);
    assertEquals(before, file());
  }

  @Test
  void limitsAndToken_followTheConfiguration_atEachStart() throws Exception {
    writer = new FakeWriter(writerPort);
    start();
    await("the server listens", this::isListening);
    receiver.close();

    environment.put("DUCKSPOOL_SERVERS_0_TOKEN", "another-token-of-mine");
    environment.put("DUCKSPOOL_SERVERS_0_MAX_BODY_BYTES", "4096");
    start();
    await("the server listens again", this::isListening);
    assertEquals("another-token-of-mine", Files.readString(folder().tokenFile()).strip());
    assertEquals(4096, store.lastOptions().maxEntryBytes());
  }

  @Test
  void anotherTarget_thanTheRememberedOne_isRefused() throws Exception {
    writer = new FakeWriter(writerPort);
    start();
    await("the server listens", this::isListening);
    ServerFile before = file();
    receiver.close();

    environment.put("DUCKSPOOL_SERVERS_0_SCHEMA", "elsewhere");
    start();
    assertEquals(503, status("127.0.0.1", control, "/readyz"));
    assertFalse(isListening());
    assertEquals(before, file());
  }

  @Test
  void aRefusedTarget_isAskedForAgain_untilItIsAccepted() throws Exception {
    writer = new FakeWriter(writerPort);
    writer.refuse("table otlp_logs: column body is INTEGER, expected VARCHAR");
    start();
    await("the spool is made", () -> store.opened().size() == 1);
    assertFalse(isListening());
    writer.accept();
    await("the server listens", this::isListening);
    assertEquals(1, store.opened().size());
  }

  @Test
  void aTakenPort_ofANewServer_isNamed_andNothingIsLeftBehind() throws Exception {
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getByName("::1"))) {
      IOException failure = assertThrows(IOException.class, this::start);
      assertTrue(failure.getMessage().contains("port " + port), failure.getMessage());
      assertTrue(failure.getMessage().contains("in use"), failure.getMessage());
      assertEquals(port, taken.getLocalPort());
    }
    assertTrue(data.listServers().isEmpty());
    assertTrue(ProcessLock.holder(data.receiverLock()).isEmpty());
    assertEquals(-1, status("127.0.0.1", port, "/healthz"));
    assertEquals(-1, status("127.0.0.1", control, "/healthz"));
  }

  @Test
  void aTakenPort_ofARememberedServer_isRetried() throws Exception {
    writer = new FakeWriter(writerPort);
    start();
    await("the server listens", this::isListening);
    receiver.close();
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
      start();
      await("the spool is open", () -> store.opened().size() == 2);
      assertEquals(503, status("127.0.0.1", control, "/readyz"));
      assertEquals(port, taken.getLocalPort());
    }
    await("the server listens again", this::isListening);
  }

  @Test
  void aSecondReceiver_onTheSameData_namesTheFirst() throws Exception {
    writer = new FakeWriter(writerPort);
    Receiver first = start();
    IOException failure = assertThrows(IOException.class, this::start);
    assertTrue(failure.getMessage().contains("pid " + ProcessHandle.current().pid()));
    await("the first still serves", this::isListening);
    first.close();
  }

  @Test
  void aSpoolThatCantBeOpened_isReleasedByTheWriter_whereOneRuns() throws Exception {
    writer = new FakeWriter(writerPort);
    store.refuseNext(1);
    data.create();
    try (ProcessLock lock = ProcessLock.take(data.writerLock(), "writer", "run")) {
      start();
      await("the server listens", this::isListening);
      assertEquals(file().spoolId(), writer.released().get(0).spoolId());
      assertNotEquals(null, lock);
    }
  }

  @Test
  void aSpoolThatCantBeOpened_isTriedAgain_whereNoWriterRuns() throws Exception {
    writer = new FakeWriter(writerPort);
    store.refuseNext(2);
    start();
    await("the server listens", this::isListening);
    assertTrue(writer.released().isEmpty());
  }

  @Test
  void aStoppingServer_staysClosed_andIsLeftToTheWriter() throws Exception {
    writer = new FakeWriter(writerPort);
    start();
    await("the server listens", this::isListening);
    receiver.close();
    ServerFile stopping = file().with(ServerState.STOPPING);
    stopping.write(folder());
    start();
    await("the writer is told where it ends", () -> writer.seals().size() == 1);
    assertEquals(2, store.opened().size());
    assertTrue(store.opened().get(1).isClosed());
    assertFalse(isListening());
    assertEquals(stopping, file());
  }

  @Test
  void aPoisonedSpool_endsTheProcess() throws Exception {
    writer = new FakeWriter(writerPort);
    start();
    await("the server listens", this::isListening);
    store.opened().get(0).poison();
    CompletableFuture<String> end =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return receiver.awaitEnd().orElse("no failure");
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertEquals("a sync of a spool failed", end.get(10, TimeUnit.SECONDS));
  }

  @Test
  void theControlPort_answersErrorsInTheSameShape() throws Exception {
    start();
    try (RawClient client = new RawClient("127.0.0.1", control)) {
      RawClient.Reply unknown = client.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n").reply();
      assertEquals(404, unknown.status());
      assertTrue(unknown.text().startsWith("{\"error\":\"not_found\""), unknown.text());
      RawClient.Reply method =
          client
              .send("POST /readyz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
              .reply();
      assertEquals(405, method.status());
      assertEquals(List.of("GET"), List.of(method.headers().get("allow")));
    }
  }
}
