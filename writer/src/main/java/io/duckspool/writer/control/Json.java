package io.duckspool.writer.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.duckspool.common.admin.AdminJson;
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
