package io.duckspool.writer.pipeline;

import io.duckspool.writer.quarantine.QuarantineReason;

/** An entry can't become rows, for a reason of its own. */
final class UndecodableEntryException extends Exception {

  private static final long serialVersionUID = 1L;

  private final QuarantineReason reason;

  UndecodableEntryException(QuarantineReason reason, Throwable cause) {
    super(cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
    this.reason = reason;
  }

  QuarantineReason reason() {
    return reason;
  }
}
