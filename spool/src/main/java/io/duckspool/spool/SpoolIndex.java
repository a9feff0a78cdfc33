package io.duckspool.spool;

/**
 * Where an entry stands in a spool: {@code segment-sequence}, compared as two numbers. Ranges of
 * indices are half-open, {@code [firstIndex, nextIndex)}.
 *
 * @param segment number of the segment, 0 to 2^31-1
 * @param sequence position in the segment, 0 to 2^32-1; 0 is the segment's header entry
 */
public record SpoolIndex(long segment, long sequence) implements Comparable<SpoolIndex> {

  private static final long MAX_SEGMENT = Integer.MAX_VALUE;
  private static final long MAX_SEQUENCE = 0xFFFF_FFFFL;

  public SpoolIndex {
    if (segment < 0 || segment > MAX_SEGMENT) {
      throw new IllegalArgumentException(
          "segment must be in [0, " + MAX_SEGMENT + "], got " + segment);
    }
    if (sequence < 0 || sequence > MAX_SEQUENCE) {
      throw new IllegalArgumentException(
          "sequence must be in [0, " + MAX_SEQUENCE + "], got " + sequence);
    }
  }

  /** The index as the tables hold it: {@code segment << 32 | sequence}. */
  public long toLong() {
    return segment << 32 | sequence;
  }

  /** Reads what {@link #toLong()} wrote. */
  public static SpoolIndex ofLong(long value) {
    return new SpoolIndex(value >>> 32, value & MAX_SEQUENCE);
  }

  /**
   * Reads what {@link #toString()} wrote; {@link IllegalArgumentException} names the text and the
   * form.
   */
  public static SpoolIndex parse(String text) {
    int dash = text.indexOf('-');
    try {
      return new SpoolIndex(
          Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      throw new IllegalArgumentException("not a spool index (segment-sequence): " + text, e);
    }
  }

  @Override
  public int compareTo(SpoolIndex other) {
    int bySegment = Long.compare(segment, other.segment);
    return bySegment != 0 ? bySegment : Long.compare(sequence, other.sequence);
  }

  /** As in JSON: {@code 60000037-99}. */
  @Override
  public String toString() {
    return segment + "-" + sequence;
  }
}
