package io.duckspool.receiver.ingest;

import java.io.Serial;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Why an export request is not accepted: what the client is told, with the status that tells it
 * whether to resend. Expected, so it has no stack trace.
 */
public final class ExportError extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  /** Seconds after which memory, or the writer's backlog, may have room again (a guess). */
  private static final int RETRY_SOON_SECONDS = 1;

  /** Seconds after which a disk, a poisoned spool or a restart may be over (a guess). */
  private static final int RETRY_LATER_SECONDS = 5;

  /** The rows of the error table; the codes of google.rpc.Code are those of its proto file. */
  public enum Kind {
    HEADER_TOO_LARGE(431, "header_too_large", 3),
    NOT_FOUND(404, "not_found", 5),
    METHOD_NOT_ALLOWED(405, "method_not_allowed", 12),
    UNAUTHORIZED(401, "unauthorized", 16),
    UNSUPPORTED_MEDIA_TYPE(415, "unsupported_media_type", 3),
    PAYLOAD_TOO_LARGE(413, "payload_too_large", 3),
    UNAVAILABLE(503, "unavailable", 14),
    REQUEST_TIMEOUT(408, "request_timeout", 4),
    BAD_REQUEST(400, "bad_request", 3),
    /** Of control ports only. */
    FORBIDDEN(403, "forbidden", 7),
    /** Of control ports only. */
    CONFLICT(409, "conflict", 6),
    INTERNAL_ERROR(500, "internal_error", 13);

    private final int status;
    private final String code;
    private final int rpcCode;

    Kind(int status, String code, int rpcCode) {
      this.status = status;
      this.code = code;
      this.rpcCode = rpcCode;
    }

    /** The HTTP status. */
    public int status() {
      return status;
    }

    /** The value of {@code error} in the body. */
    public String code() {
      return code;
    }

    /** The code of a google.rpc.Status. */
    public int rpcCode() {
      return rpcCode;
    }
  }

  private final Kind kind;
  private final int retryAfterSeconds;
  private final String allow;

  private ExportError(Kind kind, String message, int retryAfterSeconds, String allow) {
    super(message, null, false, false);
    this.kind = kind;
    this.retryAfterSeconds = retryAfterSeconds;
    this.allow = allow;
  }

  /** An error that needs no header of its own. */
  public static ExportError of(Kind kind, String message) {
    return new ExportError(kind, message, 0, "");
  }

  /** Out of memory budget or over the backlog limit: it passes quickly. */
  public static ExportError busy(String message) {
    return new ExportError(Kind.UNAVAILABLE, message, RETRY_SOON_SECONDS, "");
  }

  /** Disk, poisoned spool, stopping: it passes with an operator or a restart. */
  public static ExportError unavailable(String message) {
    return new ExportError(Kind.UNAVAILABLE, message, RETRY_LATER_SECONDS, "");
  }

  /** The path is known, under another method. */
  public static ExportError methodNotAllowed(String message, String allow) {
    return new ExportError(Kind.METHOD_NOT_ALLOWED, message, 0, allow);
  }

  public Kind kind() {
    return kind;
  }

  /** The text for the client. */
  public String detail() {
    return String.valueOf(getMessage());
  }

  /** Value of {@code Retry-After}. */
  public OptionalInt retryAfterSeconds() {
    return retryAfterSeconds > 0 ? OptionalInt.of(retryAfterSeconds) : OptionalInt.empty();
  }

  /** Value of {@code Allow}. */
  public Optional<String> allow() {
    return allow.isEmpty() ? Optional.empty() : Optional.of(allow);
  }
}
