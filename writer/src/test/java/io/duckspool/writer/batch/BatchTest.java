package io.duckspool.writer.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.OtlpVisitor;
import io.duckspool.common.otlp.SampleRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.util.Text;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A batch, read back through Arrow's C interface as a sink would; closing the memory finds leaks.
 */
final class BatchTest {

  private final BatchMemory memory = new BatchMemory(512 << 20, 32 << 20);

  @AfterEach
  void nothingIsLeaked() {
    memory.close();
  }

  @Test
  void tables_haveTheContractsColumns() {
    int[] counts = {18, 24, 17, 19, 22, 27, 18};
    for (OtlpTable table : OtlpTable.values()) {
      assertEquals(counts[table.ordinal()], Tables.columns(table).size(), table::tableName);
    }
  }

  @Test
  void eachTable_keepsItsRowsInOrder() throws Exception {
    try (Batch batch = memory.openBatch()) {
      for (OtlpTable table : OtlpTable.values()) {
        List<List<Object>> expected = new ArrayList<>();
        batch.add(10, visitor -> expected.addAll(SampleRows.write(table, 0, 1000, visitor)));
        batch.add(10, visitor -> expected.addAll(SampleRows.write(table, 1000, 1100, visitor)));
        assertEquals(1100, batch.rows(table));
        assertEquals(2, batch.entries());
        assertEquals(20, batch.payloadBytes());
        try (SealedBatch sealed = batch.seal()) {
          assertEquals(1100, sealed.rows());
          assertSame(expected, read(sealed, table));
          // As a retry does: the rows are still there.
          assertSame(expected, read(sealed, table));
        }
        assertEquals(0, batch.rows());
        assertEquals(0, batch.entries());
        assertEquals(0, batch.decodedBytes());
      }
    }
  }

  @Test
  void tablesThatHaveTheRowsAlready_getNone_andTheirRowsAreCounted() throws Exception {
    try (Batch batch = memory.openBatch()) {
      Set<OtlpTable> without = EnumSet.of(OtlpTable.LOGS, OtlpTable.METRICS_SUMMARY);
      List<List<Object>> traces = new ArrayList<>();
      batch.add(
          5,
          0,
          without,
          visitor -> {
            for (OtlpTable table : OtlpTable.values()) {
              List<List<Object>> rows = SampleRows.write(table, 0, 3, visitor);
              if (table == OtlpTable.TRACES) {
                traces.addAll(rows);
              }
            }
          });
      assertThrows(
          IOException.class, () -> batch.add(5, 0, without, visitor -> failAfter(0, 9, visitor)));
      List<List<Object>> logs = new ArrayList<>();
      batch.add(5, visitor -> logs.addAll(SampleRows.write(OtlpTable.LOGS, 0, 2, visitor)));
      try (SealedBatch sealed = batch.seal()) {
        for (OtlpTable table : OtlpTable.values()) {
          long rows = table == OtlpTable.LOGS ? 2 : without.contains(table) ? 0 : 3;
          assertEquals(rows, sealed.rows(table), table::tableName);
          assertEquals(
              without.contains(table) ? 3 : 0, sealed.skippedRows(table), table::tableName);
        }
        assertSame(traces, read(sealed, OtlpTable.TRACES));
        assertSame(logs, read(sealed, OtlpTable.LOGS));
        assertEquals(2, sealed.entries());
      }
      try (SealedBatch next = batch.seal()) {
        assertEquals(0, next.skippedRows(OtlpTable.LOGS));
      }
    }
  }

  @Test
  void anEntryThatFailsHalfWay_leavesNoRow_whereverItFails() throws Exception {
    Random random = new Random(42);
    try (Batch batch = memory.openBatch()) {
      List<List<Object>> logs = new ArrayList<>();
      List<List<Object>> histograms = new ArrayList<>();
      int next = 16_000;
      batch.add(7, v -> logs.addAll(SampleRows.write(OtlpTable.LOGS, 0, 16_000, v)));
      for (int i = 0; i < 20; i++) {
        int from = next;
        int to = from + random.nextInt(500);
        if (random.nextBoolean()) {
          long bytesBefore = batch.decodedBytes();
          long rowsBefore = batch.rows();
          assertThrows(IOException.class, () -> batch.add(7, v -> failAfter(from, to, v)));
          assertEquals(bytesBefore, batch.decodedBytes());
          assertEquals(rowsBefore, batch.rows());
        } else {
          batch.add(7, v -> logs.addAll(SampleRows.write(OtlpTable.LOGS, from, to, v)));
          batch.add(
              7,
              v -> histograms.addAll(SampleRows.write(OtlpTable.METRICS_HISTOGRAM, from, to, v)));
          next = to;
        }
      }
      assertTrue(logs.size() > Chunk.MAX_ROWS, "rows: " + logs.size());
      try (SealedBatch sealed = batch.seal()) {
        assertSame(logs, read(sealed, OtlpTable.LOGS));
        assertSame(histograms, read(sealed, OtlpTable.METRICS_HISTOGRAM));
      }
    }
  }

  private static void failAfter(int from, int to, OtlpVisitor visitor) throws IOException {
    SampleRows.write(OtlpTable.LOGS, from, to + 1_000, visitor);
    SampleRows.write(OtlpTable.METRICS_HISTOGRAM, from, to, visitor);
    SampleRows.write(OtlpTable.METRICS_SUMMARY, from, to, visitor);
    throw new IOException("not decodable");
  }

