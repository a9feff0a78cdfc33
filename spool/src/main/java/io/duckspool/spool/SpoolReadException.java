package io.duckspool.spool;

/** The files of a spool can't be read or changed (an I/O error, not damage). */
public final class SpoolReadException extends SpoolException {

  private static final long serialVersionUID = 1L;

  public SpoolReadException(String message) {
    super(message);
  }

  public SpoolReadException(String message, Throwable cause) {
    super(message, cause);
  }
}
