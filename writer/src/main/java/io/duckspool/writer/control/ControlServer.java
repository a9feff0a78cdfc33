package io.duckspool.writer.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.config.HostPort;
import io.duckspool.writer.pipeline.LedgerOutcome;
import io.duckspool.writer.pipeline.Pipelines;
import io.duckspool.writer.sink.QueryException;
import io.duckspool.writer.sink.SinkException;
import io.duckspool.writer.sink.SqlRunner;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writer's control port: {@link AdminApi} over HTTP. Everything but health and readiness needs
 * the control token. Thread-safe; closed by the writer.
 */
public final class ControlServer implements AutoCloseable {

  /** Flushes hold a thread while they wait. */
  private static final int HTTP_THREADS = 64;

  private static final long MAX_BODY_BYTES = 1 << 20;
  private static final long RELEASE_TIMEOUT_MILLIS = 10_000;
  private static final long LEDGER_TIMEOUT_MILLIS = 60_000;
  private static final String RESUME = "/admin/resume";
  private static final String HEALTH = "/healthz";
  private static final String READY = "/readyz";
  private static final String BEARER = "bearer ";

  /** Rows of one answer, and its time: guesses that keep a typo from running for ever. */
  private static final SqlRunner.Limits SQL_LIMITS = new SqlRunner.Limits(10_000_000, 600_000);

  private static final Map<String, HandlerType> ROUTES =
      Map.of(
          AdminApi.PREPARE,
          HandlerType.POST,
          AdminApi.SEAL,
          HandlerType.POST,
          AdminApi.RELEASE,
          HandlerType.POST,
          RESUME,
          HandlerType.POST,
          AdminApi.LEDGER,
          HandlerType.POST,
          AdminApi.SQL,
          HandlerType.POST,
          AdminApi.PIPELINES,
          HandlerType.GET,
          HEALTH,
          HandlerType.GET,
          READY,
          HandlerType.GET);

  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

  private final Pipelines pipelines;
  private final SqlRunner sql;
  private final ControlToken token;
  private final Javalin javalin;

  private ControlServer(HostPort address, Pipelines pipelines, SqlRunner sql, ControlToken token) {
    this.pipelines = pipelines;
    this.sql = sql;
    this.token = token;
    this.javalin = Javalin.create(config -> configure(config, address));
  }

  /** The body of a readiness that isn't. */
  private record Degraded(String status, String reason) {}

