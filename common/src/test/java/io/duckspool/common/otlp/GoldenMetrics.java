package io.duckspool.common.otlp;

import static io.duckspool.common.otlp.OtlpSamples.attribute;
import static io.duckspool.common.otlp.OtlpSamples.id;
import static io.duckspool.common.otlp.OtlpSamples.number;

import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Exemplar;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import java.util.List;

/** The golden request of metrics, with every kind of data. */
final class GoldenMetrics {

  private static final long TIME = GoldenRequests.TIME;

  private GoldenMetrics() {}

  static Message request() {
    ScopeMetrics.Builder scope =
        ScopeMetrics.newBuilder().setScope(GoldenRequests.fullScope()).setSchemaUrl("s:3");
    scope.addMetrics(gauge());
    scope.addMetrics(sum());
    scope.addMetrics(Metric.newBuilder().setName("no data"));
    scope.addMetrics(Metric.newBuilder().setName("no points").setGauge(Gauge.newBuilder()));
    ScopeMetrics.Builder others = ScopeMetrics.newBuilder();
    others.addMetrics(histogram());
    others.addMetrics(expHistogram());
    others.addMetrics(summary());
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .setResource(GoldenRequests.fullResource())
                .addScopeMetrics(scope)
                .setSchemaUrl("r:3"))
        .addResourceMetrics(ResourceMetrics.newBuilder().addScopeMetrics(others))
        .build();
  }

  private static Metric gauge() {
    return Metric.newBuilder()
        .setName("room.temperature")
        .setDescription("of the \"room\"")
        .setUnit("Cel")
        .addMetadata(attribute("meta", "data"))
        .setGauge(
            Gauge.newBuilder()
                .addDataPoints(
                    NumberDataPoint.newBuilder()
                        .addAllAttributes(GoldenRequests.everyKind())
                        .setStartTimeUnixNano(TIME - 1_000_000_000)
                        .setTimeUnixNano(TIME)
                        .setAsDouble(21.5)
                        .addAllExemplars(exemplars())
                        .setFlags(2))
                .addDataPoints(NumberDataPoint.newBuilder().setAsDouble(Double.NaN))
                .addDataPoints(NumberDataPoint.newBuilder().setAsInt(0))
                .addDataPoints(NumberDataPoint.newBuilder().setFlags(1)))
        .build();
  }

  private static List<Exemplar> exemplars() {
    return List.of(
        Exemplar.newBuilder()
            .addFilteredAttributes(attribute("z", number(1)))
            .addFilteredAttributes(attribute("a", "first"))
            .setTimeUnixNano(TIME + 5)
            .setAsDouble(1.5)
            .setSpanId(id(0x51, 8))
            .setTraceId(id(0x61, 16))
            .build(),
        Exemplar.newBuilder().setAsInt(Long.MIN_VALUE).build(),
        Exemplar.newBuilder().setAsDouble(Double.POSITIVE_INFINITY).build(),
        Exemplar.getDefaultInstance());
  }

  private static Metric sum() {
    return Metric.newBuilder()
        .setName("requests")
        .setUnit("1")
        .setSum(
            Sum.newBuilder()
                .addDataPoints(
                    NumberDataPoint.newBuilder()
                        .setTimeUnixNano(TIME)
                        .setAsInt(Long.MAX_VALUE)
                        .addExemplars(Exemplar.newBuilder().setAsInt(3)))
                .addDataPoints(
                    NumberDataPoint.newBuilder().setAsDouble(Double.NEGATIVE_INFINITY).setFlags(-1))
                .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA)
                .setIsMonotonic(true))
        .build();
  }

  private static Metric histogram() {
    return Metric.newBuilder()
        .setName("latency")
        .setUnit("ms")
        .setHistogram(
            Histogram.newBuilder()
                .addDataPoints(
                    HistogramDataPoint.newBuilder()
                        .addAttributes(attribute("route", "/cart"))
                        .setStartTimeUnixNano(1)
                        .setTimeUnixNano(TIME)
                        .setCount(6)
                        .setSum(61.25)
                        .addAllBucketCounts(List.of(1L, 2L, 3L, Long.MAX_VALUE))
                        .addAllExplicitBounds(List.of(0.5, 10.0, Double.POSITIVE_INFINITY))
                        .addAllExemplars(exemplars())
                        .setFlags(1)
                        .setMin(0.25)
                        .setMax(40))
                .addDataPoints(HistogramDataPoint.getDefaultInstance())
                .setAggregationTemporality(
                    AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE))
        .build();
  }

  private static Metric expHistogram() {
    return Metric.newBuilder()
        .setName("size")
        .setUnit("By")
        .setExponentialHistogram(
            ExponentialHistogram.newBuilder()
                .addDataPoints(
                    ExponentialHistogramDataPoint.newBuilder()
                        .addAttributes(attribute("route", "/cart"))
                        .setStartTimeUnixNano(TIME - 1)
                        .setTimeUnixNano(TIME)
                        .setCount(10)
                        .setSum(-1.5)
                        .setScale(-3)
                        .setZeroCount(2)
                        .setPositive(buckets(-7, List.of(1L, 0L, 300L)))
                        .setNegative(buckets(2, List.of(Long.MAX_VALUE)))
                        .setFlags(1)
                        .addAllExemplars(exemplars())
                        .setMin(-4)
                        .setMax(8)
                        .setZeroThreshold(1e-9))
                .addDataPoints(
                    ExponentialHistogramDataPoint.newBuilder()
                        .setPositive(ExponentialHistogramDataPoint.Buckets.getDefaultInstance()))
                .addDataPoints(ExponentialHistogramDataPoint.getDefaultInstance())
                .setAggregationTemporalityValue(7))
        .build();
  }

  private static ExponentialHistogramDataPoint.Buckets buckets(int offset, List<Long> counts) {
    return ExponentialHistogramDataPoint.Buckets.newBuilder()
        .setOffset(offset)
        .addAllBucketCounts(counts)
        .build();
  }

  private static Metric summary() {
    return Metric.newBuilder()
        .setName("pause")
        .setDescription("of the collector")
        .setSummary(
            Summary.newBuilder()
                .addDataPoints(
                    SummaryDataPoint.newBuilder()
                        .addAttributes(attribute("gc", "young"))
                        .setStartTimeUnixNano(TIME - 7_000)
                        .setTimeUnixNano(TIME)
                        .setCount(9)
                        .setSum(0.75)
                        .addQuantileValues(
                            SummaryDataPoint.ValueAtQuantile.newBuilder()
                                .setQuantile(0.5)
                                .setValue(0.01))
                        .addQuantileValues(
                            SummaryDataPoint.ValueAtQuantile.newBuilder()
                                .setQuantile(1)
                                .setValue(Double.NaN))
                        .setFlags(1))
                .addDataPoints(SummaryDataPoint.getDefaultInstance()))
        .build();
  }
}
