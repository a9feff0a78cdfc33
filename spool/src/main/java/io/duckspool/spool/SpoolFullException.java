package io.duckspool.spool;

/** The disk has no room for the entry; nothing was appended. */
public final class SpoolFullException extends SpoolException {

  private static final long serialVersionUID = 1L;

  public SpoolFullException(String message) {
    super(message);
  }

  public SpoolFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
