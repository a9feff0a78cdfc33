package io.duckspool.common.otlp;

/** Drops every row; for tests that look at some. */
public class DroppingVisitor implements OtlpVisitor {

  @Override
  public void onLog(ResourceFields resource, ScopeFields scope, LogFields log) {}

  @Override
  public void onSpan(ResourceFields resource, ScopeFields scope, SpanFields span) {}

  @Override
  public void onGauge(ResourceFields resource, ScopeFields scope, GaugeFields point) {}

  @Override
  public void onSum(ResourceFields resource, ScopeFields scope, SumFields point) {}

  @Override
  public void onHistogram(ResourceFields resource, ScopeFields scope, HistogramFields point) {}

  @Override
  public void onExpHistogram(
      ResourceFields resource, ScopeFields scope, ExpHistogramFields point) {}

  @Override
  public void onSummary(ResourceFields resource, ScopeFields scope, SummaryFields point) {}
}
