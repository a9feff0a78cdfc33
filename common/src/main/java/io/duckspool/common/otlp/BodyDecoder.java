package io.duckspool.common.otlp;

/**
 * Decompresses one request body, fed in chunks or whole, into one array that never grows past a
 * limit: a bomb stops there. Memory is reserved from a {@link ByteBudget} as the array grows, and
 * given back by {@link #close()}.
 *
 * <p>Used by one thread at a time. After an exception only {@link #bytes()} and {@link #length()},
 * which have what came before it, and {@link #close()} may be called.
 */
public final class BodyDecoder implements AutoCloseable {

  private final DecodedBody body;
  private final BodyDecompression decompression;
  private boolean isClosed;

  /**
   * Decodes a body of {@code coding}.
   *
   * @param maxBytes the largest decoded body, 1 to 2^31-9
   * @param budget asked for the decoded array only; the chunks fed are the caller's
   */
  public BodyDecoder(ContentCoding coding, int maxBytes, ByteBudget budget) {
    this.body = new DecodedBody(maxBytes, budget);
    this.decompression =
        switch (coding) {
          case IDENTITY -> new IdentityDecompression(body);
          case GZIP -> new GzipDecompression(body);
          case DEFLATE -> new DeflateDecompression(body);
          case ZSTD -> new ZstdDecompression(body, maxBytes);
        };
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
    decompression.feed(chunk, offset, length);
  }

  /**
   * Says that the body has ended.
   *
   * @throws MalformedOtlpException if the compressed stream has not
   */
  public void finish() throws MalformedOtlpException {
    decompression.finish();
  }

  /** The decoded body stands in {@code bytes()[0 .. length())}; valid until {@link #close()}. */
  public byte[] bytes() {
    return body.bytes();
  }

  /** Bytes decoded so far. */
  public int length() {
    return body.length();
  }

  /** Frees native memory and gives everything back to the budget. Idempotent. */
  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      decompression.close();
      body.release();
    }
  }
}
