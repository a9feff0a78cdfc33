package io.duckspool.common.otlp;

/** One row of {@code otlp_metrics_gauge}. Flyweight: valid until the visitor's method returns. */
public final class GaugeFields extends NumberFields {

  GaugeFields() {}
}
