package io.duckspool.common.otlp;

/** One row of {@code otlp_logs}. Flyweight: valid until the visitor's method returns. */
public final class LogFields {

  boolean hasTime;
  long timeMicros;
  boolean hasObservedTime;
  long observedTimeMicros;
  final Utf8Slice traceId = new Utf8Slice();
  final Utf8Slice spanId = new Utf8Slice();
  int severityNumber;
  final Utf8Slice severityText = new Utf8Slice();
  final Utf8Slice eventName = new Utf8Slice();
  final Utf8Slice body = new Utf8Slice();
  final Utf8Slice attributes = new Utf8Slice();
  int droppedAttributesCount;
  int flags;

  LogFields() {}

  /** False: {@code time_unix_nano} is NULL. */
  public boolean hasTime() {
    return hasTime;
  }

  /** Column {@code time_unix_nano}: microseconds since 1970, 0 for NULL. */
  public long timeMicros() {
    return timeMicros;
  }

  /** False: {@code observed_time_unix_nano} is NULL. */
  public boolean hasObservedTime() {
    return hasObservedTime;
  }

  /** Column {@code observed_time_unix_nano}: microseconds since 1970, 0 for NULL. */
  public long observedTimeMicros() {
    return observedTimeMicros;
  }

  /** Column {@code trace_id}; lower-case hex, NULL where empty. */
  public Utf8Slice traceId() {
    return traceId;
  }

  /** Column {@code span_id}; lower-case hex, NULL where empty. */
  public Utf8Slice spanId() {
    return spanId;
  }

  /** Column {@code severity_number}; 0 is NULL. */
  public int severityNumber() {
    return severityNumber;
  }

  /** Column {@code severity_text}; NULL where empty. */
  public Utf8Slice severityText() {
    return severityText;
  }

  /** Column {@code event_name}; NULL where empty. */
  public Utf8Slice eventName() {
    return eventName;
  }

  /** Column {@code body}; NULL for none, empty text, NaN and infinities. */
  public Utf8Slice body() {
    return body;
  }

  /** Column {@code log_attributes}; a JSON object, NULL without attributes. */
  public Utf8Slice attributes() {
    return attributes;
  }

  /** Column {@code dropped_attributes_count}: the bits of an unsigned number. */
  public int droppedAttributesCount() {
    return droppedAttributesCount;
  }

  /** Column {@code flags}: the bits of an unsigned number. */
  public int flags() {
    return flags;
  }
}
