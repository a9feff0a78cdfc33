package io.duckspool.deploy.e2e;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.DoubleExemplarData;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.ExemplarData;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramPointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongExemplarData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.metrics.data.SumData;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the tables must hold of what an SDK handed to its exporters. */
final class SdkRows {
  private static final int HAS_IS_REMOTE = 0x100;
  private static final int IS_REMOTE = 0x200;

  private final Rows rows = new Rows();

  Rows rows() {
    return rows;
  }

  void addLog(LogRecordData log) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("time_unix_nano", time(log.getTimestampEpochNanos()));
    row.put("observed_time_unix_nano", time(log.getObservedTimestampEpochNanos()));
    SpanContext context = log.getSpanContext();
    row.put("trace_id", context.isValid() ? context.getTraceId() : null);
    row.put("span_id", context.isValid() ? context.getSpanId() : null);
    resource(row, log.getResource());
    int severity = log.getSeverity().getSeverityNumber();
    row.put("severity_number", severity == 0 ? null : severity);
    row.put("severity_text", text(log.getSeverityText()));
    row.put("event_name", text(log.getEventName()));
    var body = log.getBodyValue();
    row.put("body", body == null ? null : text(body.asString()));
    scope(row, log.getResource(), log.getInstrumentationScopeInfo());
    row.put("log_attributes", SdkJson.column(log.getAttributes()));
    row.put("dropped_attributes_count", log.getTotalAttributeCount() - log.getAttributes().size());
    row.put("flags", (int) context.getTraceFlags().asByte());
    rows.add("otlp_logs", row);
  }

  void addSpan(SpanData span) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("start_time_unix_nano", time(span.getStartEpochNanos()));
    row.put("duration_time_unix_nano", span.getEndEpochNanos() - span.getStartEpochNanos());
    row.put("trace_id", span.getTraceId());
    row.put("span_id", span.getSpanId());
    SpanContext parent = span.getParentSpanContext();
    row.put("parent_span_id", parent.isValid() ? parent.getSpanId() : null);
    row.put("trace_state", traceState(span.getSpanContext()));
    resource(row, span.getResource());
    row.put("name", span.getName());
    row.put("kind", span.getKind().ordinal() + 1);
    StatusCode status = span.getStatus().getStatusCode();
    row.put("status_code", status == StatusCode.ERROR ? 2 : status == StatusCode.OK ? 1 : 0);
    row.put("status_status_message", text(span.getStatus().getDescription()));
    scope(row, span.getResource(), span.getInstrumentationScopeInfo());
    row.put("span_attributes", SdkJson.column(span.getAttributes()));
    row.put("events_json", list(span.getEvents().stream().map(SdkRows::event).toList()));
    row.put("links_json", list(span.getLinks().stream().map(SdkRows::link).toList()));
    row.put(
        "dropped_attributes_count", span.getTotalAttributeCount() - span.getAttributes().size());
    row.put("dropped_events_count", span.getTotalRecordedEvents() - span.getEvents().size());
    row.put("dropped_links_count", span.getTotalRecordedLinks() - span.getLinks().size());
    row.put("flags", flags(span.getSpanContext(), parent));
    rows.add("otlp_traces", row);
  }

  void addMetric(MetricData metric) {
    switch (metric.getType()) {
      case LONG_GAUGE ->
          metric.getLongGaugeData().getPoints().forEach(p -> number(metric, p, null));
      case DOUBLE_GAUGE ->
          metric.getDoubleGaugeData().getPoints().forEach(p -> number(metric, p, null));
      case LONG_SUM ->
          metric
              .getLongSumData()
              .getPoints()
              .forEach(p -> number(metric, p, metric.getLongSumData()));
      case DOUBLE_SUM ->
          metric
              .getDoubleSumData()
              .getPoints()
              .forEach(p -> number(metric, p, metric.getDoubleSumData()));
      case HISTOGRAM ->
          metric
              .getHistogramData()
              .getPoints()
              .forEach(
                  p -> histogram(metric, p, metric.getHistogramData().getAggregationTemporality()));
      case EXPONENTIAL_HISTOGRAM ->
          metric
              .getExponentialHistogramData()
              .getPoints()
              .forEach(
                  p ->
                      exponential(
                          metric,
                          p,
                          metric.getExponentialHistogramData().getAggregationTemporality()));
      case SUMMARY -> throw new AssertionError("the SDK makes no summaries");
    }
  }

  private void number(MetricData metric, PointData point, @Nullable SumData<?> sum) {
    Map<String, @Nullable Object> row = begin(metric, point);
    row.put("int_value", point instanceof LongPointData p ? p.getValue() : null);
    row.put("double_value", point instanceof DoublePointData p ? p.getValue() : null);
    end(row, metric, point);
    if (sum == null) {
      rows.add("otlp_metrics_gauge", row);
      return;
    }
    row.put("aggregation_temporality", code(sum.getAggregationTemporality()));
    row.put("is_monotonic", sum.isMonotonic());
    rows.add("otlp_metrics_sum", row);
  }

  private void histogram(
      MetricData metric, HistogramPointData point, AggregationTemporality temporality) {
    Map<String, @Nullable Object> row = begin(metric, point);
    row.put("count", point.getCount());
    row.put("sum", point.getSum());
    row.put("min", point.hasMin() ? point.getMin() : null);
    row.put("max", point.hasMax() ? point.getMax() : null);
    row.put("bucket_counts", point.getCounts());
    row.put("explicit_bounds", point.getBoundaries());
    end(row, metric, point);
    row.put("aggregation_temporality", code(temporality));
    rows.add("otlp_metrics_histogram", row);
  }

  private void exponential(
      MetricData metric, ExponentialHistogramPointData point, AggregationTemporality temporality) {
    Map<String, @Nullable Object> row = begin(metric, point);
    row.put("count", point.getCount());
    row.put("sum", point.getSum());
    row.put("min", point.hasMin() ? point.getMin() : null);
    row.put("max", point.hasMax() ? point.getMax() : null);
    row.put("scale", point.getScale());
    row.put("zero_count", point.getZeroCount());
    row.put("zero_threshold", 0.0);
    row.put("positive_offset", point.getPositiveBuckets().getOffset());
    row.put("positive_bucket_counts", point.getPositiveBuckets().getBucketCounts());
    row.put("negative_offset", point.getNegativeBuckets().getOffset());
    row.put("negative_bucket_counts", point.getNegativeBuckets().getBucketCounts());
    end(row, metric, point);
    row.put("aggregation_temporality", code(temporality));
    rows.add("otlp_metrics_exp_histogram", row);
  }

  private static Map<String, @Nullable Object> begin(MetricData metric, PointData point) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("time_unix_nano", time(point.getEpochNanos()));
    row.put("start_time_unix_nano", time(point.getStartEpochNanos()));
    row.put("name", metric.getName());
    row.put("description", metric.getDescription());
    row.put("unit", metric.getUnit());
    return row;
  }

  private static void end(Map<String, @Nullable Object> row, MetricData metric, PointData point) {
    resource(row, metric.getResource());
    scope(row, metric.getResource(), metric.getInstrumentationScopeInfo());
    row.put("metric_attributes", SdkJson.column(point.getAttributes()));
    row.put("flags", 0);
    row.put("exemplars_json", list(point.getExemplars().stream().map(SdkRows::exemplar).toList()));
  }

  private static void resource(Map<String, @Nullable Object> row, Resource resource) {
    for (String name : List.of("name", "namespace", "instance_id")) {
      AttributeKey<String> key = AttributeKey.stringKey("service." + name.replace('_', '.'));
      row.put("service_" + name, resource.getAttribute(key));
    }
  }

  private static void scope(
      Map<String, @Nullable Object> row, Resource resource, InstrumentationScopeInfo scope) {
    row.put("resource_attributes", SdkJson.column(resource.getAttributes()));
    row.put("scope_name", text(scope.getName()));
    row.put("scope_version", text(scope.getVersion()));
    row.put("scope_attributes", SdkJson.column(scope.getAttributes()));
  }

  private static String event(EventData event) {
    return "{\"attributes\":%s,\"dropped_attributes_count\":%d,\"name\":%s,\"time_unix_nano\":%d}"
        .formatted(
            SdkJson.object(event.getAttributes()),
            event.getTotalAttributeCount() - event.getAttributes().size(),
            SdkJson.quote(event.getName()),
            event.getEpochNanos());
  }

  private static String link(LinkData link) {
    SpanContext context = link.getSpanContext();
    String traceState = traceState(context);
    return ("{\"attributes\":%s,\"dropped_attributes_count\":%d,\"flags\":%d,\"span_id\":\"%s\","
            + "\"trace_id\":\"%s\",\"trace_state\":\"%s\"}")
        .formatted(
            SdkJson.object(link.getAttributes()),
            link.getTotalAttributeCount() - link.getAttributes().size(),
            flags(context, context),
            context.getSpanId(),
            context.getTraceId(),
            traceState == null ? "" : traceState);
  }

  private static String exemplar(ExemplarData exemplar) {
    String value =
        exemplar instanceof LongExemplarData number
            ? "" + number.getValue()
            : "" + ((DoubleExemplarData) exemplar).getValue();
    boolean isInSpan = exemplar.getSpanContext().isValid();
    return ("{\"filtered_attributes\":%s,\"span_id\":\"%s\",\"time_unix_nano\":%d,"
            + "\"trace_id\":\"%s\",\"value\":%s}")
        .formatted(
            SdkJson.object(exemplar.getFilteredAttributes()),
            isInSpan ? exemplar.getSpanContext().getSpanId() : "",
            exemplar.getEpochNanos(),
            isInSpan ? exemplar.getSpanContext().getTraceId() : "",
            value);
  }

  private static @Nullable String list(List<String> elements) {
    return elements.isEmpty() ? null : elements.stream().collect(Collectors.joining(",", "[", "]"));
  }

  private static @Nullable String traceState(SpanContext context) {
    String text =
        context.getTraceState().asMap().entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue())
            .collect(Collectors.joining(","));
    return text(text);
  }

  private static int flags(SpanContext context, SpanContext parent) {
    return (context.getTraceFlags().asByte() & 0xff)
        | HAS_IS_REMOTE
        | (parent.isRemote() ? IS_REMOTE : 0);
  }

  private static int code(AggregationTemporality temporality) {
    return temporality == AggregationTemporality.DELTA ? 1 : 2;
  }

  private static @Nullable Long time(long nanos) {
    return nanos == 0 ? null : nanos / 1000;
  }

  private static @Nullable String text(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }
}
