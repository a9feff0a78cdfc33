package io.duckspool.receiver.http;

import io.duckspool.common.otlp.Signal;
import io.duckspool.receiver.ingest.ExportError;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The endpoints of one OTLP listener. Thread-safe. */
final class IngestRoutes {

  private final Routes routes = Routes.ofIngest();
  private final IngestHandler handler;
  private final ReplyWriter writer;
  private final BodyDeadlines deadlines;
  private final Executor executor;
  private final Supplier<Optional<String>> degradation;

  /**
   * Makes the endpoints.
   *
   * @param degradation why the server isn't ready; empty when it is
   * @param executor the listener's threads
   */
  IngestRoutes(
      IngestHandler handler,
      ReplyWriter writer,
      BodyDeadlines deadlines,
      Supplier<Optional<String>> degradation,
      Executor executor) {
    this.handler = handler;
    this.writer = writer;
    this.deadlines = deadlines;
    this.degradation = degradation;
    this.executor = executor;
  }

  void addTo(RoutesConfig config) {
    config.before(context -> routes.check(context.req().getMethod(), context.path()));
    for (Signal signal : Signal.values()) {
      config.post(signal.path(), context -> handler.handle(signal, context));
    }
    config.get(Routes.HEALTH, HealthReplies::health);
    config.get(Routes.READY, context -> HealthReplies.ready(context, degradation.get()));
    config.exception(ExportError.class, this::reject);
    config.exception(Exception.class, this::reject);
  }

  /** Replies before anything of the body was read; what comes of it is dropped after the reply. */
  private void reject(Exception failure, Context context) {
    HttpServletRequest request = context.req();
    boolean hasUnreadBody =
        !request.isAsyncStarted()
            && (request.getContentLengthLong() > 0
                || request.getHeader("Transfer-Encoding") != null);
    writer.write(context.res(), writer.rejection(request, failure), !hasUnreadBody);
    // A client that asked first (RFC 9110, section 10.1.1) sends nothing after this reply.
    if (hasUnreadBody && request.getHeader("Expect") == null) {
      context.future(
          () -> {
            try {
              return BodyReader.dropUnread(request.getInputStream(), deadlines, executor);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
