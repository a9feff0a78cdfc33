package io.duckspool.common.otlp;

/** Reads {@code NumberDataPoint}s: rows of a gauge or of a sum. */
final class NumberReader implements PointReader {

  private static final int START_TIME = 2 << 3 | WireReader.FIXED64;
  private static final int TIME = 3 << 3 | WireReader.FIXED64;
  private static final int AS_DOUBLE = 4 << 3 | WireReader.FIXED64;
  private static final int EXEMPLARS = 5 << 3 | WireReader.LEN;
  private static final int AS_INT = 6 << 3 | WireReader.FIXED64;
  private static final int ATTRIBUTES = 7 << 3 | WireReader.LEN;
  private static final int FLAGS = 8 << 3 | WireReader.VARINT;

  private final MetricContext metric;
  private final OtlpTable table;
  private final GaugeFields gauge = new GaugeFields();
  private final SumFields sum = new SumFields();

  /** {@code table} is that of gauges or that of sums. */
  NumberReader(MetricContext metric, OtlpTable table) {
    this.metric = metric;
    this.table = table;
  }

  @Override
  public void read(int depth, boolean counts) throws WireException, OtlpTooLargeException {
    WireReader in = metric.in;
    int outer = in.begin(depth);
    int start = in.position();
    long time = 0;
    long startTime = 0;
    int flags = 0;
    int valueTag = 0;
    long value = 0;
    metric.beginPoint();
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case START_TIME -> startTime = in.readFixed64();
        case TIME -> time = in.readFixed64();
        case AS_DOUBLE, AS_INT -> {
          valueTag = tag;
          value = in.readFixed64();
        }
        case EXEMPLARS -> metric.exemplars.read(depth + 1, counts);
        case ATTRIBUTES -> metric.attributes.readKeyValue(depth + 1);
        case FLAGS -> flags = in.readVarint32();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
    if (!counts) {
      return;
    }
    metric.countPoint(table, start, time, startTime);
    if (!metric.builds) {
      return;
    }
    NumberFields row = table == OtlpTable.METRICS_SUM ? sum : gauge;
    metric.bind(row, time, startTime, flags);
    row.hasIntValue = valueTag == AS_INT;
    row.intValue = row.hasIntValue ? value : 0;
    row.hasDoubleValue = valueTag == AS_DOUBLE;
    row.doubleValue = row.hasDoubleValue ? Double.longBitsToDouble(value) : 0;
    if (table == OtlpTable.METRICS_SUM) {
      sum.aggregationTemporality = metric.aggregationTemporality;
      sum.isMonotonic = metric.isMonotonic;
      metric.visitor.onSum(metric.shared.resource, metric.shared.scope, sum);
    } else {
      metric.visitor.onGauge(metric.shared.resource, metric.shared.scope, gauge);
    }
  }
}
