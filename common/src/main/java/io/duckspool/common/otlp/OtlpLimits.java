package io.duckspool.common.otlp;

/**
 * What one export request may become.
 *
 * @param maxNesting messages nested below the request, 1 to 100; protobuf's own limit is 100
 * @param maxRows rows of all tables, &gt; 0
 * @param maxExpandedBytes text that rows repeat (each row counts the text of its resource, its
 *     scope and its metric) plus the fixed text that events, links and exemplars become, &gt; 0
 */
public record OtlpLimits(int maxNesting, long maxRows, long maxExpandedBytes) {

  /** Protobuf's own recursion limit. */
  public static final int MAX_NESTING = 100;

  /** What {@code receiver.max_request_rows} and {@code receiver.max_expanded_bytes} default to. */
  public static final OtlpLimits DEFAULT = new OtlpLimits(MAX_NESTING, 1_000_000, 1L << 30);

  /** For a reader of what was accepted already, perhaps under wider limits than today's. */
  public static final OtlpLimits ACCEPTED =
      new OtlpLimits(MAX_NESTING, Long.MAX_VALUE, Long.MAX_VALUE);

  public OtlpLimits {
    if (maxNesting < 1 || maxNesting > MAX_NESTING) {
      throw new IllegalArgumentException(
          "maxNesting must be in [1, " + MAX_NESTING + "], got " + maxNesting);
    }
    if (maxRows <= 0) {
      throw new IllegalArgumentException("maxRows must be > 0, got " + maxRows);
    }
    if (maxExpandedBytes <= 0) {
      throw new IllegalArgumentException("maxExpandedBytes must be > 0, got " + maxExpandedBytes);
    }
  }
}
