package io.duckspool.common.otlp;

import java.util.zip.Inflater;

/** RFC 1950, or raw RFC 1951: the first two bytes tell. */
final class DeflateDecompression implements BodyDecompression {

  private static final int METHOD_DEFLATE = 8;
  private static final int MAX_WINDOW_BITS = 7;
  private static final int HEADER_DIVISOR = 31;

  private final DecodedBody body;
  private final InflaterLoop loop;
  private final byte[] header = new byte[2];
  private int headerLength;
  private Inflater inflater = new Inflater();

  DeflateDecompression(DecodedBody body) {
    this.body = body;
    this.loop = new InflaterLoop(body);
  }

  @Override
  public void feed(byte[] chunk, int offset, int length)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    int at = offset;
    int end = offset + length;
    while (headerLength < header.length && at < end) {
      header[headerLength++] = chunk[at++];
      if (headerLength == header.length) {
        if (!isZlib()) {
          inflater.end();
          inflater = new Inflater(true);
        }
        inflate(header, 0, header.length);
      }
    }
    if (at < end) {
      inflate(chunk, at, end - at);
    }
  }

  private void inflate(byte[] bytes, int offset, int length)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    if (inflater.finished() || loop.inflate(inflater, bytes, offset, length) < length) {
      throw body.damaged("bytes follow the stream");
    }
  }

  /** A raw stream can't look like this: its first block would be stored, with padding not zero. */
  private boolean isZlib() {
    int first = header[0] & 0xFF;
    return (first & 0xF) == METHOD_DEFLATE
        && first >> 4 <= MAX_WINDOW_BITS
        && (first << 8 | header[1] & 0xFF) % HEADER_DIVISOR == 0;
  }

  @Override
  public void finish() throws MalformedOtlpException {
    if (headerLength > 0 && headerLength < header.length || !inflater.finished()) {
      throw body.damaged("the deflate stream ends");
    }
  }

  @Override
  public void close() {
    inflater.end();
  }
}
