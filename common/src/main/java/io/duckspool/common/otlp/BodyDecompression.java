package io.duckspool.common.otlp;

/** One way to decompress a body that comes in chunks. */
interface BodyDecompression extends AutoCloseable {

  /** {@code chunk} is borrowed until return. */
  void feed(byte[] chunk, int offset, int length)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException;

  /** Fails if the compressed stream is not complete. */
  void finish() throws MalformedOtlpException;

  @Override
  void close();
}
