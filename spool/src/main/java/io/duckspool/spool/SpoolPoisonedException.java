package io.duckspool.spool;

/**
 * A sync or an append failed in a way that leaves the file unknown: the spool takes nothing more
 * until its process restarts.
 */
public final class SpoolPoisonedException extends SpoolException {

  private static final long serialVersionUID = 1L;

  public SpoolPoisonedException(String message) {
    super(message);
  }

  public SpoolPoisonedException(String message, Throwable cause) {
    super(message, cause);
  }
}
