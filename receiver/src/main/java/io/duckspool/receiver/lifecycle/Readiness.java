package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi.PipelineStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What decides whether a server is ready, at one moment.
 *
 * @param isListening whether its socket is bound
 * @param isPoisoned whether a sync of its spool failed
 * @param hasRoom whether the disk guard lets requests in
 * @param isWriterConnected whether the writer answers
 * @param isTargetRefused whether the target was refused before there was a pipeline
 * @param pipeline what the writer says of its pipeline
 * @param oldestUncommittedAgeMillis age of the oldest entry that isn't in the target
 * @param sealMaxAge of the server
 */
public record Readiness(
    boolean isListening,
    boolean isPoisoned,
    boolean hasRoom,
    boolean isWriterConnected,
    boolean isTargetRefused,
    Optional<PipelineStatus> pipeline,
    OptionalLong oldestUncommittedAgeMillis,
    Duration sealMaxAge) {

  /** Of control ports only: an OTLP port that doesn't listen says nothing. */
  static final String NOT_LISTENING = "not_listening";

  private static final long MIN_LATE_MILLIS = 15_000;
  private static final int LATE_SEALS = 3;

  /**
   * Why the server isn't ready; empty when it is. The worst reason, where there are several. A
   * server that doesn't listen is {@code not_listening}, or {@code writer_away} where it may wait
   * for the writer: only the control port can tell.
   */
  public Optional<String> degradation() {
    if (isPoisoned) {
      return Optional.of("spool_poisoned");
    }
    if (!hasRoom) {
      return Optional.of("disk");
    }
    if (isTargetRefused || isInState("target_refused")) {
      return Optional.of("target_refused");
    }
    if (isInState("paused")) {
      return Optional.of("paused");
    }
    if (!isListening) {
      return Optional.of(isWriterConnected ? NOT_LISTENING : "writer_away");
    }
    if (!isLate()) {
      return Optional.empty();
    }
    if (pipeline.isEmpty()) {
      return Optional.of("writer_away");
    }
    return pipeline.get().sealFailing() ? Optional.of("seal_failed") : Optional.empty();
  }

  private boolean isInState(String state) {
    return pipeline.isPresent() && pipeline.get().state().equals(state);
  }

  private boolean isLate() {
    long lateMillis = Math.max(LATE_SEALS * sealMaxAge.toMillis(), MIN_LATE_MILLIS);
    return oldestUncommittedAgeMillis.isPresent()
        && oldestUncommittedAgeMillis.getAsLong() > lateMillis;
  }
}
