package io.duckspool.common.otlp;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;

/** RFC 8878: one frame or more, without a dictionary. */
final class ZstdDecompression implements BodyDecompression {

  /** RFC 8878, 3.1.1.1.2: a decoder should take windows of 8 MiB. */
  private static final int MIN_WINDOW_LOG = 23;

  /** What the library takes by itself. */
  private static final int MAX_WINDOW_LOG = 27;

  private final DecodedBody body;
  private final ZstdDecompressCtx context;
  private final ByteBuffer probe = ByteBuffer.allocate(1);
  private boolean isBetweenFrames = true;
  private boolean hasFrame;

  ZstdDecompression(DecodedBody body, int maxBytes) {
    this.body = body;
    this.context = new ZstdDecompressCtx();
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(maxBytes - 1);
    // The window is native memory that no budget knows: no larger than the body may be.
    context.setLongMax(Math.min(MAX_WINDOW_LOG, Math.max(MIN_WINDOW_LOG, bits)));
  }

  @Override
  public void feed(byte[] chunk, int offset, int length)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    ByteBuffer source = ByteBuffer.wrap(chunk, offset, length);
    try {
      boolean hasMore = false;
      while (source.hasRemaining() || hasMore) {
        int before = source.position();
        boolean atLimit = body.isFull();
        ByteBuffer target = atLimit ? probe.clear() : room();
        int start = target.position();
        isBetweenFrames = context.decompressByteBufferStream(target, source);
        int count = target.position() - start;
        hasFrame |= source.position() > before;
        if (atLimit && count > 0) {
          throw body.tooLarge();
        }
        if (!atLimit) {
          body.advance(count);
        }
        // A full target may leave decoded bytes inside the context.
        hasMore = !isBetweenFrames && !target.hasRemaining();
        if (count == 0 && source.position() == before && !hasMore) {
          break;
        }
      }
    } catch (ZstdException e) {
      throw body.damaged(e.getMessage() + " (zstd)", e);
    }
    if (source.hasRemaining()) {
      throw body.damaged("bytes follow the stream");
    }
  }

  private ByteBuffer room() throws OtlpTooLargeException, BudgetExhaustedException {
    if (body.room() == 0) {
      body.grow(1);
    }
    return ByteBuffer.wrap(body.bytes(), body.length(), body.room());
  }

  @Override
  public void finish() throws MalformedOtlpException {
    if (!isBetweenFrames || !hasFrame) {
      throw body.damaged("the zstd stream ends");
    }
  }

  @Override
  public void close() {
    context.close();
  }
}
