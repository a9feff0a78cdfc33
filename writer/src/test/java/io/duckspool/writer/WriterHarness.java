package io.duckspool.writer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.DataSize;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.net.FreePort;
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
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.resource.v1.Resource;
import java.io.IOException;
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
import java.util.function.UnaryOperator;

/**
 * A whole writer with threads and clocks of its own, and the receiver's part played by the test:
 * server files, spools, and calls of the control port.
 */
final class WriterHarness implements AutoCloseable {

  static final String RUN = "000000000000000000000000000000aa";
  static final Duration TIMEOUT = Duration.ofSeconds(30);

  final ConfigLoader.Loaded loaded;
  final DuckspoolConfig config;
  final DataFolder data;
  final AdminClient client;
  private final ProcessLock receiverLock;
  private final List<Server> servers = new ArrayList<>();
  private Writer writer;

  private WriterHarness(Path root, Map<String, String> keys) throws Exception {
    int port = FreePort.take();
    ConfigLoader loader =
        new ConfigLoader(ConfigLoader.Role.WRITER)
            .environment(Map.of())
            .flag("data", root.resolve("data").toString(), "--data")
            .flag("writer.control", "127.0.0.1:" + port, "--control");
    keys.forEach((key, value) -> loader.flag(key, value, "test"));
    loaded = loader.loadWithOrigins();
    config = loaded.config();
    data = new DataFolder(config.data());
    data.create();
    receiverLock = ProcessLock.take(data.receiverLock(), "receiver", RUN);
    writer = Writer.start(loaded);
    client = new AdminClient(config.writer().control(), config.control().tokenFile());
  }

  static WriterHarness open(Path root) throws Exception {
    return open(root, Map.of());
  }

  /**
   * @param keys of the configuration, with their values
   */
  static WriterHarness open(Path root, Map<String, String> keys) throws Exception {
    return new WriterHarness(root, keys);
  }

  /** Ends the writer as a SIGTERM does. */
  void stopWriter() {
    writer.close();
  }

  void startWriter() throws IOException {
    writer = Writer.start(loaded);
  }

  @Override
  public void close() throws Exception {
    servers.forEach(server -> server.spool().close());
    writer.close();
    receiverLock.close();
  }

  record Server(ServerFolder folder, Spool spool, ServerConfig config) {

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

    /** One log record, whose resource has a host name. */
    void append(String body) throws Exception {
      CompletableFuture<SpoolIndex> durable = new CompletableFuture<>();
      byte[] payload =
          ExportLogsServiceRequest.newBuilder()
              .addResourceLogs(
                  ResourceLogs.newBuilder()
                      .setResource(Resource.newBuilder().addAttributes(hostName(body)))
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

  private static KeyValue hostName(String body) {
    return KeyValue.newBuilder()
        .setKey("host.name")
        .setValue(AnyValue.newBuilder().setStringValue("host of " + body))
        .build();
  }

  /** As a receiver does: a folder in state preparing, and an open spool. */
  Server serve(int port, long sealMaxAgeMillis) throws Exception {
    return serve(port, sealMaxAgeMillis, config -> config);
  }

  Server serve(int port, long sealMaxAgeMillis, UnaryOperator<ServerConfig> changed)
      throws Exception {
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
    Server server = new Server(folder, spool, changed.apply(serverConfig));
    server.file(ServerState.PREPARING).write(folder);
    servers.add(server);
    return server;
  }

  AdminApi.Prepared prepare(Server server) throws Exception {
    return client.prepare(new AdminApi.Prepare(server.folder().name(), server.spoolId()), TIMEOUT);
  }

  /** Prepares a new server and has it serve; each text becomes an entry, and a seal of its own. */
  void sealEach(Server server, String... bodies) throws Exception {
    prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    for (String body : bodies) {
      server.append(body);
      assertEquals("sealed", seal(server.seal("flush")).status());
    }
  }

  /** What a verification of a server finds. */
  AdminApi.Verified verify(Server server) throws Exception {
    return post(
        AdminApi.VERIFY, new AdminApi.ServerUri(server.config().uri()), AdminApi.Verified.class);
  }

  AdminApi.Sealed seal(AdminApi.Seal request) {
    try {
      return client.seal(request, TIMEOUT);
    } catch (IOException | AdminException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  String sql(String sql) throws Exception {
    try (var answer = client.sql(new AdminApi.Sql(sql, null), TIMEOUT)) {
      return new String(answer.readAllBytes(), StandardCharsets.UTF_8).replace("\n", "");
    }
  }

  int pipelineCount() {
    return pipelines().size();
  }

  String pipelineState() {
    return pipelines().stream().findFirst().map(AdminApi.PipelineStatus::state).orElse("none");
  }

  Long pipelineBufferedAge() {
    return pipelines().get(0).oldestBufferedAgeMs();
  }

  List<AdminApi.PipelineStatus> pipelines() {
    try {
      return client.pipelines(TIMEOUT);
    } catch (IOException | AdminException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited 30 s for " + what);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  List<AdminApi.SealRow> seals() throws Exception {
    return AdminJson.MAPPER.readValue(
        client.get(AdminApi.SEALS, TIMEOUT), new TypeReference<>() {});
  }

  <T extends Record> T post(String path, Record request, Class<T> reply) throws Exception {
    return AdminJson.read(client.post(path, request, TIMEOUT), reply);
  }
}
