package io.duckspool.spool;

/** The spool was closed before the append was durable, or before the call. */
public final class SpoolClosedException extends SpoolException {

  private static final long serialVersionUID = 1L;

  public SpoolClosedException(String message) {
    super(message);
  }

  public SpoolClosedException(String message, Throwable cause) {
    super(message, cause);
  }
}
