package io.duckspool.common.otlp;

import java.util.ArrayList;
import java.util.List;

/** Copies every row it visits. */
public final class RowCollector implements OtlpVisitor {

  private final List<OtlpRow> rows = new ArrayList<>();

  /** The rows so far, in the order of the visit. */
  public List<OtlpRow> rows() {
    return rows;
  }

  /** The rows of one request that has to be valid. */
  public static List<OtlpRow> rowsOf(Signal signal, PayloadFormat format, byte[] bytes)
      throws MalformedOtlpException, OtlpTooLargeException {
    RowCollector collector = new RowCollector();
    new OtlpParser(OtlpLimits.DEFAULT).parse(signal, format, bytes, 0, bytes.length, collector);
    return collector.rows();
  }

  @Override
  public void onLog(ResourceFields resource, ScopeFields scope, LogFields log) {
    OtlpRow row =
        add(OtlpTable.LOGS)
            .with("time_unix_nano", log.hasTime() ? log.timeMicros() : null)
            .with(
                "observed_time_unix_nano", log.hasObservedTime() ? log.observedTimeMicros() : null)
            .with("trace_id", text(log.traceId()))
            .with("span_id", text(log.spanId()));
    addService(row, resource)
        .with("severity_number", log.severityNumber() == 0 ? null : log.severityNumber())
        .with("severity_text", text(log.severityText()))
        .with("event_name", text(log.eventName()))
        .with("body", text(log.body()));
    addShared(row, resource, scope)
        .with("log_attributes", text(log.attributes()))
        .with("dropped_attributes_count", log.droppedAttributesCount())
        .with("flags", log.flags());
  }

  @Override
  public void onSpan(ResourceFields resource, ScopeFields scope, SpanFields span) {
    OtlpRow row =
        add(OtlpTable.TRACES)
            .with("start_time_unix_nano", span.startTimeMicros())
            .with("duration_time_unix_nano", span.durationNanos())
            .with("trace_id", text(span.traceId()))
            .with("span_id", text(span.spanId()))
            .with("parent_span_id", text(span.parentSpanId()))
            .with("trace_state", text(span.traceState()));
    addService(row, resource)
        .with("name", text(span.name()))
        .with("kind", span.kind() == 0 ? null : span.kind())
        .with("status_code", span.hasStatus() ? span.statusCode() : null)
        .with("status_status_message", text(span.statusMessage()));
    addShared(row, resource, scope)
        .with("span_attributes", text(span.attributes()))
        .with("events_json", text(span.eventsJson()))
        .with("links_json", text(span.linksJson()))
        .with("dropped_attributes_count", span.droppedAttributesCount())
        .with("dropped_events_count", span.droppedEventsCount())
        .with("dropped_links_count", span.droppedLinksCount())
        .with("flags", span.flags());
  }

  @Override
  public void onGauge(ResourceFields resource, ScopeFields scope, GaugeFields point) {
    addNumber(OtlpTable.METRICS_GAUGE, resource, scope, point);
  }

  @Override
  public void onSum(ResourceFields resource, ScopeFields scope, SumFields point) {
    addNumber(OtlpTable.METRICS_SUM, resource, scope, point)
        .with("aggregation_temporality", point.aggregationTemporality())
        .with("is_monotonic", point.isMonotonic());
  }

  private OtlpRow addNumber(
      OtlpTable table, ResourceFields resource, ScopeFields scope, NumberFields point) {
    OtlpRow row =
        addPoint(table, point)
            .with("int_value", point.hasIntValue() ? point.intValue() : null)
            .with("double_value", point.hasDoubleValue() ? point.doubleValue() : null);
    return addPointEnd(row, resource, scope, point)
        .with("exemplars_json", text(point.exemplarsJson()));
  }

