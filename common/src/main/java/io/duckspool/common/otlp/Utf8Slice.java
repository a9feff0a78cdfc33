package io.duckspool.common.otlp;

import java.nio.charset.StandardCharsets;

/**
 * Valid UTF-8 text that stands in someone else's array, or NULL. Mutable flyweight: owned by the
 * parser, valid until the visitor's method returns; who keeps it copies it.
 */
public final class Utf8Slice {

  private static final byte[] NONE = {};

  private byte[] bytes = NONE;
  private int offset;
  private int length;
  private boolean isNull = true;

  Utf8Slice() {}

  static Utf8Slice[] array(int length) {
    Utf8Slice[] slices = new Utf8Slice[length];
    for (int i = 0; i < length; i++) {
      slices[i] = new Utf8Slice();
    }
    return slices;
  }

  /** True for NULL; then {@link #length()} is 0. */
  public boolean isNull() {
    return isNull;
  }

  /** The array that holds the text; borrowed. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where the text begins in {@link #bytes()}. */
  public int offset() {
    return offset;
  }

  /** Bytes of the text. */
  public int length() {
    return length;
  }

  /** A copy of the text; {@link IllegalStateException} for NULL. */
  public String text() {
    if (isNull) {
      throw new IllegalStateException("text of NULL");
    }
    return new String(bytes, offset, length, StandardCharsets.UTF_8);
  }

  void setNull() {
    bytes = NONE;
    offset = 0;
    length = 0;
    isNull = true;
  }

  void set(byte[] bytes, int offset, int length) {
    this.bytes = bytes;
    this.offset = offset;
    this.length = length;
    this.isNull = false;
  }

  /** As {@link #set}, but empty text is NULL. */
  void setNullIfEmpty(byte[] bytes, int offset, int length) {
    if (length == 0) {
      setNull();
    } else {
      set(bytes, offset, length);
    }
  }

  /** For debugging: the text, or NULL. */
  @Override
  public String toString() {
    return isNull ? "NULL" : text();
  }
}
