package io.duckspool.receiver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/** A writer's control port whose answers the test decides. Thread-safe. */
public final class FakeWriter implements AutoCloseable {

  private final HttpServer http;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final ScheduledExecutorService scan = Executors.newSingleThreadScheduledExecutor();
  private final List<AdminApi.Prepare> prepared = new ArrayList<>();
  private final List<AdminApi.Release> released = new ArrayList<>();
  private final List<AdminApi.Seal> seals = new ArrayList<>();
  private final List<AdminApi.TakeUp> takenUp = new ArrayList<>();
  private volatile List<AdminApi.PipelineStatus> pipelines = List.of();
  private volatile List<AdminApi.SealRow> sealRows = List.of();
  private volatile Runnable onPrepare = () -> {};
  private volatile Runnable onSeal = () -> {};
  private volatile Runnable onRelease = () -> {};
  private volatile Function<AdminApi.Seal, AdminApi.Sealed> sealed =
      request -> new AdminApi.Sealed("sealed", 0, 0, null);
  private volatile Function<AdminApi.TakeUp, AdminApi.TakenUp> takeUp =
      request -> new AdminApi.TakenUp("gone");
  private volatile Optional<Refusal> refusal = Optional.empty();
  private volatile boolean isTakeUpRefused;

  private record Refusal(int status, AdminApi.Failure failure) {}

  public FakeWriter(int port) throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 16);
    http.setExecutor(threads);
    http.createContext(AdminApi.PREPARE, this::prepare);
    http.createContext(AdminApi.RELEASE, this::release);
    http.createContext(AdminApi.SEAL, this::seal);
    http.createContext(AdminApi.TAKE_UP, this::takeUp);
    http.createContext(AdminApi.PIPELINES, exchange -> answer(exchange, 200, pipelines));
    http.createContext(AdminApi.SEALS, exchange -> answer(exchange, 200, sealRows));
    http.start();
  }

  public int port() {
    return http.getAddress().getPort();
  }

  public synchronized List<AdminApi.Prepare> prepared() {
    return List.copyOf(prepared);
  }

  public synchronized List<AdminApi.Release> released() {
    return List.copyOf(released);
  }

  public synchronized List<AdminApi.Seal> seals() {
    return List.copyOf(seals);
  }

  public synchronized List<AdminApi.TakeUp> takenUp() {
    return List.copyOf(takenUp);
  }

  /** Runs before each prepare is answered. */
  public void onPrepare(Runnable action) {
    onPrepare = action;
  }

  /** Runs before each seal is answered. */
  public void onSeal(Runnable action) {
    onSeal = action;
  }

  /** Runs before each release is answered. */
  public void onRelease(Runnable action) {
    onRelease = action;
  }

  /** What each seal is answered with. */
  public void answerSeals(Function<AdminApi.Seal, AdminApi.Sealed> answer) {
    sealed = answer;
  }

  /** What each request for a kept spool is answered with. */
  public void answerTakeUps(Function<AdminApi.TakeUp, AdminApi.TakenUp> answer) {
    takeUp = answer;
  }

  public void refuse(String message) {
    refuse(400, "bad_request", message);
  }

  /** From now on every prepare and every request for a kept spool is refused. */
  public void refuse(int status, String code, String message) {
    refusal = Optional.of(new Refusal(status, new AdminApi.Failure(code, message)));
    isTakeUpRefused = true;
  }

  /** From now on every prepare is refused; kept spools are handed back. */
  public void refusePrepares(String message) {
    refuse(message);
    isTakeUpRefused = false;
  }

  public void accept() {
    refusal = Optional.empty();
  }

  public void setPipeline(String spoolId, String state, boolean sealFailing) {
    pipelines = List.of(status(spoolId, state, sealFailing));
  }

  public void setPipeline(AdminApi.PipelineStatus status) {
    pipelines = List.of(status);
  }

  public void setSeals(List<AdminApi.SealRow> rows) {
    sealRows = rows;
  }

  /** From now on drained servers are removed, as a writer does that looks every moment. */
  public void removeDrained(DataFolder data) {
    var unused =
        scan.scheduleWithFixedDelay(() -> removeDrainedNow(data), 0, 10, TimeUnit.MILLISECONDS);
  }

  private static void removeDrainedNow(DataFolder data) {
    try {
      for (ServerFolder folder : data.listServers()) {
        if (ServerFile.read(folder).state() == ServerState.DRAINED) {
          remove(folder);
        }
      }
    } catch (IOException | RuntimeException e) {
      // Something changed meanwhile: the next look sees it settled.
      return;
    }
  }

  /** Removes the folder of a server, as a writer does at the end of a stop. */
  public static void remove(ServerFolder folder) {
    // Its name goes at once, as with a real writer: a new server may have it a moment later.
    Path gone;
    try {
      gone = folder.path().resolveSibling(".gone-" + ServerFile.read(folder).spoolId());
      Files.move(folder.path(), gone, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    try (Stream<Path> all = Files.walk(gone)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** A pipeline in a state, all counters zero. */
  public static AdminApi.PipelineStatus status(String spoolId, String state, boolean sealFailing) {
    return new AdminApi.PipelineStatus(
        spoolId,
        "otlp:x:1",
        state,
        "0-0",
        0,
        0,
        0,
        0,
        0,
        0,
        null,
        null,
        0,
        0,
        sealFailing,
        null,
        null,
        0,
        0,
        null,
        null,
        0);
  }

  private void prepare(HttpExchange exchange) throws IOException {
    AdminApi.Prepare request = read(exchange, AdminApi.Prepare.class);
    onPrepare.run();
    if (isRefused(exchange)) {
      return;
    }
    synchronized (this) {
      prepared.add(request);
    }
    answer(exchange, 200, new AdminApi.Prepared(request.spoolId(), "otlp"));
  }

  private void release(HttpExchange exchange) throws IOException {
    AdminApi.Release request = read(exchange, AdminApi.Release.class);
    synchronized (this) {
      released.add(request);
    }
    onRelease.run();
    answer(exchange, 200, Map.of());
  }

  private void seal(HttpExchange exchange) throws IOException {
    AdminApi.Seal request = read(exchange, AdminApi.Seal.class);
    synchronized (this) {
      seals.add(request);
    }
    onSeal.run();
    answer(exchange, 200, sealed.apply(request));
  }

  private void takeUp(HttpExchange exchange) throws IOException {
    AdminApi.TakeUp request = read(exchange, AdminApi.TakeUp.class);
    synchronized (this) {
      takenUp.add(request);
    }
    if (!isTakeUpRefused || !isRefused(exchange)) {
      answer(exchange, 200, takeUp.apply(request));
    }
  }

  private boolean isRefused(HttpExchange exchange) throws IOException {
    Optional<Refusal> refused = refusal;
    if (refused.isPresent()) {
      answer(exchange, refused.get().status(), refused.get().failure());
    }
    return refused.isPresent();
  }

  private static <T> T read(HttpExchange exchange, Class<T> type) throws IOException {
    return AdminJson.MAPPER.readValue(exchange.getRequestBody().readAllBytes(), type);
  }

  private static void answer(HttpExchange exchange, int status, Object body) throws IOException {
    exchange.getRequestBody().readAllBytes();
    byte[] bytes = AdminJson.MAPPER.writeValueAsBytes(body);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
    scan.shutdownNow();
  }
}
