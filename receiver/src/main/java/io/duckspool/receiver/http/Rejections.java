package io.duckspool.receiver.http;

import io.duckspool.receiver.http.Replies.Reply;
import io.duckspool.receiver.ingest.ExportError;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Executor;

/**
 * What every listener does to a request it doesn't take: unknown paths, other methods, and whatever
 * a handler throws before it read anything of the body. Thread-safe.
 */
final class Rejections {

  private final RouteTable routes;
  private final ReplyWriter writer;
  private final BodyDeadlines deadlines;
  private final Executor executor;

  Rejections(RouteTable routes, ReplyWriter writer, BodyDeadlines deadlines, Executor executor) {
    this.routes = routes;
    this.writer = writer;
    this.deadlines = deadlines;
    this.executor = executor;
  }

  void addTo(RoutesConfig config) {
    config.before(context -> routes.check(context.req().getMethod(), context.path()));
    config.exception(ExportError.class, this::reject);
    config.exception(Exception.class, this::reject);
  }

  /** Replies; what still comes of the body is dropped after the reply. */
  private void reject(Exception failure, Context context) {
    HttpServletRequest request = context.req();
    boolean hasUnreadBody =
        !request.isAsyncStarted()
            && (request.getContentLengthLong() > 0
                || request.getHeader("Transfer-Encoding") != null);
    Reply reply = writer.rejection(Negotiation.typeIfKnown(request), failure);
    writer.write(context.res(), reply, !hasUnreadBody);
    // A client that asked first (RFC 9110, section 10.1.1) sends nothing after this reply.
    if (hasUnreadBody && request.getHeader("Expect") == null) {
      context.future(
          () -> {
            try {
              return BodyReader.dropUnread(request, deadlines, executor);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
