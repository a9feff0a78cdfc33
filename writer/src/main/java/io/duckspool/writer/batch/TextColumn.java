package io.duckspool.writer.batch;

import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;

/**
 * VARCHAR: {@code offsets[rowCapacity + 1]} of u32, {@code text[]} of UTF-8 bytes; row {@code i} is
 * {@code text[offsets[i], offsets[i + 1])}. A chunk ends long before its text could reach 2 GiB.
 */
final class TextColumn extends ColumnBuffer {

  private static final int FIRST_TEXT_BYTES = 1024;

  private ArrowBuf offsets;
  private ArrowBuf text;
  private int end;

  TextColumn(BufferAllocator allocator) {
    super(allocator);
    this.offsets = allocator.getEmpty();
    this.text = allocator.getEmpty();
  }

  /**
   * @param bytes UTF-8, borrowed until return
   */
  void setText(int row, byte[] bytes, int offset, int length) {
    setValid(row, true);
    int newEnd = Math.addExact(end, length);
    if (newEnd > text.capacity()) {
      growText(newEnd);
    }
    text.setBytes(end, bytes, offset, length);
    end = newEnd;
    offsets.setInt((row + 1L) * Integer.BYTES, newEnd);
  }

  void setNull(int row) {
    setValid(row, false);
    offsets.setInt((row + 1L) * Integer.BYTES, end);
  }

  private void growText(int needed) {
    long half = text.capacity() + text.capacity() / 2;
    text = grown(text, Math.max(Math.max(needed, half), FIRST_TEXT_BYTES));
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
    return end;
  }

  @Override
  void addTo(int rows, List<ArrowFieldNode> nodes, List<ArrowBuf> buffers) {
    nodes.add(new ArrowFieldNode(rows, nullCount(rows)));
    buffers.add(validity);
    buffers.add(offsets);
    buffers.add(text);
  }

  @Override
  public void close() {
    super.close();
    offsets.close();
    text.close();
    offsets = allocator.getEmpty();
    text = allocator.getEmpty();
    end = 0;
  }
}
