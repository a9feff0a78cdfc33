package io.duckspool.common.otlp;

/** Reads {@code ExponentialHistogramDataPoint}s, one row each. */
final class ExpHistogramReader implements PointReader {

  private static final int ATTRIBUTES = 1 << 3 | WireReader.LEN;
  private static final int START_TIME = 2 << 3 | WireReader.FIXED64;
  private static final int TIME = 3 << 3 | WireReader.FIXED64;
  private static final int COUNT = 4 << 3 | WireReader.FIXED64;
  private static final int SUM = 5 << 3 | WireReader.FIXED64;
  private static final int SCALE = 6 << 3 | WireReader.VARINT;
  private static final int ZERO_COUNT = 7 << 3 | WireReader.FIXED64;
  private static final int POSITIVE = 8 << 3 | WireReader.LEN;
  private static final int NEGATIVE = 9 << 3 | WireReader.LEN;
  private static final int FLAGS = 10 << 3 | WireReader.VARINT;
  private static final int EXEMPLARS = 11 << 3 | WireReader.LEN;
  private static final int MIN = 12 << 3 | WireReader.FIXED64;
  private static final int MAX = 13 << 3 | WireReader.FIXED64;
  private static final int ZERO_THRESHOLD = 14 << 3 | WireReader.FIXED64;
  private static final int OFFSET = 1 << 3 | WireReader.VARINT;
  private static final int BUCKET_COUNTS = 2 << 3 | WireReader.LEN;
  private static final int BUCKET_COUNT = 2 << 3 | WireReader.VARINT;

  private final MetricContext metric;
  private final ExpHistogramFields row = new ExpHistogramFields();

  ExpHistogramReader(MetricContext metric) {
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
        case POSITIVE -> {
          row.hasPositive = true;
          row.positiveOffset =
              readBuckets(in, depth + 1, counts, row.positiveOffset, row.positiveBucketCounts);
        }
        case NEGATIVE -> {
          row.hasNegative = true;
          row.negativeOffset =
              readBuckets(in, depth + 1, counts, row.negativeOffset, row.negativeBucketCounts);
        }
        default -> readNumbers(in, tag, depth);
      }
    }
    in.end(outer);
    if (!counts) {
      return;
    }
    RowRules.checkCount(row.count, start, "count");
    RowRules.checkCount(row.zeroCount, start, "zero_count");
    metric.countPoint(OtlpTable.METRICS_EXP_HISTOGRAM, start, time, startTime);
    if (metric.builds) {
      metric.bind(row, time, startTime, flags);
      row.aggregationTemporality = metric.aggregationTemporality;
      metric.visitor.onExpHistogram(metric.shared.resource, metric.shared.scope, row);
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
    row.scale = 0;
    row.zeroCount = 0;
    row.zeroThreshold = 0;
    row.hasPositive = false;
    row.positiveOffset = 0;
    row.positiveBucketCounts.clear();
    row.hasNegative = false;
    row.negativeOffset = 0;
    row.negativeBucketCounts.clear();
  }

  private void readNumbers(WireReader in, int tag, int depth) throws WireException {
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
      case SCALE -> row.scale = in.readZigZag32();
      case ZERO_COUNT -> row.zeroCount = in.readFixed64();
      case ZERO_THRESHOLD -> row.zeroThreshold = in.readDouble();
      default -> in.skip(tag, depth);
    }
  }

  /** Reads one part of the buckets of a side; returns their offset, {@code before} if not there. */
  private int readBuckets(WireReader in, int depth, boolean counts, int before, LongList list)
      throws WireException {
    int offset = before;
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case OFFSET -> offset = in.readZigZag32();
        case BUCKET_COUNTS -> CountList.readVarints(in, list, metric.builds, counts);
        case BUCKET_COUNT -> {
          long count = in.readVarint();
          CountList.add(in, count, list, metric.builds, counts);
        }
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
    return offset;
  }
}
