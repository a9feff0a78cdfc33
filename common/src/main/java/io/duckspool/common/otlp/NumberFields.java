package io.duckspool.common.otlp;

/**
 * What a row of {@code otlp_metrics_gauge} and of {@code otlp_metrics_sum} share. At most one value
 * is present.
 */
public abstract sealed class NumberFields extends PointFields permits GaugeFields, SumFields {

  boolean hasIntValue;
  long intValue;
  boolean hasDoubleValue;
  double doubleValue;

  NumberFields() {}

  /** False: {@code int_value} is NULL. */
  public boolean hasIntValue() {
    return hasIntValue;
  }

  /** Column {@code int_value}; 0 where NULL. */
  public long intValue() {
    return intValue;
  }

  /** False: {@code double_value} is NULL. */
  public boolean hasDoubleValue() {
    return hasDoubleValue;
  }

  /** Column {@code double_value}; NaN and infinities are kept; 0 where NULL. */
  public double doubleValue() {
    return doubleValue;
  }
}
