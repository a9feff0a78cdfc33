package io.duckspool.common.config;

import java.time.Duration;

/**
 * The {@code spool} section.
 *
 * @param sync when an entry counts as durable
 * @param segmentBytes a segment that holds entries ends at this size
 * @param segmentAge a segment that holds entries ends at this age
 * @param diskReserve free space below which requests are rejected
 */
public record SpoolConfig(
    Sync sync, DataSize segmentBytes, Duration segmentAge, DataSize diskReserve) {

  /** When an entry counts as durable. */
  public enum Sync {
    /** After an fsync that covers it; requests share the fsync. */
    GROUP,
    /** Once it is in the spool file: survives the death of any process, not a power cut. */
    OS
  }
}
