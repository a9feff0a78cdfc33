package io.duckspool.common.otlp;

/** Reads the exemplars of a data point, and writes them as a JSON array. */
final class ExemplarReader {

  private static final int TIME = 2 << 3 | WireReader.FIXED64;
  private static final int AS_DOUBLE = 3 << 3 | WireReader.FIXED64;
  private static final int SPAN_ID = 4 << 3 | WireReader.LEN;
  private static final int TRACE_ID = 5 << 3 | WireReader.LEN;
  private static final int AS_INT = 6 << 3 | WireReader.FIXED64;
  private static final int ATTRIBUTES = 7 << 3 | WireReader.LEN;

  private static final byte[] ATTRIBUTES_KEY = TextBuffer.ascii("{\"filtered_attributes\":");
  private static final byte[] SPAN_ID_KEY = TextBuffer.ascii(",\"span_id\":\"");
  private static final byte[] TIME_KEY = TextBuffer.ascii("\",\"time_unix_nano\":");
  private static final byte[] TRACE_ID_KEY = TextBuffer.ascii(",\"trace_id\":\"");
  private static final byte[] VALUE_KEY = TextBuffer.ascii("\",\"value\":");

  /** What an exemplar without a single field becomes. */
  private static final int EMPTY_BYTES =
      "{'filtered_attributes':{},'span_id':'','time_unix_nano':0,'trace_id':''},".length();

  private static final int MAX_RETAINED_BYTES = 1 << 20;

  private final WireReader in;
  private final RowMeter meter;
  private final boolean builds;
  private final ValueReader attributes;
  private final TextBuffer text = new TextBuffer(256);

  ExemplarReader(WireReader in, RowMeter meter, boolean builds) {
    this.in = in;
    this.meter = meter;
    this.builds = builds;
    this.attributes = new ValueReader(in, builds);
  }

  void shrink() {
    attributes.shrink();
    text.shrink(MAX_RETAINED_BYTES);
  }

  void clear() {
    text.clear();
  }

  void bind(Utf8Slice slice) {
    if (text.length() > 0) {
      text.add(']');
    }
    slice.setNullIfEmpty(text.bytes(), 0, text.length());
  }

  /**
   * Reads one exemplar, a message at {@code depth}.
   *
   * @param counts false where a later kind of data replaces the point: only its form matters
   */
  void read(int depth, boolean counts) throws WireException, OtlpTooLargeException {
    int outer = in.begin(depth);
    int start = in.position();
    long time = 0;
    int valueTag = 0;
    long value = 0;
    int spanIdEnd = start;
    int spanIdLength = 0;
    int traceIdEnd = start;
    int traceIdLength = 0;
    attributes.clear();
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case TIME -> time = in.readFixed64();
        case AS_DOUBLE, AS_INT -> {
          valueTag = tag;
          value = in.readFixed64();
        }
        case SPAN_ID -> {
          spanIdLength = in.readBytes();
          spanIdEnd = in.position();
        }
        case TRACE_ID -> {
          traceIdLength = in.readBytes();
          traceIdEnd = in.position();
        }
        case ATTRIBUTES -> attributes.readKeyValue(depth + 1);
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
    if (!counts) {
      return;
    }
    RowRules.checkTime(time, start, "time_unix_nano");
    RowRules.checkId(spanIdLength, RowRules.SPAN_ID_BYTES, start, "span_id");
    RowRules.checkId(traceIdLength, RowRules.TRACE_ID_BYTES, start, "trace_id");
    meter.addExpandedBytes(EMPTY_BYTES);
    if (builds) {
      byte[] bytes = in.bytes();
      text.add(text.length() == 0 ? '[' : ',');
      text.addAscii(ATTRIBUTES_KEY);
      attributes.writeEntries(text);
      text.addAscii(SPAN_ID_KEY);
      text.addHex(bytes, spanIdEnd - spanIdLength, spanIdLength);
      text.addAscii(TIME_KEY);
      text.addLong(time);
      text.addAscii(TRACE_ID_KEY);
      text.addHex(bytes, traceIdEnd - traceIdLength, traceIdLength);
      writeValue(valueTag, value);
    }
  }

  private void writeValue(int tag, long value) {
    if (tag == AS_INT) {
      text.addAscii(VALUE_KEY);
      text.addLong(value);
    } else if (tag == AS_DOUBLE && Double.isFinite(Double.longBitsToDouble(value))) {
      text.addAscii(VALUE_KEY);
      text.addDouble(Double.longBitsToDouble(value));
    } else {
      text.add('"');
    }
    text.add('}');
  }
}
