package io.duckspool.deploy.harness;

import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.config.HostPort;
import io.duckspool.common.config.Secret;
import io.duckspool.common.net.FreePort;
import io.duckspool.deploy.load.HttpConnection;
import io.duckspool.deploy.load.LoadPlan;
import io.duckspool.deploy.load.LoadTarget;
import io.duckspool.deploy.load.Mistakes;
import io.duckspool.deploy.load.Pace;
import io.duckspool.deploy.load.Retry;
import io.duckspool.deploy.load.StampedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A data folder, a configuration with one server, and the two processes on it, which may be started
 * and killed in any order. Owned by one test thread, which closes it; the processes die with it.
 */
public final class Rig implements AutoCloseable {
  /** What the processes listen on. */
  public static final String HOST = "127.0.0.1";

  public static final String TOKEN = "0123456789abcdef0123456789abcdef";

  /** How long a start, stop or drain may take on a slow, busy machine. */
  public static final Duration LIMIT = Duration.ofSeconds(180);

  /** The signatures of DuckDB's extensions are checked where recipes are tried. */
  private static final String QUICK =
      Distribution.QUICK + " -Dduckspool.test.unsigned.extensions=true ";

  private static final Duration REPLY_LIMIT = Duration.ofSeconds(90);
  private static final int SIGKILLED = 137;
  private static final Pattern COMMITTED_INDEX = Pattern.compile("\"committed_index\":\"[^\"]*\"");

  private final Path folder;
  private final Path data;
  private final Path visibleData;
  private final Outside outside;
  private List<String> enter;
  private final int port;
  private final int receiverControlPort = FreePort.take();
  private final int writerControlPort = FreePort.take();
  private final RigSettings settings = new RigSettings();
  private final WriterPort writerPort;
  private Optional<TargetView> target = Optional.empty();
  private boolean startsQuickly = true;
  private String receiverOptions = "";
  private String writerOptions = "";
  private @Nullable DuckspoolProcess receiver;
  private @Nullable DuckspoolProcess writer;
  private int fences;

  private Rig(Path folder, Path data, Optional<LoopMount> mount) {
    this(folder, data, mount, FreePort.take());
  }

  private Rig(Path folder, Path data, Optional<LoopMount> mount, int port) {
    this.folder = folder;
    this.port = port;
    this.data = data;
    this.outside = new Outside(mount, folder);
    this.visibleData = outside.of(data);
    this.enter = mount.map(LoopMount::enter).orElse(List.of());
    this.writerPort = new WriterPort(writerControlPort, visibleData.resolve("control.token"));
    set("data", data.toString());
    set("receiver.control", "127.0.0.1:" + receiverControlPort);
    set("writer.control", "127.0.0.1:" + writerControlPort);
    server("uri", "otlp:127.0.0.1:" + port);
    server("token", TOKEN);
    server("seal_max_age_ms", "200");
  }

  /** Everything in one folder. */
  public static Rig in(Path folder) {
    return new Rig(folder, folder.resolve("data"), Optional.empty());
  }

  /** As {@link #in}, with the server on a port that its data folder has it on already. */
  public static Rig onPort(int port, Path folder) {
    return new Rig(folder, folder.resolve("data"), Optional.empty(), port);
  }

  /** The data folder on a mounted image, configuration and logs in {@code folder}. */
  public static Rig on(LoopMount mount, Path folder) {
    return new Rig(folder, mount.inside().resolve("data"), Optional.of(mount));
  }

  /** Everything in one folder, the processes where they see a mounted image. */
  public static Rig beside(LoopMount mount, Path folder) {
    return new Rig(folder, folder.resolve("data"), Optional.of(mount));
  }

  /** Has the server store elsewhere than in the default database. */
  public Rig target(TargetView target) {
    this.target = Optional.of(target);
    settings.writerEnvironment().putAll(target.variables());
    settings.receiverEnvironment().putAll(target.variables());
    target.parameters().forEach(this::server);
    return this;
  }

  /** Has the server store in a lake whose metadata is a DuckDB file in the data folder. */
  public Rig lake(Path lakeData) {
    return target(LakeView.onDuckDb(data.resolve("lake.ducklake"), lakeData));
  }

  /** As {@link #lake(Path)}, its files in the data folder, too. */
  public Rig lake() {
    return lake(data.resolve("lake"));
  }

  /** Sets a key of the configuration; to be called before a start. */
  public Rig set(String key, String value) {
    settings.set(key, value);
    return this;
  }

  /** Sets a parameter of the one server. */
  public Rig server(String key, String value) {
    settings.server(key, value);
    return this;
  }

  /** Has the launcher started with this umask, such as {@code 000}. */
  public Rig umask(String mask) {
    List<String> shell = List.of("sh", "-c", "umask " + mask + "; exec \"$@\"", "sh");
    enter = Stream.concat(enter.stream(), shell.stream()).toList();
    return this;
  }

