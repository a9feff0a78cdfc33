package io.duckspool.writer.batch;

import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;

/** BOOLEAN: {@code values[(rowCapacity + 7) / 8]}, one bit a row, lowest bit first. Never NULL. */
final class BooleanColumn extends ColumnBuffer {

  private ArrowBuf values;

  BooleanColumn(BufferAllocator allocator) {
    super(allocator);
    this.values = allocator.getEmpty();
  }

  void setBoolean(int row, boolean value) {
    setValid(row, true);
    int index = row >>> 3;
    int bit = 1 << (row & 7);
    int old = values.getByte(index);
    values.setByte(index, value ? old | bit : old & ~bit);
  }

  @Override
  void reserveRows(int rowCapacity) {
    super.reserveRows(rowCapacity);
    values = grown(values, (rowCapacity + 7) / 8);
  }

  @Override
  int fixedRowBytes() {
    return 2;
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