  @Override
  public void onHistogram(ResourceFields resource, ScopeFields scope, HistogramFields point) {
    OtlpRow row =
        addPoint(OtlpTable.METRICS_HISTOGRAM, point)
            .with("count", point.count())
            .with("sum", point.hasSum() ? point.sum() : null)
            .with("min", point.hasMin() ? point.min() : null)
            .with("max", point.hasMax() ? point.max() : null)
            .with("bucket_counts", list(point.bucketCounts()))
            .with("explicit_bounds", list(point.explicitBounds()));
    addPointEnd(row, resource, scope, point)
        .with("exemplars_json", text(point.exemplarsJson()))
        .with("aggregation_temporality", point.aggregationTemporality());
  }

  @Override
  public void onExpHistogram(ResourceFields resource, ScopeFields scope, ExpHistogramFields point) {
    OtlpRow row =
        addPoint(OtlpTable.METRICS_EXP_HISTOGRAM, point)
            .with("count", point.count())
            .with("sum", point.hasSum() ? point.sum() : null)
            .with("min", point.hasMin() ? point.min() : null)
            .with("max", point.hasMax() ? point.max() : null)
            .with("scale", point.scale())
            .with("zero_count", point.zeroCount())
            .with("zero_threshold", point.zeroThreshold())
            .with("positive_offset", point.hasPositive() ? point.positiveOffset() : null)
            .with(
                "positive_bucket_counts",
                point.hasPositive() ? list(point.positiveBucketCounts()) : null)
            .with("negative_offset", point.hasNegative() ? point.negativeOffset() : null)
            .with(
                "negative_bucket_counts",
                point.hasNegative() ? list(point.negativeBucketCounts()) : null);
    addPointEnd(row, resource, scope, point)
        .with("exemplars_json", text(point.exemplarsJson()))
        .with("aggregation_temporality", point.aggregationTemporality());
  }

  @Override
  public void onSummary(ResourceFields resource, ScopeFields scope, SummaryFields point) {
    OtlpRow row =
        addPoint(OtlpTable.METRICS_SUMMARY, point)
            .with("count", point.count())
            .with("sum", point.sum())
            .with("quantiles", list(point.quantiles()))
            .with("quantile_values", list(point.quantileValues()));
    addPointEnd(row, resource, scope, point);
  }

  private OtlpRow addPoint(OtlpTable table, PointFields point) {
    return add(table)
        .with("time_unix_nano", point.timeMicros())
        .with("start_time_unix_nano", point.hasStartTime() ? point.startTimeMicros() : null)
        .with("name", text(point.name()))
        .with("description", text(point.description()))
        .with("unit", text(point.unit()));
  }

  private static OtlpRow addPointEnd(
      OtlpRow row, ResourceFields resource, ScopeFields scope, PointFields point) {
    addService(row, resource);
    return addShared(row, resource, scope)
        .with("metric_attributes", text(point.attributes()))
        .with("flags", point.flags());
  }

  private OtlpRow add(OtlpTable table) {
    OtlpRow row = OtlpRow.of(table);
    rows.add(row);
    return row;
  }

  private static OtlpRow addService(OtlpRow row, ResourceFields resource) {
    return row.with("service_name", text(resource.serviceName()))
        .with("service_namespace", text(resource.serviceNamespace()))
        .with("service_instance_id", text(resource.serviceInstanceId()));
  }

  private static OtlpRow addShared(OtlpRow row, ResourceFields resource, ScopeFields scope) {
    return row.with("resource_attributes", text(resource.attributes()))
        .with("scope_name", text(scope.name()))
        .with("scope_version", text(scope.version()))
        .with("scope_attributes", text(scope.attributes()));
  }

  private static String text(Utf8Slice slice) {
    return slice.isNull() ? null : slice.text();
  }

  private static List<Long> list(LongList list) {
    List<Long> copy = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      copy.add(list.get(i));
    }
    return copy;
  }

  private static List<Double> list(DoubleList list) {
    List<Double> copy = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      copy.add(list.get(i));
    }
    return copy;
  }
}
