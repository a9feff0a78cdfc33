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

  /**
   * @param offset where in the buffer; with a {@code field}, where the message that has it begins
   * @param field the field whose value breaks a rule that is checked when its message has ended
   */
  WireException(int offset, @Nullable String field, String message) {
    super(message, null, false, false);
    this.offset = offset;
    this.field = field;
  }

  int offset() {
    return offset;
  }

  @Nullable String field() {
    return field;
  }
}
