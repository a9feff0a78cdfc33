package io.duckspool.deploy.load;

import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
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

/** One metric with one data point a record; the point carries the stamp as an attribute. */
final class MetricRequests {
  private static final AggregationTemporality DELTA =
      AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA;
  private static final List<LoadSignal> KINDS =
      List.of(
          LoadSignal.GAUGE,
          LoadSignal.SUM,
          LoadSignal.HISTOGRAM,
          LoadSignal.EXPONENTIAL_HISTOGRAM,
          LoadSignal.SUMMARY);

  private MetricRequests() {}

  /** Points of one kind, or with {@link LoadSignal#METRICS} of the five in turn. */
  static Message of(LoadSignal kind, Stamp stamp, int records) {
    var request = ExportMetricsServiceRequest.newBuilder();
    var resourceMetrics = request.addResourceMetricsBuilder().setResource(Parts.resource());
    var scopeMetrics = resourceMetrics.addScopeMetricsBuilder().setScope(Parts.scope());
    for (int k = 0; k < records; k++) {
      LoadSignal one = kind == LoadSignal.METRICS ? KINDS.get(k % KINDS.size()) : kind;
      scopeMetrics.addMetrics(metric(one, k, Parts.stamp(stamp, k)));
    }
    return request.build();
  }

  private static Metric metric(LoadSignal kind, int k, KeyValue stamp) {
    Metric.Builder metric = Metric.newBuilder().setName("load." + kind.text()).setUnit("1");
    return switch (kind) {
      case GAUGE -> metric.setGauge(Gauge.newBuilder().addDataPoints(number(k, stamp))).build();
      case SUM ->
          metric
              .setSum(
                  Sum.newBuilder()
                      .setAggregationTemporality(DELTA)
                      .setIsMonotonic(true)
                      .addDataPoints(number(k, stamp)))
              .build();
      case HISTOGRAM ->
          metric
              .setHistogram(
                  Histogram.newBuilder()
                      .setAggregationTemporality(DELTA)
                      .addDataPoints(histogramPoint(stamp)))
              .build();
      case EXPONENTIAL_HISTOGRAM ->
          metric
              .setExponentialHistogram(
                  ExponentialHistogram.newBuilder()
                      .setAggregationTemporality(DELTA)
                      .addDataPoints(exponentialPoint(stamp)))
              .build();
      case SUMMARY ->
          metric.setSummary(Summary.newBuilder().addDataPoints(summaryPoint(stamp))).build();
      case LOGS, TRACES, METRICS ->
          throw new IllegalArgumentException("not a kind of metric: " + kind);
    };
  }

  private static NumberDataPoint number(int k, KeyValue stamp) {
    return NumberDataPoint.newBuilder()
        .setTimeUnixNano(Parts.UNIX_NANOS)
        .addAttributes(stamp)
        .setAsInt(k)
        .build();
  }

  private static HistogramDataPoint histogramPoint(KeyValue stamp) {
    return HistogramDataPoint.newBuilder()
        .setTimeUnixNano(Parts.UNIX_NANOS)
        .addAttributes(stamp)
        .setCount(3)
        .setSum(4.5)
        .addBucketCounts(1)
        .addBucketCounts(2)
        .addExplicitBounds(1.5)
        .build();
  }

  private static ExponentialHistogramDataPoint exponentialPoint(KeyValue stamp) {
    return ExponentialHistogramDataPoint.newBuilder()
        .setTimeUnixNano(Parts.UNIX_NANOS)
        .addAttributes(stamp)
        .setCount(5)
        .setSum(7.5)
        .setScale(3)
        .setZeroCount(2)
        .setPositive(
            ExponentialHistogramDataPoint.Buckets.newBuilder()
                .setOffset(1)
                .addBucketCounts(1)
                .addBucketCounts(2))
        .build();
  }

  private static SummaryDataPoint summaryPoint(KeyValue stamp) {
    return SummaryDataPoint.newBuilder()
        .setTimeUnixNano(Parts.UNIX_NANOS)
        .addAttributes(stamp)
        .setCount(2)
        .setSum(3)
        .addQuantileValues(
            SummaryDataPoint.ValueAtQuantile.newBuilder().setQuantile(0.5).setValue(1.5))
        .build();
  }
}
