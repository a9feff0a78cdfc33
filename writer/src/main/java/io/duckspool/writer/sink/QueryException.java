package io.duckspool.writer.sink;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A query that was refused or failed; the message is for who asked. */
public final class QueryException extends Exception {

  private final boolean isTransient;

  public QueryException(String message) {
    this(message, null, false);
  }

  public QueryException(String message, Throwable cause) {
    this(message, cause, false);
  }

  private QueryException(String message, @Nullable Throwable cause, boolean isTransient) {
    super(message, cause);
    this.isTransient = isTransient;
  }

  /** A query that is turned away for a reason that passes. */
  static QueryException unavailable(String message) {
    return new QueryException(message, null, true);
  }

  /** True when the same query may do later. */
  public boolean isTransient() {
    return isTransient;
  }

  /** The message, which is never absent. */
  public String reason() {
    return Objects.requireNonNull(getMessage());
  }
}
