package io.duckspool.common.admin;

import java.io.Serial;

/** Nobody waits for the answer to a call any more: it was broken off. */
public final class AbandonedException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  AbandonedException() {
    super("nobody waits for the answer any more", null, false, false);
  }
}
