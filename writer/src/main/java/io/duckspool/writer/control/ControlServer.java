package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ControlGuard;
import io.duckspool.common.config.HostPort;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writer's control port: {@link AdminApi} over HTTP, behind a {@link ControlGuard}. The
 * endpoints are in classes of their own, by what they speak to. Thread-safe; closed by the writer.
 */
public final class ControlServer implements AutoCloseable {

  /** Calls that wait hold a thread each; what doesn't wait must always find one. */
  private static final int HTTP_THREADS =
      PipelineEndpoints.MAX_FLUSHES
          + PipelineEndpoints.MAX_STOPS
          + PipelineEndpoints.MAX_CHANGES
          + ServerEndpoints.MAX_CHANGES
          + 16;

  private static final long MAX_BODY_BYTES = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

  private final ControlGuard guard;
  private final Map<String, Route> routes;
  private final Javalin javalin;

  private ControlServer(HostPort address, ControlGuard guard, List<Route> routes) {
    this.guard = guard;
    this.routes = routes.stream().collect(Collectors.toMap(Route::path, Function.identity()));
    this.javalin = Javalin.create(config -> configure(config, address));
  }

  /**
   * Binds and serves the port.
   *
   * @throws IOException names the address and what is wrong; nothing stays bound
   */
  public static ControlServer open(HostPort address, ControlGuard guard, ControlServices services)
      throws IOException {
    List<Route> routes =
        Stream.of(
                new ServerEndpoints(services.servers(), services.verifier()).routes(),
                new PipelineEndpoints(services.pipelines()).routes(),
                new SqlEndpoint(services.sql()).routes(),
                new ProcessEndpoints(services).routes())
            .flatMap(Collection::stream)
            .toList();
    ControlServer server = new ControlServer(address, guard, routes);
    try {
      server.javalin.start();
      return server;
    } catch (RuntimeException e) {
      server.javalin.stop();
      throw new IOException(
          "the control port " + address + " can't be bound: " + rootMessage(e), e);
    }
  }

  /** Closes the socket and all connections. Idempotent. */
  @Override
  public void close() {
    javalin.stop();
  }

  private void configure(JavalinConfig config, HostPort address) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.compressionStrategy = CompressionStrategy.NONE;
    config.http.maxRequestSize = MAX_BODY_BYTES;
    QueuedThreadPool threads = new QueuedThreadPool(HTTP_THREADS, 2);
    threads.setName("admin");
    config.jetty.threadPool = threads;
    config.jetty.addConnector(
        (jetty, http) -> {
          http.setSendServerVersion(false);
          ServerConnector connector =
              new ServerConnector(jetty, 0, 1, new HttpConnectionFactory(http));
          connector.setHost(address.host());
          connector.setPort(address.port());
          return connector;
        });
    config.routes.before(this::admit);
    for (Route route : routes.values()) {
      if (route.method() == HandlerType.GET) {
        config.routes.get(route.path(), route.handler());
      } else {
        config.routes.post(route.path(), route.handler());
      }
    }
    config.routes.exception(
        RefusedException.class, (e, context) -> Json.reply(context, e.status(), e.failure()));
    config.routes.exception(
        IllegalArgumentException.class,
        (e, context) -> {
          LOG.debug("{} was refused", context.path(), e);
          AdminApi.Failure failure =
              new AdminApi.Failure("bad_request", String.valueOf(e.getMessage()));
          Json.reply(context, 400, failure);
        });
    config.routes.exception(HttpResponseException.class, ControlServer::refused);
    config.routes.exception(Exception.class, ControlServer::bug);
  }

  /** Host, path, method, token and type, in this order; nothing of the body is read before. */
  private void admit(Context context) throws RefusedException {
    refuseIf(guard.checkHost(context.header("Host"), context.header("Origin")));
    Route route = routes.get(context.path());
    if (route == null) {
      throw RefusedException.notFound("no such path: " + context.path());
    }
    if (context.method() != route.method()) {
      context.header("Allow", route.method().name());
      throw RefusedException.methodNotAllowed(
          context.path() + " takes " + route.method().name() + ", got " + context.method().name());
    }
    if (!route.isOpen()) {
      refuseIf(guard.checkToken(context.header("Authorization")));
    }
    if (route.method() == HandlerType.POST) {
      refuseIf(ControlGuard.checkBodyType(context.header("Content-Type")));
    }
  }

  private static void refuseIf(Optional<ControlGuard.Refusal> refusal) throws RefusedException {
    if (refusal.isPresent()) {
      throw RefusedException.by(refusal.get());
    }
  }

  /** What the HTTP library refuses by itself: a body beyond the bound. */
  private static void refused(HttpResponseException e, Context context) {
    String code = e.getStatus() == 413 ? "payload_too_large" : "bad_request";
    String message =
        e.getStatus() == 413
            ? "the body is larger than " + MAX_BODY_BYTES + " bytes"
            : String.valueOf(e.getMessage());
    Json.reply(context, e.getStatus(), new AdminApi.Failure(code, message));
  }

  private static void bug(Exception e, Context context) {
    LOG.error("{} failed", context.path(), e);
    if (!context.res().isCommitted()) {
      Json.reply(context, 500, new AdminApi.Failure("internal_error", "see the writer's log"));
    }
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
