package io.duckspool.writer.batch;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import java.util.List;
import java.util.Map;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;

/**
 * Frozen rows, ready to be committed, as often as it takes. Closing it gives its buffers back for
 * reuse; nothing may read it then. Used by one thread at a time.
 */
public final class SealedBatch implements AutoCloseable {

  private final BatchMemory memory;
  private final PromotedKeys promoted;
  private final Map<OtlpTable, List<Chunk>> chunks;
  private final Map<OtlpTable, Long> skipped;
  private final long entries;
  private final long payloadBytes;
  private boolean closed;

  SealedBatch(
      BatchMemory memory,
      PromotedKeys promoted,
      Map<OtlpTable, List<Chunk>> chunks,
      Map<OtlpTable, Long> skipped,
      long entries,
      long payloadBytes) {
    this.memory = memory;
    this.promoted = promoted;
    this.chunks = chunks;
    this.skipped = skipped;
    this.entries = entries;
    this.payloadBytes = payloadBytes;
  }

  public long entries() {
    return entries;
  }

  public long payloadBytes() {
    return payloadBytes;
  }

  public long rows() {
    return chunks.keySet().stream().mapToLong(this::rows).sum();
  }

  public long rows(OtlpTable table) {
    return chunks(table).stream().mapToLong(Chunk::rows).sum();
  }

  /** Rows of its entries that are not here, because the target has them already. */
  public long skippedRows(OtlpTable table) {
    return skipped.getOrDefault(table, 0L);
  }

  /**
   * The rows of a table as a stream in Arrow's C interface, in the columns' order: one record batch
   * a chunk, sharing the buffers. It can be read once. The caller closes it after {@code
   * release()}, and before this batch.
   */
  public ArrowArrayStream openStream(OtlpTable table) {
    return openStream(table, Tables.columns(table, promoted));
  }

  /** As {@link #openStream}, with {@link Tables#ARRIVAL} as a last column of the logs. */
  public ArrowArrayStream openStreamWithArrival(OtlpTable table) {
    return openStream(table, Tables.held(table, promoted));
  }

  private ArrowArrayStream openStream(OtlpTable table, List<Column> columns) {
    ArrowArrayStream stream = ArrowArrayStream.allocateNew(memory.allocator());
    ChunkReader reader = new ChunkReader(columns, chunks(table), memory.allocator());
    Data.exportArrayStream(memory.allocator(), reader, stream);
    return stream;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    chunks.forEach((table, list) -> list.forEach(chunk -> memory.giveBack(table, promoted, chunk)));
  }

  private List<Chunk> chunks(OtlpTable table) {
    if (closed) {
      throw new IllegalStateException("the batch is closed");
    }
    return chunks.getOrDefault(table, List.of());
  }
}
