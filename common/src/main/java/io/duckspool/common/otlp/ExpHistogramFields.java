package io.duckspool.common.otlp;

/**
 * One row of {@code otlp_metrics_exp_histogram}. Flyweight: valid until the visitor's method
 * returns.
 */
public final class ExpHistogramFields extends PointFields {

  long count;
  boolean hasSum;
  double sum;
  boolean hasMin;
  double min;
  boolean hasMax;
  double max;
  int scale;
  long zeroCount;
  double zeroThreshold;
  boolean hasPositive;
  int positiveOffset;
  final LongList positiveBucketCounts = new LongList();
  boolean hasNegative;
  int negativeOffset;
  final LongList negativeBucketCounts = new LongList();
  int aggregationTemporality;

  ExpHistogramFields() {}

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

  /** Column {@code scale}; never NULL. */
  public int scale() {
    return scale;
  }

  /** Column {@code zero_count}; 0 to 2^63-1. */
  public long zeroCount() {
    return zeroCount;
  }

  /** Column {@code zero_threshold}; never NULL. */
  public double zeroThreshold() {
    return zeroThreshold;
  }

  /** False: {@code positive_offset} and {@code positive_bucket_counts} are NULL. */
  public boolean hasPositive() {
    return hasPositive;
  }

  /** Column {@code positive_offset}; 0 where NULL. */
  public int positiveOffset() {
    return positiveOffset;
  }

  /** Column {@code positive_bucket_counts}; each 0 to 2^63-1. */
  public LongList positiveBucketCounts() {
    return positiveBucketCounts;
  }

  /** False: {@code negative_offset} and {@code negative_bucket_counts} are NULL. */
  public boolean hasNegative() {
    return hasNegative;
  }

  /** Column {@code negative_offset}; 0 where NULL. */
  public int negativeOffset() {
    return negativeOffset;
  }

  /** Column {@code negative_bucket_counts}; each 0 to 2^63-1. */
  public LongList negativeBucketCounts() {
    return negativeBucketCounts;
  }

  /** Column {@code aggregation_temporality}; never NULL. */
  public int aggregationTemporality() {
    return aggregationTemporality;
  }
}
