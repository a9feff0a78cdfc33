package io.duckspool.writer.batch;

import java.util.Optional;

/**
 * Decides whether the open batch is to be sealed. A pure function: it reads no clock and acts on
 * nothing.
 */
public final class SealPolicy {

  private SealPolicy() {}

  /**
   * What is asked of the pipeline from outside.
   *
   * @see Moment#request()
   */
  public enum Request {
    NONE,
    /** Everything up to the index captured by the flush is in the batch or committed. */
    FLUSH,
    /** The server stops, and everything up to the head is in the batch or committed. */
    STOP
  }

  /**
   * The open batch and its surroundings at one moment.
   *
   * @param entries entries taken up since the last seal, also those without rows or quarantined
   * @param rows rows in the batch
   * @param payloadBytes bytes of those entries as received
   * @param decodedBytes bytes of the rows in the batch's buffers
   * @param oldestAgeMillis time since the oldest of the entries was received; may be negative when
   *     the wall clock stepped back
   * @param openMillis time since the first of the entries was taken up
   * @param moreReadable whether another entry can be read below the durable mark right now
   * @param request what was asked for, once the batch reaches as far as it asks
   */
  public record Moment(
      long entries,
      long rows,
      long payloadBytes,
      long decodedBytes,
      long oldestAgeMillis,
      long openMillis,
      boolean moreReadable,
      Request request) {}

  /**
   * The trigger of a seal now, or empty to go on reading.
   *
   * <p>An old entry alone doesn't seal while more can be read: a backlog after an outage is made of
   * old entries, and would be sealed one by one. A batch that has itself been open for the maximal
   * age is sealed all the same.
   */
  public static Optional<SealTrigger> decide(Moment moment, SealLimits limits) {
    if (moment.entries() == 0) {
      return Optional.empty();
    }
    switch (moment.request()) {
      case FLUSH -> {
        return Optional.of(SealTrigger.FLUSH);
      }
      case STOP -> {
        return Optional.of(SealTrigger.STOP);
      }
      case NONE -> {
        // Decided by size and age below.
      }
    }
    if (moment.payloadBytes() >= limits.sealTargetBytes()
        || moment.decodedBytes() >= limits.maxBatchBytes()
        || moment.rows() >= limits.maxBatchRows()) {
      return Optional.of(SealTrigger.SIZE);
    }
    boolean drained =
        moment.oldestAgeMillis() >= limits.sealMaxAgeMillis() && !moment.moreReadable();
    if (drained || moment.openMillis() >= limits.sealMaxAgeMillis()) {
      return Optional.of(SealTrigger.AGE);
    }
    return Optional.empty();
  }
}
