package io.duckspool.writer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.DataSize;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.spool.AppendListener;
import io.duckspool.spool.EntryMeta;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.chronicle.ChronicleSpoolStore;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole writer, over its control port, with threads and clocks of its own. */
final class WriterTest {

  private static final String RUN = "000000000000000000000000000000aa";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir Path temp;
  private DuckspoolConfig config;
  private DataFolder data;
  private ProcessLock receiverLock;
  private Writer writer;
  private AdminClient client;
  private final List<Server> servers = new ArrayList<>();

  @BeforeEach
  void open() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    config =
        new ConfigLoader(ConfigLoader.Role.WRITER)
            .environment(Map.of())
            .flag("data", temp.resolve("data").toString(), "--data")
            .flag("writer.control", "127.0.0.1:" + port, "--control")
            .load();
    data = new DataFolder(config.data());
    data.create();
    receiverLock = ProcessLock.take(data.receiverLock(), "receiver", RUN);
    writer = Writer.start(config);
    client = new AdminClient(config.writer().control(), config.control().tokenFile());
  }

  @AfterEach
  void close() throws Exception {
    servers.forEach(server -> server.spool().close());
    writer.close();
    receiverLock.close();
  }

  @Test
  void aServerIsPrepared_flushed_listedAndStopped() throws Exception {
    Server server = serve(4318, 60_000);
    assertEquals("otlp", prepare(server).catalogName());
    assertEquals("otlp", prepare(server).catalogName(), "safe to repeat");
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    server.append("b");

    AdminApi.Sealed sealed = client.seal(server.seal("flush"), TIMEOUT);
    assertEquals(new AdminApi.Sealed("sealed", 2, 1, null), sealed);
    assertEquals("[{\"n\":2}]", sql("SELECT count(*) AS n FROM otlp_logs"));

    AdminApi.PipelineStatus status = client.pipelines(TIMEOUT).get(0);
    assertEquals("running", status.state());
    assertEquals(2, status.committedRowsTotal());
    assertEquals(server.spool().durable().next().toString(), status.committedIndex());

    server.file(ServerState.STOPPING).write(server.folder());
    server.append("c");
    server.spool().close();
    assertEquals("sealed", client.seal(server.seal("stop"), TIMEOUT).status());
    await("the folder to go", () -> !Files.exists(server.folder().path()));
    await("the pipeline to go", () -> pipelineCount() == 0);
    assertEquals("[{\"n\":3}]", sql("SELECT count(*) AS n FROM otlp_logs"));
    assertEquals("[{\"n\":0}]", sql("SELECT count(*) AS n FROM duckspool_ledger"));
  }

  @Test
  void serversOnOneTargetShareIt_andFlushAtTheSameTime() throws Exception {
    List<Server> all = List.of(serve(4318, 60_000), serve(4319, 60_000), serve(4320, 60_000));
    for (Server server : all) {
      prepare(server);
      server.file(ServerState.SERVING).write(server.folder());
    }
    for (int round = 0; round < 5; round++) {
      List<CompletableFuture<AdminApi.Sealed>> replies = new ArrayList<>();
      for (Server server : all) {
        server.append("x");
        AdminApi.Seal request = server.seal("flush");
        for (int i = 0; i < 2; i++) {
          replies.add(CompletableFuture.supplyAsync(() -> seal(request)));
        }
      }
      for (CompletableFuture<AdminApi.Sealed> reply : replies) {
        assertEquals("sealed", reply.get(30, TimeUnit.SECONDS).status());
      }
    }
    assertEquals("[{\"n\":15}]", sql("SELECT count(*) AS n FROM otlp_logs"));
    assertEquals(
        "[{\"n\":5},{\"n\":5},{\"n\":5}]",
        sql("SELECT cumulative_rows::INT AS n FROM duckspool_ledger"));
  }

  @Test
  void aRememberedServerGoesOnAfterARestart_andATerminatedWriterDrainsFirst() throws Exception {
    Server server = serve(4318, 60_000);
    prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    await("the entry in hand", () -> pipelineBufferedAge() != null);
    writer.close();
    server.append("b");
    writer = Writer.start(config);
    assertEquals("[{\"n\":1}]", sql("SELECT count(*) AS n FROM otlp_logs"));
    assertEquals("sealed", client.seal(server.seal("flush"), TIMEOUT).status());
    assertEquals("[{\"n\":2}]", sql("SELECT count(*) AS n FROM otlp_logs"));
  }

  @Test
  void aServerWithoutItsLedger_isRefused_andTheWriterIsNotReady() throws Exception {
    Server server = serve(4318, 200);
    server.append("a");
    server.file(ServerState.SERVING).write(server.folder());
    await("the refusal", () -> "target_refused".equals(pipelineState()));
    HttpResponse<byte[]> ready = client.probe("/readyz", TIMEOUT);
    assertEquals(503, ready.statusCode());
    assertTrue(new String(ready.body(), StandardCharsets.UTF_8).contains("target_refused"));
    assertEquals("error", client.seal(server.seal("flush"), TIMEOUT).status());
    assertEquals(200, client.probe("/healthz", TIMEOUT).statusCode());
  }

  @Test
  void aRefusedServer_goesOnWhereAnOperatorSays() throws Exception {
    Server server = serve(4318, 200);
    server.append("a");
    server.file(ServerState.SERVING).write(server.folder());
    await("the refusal", () -> "target_refused".equals(pipelineState()));
    for (AdminApi.SetLedger wrong :
        List.of(
            new AdminApi.SetLedger("otlp:localhost:9", null, false),
            new AdminApi.SetLedger("otlp:localhost:4318", "1-1", false),
            new AdminApi.SetLedger("otlp:localhost:4318", "here", false))) {
      AdminException refused =
          assertThrows(AdminException.class, () -> client.setLedger(wrong, TIMEOUT));
      assertEquals(400, refused.status(), refused::getMessage);
    }
    AdminApi.LedgerSet set =
        client.setLedger(new AdminApi.SetLedger("otlp:localhost:4318", null, false), TIMEOUT);
    assertEquals(server.spool().firstIndex().toString(), set.nextIndex());
    await("the row", () -> pipelines().get(0).committedRowsTotal() == 1);
    assertEquals("[{\"n\":1}]", sql("SELECT count(*) AS n FROM otlp_logs"));
  }

  @Test
  void anAbandonedPreparation_leavesNoPipelineBehind() throws Exception {
    Server server = serve(4318, 200);
    prepare(server);
    assertEquals(1, pipelineCount());
    server.spool().close();
    Files.delete(server.folder().serverFile());
    await("the pipeline to go", () -> pipelineCount() == 0);
  }

  @Test
  void filesAreReleasedForAReceiver_andOpenedAgain() throws Exception {
    Server server = serve(4318, 200);
    prepare(server);
    server.append("a");
    client.release(new AdminApi.Release(server.spoolId()), TIMEOUT);
    client.release(new AdminApi.Release("f".repeat(32)), TIMEOUT);
    assertEquals("sealed", client.seal(server.seal("flush"), TIMEOUT).status());
  }

  @Test
  void errorsHaveOneShape_andTheTokenIsAskedForFirst() throws Exception {
    assertAnswer(404, "not_found", "GET", "/admin/nothing", null, "");
    assertAnswer(405, "method_not_allowed", "GET", "/admin/seal", null, "");
    assertAnswer(405, "method_not_allowed", "PUT", "/healthz", null, "");
    assertAnswer(401, "unauthorized", "POST", "/admin/seal", null, "{");
    assertAnswer(401, "unauthorized", "POST", "/admin/seal", "Bearer wrong", "{}");
    String token = "bearer " + Files.readString(config.control().tokenFile()).strip();
    assertAnswer(400, "bad_request", "POST", "/admin/seal", token, "{");
    assertAnswer(400, "bad_request", "POST", "/admin/seal", token, "{\"what\":1}");
    assertAnswer(400, "bad_request", "POST", "/admin/sql", token, "{\"sql\":\"DROP TABLE x\"}");
    assertAnswer(
        400, "bad_request", "POST", "/admin/sql", token, "{\"sql\":\"SELECT nothing_like_it\"}");
    assertAnswer(
        400,
        "bad_request",
        "POST",
        "/admin/prepare",
        token,
        "{\"server\":\"x\",\"spool_id\":\"y\"}");
    AdminApi.Sealed unknown =
        client.seal(new AdminApi.Seal("0".repeat(32), "1-1", "flush", 100L), TIMEOUT);
    assertEquals("unknown", unknown.status());
    AdminException refused =
        assertThrows(
            AdminException.class,
            () -> client.seal(new AdminApi.Seal("0", "1-1", "never", 100L), TIMEOUT));
    assertEquals(400, refused.status());
  }

  @Test
  void aSecondWriterOnTheSameData_isRefusedByTheFirstOnesPid() {
    IOException refused = assertThrows(IOException.class, () -> Writer.start(config));
    assertTrue(refused.getMessage().contains("pid " + ProcessHandle.current().pid()));
  }

  @Test
  void aPortThatIsTaken_isNamed_andNothingIsLeftRunning() throws Exception {
    writer.close();
    try (ServerSocket taken =
        new ServerSocket(
            config.writer().control().port(), 1, java.net.InetAddress.getLoopbackAddress())) {
      IOException refused = assertThrows(IOException.class, () -> Writer.start(config));
      assertTrue(refused.getMessage().contains(config.writer().control().toString()));
      assertEquals(config.writer().control().port(), taken.getLocalPort());
    }
    writer = Writer.start(config);
  }

  private record Server(ServerFolder folder, Spool spool, ServerConfig config) {

    String spoolId() {
      return spool.spoolId();
    }

    ServerFile file(ServerState state) {
      return new ServerFile(
          state,
          spool.spoolId(),
          spool.firstIndex().toLong(),
          RUN,
          Instant.parse("2026-01-01T00:00:00Z"),
          false,
          config);
    }

    AdminApi.Seal seal(String trigger) {
      return new AdminApi.Seal(spoolId(), spool.durable().next().toString(), trigger, 20_000L);
    }

    void append(String body) throws Exception {
      CompletableFuture<SpoolIndex> durable = new CompletableFuture<>();
      byte[] payload =
          ExportLogsServiceRequest.newBuilder()
              .addResourceLogs(
                  ResourceLogs.newBuilder()
                      .addScopeLogs(
                          ScopeLogs.newBuilder()
                              .addLogRecords(
                                  LogRecord.newBuilder()
                                      .setBody(AnyValue.newBuilder().setStringValue(body)))))
              .build()
              .toByteArray();
      long now = System.currentTimeMillis() * 1_000_000;
      SpoolIndex unused =
          spool.append(
              new EntryMeta(1, 1, 0, 1, now, 0, 0),
              ByteBuffer.wrap(payload),
              new AppendListener() {
                @Override
                public void onDurable(SpoolIndex index) {
                  durable.complete(index);
                }

                @Override
                public void onFailed(SpoolIndex index, SpoolException failure) {
                  durable.completeExceptionally(failure);
                }
              });
      SpoolIndex done = durable.get(30, TimeUnit.SECONDS);
      assertEquals(unused, done);
    }
  }

  /** As a receiver does: a folder in state preparing, and an open spool. */
  private Server serve(int port, long sealMaxAgeMillis) throws Exception {
    ServerFolder folder = new ServerFolder(data.servers().resolve("localhost_" + port));
    Files.createDirectories(folder.path());
    String spoolId = "%032x".formatted(port);
    Spool spool =
        new ChronicleSpoolStore(InstantSource.system(), System::nanoTime)
            .openForAppend(
                folder.path(),
                spoolId,
                RUN,
                SpoolOptions.defaults(1 << 20).withDiskReserveBytes(0));
    ServerConfig serverConfig =
        new ServerConfig(
            "otlp:localhost:" + port,
            Optional.empty(),
            "main",
            Optional.empty(),
            true,
            Optional.empty(),
            true,
            false,
            DataSize.ofMebibytes(1),
            4,
            Optional.empty(),
            DataSize.ofMebibytes(64),
            Duration.ofMillis(sealMaxAgeMillis),
            DataSize.ofMebibytes(256),
            Optional.empty(),
            List.of(),
            List.of(),
            ServerConfig.ResponseMode.BUFFERED);
    Server server = new Server(folder, spool, serverConfig);
    server.file(ServerState.PREPARING).write(folder);
    servers.add(server);
    return server;
  }

  private AdminApi.Prepared prepare(Server server) throws Exception {
    return client.prepare(new AdminApi.Prepare(server.folder().name(), server.spoolId()), TIMEOUT);
  }

  private AdminApi.Sealed seal(AdminApi.Seal request) {
    try {
      return client.seal(request, TIMEOUT);
    } catch (IOException | AdminException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String sql(String sql) throws Exception {
    try (var answer = client.sql(new AdminApi.Sql(sql, null), TIMEOUT)) {
      return new String(answer.readAllBytes(), StandardCharsets.UTF_8).replace("\n", "");
    }
  }

  private int pipelineCount() {
    return pipelines().size();
  }

  private String pipelineState() {
    return pipelines().stream().findFirst().map(AdminApi.PipelineStatus::state).orElse("none");
  }

  private Long pipelineBufferedAge() {
    return pipelines().get(0).oldestBufferedAgeMs();
  }

  private List<AdminApi.PipelineStatus> pipelines() {
    try {
      return client.pipelines(TIMEOUT);
    } catch (IOException | AdminException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertAnswer(
      int status, String code, String method, String path, String authorization, String body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + config.writer().control() + path))
            .timeout(TIMEOUT)
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    request.header("Content-Type", "application/json; charset=utf-8");
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertEquals(status, answer.statusCode(), answer.body());
    assertTrue(answer.body().startsWith("{\"error\":\"" + code + "\","), answer.body());
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited 30 s for " + what);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
