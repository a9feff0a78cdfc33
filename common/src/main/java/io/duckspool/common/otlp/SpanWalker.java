package io.duckspool.common.otlp;

/** Reads {@code Span}s, one row each. */
final class SpanWalker implements ItemWalker {

  private static final int TRACE_ID = 1 << 3 | WireReader.LEN;
  private static final int SPAN_ID = 2 << 3 | WireReader.LEN;
  private static final int TRACE_STATE = 3 << 3 | WireReader.LEN;
  private static final int PARENT_SPAN_ID = 4 << 3 | WireReader.LEN;
  private static final int NAME = 5 << 3 | WireReader.LEN;
  private static final int KIND = 6 << 3 | WireReader.VARINT;
  private static final int START_TIME = 7 << 3 | WireReader.FIXED64;
  private static final int END_TIME = 8 << 3 | WireReader.FIXED64;
  private static final int ATTRIBUTES = 9 << 3 | WireReader.LEN;
  private static final int DROPPED_ATTRIBUTES = 10 << 3 | WireReader.VARINT;
  private static final int EVENTS = 11 << 3 | WireReader.LEN;
  private static final int DROPPED_EVENTS = 12 << 3 | WireReader.VARINT;
  private static final int LINKS = 13 << 3 | WireReader.LEN;
  private static final int DROPPED_LINKS = 14 << 3 | WireReader.VARINT;
  private static final int STATUS = 15 << 3 | WireReader.LEN;
  private static final int FLAGS = 16 << 3 | WireReader.FIXED32;
  private static final int STATUS_MESSAGE = 2 << 3 | WireReader.LEN;
  private static final int STATUS_CODE = 3 << 3 | WireReader.VARINT;
  private static final int MAX_RETAINED_BYTES = 1 << 20;

  private final WireReader in;
  private final SharedReader shared;
  private final RowMeter meter;
  private final OtlpVisitor visitor;
  private final boolean builds;
  private final SpanFields row = new SpanFields();
  private final ValueReader attributes;
  private final SpanPartReader parts;
  private final TextBuffer attributesText = new TextBuffer(256);
  private final TextBuffer traceHex = new TextBuffer(2 * RowRules.TRACE_ID_BYTES);
  private final TextBuffer spanHex = new TextBuffer(2 * RowRules.SPAN_ID_BYTES);
  private final TextBuffer parentHex = new TextBuffer(2 * RowRules.SPAN_ID_BYTES);
  private int traceIdOffset;
  private int traceIdLength;
  private int spanIdOffset;
  private int spanIdLength;
  private int parentIdOffset;
  private int parentIdLength;
  private long startTime;
  private long endTime;

  SpanWalker(WireReader in, SharedReader shared, RowMeter meter, OtlpVisitor visitor) {
    this.in = in;
    this.shared = shared;
    this.meter = meter;
    this.visitor = visitor;
    this.builds = visitor.wantsRows();
    this.attributes = new ValueReader(in, builds);
    this.parts = new SpanPartReader(in, meter, builds);
  }

  @Override
  public void shrink() {
    attributes.shrink();
    parts.shrink();
    attributesText.shrink(MAX_RETAINED_BYTES);
  }

  @Override
  public void readItem(int depth) throws WireException, OtlpTooLargeException {
    int outer = in.begin(depth);
    int start = in.position();
    clear();
    while (in.hasMore()) {
      readField(in.readTag(), depth);
    }
    in.end(outer);
    RowRules.checkOwnId(traceIdLength, RowRules.TRACE_ID_BYTES, start, "trace_id");
    RowRules.checkOwnId(spanIdLength, RowRules.SPAN_ID_BYTES, start, "span_id");
    RowRules.checkId(parentIdLength, RowRules.SPAN_ID_BYTES, start, "parent_span_id");
    RowRules.checkTime(startTime, start, "start_time_unix_nano");
    RowRules.checkTime(endTime, start, "end_time_unix_nano");
    meter.addRow(OtlpTable.TRACES, shared.textBytes());
    if (builds) {
      bind();
      visitor.onSpan(shared.resource, shared.scope, row);
    }
  }

  private void clear() {
    traceIdLength = 0;
    spanIdLength = 0;
    parentIdLength = 0;
    startTime = 0;
    endTime = 0;
    row.traceState.setNull();
    row.name.set(in.bytes(), in.position(), 0);
    row.kind = 0;
    row.hasStatus = false;
    row.statusCode = 0;
    row.statusMessage.setNull();
    row.droppedAttributesCount = 0;
    row.droppedEventsCount = 0;
    row.droppedLinksCount = 0;
    row.flags = 0;
    attributes.clear();
    parts.clear();
  }

  private void readField(int tag, int depth) throws WireException, OtlpTooLargeException {
    switch (tag) {
      case TRACE_ID -> {
        traceIdLength = in.readBytes();
        traceIdOffset = in.position() - traceIdLength;
      }
      case SPAN_ID -> {
        spanIdLength = in.readBytes();
        spanIdOffset = in.position() - spanIdLength;
      }
      case PARENT_SPAN_ID -> {
        parentIdLength = in.readBytes();
        parentIdOffset = in.position() - parentIdLength;
      }
      case TRACE_STATE -> {
        int length = in.readString();
        row.traceState.setNullIfEmpty(in.bytes(), in.position() - length, length);
      }
      case NAME -> {
        int length = in.readString();
        row.name.set(in.bytes(), in.position() - length, length);
      }
      case KIND -> row.kind = in.readVarint32();
      case START_TIME -> startTime = in.readFixed64();
      case END_TIME -> endTime = in.readFixed64();
      case ATTRIBUTES -> attributes.readKeyValue(depth + 1);
      case DROPPED_ATTRIBUTES -> row.droppedAttributesCount = in.readVarint32();
      case EVENTS -> parts.readEvent(depth + 1);
      case DROPPED_EVENTS -> row.droppedEventsCount = in.readVarint32();
      case LINKS -> parts.readLink(depth + 1);
      case DROPPED_LINKS -> row.droppedLinksCount = in.readVarint32();
      case STATUS -> readStatus(depth + 1);
      case FLAGS -> row.flags = in.readFixed32();
      default -> in.skip(tag, depth);
    }
  }

  private void readStatus(int depth) throws WireException {
    row.hasStatus = true;
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case STATUS_MESSAGE -> {
          int length = in.readString();
          row.statusMessage.setNullIfEmpty(in.bytes(), in.position() - length, length);
        }
        case STATUS_CODE -> row.statusCode = in.readVarint32();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
  }

  private void bind() {
    row.startTimeMicros = RowRules.micros(startTime);
    row.durationNanos = Math.max(0, endTime - startTime);
    byte[] bytes = in.bytes();
    RowRules.bindHex(bytes, traceIdOffset, traceIdLength, traceHex, row.traceId);
    RowRules.bindHex(bytes, spanIdOffset, spanIdLength, spanHex, row.spanId);
    RowRules.bindHex(bytes, parentIdOffset, parentIdLength, parentHex, row.parentSpanId);
    attributesText.clear();
    attributes.bindEntries(attributesText, row.attributes);
    parts.bind(row);
  }
}
