package io.duckspool.common.otlp;

/** The tables that rows land in. The ordinal is the index of a table in {@link OtlpCounts}. */
public enum OtlpTable {
  LOGS("otlp_logs", Signal.LOGS),
  TRACES("otlp_traces", Signal.TRACES),
  METRICS_GAUGE("otlp_metrics_gauge", Signal.METRICS),
  METRICS_SUM("otlp_metrics_sum", Signal.METRICS),
  METRICS_HISTOGRAM("otlp_metrics_histogram", Signal.METRICS),
  METRICS_EXP_HISTOGRAM("otlp_metrics_exp_histogram", Signal.METRICS),
  METRICS_SUMMARY("otlp_metrics_summary", Signal.METRICS);

  private final String tableName;
  private final Signal signal;

  OtlpTable(String tableName, Signal signal) {
    this.tableName = tableName;
    this.signal = signal;
  }

  /** The unqualified, unquoted name of the table. */
  public String tableName() {
    return tableName;
  }

  /** The signal whose requests fill this table. */
  public Signal signal() {
    return signal;
  }
}