  @Test
  void buffers_areReused_soThatMemoryDoesNotGrow() throws Exception {
    try (Batch batch = memory.openBatch()) {
      long settled = 0;
      for (int seal = 0; seal < 20; seal++) {
        int from = seal * 30_000;
        batch.add(1, v -> SampleRows.write(OtlpTable.LOGS, from, from + 30_000, v));
        try (SealedBatch sealed = batch.seal()) {
          assertEquals(30_000, sealed.rows());
          if (seal == 4) {
            settled = memory.allocatedBytes();
          }
        }
      }
      assertTrue(settled > 0);
      assertTrue(
          memory.allocatedBytes() <= settled + settled / 10,
          () -> "allocated " + memory.allocatedBytes());
      assertTrue(memory.allocatedBytes() <= 32 << 20);
    }
  }

  @Test
  void allocatedMemory_staysNearTheDecodedBytes() throws Exception {
    try (Batch batch = memory.openBatch()) {
      for (int i = 0; i < 100; i++) {
        int from = i * 1000;
        batch.add(1, v -> SampleRows.write(OtlpTable.TRACES, from, from + 1000, v));
      }
      long decoded = batch.decodedBytes();
      assertTrue(decoded > 20 << 20, "decoded " + decoded);
      assertTrue(
          memory.allocatedBytes() < decoded * 3 / 2,
          () -> "decoded " + decoded + ", allocated " + memory.allocatedBytes());
    }
  }

  @Test
  void beyondTheMemoryLimit_anEntryIsTakenBackWhole() throws Exception {
    try (BatchMemory small = new BatchMemory(4 << 20, 0);
        Batch batch = small.openBatch()) {
      List<List<Object>> expected = new ArrayList<>();
      batch.add(1, v -> expected.addAll(SampleRows.write(OtlpTable.LOGS, 0, 10, v)));
      assertThrows(
          BatchFullException.class,
          () -> batch.add(1, v -> SampleRows.write(OtlpTable.LOGS, 10, 100_000, v)));
      assertEquals(10, batch.rows());
      try (SealedBatch sealed = batch.seal()) {
        assertSame(expected, read(sealed, OtlpTable.LOGS));
      }
    }
  }

  @Test
  void theArrivalOfALogsEntry_followsItsColumns_whereItIsAskedFor() throws Exception {
    try (Batch batch = memory.openBatch()) {
      batch.add(1, 111, v -> SampleRows.write(OtlpTable.LOGS, 0, 2, v));
      assertThrows(IOException.class, () -> batch.add(1, 222, v -> failAfter(2, 5, v)));
      batch.add(1, 333, v -> SampleRows.write(OtlpTable.LOGS, 2, 3, v));
      batch.add(1, 444, v -> SampleRows.write(OtlpTable.TRACES, 0, 1, v));
      try (SealedBatch sealed = batch.seal()) {
        int columns = Tables.columns(OtlpTable.LOGS).size();
        List<Object> arrivals =
            read(sealed.openStreamWithArrival(OtlpTable.LOGS)).stream()
                .map(row -> row.get(columns))
                .toList();
        assertEquals(List.of(111L, 111L, 333L), arrivals);
        assertEquals(columns, read(sealed, OtlpTable.LOGS).get(0).size());
        assertEquals(
            Tables.columns(OtlpTable.TRACES).size(),
            read(sealed.openStreamWithArrival(OtlpTable.TRACES)).get(0).size());
      }
    }
  }

  @Test
  void aStreamThatNobodyReads_leaksNothing() throws Exception {
    try (Batch batch = memory.openBatch()) {
      batch.add(1, v -> SampleRows.write(OtlpTable.LOGS, 0, 10, v));
      try (SealedBatch sealed = batch.seal();
          ArrowArrayStream stream = sealed.openStream(OtlpTable.LOGS)) {
        stream.release();
      }
    }
  }

  private static void assertSame(List<List<Object>> expected, List<List<Object>> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i), actual.get(i));
    }
  }

  private List<List<Object>> read(SealedBatch sealed, OtlpTable table) throws IOException {
    return read(sealed.openStream(table));
  }

  private List<List<Object>> read(ArrowArrayStream opened) throws IOException {
    List<List<Object>> rows = new ArrayList<>();
    try (ArrowArrayStream stream = opened;
        ArrowReader reader = Data.importArrayStream(memory.allocator(), stream)) {
      while (reader.loadNextBatch()) {
        List<FieldVector> vectors = reader.getVectorSchemaRoot().getFieldVectors();
        for (int i = 0; i < reader.getVectorSchemaRoot().getRowCount(); i++) {
          List<Object> row = new ArrayList<>();
          for (FieldVector vector : vectors) {
            row.add(value(vector, i));
          }
          rows.add(row);
        }
      }
    }
    return rows;
  }

  private static Object value(FieldVector vector, int row) {
    if (vector.isNull(row)) {
      return null;
    }
    if (vector instanceof TimeStampMicroVector time) {
      return time.get(row);
    }
    Object value = vector.getObject(row);
    return value instanceof Text text ? text.toString() : value;
  }
}