  /**
   * For a test that measures: no flags of the JVM but the launcher's. All others have processes
   * that start often and work for seconds, with less optimized code.
   */
  public Rig asLaunched() {
    startsQuickly = false;
    return this;
  }

  /** Leaves a parameter of the one server at its default. */
  public Rig leaveOut(String key) {
    settings.leaveOut(key);
    return this;
  }

  public Rig receiverOptions(String options) {
    receiverOptions = options;
    return this;
  }

  public Rig writerOptions(String options) {
    writerOptions = options;
    return this;
  }

  /** A variable of the receiver's next starts; an empty value removes it. */
  public Rig receiverEnvironment(String name, String value) {
    RigSettings.put(settings.receiverEnvironment(), name, value);
    return this;
  }

  /** A variable of the writer's next starts; an empty value removes it. */
  public Rig writerEnvironment(String name, String value) {
    RigSettings.put(settings.writerEnvironment(), name, value);
    return this;
  }

  public int port() {
    return port;
  }

  public int receiverControlPort() {
    return receiverControlPort;
  }

  public int writerControlPort() {
    return writerControlPort;
  }

  /** The data folder as this JVM sees it. */
  public Path data() {
    return visibleData;
  }

  /** The configuration file, written anew. */
  public Path config() {
    return settings.write(folder);
  }

