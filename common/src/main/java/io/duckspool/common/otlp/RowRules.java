package io.duckspool.common.otlp;

/** The rules for values that protobuf would take and the tables can't, and their units. */
final class RowRules {

  static final int TRACE_ID_BYTES = 16;
  static final int SPAN_ID_BYTES = 8;

  private static final long NANOS_PER_MICRO = 1_000;

  private RowRules() {}

  /** {@code nanos} is unsigned; {@code message} is where the message begins that has it. */
  static void checkTime(long nanos, int message, String field) throws WireException {
    if (nanos < 0) {
      throw new WireException(message, field, "a time must be at most 2^63-1 ns");
    }
  }

  /** {@code count} is unsigned; {@code message} is where the message begins that has it. */
  static void checkCount(long count, int message, String field) throws WireException {
    if (count < 0) {
      throw new WireException(message, field, "a count must be at most 2^63-1");
    }
  }

  static void checkId(int length, int expected, int message, String field) throws WireException {
    if (length != 0 && length != expected) {
      throw new WireException(
          message, field, "an id must have " + expected + " bytes or none, got " + length);
    }
  }

  static void checkOwnId(int length, int expected, int message, String field) throws WireException {
    if (length == 0) {
      throw new WireException(message, field, "a span must have an id of " + expected + " bytes");
    }
    checkId(length, expected, message, field);
  }

  /** Nanoseconds are cut, not rounded. */
  static long micros(long nanos) {
    return nanos / NANOS_PER_MICRO;
  }

  /** Points {@code slice} to an id in lower-case hex, or NULL for none. */
  static void bindHex(byte[] bytes, int offset, int length, TextBuffer hex, Utf8Slice slice) {
    hex.clear();
    hex.addHex(bytes, offset, length);
    slice.setNullIfEmpty(hex.bytes(), 0, hex.length());
  }
}
