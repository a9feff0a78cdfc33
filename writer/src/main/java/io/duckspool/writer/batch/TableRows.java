package io.duckspool.writer.batch;

import io.duckspool.common.otlp.DoubleList;
import io.duckspool.common.otlp.LongList;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.Utf8Slice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The open rows of one table: chunks, the last of which grows. A row is written column after column
 * in the table's order, between {@link #beginRow} and {@link #endRow}. Used by the batch's thread.
 */
final class TableRows {

  private final OtlpTable table;
  private final PromotedKeys promoted;
  private final BatchMemory memory;
  private List<Chunk> chunks = new ArrayList<>();
  private @Nullable Chunk last;
  private long rows;
  private long usedBytes;

  private int markedChunks;
  private int markedChunkRows;
  private long arrivalMicros;

  /** The row being written: its chunk, its number there, the next column's position. */
  private Chunk chunk;

  private int row;
  private int next;
  private long variableBytes;

  TableRows(OtlpTable table, PromotedKeys promoted, BatchMemory memory) {
    this.table = table;
    this.promoted = promoted;
    this.memory = memory;
    this.chunk = new Chunk(List.of(), memory.allocator());
  }

  long rows() {
    return rows;
  }

  /** Bytes that the rows take in the buffers. */
  long usedBytes() {
    return usedBytes;
  }

  /**
   * Notes where the rows of the next entry begin.
   *
   * @param entryArrivalMicros when that entry arrived
   */
  void mark(long entryArrivalMicros) {
    arrivalMicros = entryArrivalMicros;
    markedChunks = chunks.size();
    markedChunkRows = last == null ? 0 : last.rows();
  }

  /** Forgets all rows since the mark, whole or half written. */
  void undoToMark() {
    while (chunks.size() > markedChunks) {
      memory.giveBack(table, promoted, chunks.remove(chunks.size() - 1));
    }
    last = chunks.isEmpty() ? null : chunks.get(chunks.size() - 1);
    if (last != null) {
      last.truncate(markedChunkRows);
    }
    rows = chunks.stream().mapToLong(Chunk::rows).sum();
    usedBytes = chunks.stream().mapToLong(Chunk::usedBytes).sum();
  }

  /** Hands over the chunks, and starts anew without rows. */
  List<Chunk> takeChunks() {
    List<Chunk> taken = chunks;
    chunks = new ArrayList<>();
    last = null;
    rows = 0;
    usedBytes = 0;
    return taken;
  }

  TableRows beginRow() {
    Chunk open = last;
    if (open == null || open.isFull()) {
      open = memory.take(table, promoted);
      chunks.add(open);
      last = open;
    }
    open.reserveRow();
    chunk = open;
    row = open.rows();
    next = 0;
    variableBytes = 0;
    return this;
  }

  void endRow() {
    if (Tables.holdsArrival(table)) {
      number(arrivalMicros);
    }
    if (next != chunk.columnCount()) {
      throw new IllegalStateException(
          table + ": " + next + " of " + chunk.columnCount() + " columns written");
    }
    long before = chunk.usedBytes();
    chunk.endRow(variableBytes);
    usedBytes += chunk.usedBytes() - before;
    rows++;
  }

  TableRows text(Utf8Slice text) {
    TextColumn column = (TextColumn) chunk.column(next++);
    if (text.isNull()) {
      column.setNull(row);
    } else {
      column.setText(row, text.bytes(), text.offset(), text.length());
      variableBytes += text.length();
    }
    return this;
  }

  TableRows number(long value) {
    ((FixedColumn) chunk.column(next++)).setLong(row, value);
    return this;
  }

  TableRows number(boolean present, long value) {
    FixedColumn column = (FixedColumn) chunk.column(next++);
    if (present) {
      column.setLong(row, value);
    } else {
      column.setNull(row);
    }
    return this;
  }

  TableRows decimal(double value) {
    return decimal(true, value);
  }

  TableRows decimal(boolean present, double value) {
    FixedColumn column = (FixedColumn) chunk.column(next++);
    if (present) {
      column.setDouble(row, value);
    } else {
      column.setNull(row);
    }
    return this;
  }

  TableRows integer(int value) {
    return integer(true, value);
  }

  TableRows integer(boolean present, int value) {
    FixedColumn column = (FixedColumn) chunk.column(next++);
    if (present) {
      column.setInt(row, value);
    } else {
      column.setNull(row);
    }
    return this;
  }

  TableRows bool(boolean value) {
    ((BooleanColumn) chunk.column(next++)).setBoolean(row, value);
    return this;
  }

  TableRows longs(boolean present, LongList values) {
    ListColumn column = (ListColumn) chunk.column(next++);
    if (present) {
      column.setLongs(row, values);
      variableBytes += (long) values.size() * Long.BYTES;
    } else {
      column.setNull(row);
    }
    return this;
  }

  TableRows doubles(DoubleList values) {
    ((ListColumn) chunk.column(next++)).setDoubles(row, values);
    variableBytes += (long) values.size() * Double.BYTES;
    return this;
  }
}
