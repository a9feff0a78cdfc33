package io.duckspool.common.otlp;

/**
 * Validates export requests, counts their rows, and hands the rows to a visitor. Whether the
 * visitor wants rows or not, exactly the same payloads are accepted, with the same counts.
 *
 * <p>Used by one thread at a time; its buffers are reused from request to request.
 */
public final class OtlpParser {

  private final OtlpLimits limits;

  public OtlpParser(OtlpLimits limits) {
    this.limits = limits;
  }

  /**
   * Parses one export request, decompressed already. Never blocks.
   *
   * @param bytes borrowed until return
   * @throws MalformedOtlpException if it is not a valid request of {@code signal}
   * @throws OtlpTooLargeException if it would become more rows or more text than the limits allow
   */
  public OtlpCounts parse(
      Signal signal,
      PayloadFormat format,
      byte[] bytes,
      int offset,
      int length,
      OtlpVisitor visitor)
      throws MalformedOtlpException, OtlpTooLargeException {
    throw new UnsupportedOperationException(signal + " " + format + " " + limits);
  }
}
