package io.duckspool.common.otlp;

/** One row of {@code otlp_metrics_summary}. Flyweight: valid until the visitor's method returns. */
public final class SummaryFields extends PointFields {

  long count;
  double sum;
  final DoubleList quantiles = new DoubleList();
  final DoubleList quantileValues = new DoubleList();

  SummaryFields() {}

  /** Column {@code count}; 0 to 2^63-1. */
  public long count() {
    return count;
  }

  /** Column {@code sum}; never NULL. */
  public double sum() {
    return sum;
  }

  /** Column {@code quantiles}; never NULL. */
  public DoubleList quantiles() {
    return quantiles;
  }

  /** Column {@code quantile_values}; as long as {@link #quantiles()}. */
  public DoubleList quantileValues() {
    return quantileValues;
  }
}
