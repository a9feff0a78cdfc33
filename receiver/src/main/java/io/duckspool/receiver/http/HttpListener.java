package io.duckspool.receiver.http;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.HostPort;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * One HTTP server on one host and port: Javalin on Jetty, set up so that every reply has our shape.
 * Closed by whoever opened it; thread-safe.
 */
public final class HttpListener implements AutoCloseable {

  static final int MAX_HEADER_BYTES = 16 << 10;

  /** Replies are small; their buffers are off-heap, one for each reply being written. */
  private static final int OUTPUT_BUFFER_BYTES = 8 << 10;

  /**
   * What the kernel keeps of replies to exports that a client doesn't read; it would keep 4 MB of
   * each connection. Linux takes twice as much for its own records, too (socket(7), SO_SNDBUF).
   */
  private static final int REPLY_BUFFER_BYTES = 32 << 10;

  /**
   * A connection without requests is closed; also bounds what our own deadlines can't see. A
   * request that waits for its reply is not idle.
   */
  private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(60);

  private final Javalin javalin;
  private final List<ServerSocketChannel> channels;

  private HttpListener(Javalin javalin, BoundPort bound) {
    this.javalin = javalin;
    this.channels = List.copyOf(bound.channels());
  }

  /**
   * Binds and serves one OTLP server.
   *
   * @param degradation why the server isn't ready; empty when it is
   * @throws IOException names address, port and cause; nothing stays bound
   */
  public static HttpListener open(
      IngestServices services, IngestServer server, Supplier<Optional<String>> degradation)
      throws IOException {
    BoundPort bound = BoundPort.bind(server.uri().host(), server.uri().port());
    return open(services, server, bound, degradation);
  }

  /**
   * Serves one OTLP server on sockets that are bound.
   *
   * @param bound owned by the listener from now on
   * @param degradation why the server isn't ready; empty when it is
   */
  public static HttpListener open(
      IngestServices services,
      IngestServer server,
      BoundPort bound,
      Supplier<Optional<String>> degradation)
      throws IOException {
    ReplyWriter writer = new ReplyWriter(new Replies(server.isOtlpMode()));
    QueuedThreadPool threads = threads("http-" + server.uri().port(), server.httpThreads());
    IngestHandler handler = new IngestHandler(services, server, writer, threads);
    Rejections rejections =
        new Rejections(RouteTable.ofIngest(), writer, services.deadlines(), threads);
    IngestRoutes routes = new IngestRoutes(handler, degradation);
    services.deadlines().heads().makeRoomFor(services.connections());
    return open(
        bound,
        threads,
        writer,
        rejections,
        routes::addTo,
        services.deadlines().heads(),
        Optional.of(services.connections()));
  }

  /**
   * Checks that a server could be bound now.
   *
   * @throws IOException names address, port and cause
   */
  public static void checkFree(ListenUri uri) throws IOException {
    BoundPort.bind(uri.host(), uri.port()).close();
  }

  /**
   * Binds and serves a control port; its errors look like those of an OTLP server.
   *
   * @param httpThreads threads for requests, above 0
   * @param handlers adds a handler for each path of the table; what it does before each request
   *     comes before the path is looked at
   * @throws IOException names address, port and cause; nothing stays bound
   */
  public static HttpListener openControl(
      HostPort address,
      int httpThreads,
      BodyDeadlines deadlines,
      RouteTable table,
      Consumer<RoutesConfig> handlers)
      throws IOException {
    ReplyWriter writer = new ReplyWriter(new Replies(false));
    QueuedThreadPool threads = threads("control", httpThreads);
    Rejections rejections = new Rejections(table, writer, deadlines, threads);
    BoundPort bound = BoundPort.bind(address.host(), address.port());
    return open(bound, threads, writer, rejections, handlers, deadlines.heads(), Optional.empty());
  }

