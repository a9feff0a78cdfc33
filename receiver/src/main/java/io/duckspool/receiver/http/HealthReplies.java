package io.duckspool.receiver.http;

import io.javalin.http.Context;
import java.util.Optional;

/** The replies of {@code /healthz} and {@code /readyz}, the same on all ports. */
public final class HealthReplies {

  private HealthReplies() {}

  /** The process runs. */
  public static void health(Context context) {
    write(context, 200, "{\"status\":\"ok\"}");
  }

  /** The server takes requests and its rows reach the target, or why not. */
  public static void ready(Context context, Optional<String> reason) {
    if (reason.isEmpty()) {
      write(context, 200, "{\"status\":\"ready\"}");
    } else {
      write(context, 503, "{\"status\":\"degraded\",\"reason\":\"" + reason.get() + "\"}");
    }
  }

  private static void write(Context context, int status, String body) {
    context.status(status).contentType(Replies.JSON).result(body);
  }
}
