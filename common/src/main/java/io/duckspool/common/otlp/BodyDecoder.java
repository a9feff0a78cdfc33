package io.duckspool.common.otlp;

/**
 * Decompresses one request body, fed in chunks or whole, into one array that never grows past a
 * limit: a bomb stops there. Memory is reserved from a {@link ByteBudget} as the array grows, and
 * given back by {@link #close()}.
 *
 * <p>Used by one thread at a time. After an exception only {@link #close()} may be called.
 */
public final class BodyDecoder implements AutoCloseable {

  private final ContentCoding coding;
  private final long maxBytes;
  private final ByteBudget budget;

  /**
   * @param maxBytes the largest decoded body, 1 to 2^31-9
   * @param budget asked for the decoded array only; the chunks fed are the caller's
   */
  public BodyDecoder(ContentCoding coding, int maxBytes, ByteBudget budget) {
    this.coding = coding;
    this.maxBytes = maxBytes;
    this.budget = budget;
  }

  /**
   * Decodes the next part of the body.
   *
   * @param chunk borrowed until return
   * @throws MalformedOtlpException if it does not decompress
   * @throws OtlpTooLargeException if the decoded body passes {@code maxBytes}
   * @throws BudgetExhaustedException if the budget refuses more memory
   */
  public void feed(byte[] chunk, int offset, int length)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    throw new UnsupportedOperationException(coding + " " + maxBytes + " " + budget);
  }

  /**
   * Says that the body has ended.
   *
   * @throws MalformedOtlpException if the compressed stream has not
   */
  public void finish() throws MalformedOtlpException {
    throw new UnsupportedOperationException();
  }

  /** The decoded body stands in {@code bytes()[0 .. length())}; valid until {@link #close()}. */
  public byte[] bytes() {
    throw new UnsupportedOperationException();
  }

  /** Bytes decoded so far. */
  public int length() {
    throw new UnsupportedOperationException();
  }

  /** Frees native memory and gives everything back to the budget. Idempotent. */
  @Override
  public void close() {}
}
