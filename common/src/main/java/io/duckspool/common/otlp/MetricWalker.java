package io.duckspool.common.otlp;

/**
 * Reads {@code Metric}s, a row for each data point. Each is passed twice: what its points share may
 * come after them, and of two kinds of data in one metric the last replaces the first.
 */
final class MetricWalker implements ItemWalker {

  private static final int NAME = 1 << 3 | WireReader.LEN;
  private static final int DESCRIPTION = 2 << 3 | WireReader.LEN;
  private static final int UNIT = 3 << 3 | WireReader.LEN;
  private static final int GAUGE = 5 << 3 | WireReader.LEN;
  private static final int SUM = 7 << 3 | WireReader.LEN;
  private static final int HISTOGRAM = 9 << 3 | WireReader.LEN;
  private static final int EXP_HISTOGRAM = 10 << 3 | WireReader.LEN;
  private static final int SUMMARY = 11 << 3 | WireReader.LEN;
  private static final int METADATA = 12 << 3 | WireReader.LEN;
  private static final int POINTS = 1 << 3 | WireReader.LEN;
  private static final int TEMPORALITY = 2 << 3 | WireReader.VARINT;
  private static final int MONOTONIC = 3 << 3 | WireReader.VARINT;

  private final WireReader in;
  private final MetricContext metric;

  /** Metadata has no column. */
  private final ValueReader metadata;

  private final PointReader gauges;
  private final PointReader sums;
  private final PointReader histograms;
  private final PointReader expHistograms;
  private final PointReader summaries;

  MetricWalker(WireReader in, SharedReader shared, RowMeter meter, OtlpVisitor visitor) {
    this.in = in;
    this.metric = new MetricContext(in, shared, meter, visitor);
    this.metadata = new ValueReader(in, false);
    this.gauges = new NumberReader(metric, OtlpTable.METRICS_GAUGE);
    this.sums = new NumberReader(metric, OtlpTable.METRICS_SUM);
    this.histograms = new HistogramReader(metric);
    this.expHistograms = new ExpHistogramReader(metric);
    this.summaries = new SummaryReader(metric);
  }

  @Override
  public void shrink() {
    metric.shrink();
    metadata.shrink();
  }

  @Override
  public void readItem(int depth) throws WireException, OtlpTooLargeException {
    int outer = in.begin(depth);
    int start = in.position();
    metric.beginMetric();
    int kind = 0;
    int kindStart = start;
    while (in.hasMore()) {
      int fieldStart = in.position();
      int tag = in.readTag();
      switch (tag) {
        case GAUGE, SUM, HISTOGRAM, EXP_HISTOGRAM, SUMMARY -> {
          if (tag != kind) {
            kind = tag;
            kindStart = fieldStart;
            metric.aggregationTemporality = 0;
            metric.isMonotonic = false;
          }
          if (tag == GAUGE || tag == SUMMARY) {
            in.readBytes();
          } else {
            readDataScalars(depth + 1);
          }
        }
        default -> readShared(tag, depth);
      }
    }
    in.rewind(start);
    while (in.hasMore()) {
      int fieldStart = in.position();
      int tag = in.readTag();
      boolean counts = tag == kind && fieldStart >= kindStart;
      switch (tag) {
        case GAUGE -> readPoints(gauges, depth + 1, counts);
        case SUM -> readPoints(sums, depth + 1, counts);
        case HISTOGRAM -> readPoints(histograms, depth + 1, counts);
        case EXP_HISTOGRAM -> readPoints(expHistograms, depth + 1, counts);
        case SUMMARY -> readPoints(summaries, depth + 1, counts);
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
  }

  private void readShared(int tag, int depth) throws WireException {
    switch (tag) {
      case NAME -> {
        metric.nameLength = in.readString();
        metric.nameOffset = in.position() - metric.nameLength;
      }
      case DESCRIPTION -> {
        metric.descriptionLength = in.readString();
        metric.descriptionOffset = in.position() - metric.descriptionLength;
      }
      case UNIT -> {
        metric.unitLength = in.readString();
        metric.unitOffset = in.position() - metric.unitLength;
      }
      case METADATA -> {
        metadata.clear();
        metadata.readKeyValue(depth + 1);
      }
      default -> in.skip(tag, depth);
    }
  }

  /**
   * Reads what a part of the data says about all points; kinds that have no such field ignore it.
   */
  private void readDataScalars(int depth) throws WireException {
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case TEMPORALITY -> metric.aggregationTemporality = in.readVarint32();
        case MONOTONIC -> metric.isMonotonic = in.readBool();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
  }

  private void readPoints(PointReader points, int depth, boolean counts)
      throws WireException, OtlpTooLargeException {
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      if (tag == POINTS) {
        points.read(depth + 1, counts);
      } else {
        in.skip(tag, depth);
      }
    }
    in.end(outer);
  }
}
