package io.duckspool.writer.batch;

import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;

/**
 * One column of a chunk: off-heap buffers in Arrow's layout, written row by row. Each row is
 * written once, in order; rows are taken back by {@link #truncate}. Used by the batch's thread;
 * closed by its chunk.
 *
 * <p>Validity is one bit a row, {@code validity[(rowCapacity + 7) / 8]}, 1 = not NULL, lowest bit
 * first.
 */
abstract sealed class ColumnBuffer implements AutoCloseable
    permits FixedColumn, BooleanColumn, TextColumn, ListColumn {

  final BufferAllocator allocator;
  ArrowBuf validity;

  ColumnBuffer(BufferAllocator allocator) {
    this.allocator = allocator;
    this.validity = allocator.getEmpty();
  }

  static ColumnBuffer of(ColumnType type, BufferAllocator allocator) {
    return switch (type) {
      case TIMESTAMP, BIGINT, DOUBLE -> new FixedColumn(allocator, Long.BYTES);
      case INTEGER -> new FixedColumn(allocator, Integer.BYTES);
      case BOOLEAN -> new BooleanColumn(allocator);
      case VARCHAR -> new TextColumn(allocator);
      case BIGINT_LIST, DOUBLE_LIST -> new ListColumn(allocator);
    };
  }

  /** Makes room for rows in all buffers whose size depends on the row count alone. */
  void reserveRows(int rowCapacity) {
    validity = grown(validity, (rowCapacity + 7) / 8);
  }

  /** Bytes a row takes beside its text or list elements, one for validity among them. */
  abstract int fixedRowBytes();

  /**
   * Forgets the rows from {@code rows} on.
   *
   * @return bytes of text or list elements that are left
   */
  abstract long truncate(int rows);

  /** Appends this column's nodes and buffers as Arrow's record batch lists them. */
  abstract void addTo(int rows, List<ArrowFieldNode> nodes, List<ArrowBuf> buffers);

  final void setValid(int row, boolean valid) {
    int index = row >>> 3;
    int bit = 1 << (row & 7);
    int old = validity.getByte(index);
    validity.setByte(index, valid ? old | bit : old & ~bit);
  }

  final int nullCount(int rows) {
    int valid = 0;
    int row = 0;
    for (; row + 64 <= rows; row += 64) {
      valid += Long.bitCount(validity.getLong(row >>> 3));
    }
    for (; row < rows; row++) {
      valid += validity.getByte(row >>> 3) >>> (row & 7) & 1;
    }
    return rows - valid;
  }

  /** The same buffer when it is large enough, else a larger one with its content; frees the old. */
  final ArrowBuf grown(ArrowBuf buffer, long capacity) {
    if (buffer.capacity() >= capacity) {
      return buffer;
    }
    ArrowBuf larger = allocator.buffer(capacity);
    larger.setBytes(0, buffer, 0, buffer.capacity());
    buffer.close();
    return larger;
  }

  @Override
  public void close() {
    validity.close();
    validity = allocator.getEmpty();
  }
}
