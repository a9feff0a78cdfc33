package io.duckspool.common.otlp;

/** The payload is, or would become, larger than a limit allows: HTTP 413. Names limit and bound. */
public final class OtlpTooLargeException extends Exception {

  private static final long serialVersionUID = 1L;

  public OtlpTooLargeException(String message) {
    super(message);
  }
}
