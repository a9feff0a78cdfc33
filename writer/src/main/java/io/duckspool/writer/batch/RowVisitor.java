package io.duckspool.writer.batch;

import io.duckspool.common.otlp.ExpHistogramFields;
import io.duckspool.common.otlp.GaugeFields;
import io.duckspool.common.otlp.HistogramFields;
import io.duckspool.common.otlp.LogFields;
import io.duckspool.common.otlp.NumberFields;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.OtlpVisitor;
import io.duckspool.common.otlp.PointFields;
import io.duckspool.common.otlp.ResourceFields;
import io.duckspool.common.otlp.ScopeFields;
import io.duckspool.common.otlp.SpanFields;
import io.duckspool.common.otlp.SumFields;
import io.duckspool.common.otlp.SummaryFields;
import java.util.Map;

/** Writes each row into the columns of its table, in the order of {@link Tables}. */
final class RowVisitor implements OtlpVisitor {

  private final TableRows logs;
  private final TableRows traces;
  private final TableRows gauges;
  private final TableRows sums;
  private final TableRows histograms;
  private final TableRows expHistograms;
  private final TableRows summaries;

  RowVisitor(Map<OtlpTable, TableRows> tables) {
    logs = require(tables, OtlpTable.LOGS);
    traces = require(tables, OtlpTable.TRACES);
    gauges = require(tables, OtlpTable.METRICS_GAUGE);
    sums = require(tables, OtlpTable.METRICS_SUM);
    histograms = require(tables, OtlpTable.METRICS_HISTOGRAM);
    expHistograms = require(tables, OtlpTable.METRICS_EXP_HISTOGRAM);
    summaries = require(tables, OtlpTable.METRICS_SUMMARY);
  }

  @Override
  public void onLog(ResourceFields resource, ScopeFields scope, LogFields log) {
    logs.beginRow()
        .number(log.hasTime(), log.timeMicros())
        .number(log.hasObservedTime(), log.observedTimeMicros())
        .text(log.traceId())
        .text(log.spanId());
    service(logs, resource)
        .integer(log.severityNumber() != 0, log.severityNumber())
        .text(log.severityText())
        .text(log.eventName())
        .text(log.body());
    scope(logs, resource, scope)
        .text(log.attributes())
        .integer(log.droppedAttributesCount())
        .integer(log.flags());
    end(logs, resource, scope);
  }

  @Override
  public void onSpan(ResourceFields resource, ScopeFields scope, SpanFields span) {
    traces
        .beginRow()
        .number(span.startTimeMicros())
        .number(span.durationNanos())
        .text(span.traceId())
        .text(span.spanId())
        .text(span.parentSpanId())
        .text(span.traceState());
    service(traces, resource)
        .text(span.name())
        .integer(span.kind() != 0, span.kind())
        .integer(span.hasStatus(), span.statusCode())
        .text(span.statusMessage());
    scope(traces, resource, scope)
        .text(span.attributes())
        .text(span.eventsJson())
        .text(span.linksJson())
        .integer(span.droppedAttributesCount())
        .integer(span.droppedEventsCount())
        .integer(span.droppedLinksCount())
        .integer(span.flags());
    end(traces, resource, scope);
  }

  @Override
  public void onGauge(ResourceFields resource, ScopeFields scope, GaugeFields point) {
    number(gauges, resource, scope, point);
    end(gauges, resource, scope);
  }

  @Override
  public void onSum(ResourceFields resource, ScopeFields scope, SumFields point) {
    number(sums, resource, scope, point)
        .integer(point.aggregationTemporality())
        .bool(point.isMonotonic());
    end(sums, resource, scope);
  }

  @Override
  public void onHistogram(ResourceFields resource, ScopeFields scope, HistogramFields point) {
    metric(histograms, point)
        .number(point.count())
        .decimal(point.hasSum(), point.sum())
        .decimal(point.hasMin(), point.min())
        .decimal(point.hasMax(), point.max())
        .longs(true, point.bucketCounts())
        .doubles(point.explicitBounds());
    point(histograms, resource, scope, point).integer(point.aggregationTemporality());
    end(histograms, resource, scope);
  }

  @Override
  public void onExpHistogram(ResourceFields resource, ScopeFields scope, ExpHistogramFields point) {
    metric(expHistograms, point)
        .number(point.count())
        .decimal(point.hasSum(), point.sum())
        .decimal(point.hasMin(), point.min())
        .decimal(point.hasMax(), point.max())
        .integer(point.scale())
        .number(point.zeroCount())
        .decimal(point.zeroThreshold())
        .integer(point.hasPositive(), point.positiveOffset())
        .longs(point.hasPositive(), point.positiveBucketCounts())
        .integer(point.hasNegative(), point.negativeOffset())
        .longs(point.hasNegative(), point.negativeBucketCounts());
    point(expHistograms, resource, scope, point).integer(point.aggregationTemporality());
    end(expHistograms, resource, scope);
  }

  @Override
  public void onSummary(ResourceFields resource, ScopeFields scope, SummaryFields point) {
    metric(summaries, point)
        .number(point.count())
        .decimal(point.sum())
        .doubles(point.quantiles())
        .doubles(point.quantileValues());
    service(summaries, resource);
    scope(summaries, resource, scope).text(point.attributes()).integer(point.flags());
    end(summaries, resource, scope);
  }

  private static TableRows number(
      TableRows rows, ResourceFields resource, ScopeFields scope, NumberFields point) {
    metric(rows, point)
        .number(point.hasIntValue(), point.intValue())
        .decimal(point.hasDoubleValue(), point.doubleValue());
    return point(rows, resource, scope, point);
  }

  private static TableRows metric(TableRows rows, PointFields point) {
    return rows.beginRow()
        .number(point.timeMicros())
        .number(point.hasStartTime(), point.startTimeMicros())
        .text(point.name())
        .text(point.description())
        .text(point.unit());
  }

  private static TableRows point(
      TableRows rows, ResourceFields resource, ScopeFields scope, PointFields point) {
    service(rows, resource);
    return scope(rows, resource, scope)
        .text(point.attributes())
        .integer(point.flags())
        .text(point.exemplarsJson());
  }

  private static TableRows service(TableRows rows, ResourceFields resource) {
    return rows.text(resource.serviceName())
        .text(resource.serviceNamespace())
        .text(resource.serviceInstanceId());
  }

  private static TableRows scope(TableRows rows, ResourceFields resource, ScopeFields scope) {
    return rows.text(resource.attributes())
        .text(scope.name())
        .text(scope.version())
        .text(scope.attributes());
  }

  /** Promoted attributes come last, whatever the table. */
  private static void end(TableRows rows, ResourceFields resource, ScopeFields scope) {
    for (int i = 0; i < resource.promotedCount(); i++) {
      rows.text(resource.promoted(i));
    }
    for (int i = 0; i < scope.promotedCount(); i++) {
      rows.text(scope.promoted(i));
    }
    rows.endRow();
  }

  private static TableRows require(Map<OtlpTable, TableRows> tables, OtlpTable table) {
    TableRows rows = tables.get(table);
    if (rows == null) {
      throw new IllegalArgumentException("no rows for " + table);
    }
    return rows;
  }
}
