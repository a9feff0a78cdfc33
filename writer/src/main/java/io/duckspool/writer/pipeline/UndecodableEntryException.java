package io.duckspool.writer.pipeline;

/** An entry can't become rows, for a reason of its own. */
final class UndecodableEntryException extends Exception {

  private static final long serialVersionUID = 1L;

  UndecodableEntryException(Throwable cause) {
    super(cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
  }
}
