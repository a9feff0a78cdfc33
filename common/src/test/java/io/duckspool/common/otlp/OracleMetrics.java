package io.duckspool.common.otlp;

import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Exemplar;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.ArrayList;
import java.util.List;

/** Rows of metrics by way of the generated classes. */
final class OracleMetrics {

  private final Resource resource;
  private final InstrumentationScope scope;

  OracleMetrics(Resource resource, InstrumentationScope scope) {
    this.resource = resource;
    this.scope = scope;
  }

  List<OtlpRow> rows(Metric metric) {
    return switch (metric.getDataCase()) {
      case GAUGE ->
          metric.getGauge().getDataPointsList().stream()
              .map(point -> number(OtlpTable.METRICS_GAUGE, metric, point))
              .toList();
      case SUM ->
          metric.getSum().getDataPointsList().stream()
              .map(
                  point ->
                      number(OtlpTable.METRICS_SUM, metric, point)
                          .with(
                              "aggregation_temporality",
                              metric.getSum().getAggregationTemporalityValue())
                          .with("is_monotonic", metric.getSum().getIsMonotonic()))
              .toList();
      case HISTOGRAM ->
          metric.getHistogram().getDataPointsList().stream()
              .map(point -> histogram(metric, point))
              .toList();
      case EXPONENTIAL_HISTOGRAM ->
          metric.getExponentialHistogram().getDataPointsList().stream()
              .map(point -> expHistogram(metric, point))
              .toList();
      case SUMMARY ->
          metric.getSummary().getDataPointsList().stream()
              .map(point -> summary(metric, point))
              .toList();
      case DATA_NOT_SET -> List.of();
    };
  }

  private OtlpRow number(OtlpTable table, Metric metric, NumberDataPoint point) {
    OtlpRow row =
        begin(table, metric, point.getTimeUnixNano(), point.getStartTimeUnixNano())
            .with("int_value", point.hasAsInt() ? point.getAsInt() : null)
            .with("double_value", point.hasAsDouble() ? point.getAsDouble() : null);
    return end(row, point.getAttributesList(), point.getFlags())
        .with("exemplars_json", exemplars(point.getExemplarsList()));
  }

  private OtlpRow histogram(Metric metric, HistogramDataPoint point) {
    point.getBucketCountsList().forEach(OtlpOracle::count);
    OtlpRow row =
        begin(
                OtlpTable.METRICS_HISTOGRAM,
                metric,
                point.getTimeUnixNano(),
                point.getStartTimeUnixNano())
            .with("count", OtlpOracle.count(point.getCount()))
            .with("sum", point.hasSum() ? point.getSum() : null)
            .with("min", point.hasMin() ? point.getMin() : null)
            .with("max", point.hasMax() ? point.getMax() : null)
            .with("bucket_counts", new ArrayList<>(point.getBucketCountsList()))
            .with("explicit_bounds", new ArrayList<>(point.getExplicitBoundsList()));
    return end(row, point.getAttributesList(), point.getFlags())
        .with("exemplars_json", exemplars(point.getExemplarsList()))
        .with("aggregation_temporality", metric.getHistogram().getAggregationTemporalityValue());
  }

  private OtlpRow expHistogram(Metric metric, ExponentialHistogramDataPoint point) {
    point.getPositive().getBucketCountsList().forEach(OtlpOracle::count);
    point.getNegative().getBucketCountsList().forEach(OtlpOracle::count);
    OtlpRow row =
        begin(
                OtlpTable.METRICS_EXP_HISTOGRAM,
                metric,
                point.getTimeUnixNano(),
                point.getStartTimeUnixNano())
            .with("count", OtlpOracle.count(point.getCount()))
            .with("sum", point.hasSum() ? point.getSum() : null)
            .with("min", point.hasMin() ? point.getMin() : null)
            .with("max", point.hasMax() ? point.getMax() : null)
            .with("scale", point.getScale())
            .with("zero_count", OtlpOracle.count(point.getZeroCount()))
            .with("zero_threshold", point.getZeroThreshold())
            .with("positive_offset", point.hasPositive() ? point.getPositive().getOffset() : null)
            .with(
                "positive_bucket_counts",
                point.hasPositive()
                    ? new ArrayList<>(point.getPositive().getBucketCountsList())
                    : null)
            .with("negative_offset", point.hasNegative() ? point.getNegative().getOffset() : null)
            .with(
                "negative_bucket_counts",
                point.hasNegative()
                    ? new ArrayList<>(point.getNegative().getBucketCountsList())
                    : null);
    return end(row, point.getAttributesList(), point.getFlags())
        .with("exemplars_json", exemplars(point.getExemplarsList()))
        .with(
            "aggregation_temporality",
            metric.getExponentialHistogram().getAggregationTemporalityValue());
  }

  private OtlpRow summary(Metric metric, SummaryDataPoint point) {
    List<Double> quantiles = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (SummaryDataPoint.ValueAtQuantile quantile : point.getQuantileValuesList()) {
      quantiles.add(quantile.getQuantile());
      values.add(quantile.getValue());
    }
    OtlpRow row =
        begin(
                OtlpTable.METRICS_SUMMARY,
                metric,
                point.getTimeUnixNano(),
                point.getStartTimeUnixNano())
            .with("count", OtlpOracle.count(point.getCount()))
            .with("sum", point.getSum())
            .with("quantiles", quantiles)
            .with("quantile_values", values);
    return end(row, point.getAttributesList(), point.getFlags());
  }

  private static OtlpRow begin(OtlpTable table, Metric metric, long time, long startTime) {
    return OtlpRow.of(table)
        .with("time_unix_nano", OtlpOracle.time(time))
        .with("start_time_unix_nano", OtlpOracle.timeOrNull(startTime))
        .with("name", metric.getName())
        .with("description", metric.getDescription())
        .with("unit", metric.getUnit());
  }

  private OtlpRow end(OtlpRow row, List<KeyValue> attributes, int flags) {
    OtlpOracle.service(row, resource);
    OtlpOracle.shared(row, resource, scope);
    return row.with("metric_attributes", OtlpOracle.attributes(attributes)).with("flags", flags);
  }

  private static String exemplars(List<Exemplar> exemplars) {
    List<String> elements = new ArrayList<>();
    for (Exemplar exemplar : exemplars) {
      String value =
          switch (exemplar.getValueCase()) {
            case AS_INT -> String.valueOf(exemplar.getAsInt());
            case AS_DOUBLE -> OracleJson.number(exemplar.getAsDouble());
            case VALUE_NOT_SET -> "";
          };
      OtlpOracle.time(exemplar.getTimeUnixNano());
      elements.add(
          "{\"filtered_attributes\":"
              + OracleJson.object(exemplar.getFilteredAttributesList())
              + ",\"span_id\":\""
              + OtlpOracle.idOrEmpty(exemplar.getSpanId(), 8)
              + "\",\"time_unix_nano\":"
              + exemplar.getTimeUnixNano()
              + ",\"trace_id\":\""
              + OtlpOracle.idOrEmpty(exemplar.getTraceId(), 16)
              + "\""
              + (value.isEmpty() ? "" : ",\"value\":" + value)
              + "}");
    }
    return OtlpOracle.array(elements);
  }
}
