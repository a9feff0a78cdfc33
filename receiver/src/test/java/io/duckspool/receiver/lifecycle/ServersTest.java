package io.duckspool.receiver.lifecycle;

import static io.duckspool.receiver.http.TestServer.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.FakeSpoolStore;
import io.duckspool.receiver.FakeWriter;
import io.duckspool.receiver.http.BodyDeadlines;
import io.duckspool.receiver.http.ConnectionLimit;
import io.duckspool.receiver.http.IngestServices;
import io.duckspool.receiver.http.RawClient;
import io.duckspool.receiver.http.Sockets;
import io.duckspool.receiver.ingest.ChunkPool;
import io.duckspool.receiver.ingest.ExportError;
import io.duckspool.receiver.ingest.InFlightBytes;
import io.duckspool.spool.SpoolClosedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stop of a server, whole and broken off. */
class ServersTest {

  @TempDir Path temp;
  private final FakeSpoolStore store = new FakeSpoolStore();
  private final BodyDeadlines deadlines =
      new BodyDeadlines(Duration.ofSeconds(5), System::nanoTime);
  private ListenUri uri;
  private FakeWriter writer;
  private int writerPort;
  private WriterView writerView;
  private Environment environment;
  private Servers servers;

  @BeforeEach
  void start() throws Exception {
    uri = new ListenUri("localhost", FreePort.take());
    writerPort = FreePort.take();
    DuckspoolConfig config =
        new ConfigLoader(ConfigLoader.Role.RECEIVER)
            .environment(Map.of("DUCKSPOOL_SERVERS_0_URI", uri.toString()))
            .flag("data", temp.toString(), "--data")
            .flag("writer.control", "127.0.0.1:" + writerPort, "--writer")
            .load();
    ControlToken.readOrCreate(config.control().tokenFile());
    DataFolder data = new DataFolder(config.data());
    data.create();
    writer = new FakeWriter(writerPort);
    AdminClient client = new AdminClient(config.writer().control(), config.control().tokenFile());
    writerView = new WriterView(client);
    environment =
        new Environment(
            config,
            data,
            "ab".repeat(16),
            store,
            client,
            writerView,
            new IngestServices(
                new InFlightBytes(1 << 20),
                new ChunkPool(1 << 16),
                deadlines,
                new ConnectionLimit(1_000),
                InstantSource.system()),
            InstantSource.system(),
            System::nanoTime);
    servers = new Servers(environment);
    servers.start();
    await("the server listens", servers::isListening);
  }

  @AfterEach
  void stop() {
    servers.close();
    writerView.close();
    writer.close();
    deadlines.close();
  }

  private ServerFile file() throws IOException {
    return ServerFile.read(environment.data().server(uri));
  }

  /** The writer of this test removes nothing, so that there is nothing to wait for. */
  private AdminApi.Stopped stopServer() throws Exception {
    return servers.stop(uri, Duration.ofMillis(100), () -> false);
  }

  private void startAgain() throws IOException {
    servers.close();
    servers = new Servers(environment);
    servers.start();
  }

  @Test
  void aStop_closesPortAndSpool_thenLeavesTheServerToTheWriter() throws Exception {
    assertEquals("Stopped listening on " + uri, stopServer().status());
    assertEquals(ServerState.STOPPING, file().state());
    assertThrows(IOException.class, () -> new RawClient("127.0.0.1", uri.port()).close());
    assertThrows(
        SpoolClosedException.class,
        () -> store.opened().get(0).append(null, ByteBuffer.allocate(0), null));
    assertEquals("No server found listening on " + uri, stopServer().status());
  }

  @Test
  void aDeclaredServer_thatWasStopped_staysStopped() throws Exception {
    stopServer();
    servers.close();
    int before = writer.seals().size();
    startAgain();
    await("the writer is told where the spool ends", () -> writer.seals().size() > before);
    assertEquals(2, store.opened().size());
    assertEquals(ServerState.STOPPING, file().state());
    assertThrows(IOException.class, () -> new RawClient("127.0.0.1", uri.port()).close());
  }

