package io.duckspool.common.otlp;

/** Reads {@code HistogramDataPoint}s, one row each. */
final class HistogramReader implements PointReader {

  private static final int START_TIME = 2 << 3 | WireReader.FIXED64;
  private static final int TIME = 3 << 3 | WireReader.FIXED64;
  private static final int COUNT = 4 << 3 | WireReader.FIXED64;
  private static final int SUM = 5 << 3 | WireReader.FIXED64;
  private static final int BUCKET_COUNTS = 6 << 3 | WireReader.LEN;
  private static final int BUCKET_COUNT = 6 << 3 | WireReader.FIXED64;
  private static final int EXPLICIT_BOUNDS = 7 << 3 | WireReader.LEN;
  private static final int EXPLICIT_BOUND = 7 << 3 | WireReader.FIXED64;
  private static final int EXEMPLARS = 8 << 3 | WireReader.LEN;
  private static final int ATTRIBUTES = 9 << 3 | WireReader.LEN;
  private static final int FLAGS = 10 << 3 | WireReader.VARINT;
  private static final int MIN = 11 << 3 | WireReader.FIXED64;
  private static final int MAX = 12 << 3 | WireReader.FIXED64;

  private final MetricContext metric;
  private final HistogramFields row = new HistogramFields();

  HistogramReader(MetricContext metric) {
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
    clear();
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case START_TIME -> startTime = in.readFixed64();
        case TIME -> time = in.readFixed64();
        case FLAGS -> flags = in.readVarint32();
        case EXEMPLARS -> metric.exemplars.read(depth + 1, counts);
        case ATTRIBUTES -> metric.attributes.readKeyValue(depth + 1);
        default -> readNumbers(in, tag, depth, counts);
      }
    }
    in.end(outer);
    if (!counts) {
      return;
    }
    RowRules.checkCount(row.count, start, "count");
    metric.countPoint(OtlpTable.METRICS_HISTOGRAM, start, time, startTime);
    if (metric.builds) {
      metric.bind(row, time, startTime, flags);
      row.aggregationTemporality = metric.aggregationTemporality;
      metric.visitor.onHistogram(metric.shared.resource, metric.shared.scope, row);
    }
  }

  private void clear() {
    metric.beginPoint();
    row.count = 0;
    row.hasSum = false;
    row.sum = 0;
    row.hasMin = false;
    row.min = 0;
    row.hasMax = false;
    row.max = 0;
    row.bucketCounts.clear();
    row.explicitBounds.clear();
  }

  private void readNumbers(WireReader in, int tag, int depth, boolean counts) throws WireException {
    switch (tag) {
      case COUNT -> row.count = in.readFixed64();
      case SUM -> {
        row.hasSum = true;
        row.sum = in.readDouble();
      }
      case MIN -> {
        row.hasMin = true;
        row.min = in.readDouble();
      }
      case MAX -> {
        row.hasMax = true;
        row.max = in.readDouble();
      }
      case BUCKET_COUNTS -> CountList.readFixed(in, row.bucketCounts, metric.builds, counts);
      case BUCKET_COUNT -> {
        long count = in.readFixed64();
        CountList.add(in, count, row.bucketCounts, metric.builds, counts);
      }
      case EXPLICIT_BOUNDS -> CountList.readDoubles(in, row.explicitBounds, metric.builds);
      case EXPLICIT_BOUND -> {
        double bound = in.readDouble();
        if (metric.builds) {
          row.explicitBounds.add(bound);
        }
      }
      default -> in.skip(tag, depth);
    }
  }
}
