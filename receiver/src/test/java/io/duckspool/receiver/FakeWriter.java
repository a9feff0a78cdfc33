package io.duckspool.receiver;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A writer's control port whose answers the test decides. Thread-safe. */
public final class FakeWriter implements AutoCloseable {

  private final HttpServer http;
  private final List<AdminApi.Prepare> prepared = new ArrayList<>();
  private final List<AdminApi.Release> released = new ArrayList<>();
  private final List<AdminApi.Seal> seals = new ArrayList<>();
  private Runnable onSeal = () -> {};
  private Runnable onRelease = () -> {};
  private final List<AdminApi.PipelineStatus> pipelines = new ArrayList<>();
  private Optional<AdminApi.Failure> refusal = Optional.empty();

  public FakeWriter(int port) throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 16);
    http.createContext(AdminApi.PREPARE, this::prepare);
    http.createContext(AdminApi.RELEASE, this::release);
    http.createContext(AdminApi.SEAL, this::seal);
    http.createContext(AdminApi.PIPELINES, this::pipelines);
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

  /** Runs before each seal is answered. */
  public synchronized void onSeal(Runnable action) {
    onSeal = action;
  }

  /** Runs before each release is answered. */
  public synchronized void onRelease(Runnable action) {
    onRelease = action;
  }

  public synchronized void refuse(String message) {
    refusal = Optional.of(new AdminApi.Failure("bad_request", message));
  }

  public synchronized void accept() {
    refusal = Optional.empty();
  }

  public synchronized void setPipeline(String spoolId, String state, boolean sealFailing) {
    pipelines.clear();
    pipelines.add(status(spoolId, state, sealFailing));
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

  private synchronized void prepare(HttpExchange exchange) throws IOException {
    AdminApi.Prepare request =
        AdminJson.MAPPER.readValue(exchange.getRequestBody(), AdminApi.Prepare.class);
    if (refusal.isPresent()) {
      answer(exchange, 400, refusal.get());
      return;
    }
    prepared.add(request);
    answer(exchange, 200, new AdminApi.Prepared(request.spoolId(), "otlp"));
  }

  private synchronized void release(HttpExchange exchange) throws IOException {
    released.add(AdminJson.MAPPER.readValue(exchange.getRequestBody(), AdminApi.Release.class));
    onRelease.run();
    answer(exchange, 200, java.util.Map.of());
  }

  private synchronized void seal(HttpExchange exchange) throws IOException {
    seals.add(AdminJson.MAPPER.readValue(exchange.getRequestBody(), AdminApi.Seal.class));
    onSeal.run();
    answer(exchange, 200, new AdminApi.Sealed("sealed", 0, 0, null));
  }

  private synchronized void pipelines(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    answer(exchange, 200, pipelines);
  }

  private static void answer(HttpExchange exchange, int status, Object body) throws IOException {
    byte[] bytes = AdminJson.MAPPER.writeValueAsBytes(body);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