  @Test
  void aListenerThatFell_isBoundAgain() throws Exception {
    ListenUri other = new ListenUri("localhost", FreePort.take());
    ServerFile made =
        NewServer.file(
            environment,
            Declaration.concluded(
                new ConfigLoader(ConfigLoader.Role.RECEIVER)
                    .flag("servers[0].uri", other.toString(), "--uri")
                    .load()
                    .servers()
                    .get(0)),
            false);
    ServerFolder folder = environment.data().server(other);
    AtomicFile.createFolder(folder.path());
    made.write(folder);
    try (ServerRunner runner = new ServerRunner(environment, folder, made)) {
      runner.start();
      await("it listens", runner::isListening);
      Intake first = runner.intake().orElseThrow();
      Sockets.fall(first.listener());
      assertFalse(runner.isListening());
      await(
          "it listens again",
          () -> runner.isListening() && runner.intake().filter(now -> now != first).isPresent());
      assertEquals("", runner.lastError());
      for (String host : List.of("127.0.0.1", "::1")) {
        new RawClient(host, other.port()).close();
      }
      assertEquals(2, store.opened().size(), "the spool stays open");
    }
  }

  @Test
  void aStop_thatACrashBrokeOff_isFinishedAtTheNextStart() throws Exception {
    new StoppedServers(environment.data().stoppedFile()).add(uri);
    assertEquals(ServerState.SERVING, file().state());
    startAgain();
    assertEquals(ServerState.STOPPING, file().state());
    await("the end of the spool is made durable", () -> writer.seals().size() > 0);
    assertEquals(2, store.opened().size());
    assertTrue(environment.data().server(uri).isEndKnown());
    assertThrows(IOException.class, () -> new RawClient("127.0.0.1", uri.port()).close());
  }

  @Test
  void aStop_whileTheWriterIsAway_isToldAgain_untilTheWriterRemovesTheServer() throws Exception {
    writer.close();
    String spoolId = file().spoolId();
    stopServer();
    assertEquals(1, servers.pendingStops());

    writer = new FakeWriter(writerPort);
    await("the writer is told, twice", () -> writer.seals().size() >= 2);
    String end = store.opened().get(0).durable().next().toString();
    assertEquals(new AdminApi.Seal(spoolId, end, "stop", 1_000L), writer.seals().get(0));
    assertEquals(1, store.opened().size(), "the spool is not opened again");
    Files.delete(environment.data().server(uri).serverFile());
    await("nothing is left to tell", () -> servers.pendingStops() == 0);
  }

  @Test
  void aServerFoundStopping_isScannedAndClosed_beforeTheWriterIsTold() throws Exception {
    servers.close();
    file().with(ServerState.STOPPING).write(environment.data().server(uri));
    AtomicBoolean isClosedFirst = new AtomicBoolean();
    writer.onSeal(
        () -> isClosedFirst.set(store.opened().size() == 2 && store.opened().get(1).isClosed()));
    try (ProcessLock lock = ProcessLock.take(environment.data().writerLock(), "writer", "run")) {
      startAgain();
      await("the writer is told", () -> writer.seals().size() == 1);
      assertTrue(isClosedFirst.get());
      assertEquals(file().spoolId(), writer.released().get(0).spoolId(), "let go of by " + lock);
    }
    assertThrows(IOException.class, () -> new RawClient("127.0.0.1", uri.port()).close());
    assertEquals(0, servers.runnerCount());
  }

