package io.duckspool.deploy.targets;

import io.duckspool.deploy.targets.ItemParts.Fill;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Exemplar;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import java.util.List;

/** Metrics of the five kinds in turn, with one point each, which carries the stamp. */
final class MetricItems {
  /** How many kinds there are. */
  static final int KINDS = 5;

  private static final int NO_RECORDED_VALUE = 1;

  private MetricItems() {}

  static Metric metric(int number) {
    Fill fill = Fill.of(number);
    Metric.Builder metric = Metric.newBuilder().setName("items." + number % KINDS);
    if (fill != Fill.EMPTY) {
      metric.setDescription("what items do").setUnit("{item}");
    }
    AggregationTemporality temporality =
        fill == Fill.FULL
            ? AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
            : AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA;
    switch (number % KINDS) {
      case 0 -> metric.setGauge(Gauge.newBuilder().addDataPoints(number(number, fill)));
      case 1 ->
          metric.setSum(
              Sum.newBuilder()
                  .setAggregationTemporality(temporality)
                  .setIsMonotonic(fill == Fill.FULL)
                  .addDataPoints(number(number, fill)));
      case 2 ->
          metric.setHistogram(
              Histogram.newBuilder()
                  .setAggregationTemporality(temporality)
                  .addDataPoints(histogram(number, fill)));
      case 3 ->
          metric.setExponentialHistogram(
              ExponentialHistogram.newBuilder()
                  .setAggregationTemporality(temporality)
                  .addDataPoints(exponential(number, fill)));
      default -> metric.setSummary(Summary.newBuilder().addDataPoints(summary(number, fill)));
    }
    return metric.build();
  }

  private static NumberDataPoint number(int number, Fill fill) {
    NumberDataPoint.Builder point =
        NumberDataPoint.newBuilder()
            .setTimeUnixNano(ItemParts.unixNanos(number))
            .addAllAttributes(ItemParts.attributes(number));
    switch (fill) {
      case FULL ->
          point
              .setStartTimeUnixNano(ItemParts.unixNanos(number) - 1_000)
              .setAsInt(Long.MIN_VALUE + number)
              .addExemplars(exemplar(number));
      case EMPTY -> point.setFlags(NO_RECORDED_VALUE);
      case ODD ->
          point.setAsDouble(
              List.of(Double.NaN, Double.NEGATIVE_INFINITY, -0.0, Double.MIN_VALUE)
                  .get(number % 4));
    }
    return point.build();
  }

  private static HistogramDataPoint histogram(int number, Fill fill) {
    HistogramDataPoint.Builder point =
        HistogramDataPoint.newBuilder()
            .setTimeUnixNano(ItemParts.unixNanos(number))
            .addAllAttributes(ItemParts.attributes(number))
            .setCount(number);
    if (fill != Fill.EMPTY) {
      point
          .setStartTimeUnixNano(ItemParts.unixNanos(number) - 1_000)
          .setSum(fill == Fill.ODD ? Double.POSITIVE_INFINITY : number / 3.0)
          .setMin(-1.5)
          .setMax(number)
          .addAllBucketCounts(List.of(1L, Long.MAX_VALUE, 0L))
          .addAllExplicitBounds(List.of(0.5, 2.25))
          .addExemplars(exemplar(number));
    }
    return point.build();
  }

  private static ExponentialHistogramDataPoint exponential(int number, Fill fill) {
    ExponentialHistogramDataPoint.Builder point =
        ExponentialHistogramDataPoint.newBuilder()
            .setTimeUnixNano(ItemParts.unixNanos(number))
            .addAllAttributes(ItemParts.attributes(number))
            .setCount(number);
    if (fill != Fill.EMPTY) {
      point
          .setStartTimeUnixNano(ItemParts.unixNanos(number) - 1_000)
          .setSum(7.5)
          .setMin(-2)
          .setMax(number)
          .setScale(-3)
          .setZeroCount(2)
          .setZeroThreshold(1e-9)
          .setPositive(buckets(1, List.of(1L, 2L)));
    }
    if (fill == Fill.ODD) {
      point.setNegative(buckets(-5, List.of())).addExemplars(exemplar(number));
    }
    return point.build();
  }

  private static ExponentialHistogramDataPoint.Buckets buckets(int offset, List<Long> counts) {
    return ExponentialHistogramDataPoint.Buckets.newBuilder()
        .setOffset(offset)
        .addAllBucketCounts(counts)
        .build();
  }

  private static SummaryDataPoint summary(int number, Fill fill) {
    SummaryDataPoint.Builder point =
        SummaryDataPoint.newBuilder()
            .setTimeUnixNano(ItemParts.unixNanos(number))
            .addAllAttributes(ItemParts.attributes(number))
            .setCount(number)
            .setSum(number * 1.5);
    for (double quantile : fill == Fill.EMPTY ? new double[0] : new double[] {0, 0.5, 1}) {
      point.addQuantileValues(
          SummaryDataPoint.ValueAtQuantile.newBuilder()
              .setQuantile(quantile)
              .setValue(fill == Fill.ODD ? Double.NaN : number * quantile));
    }
    return point.build();
  }

  private static Exemplar exemplar(int number) {
    return Exemplar.newBuilder()
        .setTimeUnixNano(ItemParts.unixNanos(number))
        .setTraceId(ItemParts.id(number, 16))
        .setSpanId(ItemParts.id(number, 8))
        .setAsDouble(number / 9.0)
        .addAllFilteredAttributes(ItemParts.plainAttributes(number))
        .build();
  }
}
