package io.duckspool.common.otlp;

/**
 * The payload is not a valid export request, or does not decompress: HTTP 400. The message says
 * where (protobuf: byte and field path; JSON: line and column; NDJSON: the line) and what, and
 * holds nothing of the payload's values.
 */
public final class MalformedOtlpException extends Exception {

  private static final long serialVersionUID = 1L;

  public MalformedOtlpException(String message) {
    super(message);
  }

  public MalformedOtlpException(String message, Throwable cause) {
    super(message, cause);
  }
}
