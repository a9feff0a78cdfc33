package io.duckspool.receiver.lifecycle;

import java.io.IOException;
import java.io.Serial;
import java.net.ConnectException;

/** Nobody listens on the writer's control port: it was asked nothing. */
final class WriterAwayException extends IOException {

  @Serial private static final long serialVersionUID = 1L;

  WriterAwayException(String message, ConnectException cause) {
    super(message, cause);
  }
}
