package io.duckspool.common.otlp;

/** The body as it is. */
final class IdentityDecompression implements BodyDecompression {

  private final DecodedBody body;

  IdentityDecompression(DecodedBody body) {
    this.body = body;
  }

  @Override
  public void feed(byte[] chunk, int offset, int length)
      throws OtlpTooLargeException, BudgetExhaustedException {
    body.add(chunk, offset, length);
  }

  @Override
  public void finish() {
    // A body without compression may end anywhere.
  }

  @Override
  public void close() {
    // Holds nothing but the body, which its owner releases.
  }
}
