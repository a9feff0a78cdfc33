package io.duckspool.writer.control;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ControlGuard;

/** A request that is refused, with its HTTP status and the code of its error. */
final class RefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;

  private RefusedException(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  static RefusedException badRequest(String message) {
    return new RefusedException(400, "bad_request", message);
  }

  static RefusedException notFound(String message) {
    return new RefusedException(404, "not_found", message);
  }

  static RefusedException methodNotAllowed(String message) {
    return new RefusedException(405, "method_not_allowed", message);
  }

  static RefusedException conflict(String message) {
    return new RefusedException(409, "conflict", message);
  }

  static RefusedException unavailable(String message) {
    return new RefusedException(503, "unavailable", message);
  }

  static RefusedException by(ControlGuard.Refusal refusal) {
    return new RefusedException(
        refusal.status(), refusal.failure().error(), refusal.failure().message());
  }

  int status() {
    return status;
  }

  AdminApi.Failure failure() {
    return new AdminApi.Failure(code, String.valueOf(getMessage()));
  }
}