  @Test
  void aServerWhoseRemovalBegan_isLeftToTheWriter() throws Exception {
    servers.close();
    ServerFile drained = file().with(ServerState.DRAINED);
    drained.write(environment.data().server(uri));
    startAgain();
    assertEquals(0, servers.pendingStops());
    assertEquals(1, store.opened().size());
    assertEquals(drained, file());

    // Stopping when it was found; drained and renamed while the writer was asked to let go.
    ServerFolder folder = environment.data().server(uri);
    file().with(ServerState.STOPPING).write(folder);
    ServerFolder gone = environment.data().gone(drained.spoolId());
    writer.onRelease(
        () -> {
          try {
            Files.move(folder.path(), gone.path());
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
    try (ProcessLock lock = ProcessLock.take(environment.data().writerLock(), "writer", "run")) {
      startAgain();
      await("nothing is left to tell by " + lock, () -> servers.pendingStops() == 0);
    }
    assertEquals(1, store.opened().size());
    assertEquals(List.of(), writer.seals());
    assertFalse(Files.exists(folder.path()));
    assertTrue(Files.exists(gone.serverFile()));
  }

  /** Stands where a file's new content has to be written first: that fails, as on a full disk. */
  private Path block(Path file) throws IOException {
    return Files.createDirectory(file.resolveSibling(file.getFileName() + ".tmp"));
  }

  @Test
  void aStopThatCantBeWrittenDown_freesThePort_saysSo_andIsFinishedByItself() throws Exception {
    Path server = block(environment.data().server(uri).serverFile());
    Path stopped = block(environment.data().stoppedFile());
    AdminApi.Stopped reply = stopServer();
    assertEquals("Stopped listening on " + uri, reply.status());
    assertTrue(
        reply.error().startsWith("that it is stopped can't be written down, it is tried again: "),
        reply.error());
    assertThrows(IOException.class, () -> new RawClient("127.0.0.1", uri.port()).close());
    assertEquals(ServerState.SERVING, file().state());
    assertEquals(1, servers.list().size(), "it is listed while it is kept");
    assertFalse(servers.list().get(0).isListening());

    Files.delete(server);
    assertEquals(ServerState.SERVING, file().state(), "the note comes first");
    Files.delete(stopped);
    await("it is written down", () -> state() == ServerState.STOPPING);
    await("the writer is told", () -> !writer.seals().isEmpty());
    assertEquals(store.opened().get(0).durable().next().toString(), writer.seals().get(0).index());
    assertEquals(1, store.opened().size(), "where it ends was known");
    startAgain();
    assertThrows(IOException.class, () -> new RawClient("127.0.0.1", uri.port()).close());
  }

  @Test
  void aStopThatCantBeWrittenDown_isOver_whenItIsServedAgain() throws Exception {
    Path server = block(environment.data().server(uri).serverFile());
    assertTrue(stopServer().error().contains("can't be written down"));
    Files.delete(server);
    ServerConfig config = file().config();
    try {
      servers.serve(config);
    } catch (ExportError e) {
      // The notice was faster: the server stops, and this writer hands nothing back.
      assertEquals(ExportError.Kind.UNAVAILABLE, e.kind());
      return;
    }
    assertTrue(servers.isListening());
    assertEquals(0, servers.pendingStops());
    assertEquals(ServerState.SERVING, file().state());
  }

  @Test
  void aServerWhoseSpoolCantBeOpened_isStopped_andItsEndIsFoundLater() throws Exception {
    servers.close();
    store.refuseNext(Integer.MAX_VALUE);
    startAgain();
    await("it is tried", () -> !servers.list().get(0).lastError().isEmpty());
    assertEquals("Stopped listening on " + uri, stopServer().status());
    assertEquals(ServerState.STOPPING, file().state());
    assertFalse(environment.data().server(uri).isEndKnown());
    assertEquals(List.of(), writer.seals());

    store.refuseNext(0);
    await("the writer is told", () -> !writer.seals().isEmpty());
    assertTrue(environment.data().server(uri).isEndKnown());
    assertTrue(store.opened().get(1).isClosed());
  }

  @Test
  void limitsThatCantBeWrittenAtAStart_areTriedAgain_andKeepNobodyDown() throws Exception {
    servers.close();
    ServerFolder folder = environment.data().server(uri);
    Path server = block(folder.serverFile());
    int threads = file().config().httpThreads();
    Files.writeString(
        folder.serverFile(),
        Files.readString(folder.serverFile())
            .replace("\"http_threads\" : ", "\"http_threads\" : 1"));
    assertNotEquals(threads, file().config().httpThreads());
    startAgain();
    await("it is tried", () -> servers.list().get(0).lastError() != null);
    assertFalse(servers.isListening());
    Files.delete(server);
    await("it listens", servers::isListening);
    assertEquals(threads, file().config().httpThreads());
  }

  private ServerState state() {
    try {
      return file().state();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
