package io.duckspool.common.otlp;

import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a payload, and at which byte of the buffer walked. {@link OtlpParser} makes a
 * {@link MalformedOtlpException} of it, with the path or the line.
 */
final class WireException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int offset;
  private final @Nullable String field;
  private final boolean isAtEnd;

  /**
   * @param offset where in the buffer; with a {@code field}, where the message that has it begins
   * @param field the field whose value breaks a rule that is checked when its message has ended
   */
  WireException(int offset, @Nullable String field, String message) {
    this(offset, field, message, false);
  }

  private WireException(int offset, @Nullable String field, String message, boolean isAtEnd) {
    super(message, null, false, false);
    this.offset = offset;
    this.field = field;
    this.isAtEnd = isAtEnd;
  }

  /** A message ends too early, at {@code offset}. */
  static WireException atEnd(int offset, String message) {
    return new WireException(offset, null, message, true);
  }

  int offset() {
    return offset;
  }

  /** Whether the fault lies in the message that ends in front of {@link #offset()}. */
  boolean isAtEnd() {
    return isAtEnd;
  }

  @Nullable String field() {
    return field;
  }
}
