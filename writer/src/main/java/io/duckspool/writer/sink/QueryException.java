package io.duckspool.writer.sink;

import java.util.Objects;

/** A query that was refused or failed; the message is for who asked. */
public final class QueryException extends Exception {

  public QueryException(String message) {
    super(message);
  }

  public QueryException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The message, which is never absent. */
  public String reason() {
    return Objects.requireNonNull(getMessage());
  }
}
