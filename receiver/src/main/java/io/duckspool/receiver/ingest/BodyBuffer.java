package io.duckspool.receiver.ingest;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects a body as it arrives, its memory counted as it grows. An announced length is not
 * believed at once: a client that announces 16 MiB and stalls holds one chunk, and the whole array
 * is allocated when a quarter of it is there. Used by one thread at a time.
 *
 * <pre>
 * length unknown:  chunk chunk chunk …            -> one array at the end
 * announced:       chunk … up to a quarter of it  -> the whole array, filled to its end
 * </pre>
 */
public final class BodyBuffer {

  private static final int BELIEVED_PART = 4;
  private static final byte[] NOTHING = {};

  private final Claim claim;
  private final ChunkPool pool;
  private final long announcedBytes;
  private final long maxBytes;
  private final List<byte[]> chunks = new ArrayList<>();
  private byte[] whole = NOTHING;
  private byte[] tail = NOTHING;
  private int tailUsed;
  private int size;

  /** Reserved for the chunks; the last one may be larger than what of it can be filled. */
  private long chunkBytes;

  /**
   * Makes an empty buffer, which holds no memory yet.
   *
   * @param announcedBytes the Content-Length, at most {@code maxBytes}; below 0 when there is none
   */
  public BodyBuffer(Claim claim, ChunkPool pool, long announcedBytes, long maxBytes) {
    this.claim = claim;
    this.pool = pool;
    this.announcedBytes = announcedBytes;
    this.maxBytes = maxBytes;
  }

  /** True when all announced bytes are here, or as many as there may be. */
  public boolean isFull() {
    return whole.length > 0 ? size == whole.length : size == maxBytes;
  }

  /** The array to read into, from {@link #tailOffset} on; it has room for at least one byte. */
  public byte[] tail() throws ExportError {
    if (tailUsed == tail.length) {
      grow();
    }
    return tail;
  }

  /** Where the next byte goes in {@link #tail}. */
  public int tailOffset() {
    return tailUsed;
  }

  /** Bytes that arrived. */
  public int size() {
    return size;
  }

  /** Counts bytes that were read into the tail. */
  public void advance(int bytes) throws ExportError {
    tailUsed += bytes;
    size += bytes;
    if (size > maxBytes) {
      throw ExportError.of(
          ExportError.Kind.PAYLOAD_TOO_LARGE, "the body passes max_body_bytes = " + maxBytes);
    }
    claim.addPayload(bytes);
  }

  /** The whole body, in an array of its own size; the buffer is done. */
  public byte[] join() throws ExportError {
    if (size == 0) {
      return NOTHING;
    }
    if (whole.length == 0) {
      becomeWhole(size);
    }
    if (whole.length != size) {
      throw new IllegalStateException("body of " + size + " bytes announced as " + whole.length);
    }
    return whole;
  }

  /** Gives the chunks back to the pool; the memory itself is the claim's to release. */
  public void discard() {
    releaseChunks();
    whole = NOTHING;
    tail = NOTHING;
    tailUsed = 0;
  }

  private void grow() throws ExportError {
    boolean isBelieved =
        announcedBytes > 0
            && (announcedBytes <= ChunkPool.CHUNK_BYTES || size >= announcedBytes / BELIEVED_PART);
    if (isBelieved && whole.length == 0) {
      becomeWhole((int) announcedBytes);
      tail = whole;
      tailUsed = size;
    }
    if (tailUsed == tail.length) {
      long most = Math.min(ChunkPool.CHUNK_BYTES, maxBytes - size);
      claim.reserve(most);
      chunkBytes += most;
      tail = pool.take();
      chunks.add(tail);
      tailUsed = 0;
    }
  }

  private void becomeWhole(int length) throws ExportError {
    // The chunks exist once more until they have been copied.
    long copied = Math.min(length, chunkBytes);
    claim.reserve(length - copied);
    claim.reserveWorking(copied);
    whole = new byte[length];
    int at = 0;
    for (byte[] chunk : chunks) {
      int part = Math.min(chunk.length, size - at);
      System.arraycopy(chunk, 0, whole, at, part);
      at += part;
    }
    claim.release(chunkBytes);
    chunkBytes = 0;
    releaseChunks();
  }

  private void releaseChunks() {
    chunks.forEach(pool::giveBack);
    chunks.clear();
  }
}
