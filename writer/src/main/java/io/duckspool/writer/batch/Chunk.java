package io.duckspool.writer.batch;

import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;

/**
 * Up to {@link #MAX_ROWS} rows of one table, column by column; becomes one Arrow record batch. Kept
 * for reuse with its buffers once its batch is committed. Owned by the batch's thread while open.
 */
final class Chunk implements AutoCloseable {

  /** A multiple of DuckDB's 2,048 rows a vector. A guess between call overhead and slack. */
  static final int MAX_ROWS = 16_384;

  /** A chunk of that size takes no further row. A guess: some chunks a seal, far below 2 GiB. */
  static final long FULL_BYTES = 8L << 20;

  private static final int FIRST_ROWS = 256;

  private final ColumnBuffer[] columns;
  private final long fixedRowBytes;
  private int rowCapacity;
  private int rows;
  private long variableBytes;

  Chunk(List<Column> layout, BufferAllocator allocator) {
    columns = new ColumnBuffer[layout.size()];
    long width = 0;
    for (int i = 0; i < columns.length; i++) {
      columns[i] = ColumnBuffer.of(layout.get(i).type(), allocator);
      width += columns[i].fixedRowBytes();
    }
    fixedRowBytes = width;
  }

  int rows() {
    return rows;
  }

  int columnCount() {
    return columns.length;
  }

  ColumnBuffer column(int position) {
    return columns[position];
  }

  /** Makes room for the next row, which is number {@link #rows()}. */
  void reserveRow() {
    if (rows < rowCapacity) {
      return;
    }
    int larger = rowCapacity == 0 ? FIRST_ROWS : Math.min(MAX_ROWS, rowCapacity * 2);
    for (ColumnBuffer column : columns) {
      column.reserveRows(larger);
    }
    rowCapacity = larger;
  }

  /**
   * @param rowVariableBytes bytes of the row's text and lists
   */
  void endRow(long rowVariableBytes) {
    rows++;
    variableBytes += rowVariableBytes;
  }

  boolean isFull() {
    return rows == MAX_ROWS || usedBytes() >= FULL_BYTES;
  }

  /** Bytes that the rows take in the buffers. */
  long usedBytes() {
    return rows * fixedRowBytes + variableBytes;
  }

  /** Forgets the rows from {@code keptRows} on, whole or half written. */
  void truncate(int keptRows) {
    rows = keptRows;
    variableBytes = 0;
    if (rowCapacity > 0) {
      for (ColumnBuffer column : columns) {
        variableBytes += column.truncate(keptRows);
      }
    }
  }

  /** Bytes of all buffers, used or not. */
  long heldBytes() {
    List<ArrowBuf> buffers = new ArrayList<>();
    for (ColumnBuffer column : columns) {
      column.addTo(0, new ArrayList<>(), buffers);
    }
    return buffers.stream().mapToLong(ArrowBuf::capacity).sum();
  }

  /**
   * The first columns of the rows as a record batch that shares the buffers; closed by the caller.
   */
  ArrowRecordBatch toRecordBatch(int firstColumns) {
    List<ArrowFieldNode> nodes = new ArrayList<>();
    List<ArrowBuf> buffers = new ArrayList<>();
    for (int i = 0; i < firstColumns; i++) {
      columns[i].addTo(rows, nodes, buffers);
    }
    return new ArrowRecordBatch(rows, nodes, buffers);
  }

  @Override
  public void close() {
    for (ColumnBuffer column : columns) {
      column.close();
    }
    rows = 0;
    rowCapacity = 0;
    variableBytes = 0;
  }
}
