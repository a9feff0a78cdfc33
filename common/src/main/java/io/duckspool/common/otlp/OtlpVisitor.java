package io.duckspool.common.otlp;

/**
 * Takes the rows of a request, in the order of the payload. The arguments are flyweights of the
 * parser: valid until the method returns, and they hold exactly what the columns of the table hold.
 * A method may be called before the parser finds the request malformed; what it took then has to be
 * dropped. An exception ends the parse and reaches its caller.
 */
public interface OtlpVisitor {

  /** Counts and validates only: the parser builds nothing. */
  OtlpVisitor COUNTING = new CountingVisitor();

  /** False: the parser validates and counts as ever, but builds no row and calls no method. */
  default boolean wantsRows() {
    return true;
  }

  void onLog(ResourceFields resource, ScopeFields scope, LogFields log);

  void onSpan(ResourceFields resource, ScopeFields scope, SpanFields span);

  void onGauge(ResourceFields resource, ScopeFields scope, GaugeFields point);

  void onSum(ResourceFields resource, ScopeFields scope, SumFields point);

  void onHistogram(ResourceFields resource, ScopeFields scope, HistogramFields point);

  void onExpHistogram(ResourceFields resource, ScopeFields scope, ExpHistogramFields point);

  void onSummary(ResourceFields resource, ScopeFields scope, SummaryFields point);
}
