package io.duckspool.writer.batch;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.OtlpVisitor;
import io.duckspool.common.otlp.PromotedKeys;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * The open batch of a pipeline: grows entry by entry, and is frozen into a {@link SealedBatch}.
 * Used by one thread; opened by {@link BatchMemory#openBatch} and closed by its pipeline.
 *
 * <p>Invariant: it holds the rows of whole entries only. An entry whose decoding fails half way
 * leaves no row.
 */
public final class Batch implements AutoCloseable {

  /**
   * Decodes one entry into a visitor.
   *
   * @param <E> what decoding fails with
   */
  @FunctionalInterface
  public interface RowSource<E extends Exception> {

    void writeTo(OtlpVisitor visitor) throws E;
  }

  private final BatchMemory memory;
  private final PromotedKeys promoted;
  private final Map<OtlpTable, TableRows> tables = new EnumMap<>(OtlpTable.class);
  private final RowVisitor visitor;
  private Map<OtlpTable, Long> skipped = new EnumMap<>(OtlpTable.class);
  private long entries;
  private long payloadBytes;

  Batch(BatchMemory memory, PromotedKeys promoted) {
    this.memory = memory;
    this.promoted = promoted;
    for (OtlpTable table : OtlpTable.values()) {
      tables.put(table, new TableRows(table, promoted, memory));
    }
    this.visitor = new RowVisitor(tables);
  }

  /**
   * Adds the rows of one entry, all or none: when the source throws, the batch is as it was before.
   *
   * @param entryPayloadBytes the entry's payload as received
   * @param arrivalMicros when the entry arrived, microseconds since the epoch
   * @throws BatchFullException the memory of the batches is used up
   */
  public <E extends Exception> void add(
      long entryPayloadBytes, long arrivalMicros, RowSource<E> source) throws E {
    addTo(visitor, entryPayloadBytes, arrivalMicros, source);
  }

  /**
   * Adds the rows of one entry but those of some tables, which the target has already; otherwise as
   * the other {@code add} does.
   */
  public <E extends Exception> void add(
      long entryPayloadBytes, long arrivalMicros, Set<OtlpTable> without, RowSource<E> source)
      throws E {
    SkippingVisitor skipping = new SkippingVisitor(visitor, without);
    addTo(skipping, entryPayloadBytes, arrivalMicros, source);
    skipping.counts().forEach((table, rows) -> skipped.merge(table, rows, Long::sum));
  }

  private <E extends Exception> void addTo(
      OtlpVisitor rows, long entryPayloadBytes, long arrivalMicros, RowSource<E> source) throws E {
    tables.values().forEach(table -> table.mark(arrivalMicros));
    boolean complete = false;
    try {
      source.writeTo(rows);
      complete = true;
    } catch (OutOfMemoryException e) {
      throw new BatchFullException(e);
    } finally {
      if (!complete) {
        tables.values().forEach(TableRows::undoToMark);
      }
    }
    entries++;
    payloadBytes += entryPayloadBytes;
  }

  /** Adds the rows of one entry as if it had arrived at the epoch. */
  public <E extends Exception> void add(long entryPayloadBytes, RowSource<E> source) throws E {
    add(entryPayloadBytes, 0, source);
  }

  /** Entries whose rows are here, those without a row among them. */
  public long entries() {
    return entries;
  }

  public long payloadBytes() {
    return payloadBytes;
  }

  public long rows() {
    return tables.values().stream().mapToLong(TableRows::rows).sum();
  }

  public long rows(OtlpTable table) {
    TableRows rows = tables.get(table);
    return rows == null ? 0 : rows.rows();
  }

  /** Bytes that the rows take in the buffers. */
  public long decodedBytes() {
    return tables.values().stream().mapToLong(TableRows::usedBytes).sum();
  }

  /** Freezes the rows and starts anew, empty. The sealed batch is closed by the caller. */
  public SealedBatch seal() {
    Map<OtlpTable, List<Chunk>> sealed = new EnumMap<>(OtlpTable.class);
    tables.forEach((table, rows) -> sealed.put(table, rows.takeChunks()));
    SealedBatch batch = new SealedBatch(memory, promoted, sealed, skipped, entries, payloadBytes);
    skipped = new EnumMap<>(OtlpTable.class);
    entries = 0;
    payloadBytes = 0;
    return batch;
  }

  /** Forgets all rows. */
  public void clear() {
    seal().close();
  }

  @Override
  public void close() {
    clear();
  }
}
