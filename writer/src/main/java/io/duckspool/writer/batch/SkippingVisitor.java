package io.duckspool.writer.batch;

import io.duckspool.common.otlp.ExpHistogramFields;
import io.duckspool.common.otlp.GaugeFields;
import io.duckspool.common.otlp.HistogramFields;
import io.duckspool.common.otlp.LogFields;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.OtlpVisitor;
import io.duckspool.common.otlp.ResourceFields;
import io.duckspool.common.otlp.ScopeFields;
import io.duckspool.common.otlp.SpanFields;
import io.duckspool.common.otlp.SumFields;
import io.duckspool.common.otlp.SummaryFields;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/** Passes on the rows of some tables, and counts those of the others. For one entry. */
final class SkippingVisitor implements OtlpVisitor {

  private final OtlpVisitor rows;
  private final Set<OtlpTable> skipped;
  private final Map<OtlpTable, Long> counts = new EnumMap<>(OtlpTable.class);

  SkippingVisitor(OtlpVisitor rows, Set<OtlpTable> skipped) {
    this.rows = rows;
    this.skipped = skipped;
  }

  /** Rows that were not passed on. */
  Map<OtlpTable, Long> counts() {
    return counts;
  }

  @Override
  public void onLog(ResourceFields resource, ScopeFields scope, LogFields log) {
    if (passes(OtlpTable.LOGS)) {
      rows.onLog(resource, scope, log);
    }
  }

  @Override
  public void onSpan(ResourceFields resource, ScopeFields scope, SpanFields span) {
    if (passes(OtlpTable.TRACES)) {
      rows.onSpan(resource, scope, span);
    }
  }

  @Override
  public void onGauge(ResourceFields resource, ScopeFields scope, GaugeFields point) {
    if (passes(OtlpTable.METRICS_GAUGE)) {
      rows.onGauge(resource, scope, point);
    }
  }

  @Override
  public void onSum(ResourceFields resource, ScopeFields scope, SumFields point) {
    if (passes(OtlpTable.METRICS_SUM)) {
      rows.onSum(resource, scope, point);
    }
  }

  @Override
  public void onHistogram(ResourceFields resource, ScopeFields scope, HistogramFields point) {
    if (passes(OtlpTable.METRICS_HISTOGRAM)) {
      rows.onHistogram(resource, scope, point);
    }
  }

  @Override
  public void onExpHistogram(ResourceFields resource, ScopeFields scope, ExpHistogramFields point) {
    if (passes(OtlpTable.METRICS_EXP_HISTOGRAM)) {
      rows.onExpHistogram(resource, scope, point);
    }
  }

  @Override
  public void onSummary(ResourceFields resource, ScopeFields scope, SummaryFields point) {
    if (passes(OtlpTable.METRICS_SUMMARY)) {
      rows.onSummary(resource, scope, point);
    }
  }

  private boolean passes(OtlpTable table) {
    if (!skipped.contains(table)) {
      return true;
    }
    counts.merge(table, 1L, Long::sum);
    return false;
  }
}
