package io.duckspool.common.otlp;

/** Reads {@code LogRecord}s, one row each. */
final class LogWalker implements ItemWalker {

  private static final int TIME = 1 << 3 | WireReader.FIXED64;
  private static final int SEVERITY_NUMBER = 2 << 3 | WireReader.VARINT;
  private static final int SEVERITY_TEXT = 3 << 3 | WireReader.LEN;
  private static final int BODY = 5 << 3 | WireReader.LEN;
  private static final int ATTRIBUTES = 6 << 3 | WireReader.LEN;
  private static final int DROPPED_ATTRIBUTES = 7 << 3 | WireReader.VARINT;
  private static final int FLAGS = 8 << 3 | WireReader.FIXED32;
  private static final int TRACE_ID = 9 << 3 | WireReader.LEN;
  private static final int SPAN_ID = 10 << 3 | WireReader.LEN;
  private static final int OBSERVED_TIME = 11 << 3 | WireReader.FIXED64;
  private static final int EVENT_NAME = 12 << 3 | WireReader.LEN;
  private static final int MAX_RETAINED_BYTES = 1 << 20;

  private final WireReader in;
  private final SharedReader shared;
  private final RowMeter meter;
  private final OtlpVisitor visitor;
  private final boolean builds;
  private final LogFields row = new LogFields();
  private final ValueReader bodies;
  private final ValueReader attributes;
  private final TextBuffer bodyText = new TextBuffer(256);
  private final TextBuffer attributesText = new TextBuffer(256);
  private final TextBuffer traceHex = new TextBuffer(2 * RowRules.TRACE_ID_BYTES);
  private final TextBuffer spanHex = new TextBuffer(2 * RowRules.SPAN_ID_BYTES);

  LogWalker(WireReader in, SharedReader shared, RowMeter meter, OtlpVisitor visitor) {
    this.in = in;
    this.shared = shared;
    this.meter = meter;
    this.visitor = visitor;
    this.builds = visitor.wantsRows();
    this.bodies = new ValueReader(in, builds);
    this.attributes = new ValueReader(in, builds);
  }

  @Override
  public void shrink() {
    bodies.shrink();
    attributes.shrink();
    bodyText.shrink(MAX_RETAINED_BYTES);
    attributesText.shrink(MAX_RETAINED_BYTES);
  }

  @Override
  public void readItem(int depth) throws WireException, OtlpTooLargeException {
    int outer = in.begin(depth);
    int start = in.position();
    long time = 0;
    long observedTime = 0;
    int severityNumber = 0;
    int droppedAttributes = 0;
    int flags = 0;
    int traceIdEnd = 0;
    int traceIdLength = 0;
    int spanIdEnd = 0;
    int spanIdLength = 0;
    row.severityText.setNull();
    row.eventName.setNull();
    bodies.clear();
    attributes.clear();
    AnyValue body = bodies.open();
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case TIME -> time = in.readFixed64();
        case OBSERVED_TIME -> observedTime = in.readFixed64();
        case SEVERITY_NUMBER -> severityNumber = in.readVarint32();
        case SEVERITY_TEXT -> readText(row.severityText);
        case EVENT_NAME -> readText(row.eventName);
        case BODY -> bodies.read(body, depth + 1);
        case ATTRIBUTES -> attributes.readKeyValue(depth + 1);
        case DROPPED_ATTRIBUTES -> droppedAttributes = in.readVarint32();
        case FLAGS -> flags = in.readFixed32();
        case TRACE_ID -> {
          traceIdLength = in.readBytes();
          traceIdEnd = in.position();
        }
        case SPAN_ID -> {
          spanIdLength = in.readBytes();
          spanIdEnd = in.position();
        }
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
    bodies.close(body);
    RowRules.checkTime(time, start, "time_unix_nano");
    RowRules.checkTime(observedTime, start, "observed_time_unix_nano");
    RowRules.checkId(traceIdLength, RowRules.TRACE_ID_BYTES, start, "trace_id");
    RowRules.checkId(spanIdLength, RowRules.SPAN_ID_BYTES, start, "span_id");
    meter.addRow(OtlpTable.LOGS, shared.textBytes());
    if (!builds) {
      return;
    }
    row.hasTime = time != 0;
    row.timeMicros = RowRules.micros(time);
    row.hasObservedTime = observedTime != 0;
    row.observedTimeMicros = RowRules.micros(observedTime);
    row.severityNumber = severityNumber;
    row.droppedAttributesCount = droppedAttributes;
    row.flags = flags;
    byte[] bytes = in.bytes();
    RowRules.bindHex(bytes, traceIdEnd - traceIdLength, traceIdLength, traceHex, row.traceId);
    RowRules.bindHex(bytes, spanIdEnd - spanIdLength, spanIdLength, spanHex, row.spanId);
    bodyText.clear();
    bodies.bindPlain(body, bodyText, row.body);
    attributesText.clear();
    attributes.bindEntries(attributesText, row.attributes);
    visitor.onLog(shared.resource, shared.scope, row);
  }

  private void readText(Utf8Slice slice) throws WireException {
    int length = in.readString();
    slice.setNullIfEmpty(in.bytes(), in.position() - length, length);
  }
}
