package io.duckspool.writer.sink.store;

import java.io.IOException;

/**
 * The place is not there, or not ours to use: no such bucket, wrong keys, missing permission. Where
 * a target is made this refuses it; later it is waited for like any other failure.
 */
public final class DeniedException extends IOException {

  private static final long serialVersionUID = 1L;

  public DeniedException(String message, Throwable cause) {
    super(message, cause);
  }
}
