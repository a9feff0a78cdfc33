package io.duckspool.common.otlp;

/**
 * One {@code AnyValue} while it is being read, perhaps from several parts, and after. Protobuf's
 * rules for a oneof hold: another member replaces the last, the same message member is merged.
 */
final class AnyValue {

  static final byte NONE = 0;
  static final byte STRING = 1;
  static final byte BOOL = 2;
  static final byte INT = 3;
  static final byte DOUBLE = 4;
  static final byte BYTES = 5;
  static final byte ARRAY = 6;
  static final byte KVLIST = 7;

  /** One of the constants. */
  byte kind;

  /** BOOL: 0 or 1; INT: the number; DOUBLE: its bits. */
  long bits;

  /** STRING, BYTES: where in the payload. ARRAY, KVLIST: where in the reader's texts. */
  int offset;

  /** Bytes at {@link #offset}. */
  int length;

  /** ARRAY: elements written so far. */
  int elements;

  /** The reader's texts when this value began. */
  int textStart;

  /** The reader's number of entries when this value began. */
  int entryStart;

  void set(AnyValue other) {
    kind = other.kind;
    bits = other.bits;
    offset = other.offset;
    length = other.length;
  }
}
