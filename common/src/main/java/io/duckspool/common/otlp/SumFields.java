package io.duckspool.common.otlp;

/** One row of {@code otlp_metrics_sum}. Flyweight: valid until the visitor's method returns. */
public final class SumFields extends NumberFields {

  int aggregationTemporality;
  boolean isMonotonic;

  SumFields() {}

  /** Column {@code aggregation_temporality}; never NULL. */
  public int aggregationTemporality() {
    return aggregationTemporality;
  }

  /** Column {@code is_monotonic}; never NULL. */
  public boolean isMonotonic() {
    return isMonotonic;
  }
}
