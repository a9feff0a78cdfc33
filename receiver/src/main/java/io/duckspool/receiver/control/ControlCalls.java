package io.duckspool.receiver.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.admin.ControlGuard;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.metrics.MetricsPage;
import io.duckspool.receiver.http.ClientWatch;
import io.duckspool.receiver.http.HealthReplies;
import io.duckspool.receiver.http.RouteTable;
import io.duckspool.receiver.ingest.ExportError;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The endpoints of the control port. Calls that wait for the writer do so on threads of their own,
 * of which there is a limited number: flushes on some, serves and stops on others, lists on others
 * again, so that a seal that hangs holds up nothing but its flushes. A flush or a stop whose client
 * is gone is not waited for. Thread-safe.
 */
final class ControlCalls implements AutoCloseable {

  /** The paths, each with its method. */
  static final RouteTable TABLE =
      RouteTable.of(
          Map.of(
              AdminApi.SERVE, "POST",
              AdminApi.FLUSH, "POST",
              AdminApi.STOP, "POST",
              AdminApi.SERVER_LIST, "GET",
              AdminApi.SEAL_LIST, "GET",
              AdminApi.CONFIG, "GET",
              AdminApi.METRICS, "GET"));

  /** Flushes that wait at one time; as many as the writer lets wait (a guess). */
  static final int MAX_FLUSHES = 32;

  /** Serves and stops that wait at one time (a guess). */
  static final int MAX_WAITING = 32;

