package io.duckspool.writer.batch;

import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;

/** TIMESTAMP, BIGINT, DOUBLE, INTEGER: {@code values[rowCapacity]}, little-endian. */
final class FixedColumn extends ColumnBuffer {

  private final int width;
  private ArrowBuf values;

  FixedColumn(BufferAllocator allocator, int width) {
    super(allocator);
    this.width = width;
    this.values = allocator.getEmpty();
  }

  void setLong(int row, long value) {
    setValid(row, true);
    values.setLong((long) row * Long.BYTES, value);
  }

  void setInt(int row, int value) {
    setValid(row, true);
    values.setInt((long) row * Integer.BYTES, value);
  }

  void setDouble(int row, double value) {
    setValid(row, true);
    values.setDouble((long) row * Double.BYTES, value);
  }

  void setNull(int row) {
    setValid(row, false);
  }

  @Override
  void reserveRows(int rowCapacity) {
    super.reserveRows(rowCapacity);
    values = grown(values, (long) rowCapacity * width);
  }

  @Override
  int fixedRowBytes() {
    return 1 + width;
  }

  @Override
  long truncate(int rows) {
    return 0;
  }

  @Override
  void addTo(int rows, List<ArrowFieldNode> nodes, List<ArrowBuf> buffers) {
    nodes.add(new ArrowFieldNode(rows, nullCount(rows)));
    buffers.add(validity);
    buffers.add(values);
  }

  @Override
  public void close() {
    super.close();
    values.close();
    values = allocator.getEmpty();
  }
}
