package io.duckspool.spool;

/** A spool can't be opened; the message says why and what the operator can do. */
public final class SpoolOpenException extends SpoolException {

  private static final long serialVersionUID = 1L;

  public SpoolOpenException(String message) {
    super(message);
  }

  public SpoolOpenException(String message, Throwable cause) {
    super(message, cause);
  }
}