  /** A request that is refused, with its status and code. */
  private static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    Refusal(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  /**
   * Binds and serves the port.
   *
   * @throws IOException names the address and what is wrong; nothing stays bound
   */
  public static ControlServer open(
      HostPort address, Pipelines pipelines, SqlRunner sql, ControlToken token) throws IOException {
    ControlServer server = new ControlServer(address, pipelines, sql, token);
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
              new ServerConnector(
                  jetty, 0, 1, new org.eclipse.jetty.server.HttpConnectionFactory(http));
          connector.setHost(address.host());
          connector.setPort(address.port());
          return connector;
        });
    config.routes.before(this::admit);
    config.routes.post(AdminApi.PREPARE, this::prepare);
    config.routes.post(AdminApi.SEAL, this::seal);
    config.routes.post(AdminApi.RELEASE, this::release);
    config.routes.post(RESUME, this::resume);
    config.routes.post(AdminApi.LEDGER, this::setLedger);
    config.routes.post(AdminApi.SQL, this::sql);
    config.routes.get(AdminApi.PIPELINES, context -> reply(context, 200, pipelines.statuses()));
    config.routes.get(HEALTH, context -> reply(context, 200, Map.of("status", "ok")));
    config.routes.get(READY, this::ready);
    config.routes.exception(Refusal.class, ControlServer::refuse);
    config.routes.exception(Exception.class, ControlServer::bug);
  }

  /** Path, method and token, in this order; nothing of the body is read before. */
  private void admit(Context context) throws Refusal {
    HandlerType method = ROUTES.get(context.path());
    if (method == null) {
      throw new Refusal(404, "not_found", "no such path: " + context.path());
    }
    if (context.method() != method) {
      context.header("Allow", method.name());
      throw new Refusal(405, "method_not_allowed", context.path() + " takes " + method.name());
    }
    if (context.path().equals(HEALTH) || context.path().equals(READY)) {
      return;
    }
    String header = Optional.ofNullable(context.header("Authorization")).orElse("").strip();
    boolean isBearer = header.regionMatches(true, 0, BEARER, 0, BEARER.length());
    if (!isBearer || !token.matches(header.substring(BEARER.length()).strip())) {
      throw new Refusal(401, "unauthorized", "the control token is missing or wrong");
    }
  }

  private void prepare(Context context) throws Refusal {
    AdminApi.Prepare request = body(context, AdminApi.Prepare.class);
    try {
      reply(context, 200, pipelines.prepare(request));
    } catch (SinkException.Unavailable e) {
      LOG.warn("server {} could not be prepared", request.server(), e);
      throw new Refusal(503, "unavailable", e.reason());
    } catch (SinkException | IOException e) {
      LOG.warn("server {} was refused", request.server(), e);
      throw new Refusal(400, "bad_request", String.valueOf(e.getMessage()));
    }
  }

  private void seal(Context context) throws Refusal, InterruptedException {
    AdminApi.Seal request = body(context, AdminApi.Seal.class);
    try {
      reply(context, 200, pipelines.seal(request));
    } catch (IllegalArgumentException e) {
      throw new Refusal(400, "bad_request", String.valueOf(e.getMessage()));
    }
  }

  private void release(Context context) throws Refusal, InterruptedException {
    AdminApi.Release request = body(context, AdminApi.Release.class);
    if (!pipelines.release(request, RELEASE_TIMEOUT_MILLIS)) {
      throw new Refusal(503, "unavailable", "the pipeline of the spool is busy, try again");
    }
    reply(context, 200, Map.of());
  }

  private void resume(Context context) throws Refusal, InterruptedException {
    AdminApi.Release request = body(context, AdminApi.Release.class);
    if (!pipelines.resume(request.spoolId(), RELEASE_TIMEOUT_MILLIS)) {
      throw new Refusal(400, "bad_request", "no such pipeline: " + request.spoolId());
    }
    reply(context, 200, Map.of());
  }

  private void setLedger(Context context) throws Refusal, InterruptedException {
    AdminApi.SetLedger request = body(context, AdminApi.SetLedger.class);
    try {
      LedgerOutcome outcome = pipelines.setLedger(request, LEDGER_TIMEOUT_MILLIS);
      if (outcome instanceof LedgerOutcome.Refused refused) {
        throw new Refusal(400, "bad_request", refused.reason());
      }
      reply(context, 200, ((LedgerOutcome.Set) outcome).set());
    } catch (IllegalArgumentException e) {
      throw new Refusal(400, "bad_request", String.valueOf(e.getMessage()));
    }
  }

  private void ready(Context context) {
    Optional<String> reason = pipelines.degradation();
    if (reason.isPresent()) {
      reply(context, 503, new Degraded("degraded", reason.get()));
    } else {
      reply(context, 200, Map.of("status", "ready"));
    }
  }

  private void sql(Context context) throws Refusal, IOException {
    AdminApi.Sql request = body(context, AdminApi.Sql.class);
    String name = Optional.ofNullable(request.format()).orElse("json");
    SqlRunner.Format format =
        switch (name) {
          case "json" -> SqlRunner.Format.JSON;
          case "csv" -> SqlRunner.Format.CSV;
          default ->
              throw new Refusal(400, "bad_request", "format must be json or csv, got " + name);
        };
    context.contentType(
        format == SqlRunner.Format.JSON ? "application/json" : "text/csv; charset=utf-8");
    OutputStream out = context.outputStream();
    try {
      long unused = sql.run(request.sql(), format, SQL_LIMITS, out);
    } catch (QueryException e) {
      if (context.res().isCommitted()) {
        // Half an answer is out: only a broken connection tells that it isn't whole.
        throw new IOException("the query failed half way: " + e.reason(), e);
      }
      context.res().reset();
      throw new Refusal(400, "bad_request", e.reason());
    }
  }

  private static <T> T body(Context context, Class<T> type) throws Refusal {
    try {
      return AdminJson.MAPPER.readValue(context.bodyAsBytes(), type);
    } catch (JsonProcessingException e) {
      throw new Refusal(400, "bad_request", "not a request: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new Refusal(400, "bad_request", "the body could not be read: " + e.getMessage());
    }
  }

  private static void reply(Context context, int status, Object body) {
    try {
      context.status(status);
      context.contentType("application/json");
      context.result(AdminJson.MAPPER.writeValueAsBytes(body));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a reply can't be written as JSON", e);
    }
  }

  private static void refuse(Refusal refusal, Context context) {
    reply(
        context,
        refusal.status,
        new AdminApi.Failure(refusal.code, String.valueOf(refusal.getMessage())));
  }

  private static void bug(Exception e, Context context) {
    LOG.error("{} failed", context.path(), e);
    if (!context.res().isCommitted()) {
      reply(context, 500, new AdminApi.Failure("internal_error", "see the writer's log"));
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
