package io.duckspool.spool;

/**
 * An operation on a spool failed for a reason that lies in the disk or in the state of the spool,
 * never in the request: a client is told to come back later.
 */
public abstract sealed class SpoolException extends Exception
    permits SpoolClosedException,
        SpoolFullException,
        SpoolOpenException,
        SpoolPoisonedException,
        SpoolReadException {

  private static final long serialVersionUID = 1L;

  SpoolException(String message) {
    super(message);
  }

  SpoolException(String message, Throwable cause) {
    super(message, cause);
  }
}
