package io.duckspool.writer.servers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A loopback port in front of an HTTP server, which passes requests on, fails them as networks and
 * gateways do, or answers them itself; and which remembers them. What happens to a request is for
 * the {@link Script} to say. Thread-safe.
 */
public final class HttpProxy implements AutoCloseable {

  private static final List<String> NOT_PASSED_ON =
      List.of("host", "connection", "content-length", "accept-encoding", "upgrade", "expect");

  private final URI server;
  private final HttpServer listener;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Request> seen = new CopyOnWriteArrayList<>();
  private volatile Script script = Script.PASS;

  private HttpProxy(URI server, HttpServer listener) {
    this.server = server;
    this.listener = listener;
  }

  /** Opens a port in front of a server; one that is never asked where the script answers all. */
  public static HttpProxy to(String server) throws IOException {
    HttpServer listener =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    HttpProxy proxy = new HttpProxy(URI.create(server), listener);
    listener.setExecutor(proxy.threads);
    listener.createContext("/", proxy::handle);
    listener.start();
    return proxy;
  }

  /**
   * A request as it came.
   *
   * @param path with the query
   * @param headers by their names in lower case
   */
  public record Request(String method, String path, Map<String, String> headers, String body) {

    public boolean isPost(String pathEnd) {
      return method.equals("POST") && path.endsWith(pathEnd);
    }
  }

  /** An answer; status 0: the connection is cut instead. */
  public record Answer(int status, String body) {

    public static final Answer CUT = new Answer(0, "");
  }

  /** Decides what a request is answered with. */
  @FunctionalInterface
  public interface Script {

    Script PASS = (request, upstream) -> upstream.send(request);

    Answer answer(Request request, Upstream upstream) throws IOException;
  }

  /** The server behind. */
  @FunctionalInterface
  public interface Upstream {

    Answer send(Request request) throws IOException;
  }

  /** From now on this decides; requests under way are not affected. */
  public void follow(Script other) {
    script = other;
  }

  /** All requests since the start, in the order of their arrival. */
  public List<Request> seen() {
    return seen;
  }

  public String endpoint() {
    return "http://127.0.0.1:" + listener.getAddress().getPort();
  }

  /** Passes a request on, from any thread. */
  public Answer send(Request request) throws IOException {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(server.resolve(request.path()))
            .method(
                request.method(),
                request.body().isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(request.body()));
    request.headers().entrySet().stream()
        .filter(header -> !NOT_PASSED_ON.contains(header.getKey()))
        .forEach(header -> builder.header(header.getKey(), header.getValue()));
    try {
      HttpResponse<String> response =
          client.send(builder.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /**
   * Does with a transaction over several Iceberg tables what some catalogs do: applies it table by
   * table.
   *
   * @param without tables at which it fails
   * @return the first answer that is no success; else the last
   */
  public Answer sendTableByTable(Request transaction, Set<String> without) throws IOException {
    Answer answer = new Answer(204, "");
    Optional<Answer> failure = Optional.empty();
    for (JsonNode change : new ObjectMapper().readTree(transaction.body()).path("table-changes")) {
      String table = change.path("identifier").path("name").asText();
      String namespace = change.path("identifier").path("namespace").path(0).asText();
      if (without.contains(table)) {
        answer = new Answer(503, "{}");
      } else {
        answer =
            send(
                new Request(
                    "POST",
                    "/v1/namespaces/" + namespace + "/tables/" + table,
                    transaction.headers(),
                    change.toString()));
      }
      if (answer.status() >= 300 && failure.isEmpty()) {
        failure = Optional.of(answer);
      }
    }
    return failure.orElse(new Answer(204, ""));
  }

  @Override
  public void close() {
    listener.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(), values.get(0)));
    Request request =
        new Request(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            headers,
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    seen.add(request);
    Answer answer;
    try {
      answer = script.answer(request, this::send);
    } catch (IOException e) {
      answer = Answer.CUT; // The server is away.
    }
    if (answer.status() == 0) {
      // An exchange that ends without an answer is a connection that is cut.
      throw new IOException("cut");
    }
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    boolean hasBody = body.length > 0 && !request.method().equals("HEAD");
    exchange.sendResponseHeaders(answer.status(), hasBody ? body.length : -1);
    if (hasBody) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }
}
