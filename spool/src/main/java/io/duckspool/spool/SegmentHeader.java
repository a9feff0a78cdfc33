package io.duckspool.spool;

/**
 * What sequence 0 of a segment says: the link of the chain, no entry.
 *
 * @param spoolId id of the spool, 32 lower-case hex characters
 * @param runId the receiver run that made the segment, 32 lower-case hex characters
 * @param segment number of this segment
 * @param previousSegment number of the segment before, 0 in the first
 * @param start this segment at sequence 0, with the counters of all before it
 * @param previousEnd where the previous segment ended; in the first segment equal to {@code start}
 * @param createdUnixNanos when it was made, nanoseconds since 1970
 */
public record SegmentHeader(
    String spoolId,
    String runId,
    long segment,
    long previousSegment,
    SpoolPosition start,
    SpoolPosition previousEnd,
    long createdUnixNanos) {

  /** True for the first segment of a spool. */
  public boolean isFirst() {
    return previousSegment == 0;
  }
}