  private static HttpListener open(
      BoundPort bound,
      QueuedThreadPool threads,
      ReplyWriter writer,
      Rejections rejections,
      Consumer<RoutesConfig> handlers,
      HeadDeadlines heads,
      Optional<ConnectionLimit> limit)
      throws IOException {
    boolean started = false;
    try {
      // Each connector's selector takes one thread for good, and Jetty keeps one in reserve.
      threads.setMaxThreads(threads.getMaxThreads() + bound.channels().size() + 1);
      Javalin javalin =
          Javalin.create(
              config -> {
                configure(config, threads, writer);
                config.jetty.modifyHttpConfiguration(http -> http.addCustomizer(heads));
                if (limit.isPresent()) {
                  // A control port has replies of megabytes, and clients with its token alone.
                  config.jetty.modifyHttpConfiguration(
                      http -> http.addCustomizer(new UnreadReplies()));
                }
                for (ServerSocketChannel channel : bound.channels()) {
                  config.jetty.addConnector(
                      (jetty, http) -> connector(jetty, http, channel, heads, limit));
                }
                handlers.accept(config.routes);
                rejections.addTo(config.routes);
              });
      javalin.start();
      started = true;
      return new HttpListener(javalin, bound);
    } finally {
      if (!started) {
        bound.close();
      }
    }
  }

  private static QueuedThreadPool threads(String name, int httpThreads) {
    QueuedThreadPool threads = new QueuedThreadPool(httpThreads, Math.min(httpThreads, 2));
    threads.setName(name);
    return threads;
  }

  private static void configure(
      JavalinConfig config, QueuedThreadPool threads, ReplyWriter writer) {
    Replies replies = writer.replies();
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.router.ignoreTrailingSlashes = false;
    config.router.javaLangErrorHandler(writer::writeError);
    config.http.compressionStrategy = CompressionStrategy.NONE;
    config.jetty.threadPool = threads;
    config.jetty.modifyServer(server -> server.setErrorHandler(ErrorPages.ofServer(replies)));
    config.jetty.modifyServletContextHandler(
        context -> context.setErrorHandler(ErrorPages.ofServlets(replies)));
    config.jetty.modifyHttpConfiguration(HttpListener::configure);
  }

  private static void configure(HttpConfiguration http) {
    http.setRequestHeaderSize(MAX_HEADER_BYTES);
    http.setOutputBufferSize(OUTPUT_BUFFER_BYTES);
    // A 401 or 503 doesn't wait for the first bytes of the body.
    http.setDelayDispatchUntilContent(false);
    http.setSendServerVersion(false);
    // Else each connection keeps the fields of its requests, from its second one on, in a table of
    // 104 KB of heap (measured): 1,000 clients would take 100 MB.
    http.setHeaderCacheSize(0);
    http.addCustomizer((request, responseHeaders) -> withoutWebSocket(request));
  }

  /** Javalin looks for a WebSocket's path, and skips ours, for whoever sends this header. */
  private static Request withoutWebSocket(Request request) {
    if (!request.getHeaders().contains(HttpHeader.SEC_WEBSOCKET_VERSION)) {
      return request;
    }
    HttpFields headers =
        HttpFields.build(request.getHeaders(), EnumSet.of(HttpHeader.SEC_WEBSOCKET_VERSION))
            .asImmutable();
    return new Request.Wrapper(request) {
      @Override
      public HttpFields getHeaders() {
        return headers;
      }
    };
  }

  private static Connector connector(
      Server server,
      HttpConfiguration http,
      ServerSocketChannel channel,
      HeadDeadlines heads,
      Optional<ConnectionLimit> limit) {
    // No acceptor threads: the one selector accepts, too.
    ServerConnector connector = new ServerConnector(server, 0, 1, new HttpConnectionFactory(http));
    connector.setIdleTimeout(IDLE_TIMEOUT.toMillis());
    connector.addBean(heads);
    if (limit.isPresent()) {
      connector.addBean(limit.get());
      connector.setAcceptedSendBufferSize(REPLY_BUFFER_BYTES);
    }
    try {
      connector.open(channel);
    } catch (IOException e) {
      throw new IllegalStateException("a bound socket can't be taken over", e);
    }
    return connector;
  }

  /** Whether all its sockets take connections; false once one of them fell. */
  public boolean isOpen() {
    return javalin.jettyServer().server().isRunning()
        && channels.stream().allMatch(ServerSocketChannel::isOpen);
  }

  /** For tests of what happens when they fall. */
  List<ServerSocketChannel> channels() {
    return channels;
  }

  /** Closes the sockets and all connections; safe to call twice. */
  @Override
  public void close() {
    javalin.stop();
  }
}