  /** The folder of the one server. */
  public Path serverFolder() {
    try (Stream<Path> folders = Files.list(visibleData.resolve("servers"))) {
      return folders
          .filter(path -> !path.getFileName().toString().startsWith("."))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no server folder"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files of the spool's segments, oldest first. */
  public List<Path> segmentFiles() {
    try (Stream<Path> files = Files.list(serverFolder().resolve("spool"))) {
      return files.filter(path -> path.toString().endsWith(".cq4")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public DuckspoolProcess receiver() {
    return require(receiver, "receiver");
  }

  public DuckspoolProcess writer() {
    return require(writer, "writer");
  }

  /** Starts both and waits until requests are accepted. */
  public Rig start() {
    startWriter();
    startReceiver();
    awaitServing();
    return this;
  }

  public DuckspoolProcess startReceiver() {
    receiver = launch("receiver", receiverOptions, settings.receiverEnvironment());
    return receiver;
  }

  public DuckspoolProcess startWriter() {
    writer = launch("writer", writerOptions, settings.writerEnvironment());
    return writer;
  }

  /** Starts any other command of the launcher on this data folder, its output in a file. */
  public DuckspoolProcess launch(
      String command, String options, Map<String, String> environment, String... arguments) {
    List<String> line = new ArrayList<>(enter);
    line.add(Distribution.launcher().toString());
    line.add(command);
    line.addAll(List.of("--config", config().toString()));
    line.addAll(List.of(arguments));
    Map<String, String> all =
        startsQuickly
            ? Distribution.environment(QUICK + options)
            : Distribution.environment(options, "");
    all.putAll(environment);
    return DuckspoolProcess.start(command, line, all, folder, folder.resolve(command + ".log"));
  }

  /** Waits until the receiver answers on its listen port. */
  public void awaitServing() {
    awaitHealthy("receiver", receiver(), port);
  }

  /** Waits until the writer answers on its control port. */
  public void awaitWriter() {
    awaitHealthy("writer", writer(), writerControlPort);
  }

  /** Whether a process answers on its port now. */
  public boolean isHealthy(String name) throws IOException {
    int onPort = name.equals("writer") ? writerControlPort : port;
    try (HttpConnection connection =
        HttpConnection.open(HOST, onPort, false, Duration.ofSeconds(10))) {
      byte[] head = HttpConnection.head("GET", "/healthz", HOST, Map.of(), 0);
      return connection.exchange(head, new byte[0]).status() == 200;
    }
  }

  /** Starts both without any declared server, and waits until both control ports answer. */
  public Rig startWithoutServers() {
    settings.removeServer();
    startWriter();
    startReceiver();
    awaitWriter();
    awaitHealthy("receiver", receiver(), receiverControlPort);
    return this;
  }

  /** Waits until the receiver answers on its control port. */
  public void awaitReceiverControl() {
    awaitHealthy("receiver", receiver(), receiverControlPort);
  }

  /** A load on this server, without end. */
  public LoadPlan load(int connections, StampedRequest... mix) {
    return load(connections, Integer.MAX_VALUE, 0, mix);
  }

  /** A load of so many requests. */
  public LoadPlan load(int connections, int maxRequests, long pauseMillis, StampedRequest... mix) {
    return load(port, connections, maxRequests, pauseMillis, mix);
  }

  /** A load on any server of this machine, with the token. */
  public static LoadPlan load(
      int port, int connections, int maxRequests, long pauseMillis, StampedRequest... mix) {
    return new LoadPlan(
        new LoadTarget(
            URI.create("http://127.0.0.1:" + port), Optional.of(new Secret(TOKEN)), REPLY_LIMIT),
        List.of(mix),
        new Pace(connections, maxRequests, Optional.empty(), 0, Duration.ofMillis(pauseMillis)),
        Retry.NEVER,
        Mistakes.NONE);
  }

  /** Sends one request, with the token, and returns the reply. */
  public HttpConnection.Reply post(String path, String contentType, byte[] body)
      throws IOException {
    try (HttpConnection connection = HttpConnection.open(HOST, port, false, LIMIT)) {
      byte[] head =
          HttpConnection.head(
              "POST",
              path,
              HOST,
              Map.of("Content-Type", contentType, "Authorization", "Bearer " + TOKEN),
              body.length);
      return connection.exchange(head, body);
    }
  }

  /** GET without a token. */
  public HttpConnection.Reply get(String path) throws IOException {
    try (HttpConnection connection = HttpConnection.open(HOST, port, false, LIMIT)) {
      return connection.exchange(HttpConnection.head("GET", path, HOST, Map.of(), 0), new byte[0]);
    }
  }

  /**
   * Sends one more log record and waits until it is in the table. Entries are committed in their
   * order, so everything accepted before is then in the tables, too.
   */
  public void awaitCommitted() {
    awaitCommitted(LIMIT);
  }

  /** As {@link #awaitCommitted()}, with a limit on how long nothing at all is committed. */
  public void awaitCommitted(Duration limit) {
    String fence = "fence " + ++fences;
    Await.until(
        "accepted: " + fence,
        LIMIT,
        () -> {
          requireAlive();
          return isAccepted(fence);
        },
        this::logs);
    Await.until(
        "committed: " + fence,
        limit,
        () -> {
          requireAlive();
          return isCommitted(fence);
        },
        () -> logs() + whatTheWriterDoes(),
        this::committedIndices);
  }

  /** Of all pipelines; empty where the writer doesn't answer. */
  private String committedIndices() {
    try {
      return COMMITTED_INDEX
          .matcher(pipelines())
          .results()
          .map(MatchResult::group)
          .collect(Collectors.joining(","));
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  /** For a wait that no log explains. */
  private String whatTheWriterDoes() {
    String says;
    try {
      says = pipelines();
    } catch (IOException e) {
      says = e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      says = e.toString();
    }
    return "pipelines: " + says + "\n" + writerIfStarted().map(DuckspoolProcess::stacks).orElse("");
  }

  /** Sends a log record with this text as its body, once. */
  public boolean isAccepted(String text) throws IOException {
    byte[] body =
        """
        {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"%s"}}]}]}]}
        """
            .formatted(text)
            .getBytes(StandardCharsets.UTF_8);
    HttpConnection.Reply reply = post("/v1/logs", "application/json", body);
    if (reply.status() != 202 && reply.status() != 503) {
      throw new Await.GaveUpException("the fence got " + reply);
    }
    return reply.status() == 202;
  }

  /** Whether a log record with this text as its body is in the table, by the writer's words. */
  public boolean isCommitted(String text) throws IOException, InterruptedException {
    return sql("SELECT count(*) AS n FROM " + table("otlp_logs") + " WHERE body = '" + text + "'")
        .matches("(?s).*\"n\"\\s*:\\s*\"?[1-9].*");
  }

  /** How a query of the writer names a table of the server. */
  public String table(String name) {
    return target.map(TargetView::qualifier).orElse("") + name;
  }

  /** The receiver's control port. */
  public AdminClient receiverControl() {
    return control(receiverControlPort);
  }

  /** The writer's control port. */
  public AdminClient writerControl() {
    return control(writerControlPort);
  }

  private AdminClient control(int controlPort) {
    return new AdminClient(
        new HostPort("127.0.0.1", controlPort), visibleData.resolve("control.token"));
  }

  /** What the writer answers to a query, as JSON text. */
  public String sql(String query) throws IOException, InterruptedException {
    return writerPort.sql(query);
  }

  /** What the writer shows Prometheus. */
  public String writerMetrics() throws IOException, InterruptedException {
    return writerPort.get("/metrics");
  }

  /** What the writer says about its pipelines, as JSON text. */
  public String pipelines() throws IOException, InterruptedException {
    return writerPort.get("/admin/pipelines");
  }

  /** Ends both processes in the good way: the receiver, then the writer. */
  public void stop() {
    stopReceiver();
    stopWriter();
  }

  /** Kills both at once. */
  public void killAll() {
    receiver().kill();
    writerIfStarted().ifPresent(DuckspoolProcess::kill);
  }

  public void stopReceiver() {
    stop(receiver(), "receiver");
  }

  public void stopWriter() {
    stop(writer(), "writer");
  }

  /**
   * Asks a process to end, and returns how it did; empty when none was running. From here on it
   * counts as not started.
   */
  public Optional<Integer> tryStop(String name) {
    DuckspoolProcess process = name.equals("writer") ? writer : receiver;
    if (process == null) {
      return Optional.empty();
    }
    int exitCode = process.terminate(LIMIT);
    if (name.equals("writer")) {
      writer = null;
    } else {
      receiver = null;
    }
    return Optional.of(exitCode);
  }

  /** How a process ended by itself; empty while it runs, or when it is not started. */
  public Optional<Integer> exitCode(String name) {
    DuckspoolProcess process = name.equals("writer") ? writer : receiver;
    return process == null || process.isAlive()
        ? Optional.empty()
        : Optional.of(process.awaitExit(LIMIT));
  }

  /** Opens what the server stores in; the writer must have been stopped. */
  public Connection openDatabase() throws SQLException {
    if (target.isPresent()) {
      return target.get().open(outside);
    }
    Optional<String> database = settings.find("duckdb.database");
    return database.isPresent()
        ? Tables.open(Path.of(database.get()))
        : Tables.open(outside.database(data.resolve("otlp.duckdb")));
  }

  /** Waits until all is committed, stops both, and compares with what the clients were told. */
  public Balance settle(AckLog log) throws SQLException {
    awaitCommitted();
    stop();
    return balance(log);
  }

  /** Compares without waiting for anything; the writer must have been stopped. */
  public Balance balance(AckLog log) throws SQLException {
    try (Connection connection = openDatabase()) {
      LedgerCheck.assertAgrees(connection);
      return Balance.of(log, connection);
    }
  }

  /** The files in quarantine. */
  public List<Path> quarantined() {
    try {
      Path quarantine = serverFolder().resolve("quarantine");
      if (!Files.isDirectory(quarantine)) {
        return List.of();
      }
      try (Stream<Path> files = Files.list(quarantine)) {
        return files.sorted().toList();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the writer has cut off DuckDB's write-ahead log so far. */
  public List<Path> tornDuckDbLogs() {
    try (Stream<Path> files = Files.list(visibleData)) {
      return files.filter(path -> path.toString().contains(".wal.torn-at-")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The ends of all logs, for a failure message. */
  public String logs() {
    return Stream.of(Optional.ofNullable(receiver), Optional.ofNullable(writer))
        .flatMap(Optional::stream)
        .map(DuckspoolProcess::logTail)
        .reduce("", String::concat);
  }

  @Override
  public void close() {
    Stream.of(Optional.ofNullable(receiver), Optional.ofNullable(writer))
        .flatMap(Optional::stream)
        .forEach(DuckspoolProcess::close);
  }

  private Optional<DuckspoolProcess> writerIfStarted() {
    return Optional.ofNullable(writer).filter(DuckspoolProcess::isAlive);
  }

  private void requireNoneEnded() {
    for (String name : List.of("receiver", "writer")) {
      Optional<Integer> exitCode = exitCode(name);
      // A process that a test has killed or stopped ended as it should.
      if (exitCode.isPresent() && !Set.of(0, SIGKILLED).contains(exitCode.get())) {
        throw new Await.GaveUpException(name + " ended with " + exitCode.get());
      }
    }
  }

  private void requireAlive() {
    for (DuckspoolProcess process : new DuckspoolProcess[] {receiver(), writer()}) {
      if (!process.isAlive()) {
        throw new Await.GaveUpException("a process has ended");
      }
    }
  }

  private void awaitHealthy(String name, DuckspoolProcess process, int onPort) {
    Await.until(
        name + " answers on port " + onPort,
        LIMIT,
        () -> {
          requireNoneEnded();
          if (!process.isAlive()) {
            throw new Await.GaveUpException("it has ended");
          }
          try (HttpConnection connection =
              HttpConnection.open(HOST, onPort, false, Duration.ofSeconds(10))) {
            byte[] head = HttpConnection.head("GET", "/healthz", HOST, Map.of(), 0);
            return connection.exchange(head, new byte[0]).status() == 200;
          }
        },
        this::logs);
  }

  private void stop(DuckspoolProcess process, String name) {
    int exitCode = process.terminate(LIMIT);
    if (exitCode != 0) {
      throw new AssertionError(name + " ended with " + exitCode + "\n" + process.logTail());
    }
  }

  private static DuckspoolProcess require(@Nullable DuckspoolProcess process, String name) {
    if (process == null) {
      throw new IllegalStateException(name + " was never started");
    }
    return process;
  }
}