  private static final int MAX_LISTING = 8;
  private static final int MAX_BODY_BYTES = 1 << 20;
  private static final int END_SECONDS = 15;
  private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);

  private static final Logger LOG = LoggerFactory.getLogger(ControlCalls.class);

  private final ControlServices services;
  private final ControlGuard guard;
  private final ExecutorService flushing = threads("control-flush", MAX_FLUSHES);
  private final ExecutorService waiting = threads("control-call", MAX_WAITING);
  private final ExecutorService listing = threads("control-list", MAX_LISTING);

  ControlCalls(ControlServices services, ControlGuard guard) {
    this.services = services;
    this.guard = guard;
  }

  /** One call, which may block. */
  @FunctionalInterface
  private interface Call {
    Object answer() throws ExportError, InterruptedException;
  }

  private static ExecutorService threads(String name, int max) {
    return new ThreadPoolExecutor(
        0,
        max,
        10,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  void addTo(RoutesConfig routes) {
    routes.before(
        context -> refuseIf(guard.checkHost(context.header("Host"), context.header("Origin"))));
    routes.get(RouteTable.HEALTH, HealthReplies::health);
    routes.get(
        RouteTable.READY,
        context -> HealthReplies.ready(context, services.servers().degradation()));
    routes.post(AdminApi.SERVE, guarded(this::serve));
    routes.post(AdminApi.FLUSH, guarded(this::flush));
    routes.post(AdminApi.STOP, guarded(this::stop));
    routes.get(
        AdminApi.SERVER_LIST,
        guarded(context -> answer(context, listing, () -> services.servers().list())));
    routes.get(
        AdminApi.SEAL_LIST,
        guarded(context -> answer(context, listing, () -> services.servers().seals())));
    routes.get(AdminApi.CONFIG, guarded(context -> write(context, services.config())));
    routes.get(AdminApi.METRICS, guarded(this::metrics));
  }

  /** Nothing of a body is read before. */
  private Handler guarded(Handler handler) {
    return context -> {
      refuseIf(guard.checkToken(context.header("Authorization")));
      if (context.req().getMethod().equals("POST")) {
        refuseIf(ControlGuard.checkBodyType(context.header("Content-Type")));
      }
      handler.handle(context);
    };
  }

  private static void refuseIf(Optional<ControlGuard.Refusal> refusal) throws ExportError {
    if (refusal.isPresent()) {
      ExportError.Kind kind =
          switch (refusal.get().status()) {
            case 401 -> ExportError.Kind.UNAUTHORIZED;
            case 403 -> ExportError.Kind.FORBIDDEN;
            case 415 -> ExportError.Kind.UNSUPPORTED_MEDIA_TYPE;
            default -> ExportError.Kind.BAD_REQUEST;
          };
      throw ExportError.of(kind, refusal.get().failure().message());
    }
  }

  private void metrics(Context context) {
    MetricsPage.Page page = services.metrics().render(context.header("Accept"));
    context.contentType(page.contentType()).result(page.body());
  }

  private void serve(Context context) throws ExportError {
    ServerConfig config;
    try {
      config = services.parameters().parse(body(context));
    } catch (IllegalArgumentException e) {
      throw badRequest(e);
    }
    answer(context, waiting, () -> services.servers().serve(config));
  }

  private void flush(Context context) throws ExportError {
    AdminApi.Flush request = request(context, AdminApi.Flush.class);
    ListenUri uri = uri(request.uri());
    checkTimeout(request.timeoutMs());
    BooleanSupplier isGone = ClientWatch.of(context);
    answer(context, flushing, () -> services.servers().flush(uri, request.timeoutMs(), isGone));
  }

  private void stop(Context context) throws ExportError {
    AdminApi.Stop request = request(context, AdminApi.Stop.class);
    ListenUri uri = uri(request.uri());
    checkTimeout(request.timeoutMs());
    Duration timeout = stopTimeout(request);
    BooleanSupplier isGone = ClientWatch.of(context);
    answer(context, waiting, () -> services.servers().stop(uri, timeout, isGone));
  }

  /** How long a stop waits for its commit: a minute, unless the request says so. */
  static Duration stopTimeout(AdminApi.Stop request) {
    return request.timeoutMs() == null ? STOP_TIMEOUT : Duration.ofMillis(request.timeoutMs());
  }

  private static void checkTimeout(@Nullable Long timeoutMillis) throws ExportError {
    if (timeoutMillis != null && timeoutMillis <= 0) {
      throw ExportError.of(
          ExportError.Kind.BAD_REQUEST,
          "parameter \"timeout_ms\" must be > 0, got " + timeoutMillis);
    }
  }

  private static ListenUri uri(String text) throws ExportError {
    try {
      return ListenUri.parse(text);
    } catch (IllegalArgumentException e) {
      throw ExportError.of(ExportError.Kind.BAD_REQUEST, "parameter \"uri\" " + e.getMessage());
    }
  }

  private static <T extends Record> T request(Context context, Class<T> type) throws ExportError {
    try {
      return AdminJson.read(body(context), type);
    } catch (IllegalArgumentException e) {
      throw badRequest(e);
    }
  }

  private static byte[] body(Context context) throws ExportError {
    byte[] body;
    try {
      body = context.req().getInputStream().readNBytes(MAX_BODY_BYTES + 1);
    } catch (IOException e) {
      throw ExportError.of(ExportError.Kind.BAD_REQUEST, "the body ended early");
    }
    if (body.length > MAX_BODY_BYTES) {
      throw ExportError.of(
          ExportError.Kind.PAYLOAD_TOO_LARGE,
          "the body is larger than " + MAX_BODY_BYTES + " bytes");
    }
    return body;
  }

  private static ExportError badRequest(IllegalArgumentException e) {
    return ExportError.of(ExportError.Kind.BAD_REQUEST, String.valueOf(e.getMessage()));
  }

  /** Answers once the call is through; no HTTP thread waits for it. */
  private static void answer(Context context, ExecutorService threads, Call call)
      throws ExportError {
    CompletableFuture<Object> answer = new CompletableFuture<>();
    try {
      threads.execute(() -> run(call, answer));
    } catch (RejectedExecutionException e) {
      LOG.debug("too many calls wait", e);
      throw ExportError.busy("too many calls wait for an answer already");
    }
    context.future(() -> answer.thenAccept(body -> write(context, body)));
  }

  private static void run(Call call, CompletableFuture<Object> answer) {
    try {
      answer.complete(call.answer());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer.completeExceptionally(ExportError.unavailable("the receiver is stopping"));
    } catch (ExportError | RuntimeException e) {
      answer.completeExceptionally(e);
    }
  }

  private static void write(Context context, Object body) {
    try {
      context.contentType("application/json").result(AdminJson.MAPPER.writeValueAsBytes(body));
    } catch (JsonProcessingException e) {
      throw new CompletionException("a reply can't be written as JSON", e);
    }
  }

  /** Ends the calls that wait. */
  @Override
  public void close() {
    flushing.shutdownNow();
    waiting.shutdownNow();
    listing.shutdownNow();
    try {
      if (!waiting.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("a call of the control port is cut off");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
