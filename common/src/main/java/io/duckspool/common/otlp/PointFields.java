package io.duckspool.common.otlp;

/**
 * The columns that all metric tables share. Flyweight: valid until the visitor's method returns.
 */
public abstract sealed class PointFields
    permits NumberFields, HistogramFields, ExpHistogramFields, SummaryFields {

  long timeMicros;
  boolean hasStartTime;
  long startTimeMicros;
  final Utf8Slice name = new Utf8Slice();
  final Utf8Slice description = new Utf8Slice();
  final Utf8Slice unit = new Utf8Slice();
  final Utf8Slice attributes = new Utf8Slice();
  int flags;
  final Utf8Slice exemplarsJson = new Utf8Slice();

  PointFields() {}

  /** Column {@code time_unix_nano}: microseconds since 1970, never NULL. */
  public long timeMicros() {
    return timeMicros;
  }

  /** False: {@code start_time_unix_nano} is NULL. */
  public boolean hasStartTime() {
    return hasStartTime;
  }

  /** Column {@code start_time_unix_nano}: microseconds since 1970, 0 for NULL. */
  public long startTimeMicros() {
    return startTimeMicros;
  }

  /** Column {@code name}; never NULL. */
  public Utf8Slice name() {
    return name;
  }

  /** Column {@code description}; never NULL. */
  public Utf8Slice description() {
    return description;
  }

  /** Column {@code unit}; never NULL. */
  public Utf8Slice unit() {
    return unit;
  }

  /** Column {@code metric_attributes}; a JSON object, NULL without attributes. */
  public Utf8Slice attributes() {
    return attributes;
  }

  /** Column {@code flags}: the bits of an unsigned number. */
  public int flags() {
    return flags;
  }

  /** Column {@code exemplars_json}; a JSON array, NULL without exemplars (a summary has none). */
  public Utf8Slice exemplarsJson() {
    return exemplarsJson;
  }
}
