package io.duckspool.spool;

/**
 * A place between two entries of a spool and what lies before it: the common currency of head,
 * durable mark, committed checkpoint and ledger. The counters run over the whole life of the spool,
 * across segments and restarts, so the difference of two positions is the exact number of entries,
 * rows and payload bytes between them.
 *
 * @param next index of the entry that comes next
 * @param entries entries before {@code next}
 * @param rows rows of those entries
 * @param bytes payload bytes of those entries, as received
 */
public record SpoolPosition(SpoolIndex next, long entries, long rows, long bytes)
    implements Comparable<SpoolPosition> {

  public SpoolPosition {
    requireNotNegative("entries", entries);
    requireNotNegative("rows", rows);
    requireNotNegative("bytes", bytes);
  }

  /** The start of a spool whose first segment has this number: sequence 0, counters 0. */
  public static SpoolPosition startOf(long firstSegment) {
    return new SpoolPosition(new SpoolIndex(firstSegment, 0), 0, 0, 0);
  }

  /** The same counters at another index, as where one segment ends and the next begins. */
  public SpoolPosition at(SpoolIndex otherNext) {
    return new SpoolPosition(otherNext, entries, rows, bytes);
  }

  /** True when the counters are equal, wherever the indices stand. */
  public boolean hasCountersOf(SpoolPosition other) {
    return entries == other.entries && rows == other.rows && bytes == other.bytes;
  }

  /** Ordered by index. */
  @Override
  public int compareTo(SpoolPosition other) {
    return next.compareTo(other.next);
  }

  private static void requireNotNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " must be >= 0, got " + value);
    }
  }
}
