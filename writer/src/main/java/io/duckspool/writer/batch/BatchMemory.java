package io.duckspool.writer.batch;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.apache.arrow.memory.AllocationListener;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.memory.rounding.SegmentRoundingPolicy;

/**
 * The off-heap memory that the batches of one process share, and the chunks kept for reuse.
 * Thread-safe. Closed by the writer, after all batches.
 */
public final class BatchMemory implements AutoCloseable {

  /** Buffers are rounded up to a multiple of this, not to a power of two: half would be air. */
  private static final long SEGMENT_BYTES = 1024;

  private final RootAllocator root;
  private final long maxKeptBytes;
  private final Map<Shape, Deque<Chunk>> kept = new HashMap<>();
  private long keptBytes;

  /** Chunks of one shape have the same types of columns; their names don't matter. */
  private record Shape(OtlpTable table, int promotedCount) {}

  /**
   * @param limitBytes bound of all buffers together, > 0; an entry that would pass it fails with a
   *     {@link BatchFullException}
   * @param maxKeptBytes bound of the buffers kept for reuse between seals
   */
  public BatchMemory(long limitBytes, long maxKeptBytes) {
    if (limitBytes <= 0) {
      throw new IllegalArgumentException("limitBytes must be > 0, got " + limitBytes);
    }
    if (maxKeptBytes < 0) {
      throw new IllegalArgumentException("maxKeptBytes must be >= 0, got " + maxKeptBytes);
    }
    this.root =
        new RootAllocator(
            AllocationListener.NOOP, limitBytes, new SegmentRoundingPolicy(SEGMENT_BYTES));
    this.maxKeptBytes = maxKeptBytes;
  }

  /** A new, empty batch without promoted attributes; closed by its pipeline. */
  public Batch openBatch() {
    return openBatch(PromotedKeys.NONE);
  }

  /**
   * A new, empty batch; closed by its pipeline.
   *
   * @param promoted as the parser has them that fills it
   */
  public Batch openBatch(PromotedKeys promoted) {
    return new Batch(this, promoted);
  }

  /** Bytes of all buffers now, those kept for reuse among them. */
  public long allocatedBytes() {
    return root.getAllocatedMemory();
  }

  BufferAllocator allocator() {
    return root;
  }

  /** An empty chunk, with buffers from an earlier batch when there is one. */
  synchronized Chunk take(OtlpTable table, PromotedKeys promoted) {
    Deque<Chunk> chunks = kept.get(new Shape(table, promoted.count()));
    if (chunks == null || chunks.isEmpty()) {
      return new Chunk(Tables.held(table, promoted), root);
    }
    Chunk chunk = chunks.pop();
    keptBytes -= chunk.heldBytes();
    return chunk;
  }

  /** Keeps the chunk for reuse while there is room, else frees it. */
  synchronized void giveBack(OtlpTable table, PromotedKeys promoted, Chunk chunk) {
    chunk.truncate(0);
    long bytes = chunk.heldBytes();
    // A chunk blown up by a giant row isn't worth keeping: its buffers would stay that large.
    if (bytes > 4 * Chunk.FULL_BYTES || keptBytes + bytes > maxKeptBytes) {
      chunk.close();
      return;
    }
    keptBytes += bytes;
    kept.computeIfAbsent(new Shape(table, promoted.count()), shape -> new ArrayDeque<>())
        .push(chunk);
  }

  /**
   * Frees the kept chunks.
   *
   * @throws IllegalStateException when a batch still holds memory
   */
  @Override
  public synchronized void close() {
    kept.values().forEach(chunks -> chunks.forEach(Chunk::close));
    kept.clear();
    keptBytes = 0;
    root.close();
  }
}
