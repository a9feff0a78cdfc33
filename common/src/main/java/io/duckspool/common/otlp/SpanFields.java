package io.duckspool.common.otlp;

/** One row of {@code otlp_traces}. Flyweight: valid until the visitor's method returns. */
public final class SpanFields {

  long startTimeMicros;
  long durationNanos;
  final Utf8Slice traceId = new Utf8Slice();
  final Utf8Slice spanId = new Utf8Slice();
  final Utf8Slice parentSpanId = new Utf8Slice();
  final Utf8Slice traceState = new Utf8Slice();
  final Utf8Slice name = new Utf8Slice();
  int kind;
  boolean hasStatus;
  int statusCode;
  final Utf8Slice statusMessage = new Utf8Slice();
  final Utf8Slice attributes = new Utf8Slice();
  final Utf8Slice eventsJson = new Utf8Slice();
  final Utf8Slice linksJson = new Utf8Slice();
  int droppedAttributesCount;
  int droppedEventsCount;
  int droppedLinksCount;
  int flags;

  SpanFields() {}

  /** Column {@code start_time_unix_nano}: microseconds since 1970, never NULL. */
  public long startTimeMicros() {
    return startTimeMicros;
  }

  /** Column {@code duration_time_unix_nano}: nanoseconds, 0 where the end is earlier. */
  public long durationNanos() {
    return durationNanos;
  }

  /** Column {@code trace_id}; lower-case hex, never NULL. */
  public Utf8Slice traceId() {
    return traceId;
  }

  /** Column {@code span_id}; lower-case hex, never NULL. */
  public Utf8Slice spanId() {
    return spanId;
  }

  /** Column {@code parent_span_id}; lower-case hex, NULL where empty. */
  public Utf8Slice parentSpanId() {
    return parentSpanId;
  }

  /** Column {@code trace_state}; NULL where empty. */
  public Utf8Slice traceState() {
    return traceState;
  }

  /** Column {@code name}; never NULL. */
  public Utf8Slice name() {
    return name;
  }

  /** Column {@code kind}; 0 is NULL. */
  public int kind() {
    return kind;
  }

  /** False: {@code status_code} is NULL. */
  public boolean hasStatus() {
    return hasStatus;
  }

  /** Column {@code status_code}; 0 where NULL. */
  public int statusCode() {
    return statusCode;
  }

  /** Column {@code status_status_message}; NULL where empty. */
  public Utf8Slice statusMessage() {
    return statusMessage;
  }

  /** Column {@code span_attributes}; a JSON object, NULL without attributes. */
  public Utf8Slice attributes() {
    return attributes;
  }

  /** Column {@code events_json}; a JSON array, NULL without events. */
  public Utf8Slice eventsJson() {
    return eventsJson;
  }

  /** Column {@code links_json}; a JSON array, NULL without links. */
  public Utf8Slice linksJson() {
    return linksJson;
  }

  /** Column {@code dropped_attributes_count}: the bits of an unsigned number. */
  public int droppedAttributesCount() {
    return droppedAttributesCount;
  }

  /** Column {@code dropped_events_count}: the bits of an unsigned number. */
  public int droppedEventsCount() {
    return droppedEventsCount;
  }

  /** Column {@code dropped_links_count}: the bits of an unsigned number. */
  public int droppedLinksCount() {
    return droppedLinksCount;
  }

  /** Column {@code flags}: the bits of an unsigned number. */
  public int flags() {
    return flags;
  }
}
