package io.duckspool.common.otlp;

/**
 * One row of {@code otlp_metrics_histogram}. Flyweight: valid until the visitor's method returns.
 */
public final class HistogramFields extends PointFields {

  long count;
  boolean hasSum;
  double sum;
  boolean hasMin;
  double min;
  boolean hasMax;
  double max;
  final LongList bucketCounts = new LongList();
  final DoubleList explicitBounds = new DoubleList();
  int aggregationTemporality;

  HistogramFields() {}

  /** Column {@code count}; 0 to 2^63-1. */
  public long count() {
    return count;
  }

  /** False: {@code sum} is NULL. */
  public boolean hasSum() {
    return hasSum;
  }

  /** Column {@code sum}; 0 where NULL. */
  public double sum() {
    return sum;
  }

  /** False: {@code min} is NULL. */
  public boolean hasMin() {
    return hasMin;
  }

  /** Column {@code min}; 0 where NULL. */
  public double min() {
    return min;
  }

  /** False: {@code max} is NULL. */
  public boolean hasMax() {
    return hasMax;
  }

  /** Column {@code max}; 0 where NULL. */
  public double max() {
    return max;
  }

  /** Column {@code bucket_counts}; each 0 to 2^63-1, never NULL. */
  public LongList bucketCounts() {
    return bucketCounts;
  }

  /** Column {@code explicit_bounds}; never NULL. */
  public DoubleList explicitBounds() {
    return explicitBounds;
  }

  /** Column {@code aggregation_temporality}; never NULL. */
  public int aggregationTemporality() {
    return aggregationTemporality;
  }
}
