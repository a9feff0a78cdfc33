package io.duckspool.writer.batch;

import java.util.Locale;

/** Why a batch was sealed. */
public enum SealTrigger {
  /** Payload bytes, decoded bytes or rows reached their target. */
  SIZE,
  /** The oldest entry, or the batch itself, was old enough. */
  AGE,
  FLUSH,
  STOP,
  REPLAY;

  /** As in tables and JSON: {@code size}, {@code age}, … */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
