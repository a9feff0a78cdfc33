package io.duckspool.common.otlp;

/** Wants no rows, so none of its other methods is ever called. */
final class CountingVisitor implements OtlpVisitor {

  @Override
  public boolean wantsRows() {
    return false;
  }

  @Override
  public void onLog(ResourceFields resource, ScopeFields scope, LogFields log) {
    throw notAsked();
  }

  @Override
  public void onSpan(ResourceFields resource, ScopeFields scope, SpanFields span) {
    throw notAsked();
  }

  @Override
  public void onGauge(ResourceFields resource, ScopeFields scope, GaugeFields point) {
    throw notAsked();
  }

  @Override
  public void onSum(ResourceFields resource, ScopeFields scope, SumFields point) {
    throw notAsked();
  }

  @Override
  public void onHistogram(ResourceFields resource, ScopeFields scope, HistogramFields point) {
    throw notAsked();
  }

  @Override
  public void onExpHistogram(ResourceFields resource, ScopeFields scope, ExpHistogramFields point) {
    throw notAsked();
  }

  @Override
  public void onSummary(ResourceFields resource, ScopeFields scope, SummaryFields point) {
    throw notAsked();
  }

  private static IllegalStateException notAsked() {
    return new IllegalStateException("a row for a visitor that wants none");
  }
}
