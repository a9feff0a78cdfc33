package io.duckspool.receiver.ingest;

import java.util.concurrent.ArrayBlockingQueue;

/**
 * Spare chunks for bodies whose length is not known, or not yet believed. Keeps at most so many;
 * the rest is garbage. Thread-safe.
 */
public final class ChunkPool {

  /** Twice Jetty's input buffer; a stalled upload holds one chunk. */
  static final int CHUNK_BYTES = 16 << 10;

  private final ArrayBlockingQueue<byte[]> spares;

  /**
   * Makes an empty pool.
   *
   * @param maxBytes memory of spare chunks kept, at least one chunk
   */
  public ChunkPool(long maxBytes) {
    this.spares =
        new ArrayBlockingQueue<>((int) Math.max(1, Math.min(4096, maxBytes / CHUNK_BYTES)));
  }

  byte[] take() {
    byte[] spare = spares.poll();
    return spare == null ? new byte[CHUNK_BYTES] : spare;
  }

  void giveBack(byte[] chunk) {
    // A full pool refuses: the chunk is garbage then.
    boolean unused = spares.offer(chunk);
  }
}
