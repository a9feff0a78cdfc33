package io.duckspool.writer.pipeline;

import java.util.Locale;

/** What a pipeline is doing. */
public enum PipelineState {
  /** The target was not asked yet, or does not answer. */
  STARTING,
  RUNNING,
  /** A receiver has to scan the spool before it may be read. */
  WAITING_FOR_RECEIVER,
  /** By an operator, or too many entries in a row went to quarantine: until {@code resume}. */
  PAUSED,
  /** Ledger and spool disagree, the target is not fit, or another writer commits this spool. */
  TARGET_REFUSED,
  /** The server is being stopped: drains to the head, then removes itself. */
  STOPPING,
  /** Nothing is left to do. */
  ENDED;

  /** As in JSON: {@code waiting_for_receiver}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
