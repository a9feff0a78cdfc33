package io.duckspool.common.otlp;

/** Reads {@code SummaryDataPoint}s, one row each. */
final class SummaryReader implements PointReader {

  private static final int START_TIME = 2 << 3 | WireReader.FIXED64;
  private static final int TIME = 3 << 3 | WireReader.FIXED64;
  private static final int COUNT = 4 << 3 | WireReader.FIXED64;
  private static final int SUM = 5 << 3 | WireReader.FIXED64;
  private static final int QUANTILE_VALUES = 6 << 3 | WireReader.LEN;
  private static final int ATTRIBUTES = 7 << 3 | WireReader.LEN;
  private static final int FLAGS = 8 << 3 | WireReader.VARINT;
  private static final int QUANTILE = 1 << 3 | WireReader.FIXED64;
  private static final int VALUE = 2 << 3 | WireReader.FIXED64;

  private final MetricContext metric;
  private final SummaryFields row = new SummaryFields();

  SummaryReader(MetricContext metric) {
    this.metric = metric;
  }

  @Override
  public void read(int depth, boolean counts) throws WireException, OtlpTooLargeException {
    WireReader in = metric.in;
    int outer = in.begin(depth);
    int start = in.position();
    long time = 0;
    long startTime = 0;
    int flags = 0;
    metric.beginPoint();
    row.count = 0;
    row.sum = 0;
    row.quantiles.clear();
    row.quantileValues.clear();
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case START_TIME -> startTime = in.readFixed64();
        case TIME -> time = in.readFixed64();
        case COUNT -> row.count = in.readFixed64();
        case SUM -> row.sum = in.readDouble();
        case QUANTILE_VALUES -> readQuantile(in, depth + 1);
        case ATTRIBUTES -> metric.attributes.readKeyValue(depth + 1);
        case FLAGS -> flags = in.readVarint32();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
    if (!counts) {
      return;
    }
    RowRules.checkCount(row.count, start, "count");
    metric.countPoint(OtlpTable.METRICS_SUMMARY, start, time, startTime);
    if (metric.builds) {
      metric.bind(row, time, startTime, flags);
      metric.visitor.onSummary(metric.shared.resource, metric.shared.scope, row);
    }
  }

  private void readQuantile(WireReader in, int depth) throws WireException {
    double quantile = 0;
    double value = 0;
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case QUANTILE -> quantile = in.readDouble();
        case VALUE -> value = in.readDouble();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
    if (metric.builds) {
      row.quantiles.add(quantile);
      row.quantileValues.add(value);
    }
  }
}
