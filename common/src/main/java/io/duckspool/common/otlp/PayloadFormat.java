package io.duckspool.common.otlp;

/** How an export request is written. */
public enum PayloadFormat {
  /** OTLP/protobuf. */
  PROTOBUF(1),
  /** OTLP/JSON, one document. */
  JSON(2),
  /** One OTLP/JSON document a line. */
  NDJSON(3);

  private final int code;

  PayloadFormat(int code) {
    this.code = code;
  }

  /** The number of this format in a spool envelope, 1 to 3; never reused. */
  public int code() {
    return code;
  }

  /** Reads what {@link #code()} wrote; {@link IllegalArgumentException} for any other number. */
  public static PayloadFormat ofCode(int code) {
    return switch (code) {
      case 1 -> PROTOBUF;
      case 2 -> JSON;
      case 3 -> NDJSON;
      default -> throw new IllegalArgumentException("format code must be in [1, 3], got " + code);
    };
  }
}
