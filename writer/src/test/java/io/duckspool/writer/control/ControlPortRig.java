package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ControlGuard;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.config.HostPort;
import io.duckspool.common.metrics.MetricsPage;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.server.DataFolder;
import io.duckspool.spool.chronicle.ChronicleSpoolStore;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.pipeline.PipelineDefaults;
import io.duckspool.writer.pipeline.PipelineParts;
import io.duckspool.writer.pipeline.Pipelines;
import io.duckspool.writer.pipeline.ServerCalls;
import io.duckspool.writer.pipeline.SinkFactory;
import io.duckspool.writer.pipeline.Verifier;
import io.duckspool.writer.sink.DuckDbDatabase;
import io.duckspool.writer.sink.DuckDbSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The writer's control port over a database in memory, called in bytes on a socket. */
final class ControlPortRig implements AutoCloseable {

  static final String TOKEN = "0123456789abcdef";
  static final String AUTHORIZED = "Authorization: Bearer " + TOKEN + "\r\n";
  static final String JSON = "Content-Type: application/json\r\n";

  final DataFolder data;
  final int port;
  private final DuckDbDatabase database;
  private final BatchMemory memory;
  private final Pipelines pipelines;
  private final ControlServer server;

  private ControlPortRig(Path temp, UnaryOperator<SinkFactory> changed) throws Exception {
    port = FreePort.take();
    data = new DataFolder(temp.resolve("data"));
    data.create();
    database =
        DuckDbDatabase.open(
            new DuckDbSettings(
                Optional.empty(),
                64L << 20,
                1,
                temp.resolve("tmp"),
                Optional.empty(),
                false,
                Optional.empty()),
            InstantSource.system(),
            System::nanoTime);
    SinkFactory sinks = changed.apply(database::sink);
    memory = new BatchMemory(1 << 20, 0);
    PipelineParts parts =
        new PipelineParts(
            data,
            new ChronicleSpoolStore(InstantSource.system(), System::nanoTime),
            run -> false,
            memory,
            InstantSource.system(),
            System::nanoTime);
    PipelineDefaults defaults = new PipelineDefaults(1 << 20, 1_000, true, false);
    pipelines = new Pipelines(parts, defaults, sinks);
    HostPort address = HostPort.parse("127.0.0.1:" + port);
    server =
        ControlServer.open(
            address,
            new ControlGuard(ControlToken.of(TOKEN), address, false),
            new ControlServices(
                pipelines,
                new ServerCalls(parts, defaults, sinks, pipelines),
                new Verifier(pipelines, defaults, sinks),
                database.sqlRunner(),
                List.of(new AdminApi.ConfigValue("data", "./data", "default")),
                new MetricsPage(
                    new WriterMetrics(pipelines, memory, database::memory, database::snapshots))));
  }

  static ControlPortRig open(Path temp) throws Exception {
    return new ControlPortRig(temp, sinks -> sinks);
  }

  /**
   * @param changed what the targets are made by
   */
  static ControlPortRig open(Path temp, UnaryOperator<SinkFactory> changed) throws Exception {
    return new ControlPortRig(temp, changed);
  }

  @Override
  public void close() throws InterruptedException {
    server.close();
    pipelines.close(1);
    memory.close();
    database.close();
  }

  String host() {
    return "Host: localhost:" + port + "\r\n";
  }

  String get(String path, String headers) throws IOException {
    return send("GET " + path + " HTTP/1.1\r\n" + headers + "Connection: close\r\n\r\n");
  }

  String post(String path, String headers, String body) throws IOException {
    try (Socket socket = begin(path, headers, body)) {
      return answer(socket);
    }
  }

  /** Sends a request, and doesn't wait for the answer. */
  Socket begin(String path, String headers, String body) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(30_000);
    String request =
        "POST "
            + path
            + " HTTP/1.1\r\n"
            + headers
            + "Content-Length: "
            + body.length()
            + "\r\nConnection: close\r\n\r\n"
            + body;
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /** All that comes until the port closes the connection. */
  static String answer(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private String send(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return answer(socket);
    }
  }
}
