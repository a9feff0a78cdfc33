package io.duckspool.writer.batch;

import io.duckspool.common.otlp.DoubleList;
import io.duckspool.common.otlp.LongList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;

/**
 * BIGINT[] and DOUBLE[]: {@code offsets[rowCapacity + 1]} of u32 counted in elements, {@code
 * elements[]} of 8 bytes, little-endian, never NULL themselves; row {@code i} is {@code
 * elements[offsets[i], offsets[i + 1])}.
 */
final class ListColumn extends ColumnBuffer {

  private static final int FIRST_ELEMENTS = 128;

  private ArrowBuf offsets;
  private ArrowBuf elements;
  private int end;

  ListColumn(BufferAllocator allocator) {
    super(allocator);
    this.offsets = allocator.getEmpty();
    this.elements = allocator.getEmpty();
  }

  /**
   * @param values borrowed until return
   */
  void setLongs(int row, LongList values) {
    int count = values.size();
    int at = beginList(row, count);
    for (int i = 0; i < count; i++) {
      elements.setLong((long) (at + i) * Long.BYTES, values.get(i));
    }
  }

  /**
   * @param values borrowed until return
   */
  void setDoubles(int row, DoubleList values) {
    int count = values.size();
    int at = beginList(row, count);
    for (int i = 0; i < count; i++) {
      elements.setDouble((long) (at + i) * Double.BYTES, values.get(i));
    }
  }

  void setNull(int row) {
    setValid(row, false);
    offsets.setInt((row + 1L) * Integer.BYTES, end);
  }

  private int beginList(int row, int count) {
    setValid(row, true);
    int at = end;
    end = Math.addExact(end, count);
    long needed = (long) end * Long.BYTES;
    if (needed > elements.capacity()) {
      long half = elements.capacity() + elements.capacity() / 2;
      elements = grown(elements, Math.max(Math.max(needed, half), FIRST_ELEMENTS * Long.BYTES));
    }
    offsets.setInt((row + 1L) * Integer.BYTES, end);
    return at;
  }

  @Override
  void reserveRows(int rowCapacity) {
    super.reserveRows(rowCapacity);
    offsets = grown(offsets, (rowCapacity + 1L) * Integer.BYTES);
    offsets.setInt(0, 0);
  }

  @Override
  int fixedRowBytes() {
    return 1 + Integer.BYTES;
  }

  @Override
  long truncate(int rows) {
    end = offsets.getInt((long) rows * Integer.BYTES);
    return end * (long) Long.BYTES;
  }

  @Override
  void addTo(int rows, List<ArrowFieldNode> nodes, List<ArrowBuf> buffers) {
    nodes.add(new ArrowFieldNode(rows, nullCount(rows)));
    buffers.add(validity);
    buffers.add(offsets);
    // An empty validity buffer with no NULLs stands for "all valid".
    nodes.add(new ArrowFieldNode(end, 0));
    buffers.add(allocator.getEmpty());
    buffers.add(elements);
  }

  @Override
  public void close() {
    super.close();
    offsets.close();
    elements.close();
    offsets = allocator.getEmpty();
    elements = allocator.getEmpty();
    end = 0;
  }
}
