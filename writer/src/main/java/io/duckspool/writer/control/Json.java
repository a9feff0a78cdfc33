package io.duckspool.writer.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.writer.pipeline.Outcome;
import io.javalin.http.Context;

/** Bodies of requests and replies. */
final class Json {

  private Json() {}

  /**
   * The body of a request.
   *
   * @throws RefusedException it is no such request
   */
  static <T extends Record> T body(Context context, Class<T> type) throws RefusedException {
    try {
      return AdminJson.read(context.bodyAsBytes(), type);
    } catch (IllegalArgumentException e) {
      throw RefusedException.badRequest(String.valueOf(e.getMessage()));
    }
  }

  /** Replies with what was done; 400 when it is refused, 503 when it may be repeated. */
  static void reply(Context context, Outcome<?> outcome) throws RefusedException {
    if (outcome instanceof Outcome.Refused<?> refused) {
      throw RefusedException.badRequest(refused.reason());
    }
    if (outcome instanceof Outcome.NotNow<?> notNow) {
      throw RefusedException.unavailable(notNow.reason());
    }
    reply(context, 200, ((Outcome.Done<?>) outcome).value());
  }

  static void reply(Context context, int status, Object body) {
    try {
      context.status(status);
      context.contentType("application/json");
      context.result(AdminJson.MAPPER.writeValueAsBytes(body));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a reply can't be written as JSON", e);
    }
  }
}
