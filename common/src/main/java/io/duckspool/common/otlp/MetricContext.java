package io.duckspool.common.otlp;

/** What the points of one metric share, and the readers and sinks that all kinds of points use. */
final class MetricContext {

  private static final int MAX_RETAINED_BYTES = 1 << 20;

  final WireReader in;
  final SharedReader shared;
  final RowMeter meter;
  final OtlpVisitor visitor;
  final boolean builds;
  final ValueReader attributes;
  final ExemplarReader exemplars;
  final TextBuffer attributesText = new TextBuffer(256);

  /** In the payload, as are description and unit. */
  int nameOffset;

  int nameLength;
  int descriptionOffset;
  int descriptionLength;
  int unitOffset;
  int unitLength;
  int aggregationTemporality;
  boolean isMonotonic;

  MetricContext(WireReader in, SharedReader shared, RowMeter meter, OtlpVisitor visitor) {
    this.in = in;
    this.shared = shared;
    this.meter = meter;
    this.visitor = visitor;
    this.builds = visitor.wantsRows();
    this.attributes = new ValueReader(in, builds);
    this.exemplars = new ExemplarReader(in, meter, builds);
  }

  void shrink() {
    attributes.shrink();
    exemplars.shrink();
    attributesText.shrink(MAX_RETAINED_BYTES);
  }

  void beginMetric() {
    // Offsets, too: what is left of a larger request may lie behind the end of this one's array.
    nameOffset = 0;
    nameLength = 0;
    descriptionOffset = 0;
    descriptionLength = 0;
    unitOffset = 0;
    unitLength = 0;
    aggregationTemporality = 0;
    isMonotonic = false;
  }

  void beginPoint() {
    attributes.clear();
    exemplars.clear();
  }

  /** Checks and counts a point; {@code start} is where its message begins. */
  void countPoint(OtlpTable table, int start, long time, long startTime)
      throws WireException, OtlpTooLargeException {
    RowRules.checkTime(time, start, "time_unix_nano");
    RowRules.checkTime(startTime, start, "start_time_unix_nano");
    meter.addRow(table, shared.textBytes() + nameLength + descriptionLength + unitLength);
  }

  /** Fills in the columns that all kinds of points have. */
  void bind(PointFields row, long time, long startTime, int flags) {
    row.timeMicros = RowRules.micros(time);
    row.hasStartTime = startTime != 0;
    row.startTimeMicros = RowRules.micros(startTime);
    row.flags = flags;
    row.name.set(in.bytes(), nameOffset, nameLength);
    row.description.set(in.bytes(), descriptionOffset, descriptionLength);
    row.unit.set(in.bytes(), unitOffset, unitLength);
    attributesText.clear();
    attributes.bindEntries(attributesText, row.attributes);
    exemplars.bind(row.exemplarsJson);
  }
}
