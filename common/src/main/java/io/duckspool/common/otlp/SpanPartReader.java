package io.duckspool.common.otlp;

/** Reads the events and links of a span, and writes them as JSON arrays. */
final class SpanPartReader {

  private static final int EVENT_TIME = 1 << 3 | WireReader.FIXED64;
  private static final int EVENT_NAME = 2 << 3 | WireReader.LEN;
  private static final int EVENT_ATTRIBUTES = 3 << 3 | WireReader.LEN;
  private static final int EVENT_DROPPED = 4 << 3 | WireReader.VARINT;
  private static final int LINK_TRACE_ID = 1 << 3 | WireReader.LEN;
  private static final int LINK_SPAN_ID = 2 << 3 | WireReader.LEN;
  private static final int LINK_TRACE_STATE = 3 << 3 | WireReader.LEN;
  private static final int LINK_ATTRIBUTES = 4 << 3 | WireReader.LEN;
  private static final int LINK_DROPPED = 5 << 3 | WireReader.VARINT;
  private static final int LINK_FLAGS = 6 << 3 | WireReader.FIXED32;

  private static final byte[] ATTRIBUTES = TextBuffer.ascii("{\"attributes\":");
  private static final byte[] DROPPED = TextBuffer.ascii(",\"dropped_attributes_count\":");
  private static final byte[] NAME = TextBuffer.ascii(",\"name\":");
  private static final byte[] TIME = TextBuffer.ascii(",\"time_unix_nano\":");
  private static final byte[] FLAGS = TextBuffer.ascii(",\"flags\":");
  private static final byte[] SPAN_ID = TextBuffer.ascii(",\"span_id\":\"");
  private static final byte[] TRACE_ID = TextBuffer.ascii("\",\"trace_id\":\"");
  private static final byte[] TRACE_STATE = TextBuffer.ascii("\",\"trace_state\":");

  /** What an event without a single field becomes. */
  private static final int EMPTY_EVENT_BYTES =
      "{'attributes':{},'dropped_attributes_count':0,'name':'','time_unix_nano':0},".length();

  /** What a link without a single field becomes. */
  private static final int EMPTY_LINK_BYTES =
      ("{'attributes':{},'dropped_attributes_count':0,'flags':0,'span_id':'','trace_id':'',"
              + "'trace_state':''},")
          .length();

  private static final int MAX_RETAINED_BYTES = 1 << 20;

  private final WireReader in;
  private final RowMeter meter;
  private final boolean builds;
  private final ValueReader attributes;
  private final TextBuffer events = new TextBuffer(256);
  private final TextBuffer links = new TextBuffer(256);

  SpanPartReader(WireReader in, RowMeter meter, boolean builds) {
    this.in = in;
    this.meter = meter;
    this.builds = builds;
    this.attributes = new ValueReader(in, builds);
  }

  void shrink() {
    attributes.shrink();
    events.shrink(MAX_RETAINED_BYTES);
    links.shrink(MAX_RETAINED_BYTES);
  }

  void clear() {
    events.clear();
    links.clear();
  }

  void bind(SpanFields row) {
    bind(events, row.eventsJson);
    bind(links, row.linksJson);
  }

  private static void bind(TextBuffer text, Utf8Slice slice) {
    if (text.length() > 0) {
      text.add(']');
    }
    slice.setNullIfEmpty(text.bytes(), 0, text.length());
  }

  void readEvent(int depth) throws WireException, OtlpTooLargeException {
    int outer = in.begin(depth);
    int start = in.position();
    long time = 0;
    int nameEnd = start;
    int nameLength = 0;
    int dropped = 0;
    attributes.clear();
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case EVENT_TIME -> time = in.readFixed64();
        case EVENT_NAME -> {
          nameLength = in.readString();
          nameEnd = in.position();
        }
        case EVENT_ATTRIBUTES -> attributes.readKeyValue(depth + 1);
        case EVENT_DROPPED -> dropped = in.readVarint32();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
    RowRules.checkTime(time, start, "time_unix_nano");
    meter.addExpandedBytes(EMPTY_EVENT_BYTES);
    if (builds) {
      beginElement(events, dropped);
      events.addAscii(NAME);
      events.addQuoted(in.bytes(), nameEnd - nameLength, nameLength);
      events.addAscii(TIME);
      events.addLong(time);
      events.add('}');
    }
  }

  void readLink(int depth) throws WireException, OtlpTooLargeException {
    int outer = in.begin(depth);
    int start = in.position();
    int traceIdEnd = start;
    int traceIdLength = 0;
    int spanIdEnd = start;
    int spanIdLength = 0;
    int stateEnd = start;
    int stateLength = 0;
    int dropped = 0;
    int flags = 0;
    attributes.clear();
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case LINK_TRACE_ID -> {
          traceIdLength = in.readBytes();
          traceIdEnd = in.position();
        }
        case LINK_SPAN_ID -> {
          spanIdLength = in.readBytes();
          spanIdEnd = in.position();
        }
        case LINK_TRACE_STATE -> {
          stateLength = in.readString();
          stateEnd = in.position();
        }
        case LINK_ATTRIBUTES -> attributes.readKeyValue(depth + 1);
        case LINK_DROPPED -> dropped = in.readVarint32();
        case LINK_FLAGS -> flags = in.readFixed32();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
    RowRules.checkId(traceIdLength, RowRules.TRACE_ID_BYTES, start, "trace_id");
    RowRules.checkId(spanIdLength, RowRules.SPAN_ID_BYTES, start, "span_id");
    meter.addExpandedBytes(EMPTY_LINK_BYTES);
    if (builds) {
      byte[] bytes = in.bytes();
      beginElement(links, dropped);
      links.addAscii(FLAGS);
      links.addLong(Integer.toUnsignedLong(flags));
      links.addAscii(SPAN_ID);
      links.addHex(bytes, spanIdEnd - spanIdLength, spanIdLength);
      links.addAscii(TRACE_ID);
      links.addHex(bytes, traceIdEnd - traceIdLength, traceIdLength);
      links.addAscii(TRACE_STATE);
      links.addQuoted(bytes, stateEnd - stateLength, stateLength);
      links.add('}');
    }
  }

  private void beginElement(TextBuffer array, int droppedAttributes) {
    array.add(array.length() == 0 ? '[' : ',');
    array.addAscii(ATTRIBUTES);
    attributes.writeEntries(array);
    array.addAscii(DROPPED);
    array.addLong(Integer.toUnsignedLong(droppedAttributes));
  }
}
