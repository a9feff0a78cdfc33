package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealTrigger;
import io.duckspool.writer.batch.SealedBatch;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every sink must do; a subclass for each kind of target. */
abstract class SinkContract {

  static final String SPOOL = "0123456789abcdef0123456789abcdef";
  static final String URI = "otlp:localhost:4318";
  static final String RUN = "run-1";
  static final long SEGMENT = 60_000_000L;
  static final Instant NOW = Instant.parse("2026-11-22T23:36:00.123456Z");

  BatchMemory memory;

  /** The target of this test, opened as a writer would after a restart. */
  abstract Sink openSink() throws SinkException;

  /**
   * What the target holds, each row in the order of the columns: text as String, TIMESTAMP as
   * microseconds, lists as List.
   */
  abstract List<List<Object>> rows(OtlpTable table) throws Exception;

  /** Ends the writer as far as the target is concerned, and starts it anew. */
  abstract void restart() throws Exception;

  /** The Nth SQL or I/O step from now fails once; 0: none. After a COMMIT counts as a step. */
  abstract void failAtStep(int n);

  /** Whether the step asked for was reached. */
  abstract boolean hasFailed();

  /** Frees what the subclass opened. */
  abstract void closeTarget() throws Exception;

  @BeforeEach
  final void openMemory() {
    memory = new BatchMemory(256 << 20, 64 << 20);
  }

  @AfterEach
  final void nothingIsLeaked() throws Exception {
    failAtStep(0);
    closeTarget();
    memory.close();
  }

  @Test
  void prepare_makesTheLedgerRow_andLeavesItAsItIsLater() throws Exception {
    try (Sink sink = openSink()) {
      assertEquals(Optional.empty(), sink.readLedger(SPOOL));
      assertEquals(first(), sink.prepare(first()));
      assertEquals(Optional.of(first()), sink.readLedger(SPOOL));
      commit(sink, 0, 1, 0);
      LedgerRow moved = sink.readLedger(SPOOL).orElseThrow();
      assertEquals(moved, sink.prepare(first()));
      assertEquals(Optional.of(moved), sink.readLedger(SPOOL));
    }
  }

  @Test
  void prepare_thatFailsAtAnyStep_leavesNothingBehind() throws Exception {
    int step = 1;
    for (boolean failed = true; failed; step++) {
      try (Sink sink = openSink()) {
        failAtStep(step);
        try {
          sink.prepare(first());
        } catch (SinkException e) {
          assertTrue(hasFailed(), e.reason());
        }
        failed = hasFailed();
        failAtStep(0);
        Optional<LedgerRow> row = sink.readLedger(SPOOL);
        assertTrue(row.isEmpty() || row.get().equals(first()));
      }
    }
    assertTrue(step > 10, "steps: " + step);
    try (Sink sink = openSink()) {
      assertEquals(first(), sink.prepare(first()));
    }
  }

  @Test
  void commit_storesEachColumnOfEachTable() throws Exception {
    try (Sink sink = openSink();
        Batch batch = memory.openBatch()) {
      sink.prepare(first());
      Map<OtlpTable, List<List<Object>>> expected = new EnumMap<>(OtlpTable.class);
      batch.add(
          1,
          visitor -> {
            for (OtlpTable table : OtlpTable.values()) {
              expected.put(table, SampleRows.write(table, 0, 500, visitor));
            }
          });
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, move(0, 1));
      }
      for (OtlpTable table : OtlpTable.values()) {
        assertSameRows(expected.get(table), rows(table), table);
      }
    }
  }

  @Test
  void commit_storesManyRecordBatchesOfATable() throws Exception {
    try (Sink sink = openSink();
        Batch batch = memory.openBatch()) {
      sink.prepare(first());
      List<List<Object>> expected = new ArrayList<>();
      batch.add(1, visitor -> expected.addAll(fill(0, 20_000, visitor)));
      batch.add(1, visitor -> expected.addAll(fill(20_000, 50_000, visitor)));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, move(0, 2));
      }
      assertSameRows(expected, rows(OtlpTable.METRICS_HISTOGRAM), OtlpTable.METRICS_HISTOGRAM);
    }
  }

  @Test
  void commit_movesTheLedgerWithTheRows() throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
      Commit commit = commit(sink, 0, 3, 7);
      SpoolPosition next = move(0, 3).next();
      assertEquals(new LedgerRow(SPOOL, URI, RUN, next, 1, NOW), commit.ledger());
      assertEquals(Optional.of(commit.ledger()), sink.readLedger(SPOOL));
      assertEquals(7, rows(OtlpTable.LOGS).size());
      assertEquals(2, commit(sink, 3, 4, 1).ledger().seals());
      restart();
      try (Sink again = openSink()) {
        assertEquals(2, again.readLedger(SPOOL).orElseThrow().seals());
        assertEquals(8, rows(OtlpTable.LOGS).size());
      }
    }
  }

  @Test
  void commit_ofABatchWithoutRows_movesTheLedger() throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
      commit(sink, 0, 5, 0);
      assertEquals(index(5), sink.readLedger(SPOOL).orElseThrow().position().next());
    }
  }

  @Test
  void commit_isFenced_whenTheLedgerStandsElsewhere() throws Exception {
    try (Sink sink = openSink();
        Sink other = openSink()) {
      sink.prepare(first());
      commit(other, 0, 2, 3);
      SinkException.Fenced fenced =
          assertThrows(SinkException.Fenced.class, () -> commit(sink, 0, 4, 10));
      assertTrue(fenced.reason().startsWith("another writer commits this spool"), fenced.reason());
      assertTrue(fenced.reason().contains(index(0).toString()), fenced.reason());
      assertTrue(fenced.reason().contains(index(2).toString()), fenced.reason());
      assertEquals(3, rows(OtlpTable.LOGS).size());
      assertEquals(index(2), sink.readLedger(SPOOL).orElseThrow().furthest().position().next());
    }
  }

  @Test
  void commit_isFenced_whenTheLedgerRowIsGone() throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
      assertTrue(sink.removeLedger(SPOOL));
      assertFalse(sink.removeLedger(SPOOL));
      assertThrows(SinkException.Fenced.class, () -> commit(sink, 0, 4, 10));
      assertEquals(0, rows(OtlpTable.LOGS).size());
    }
  }

  @Test
  void ledgerRows_ofTwoSpools_moveIndependently() throws Exception {
    String otherSpool = "ffffffffffffffffffffffffffffffff";
    try (Sink sink = openSink()) {
      sink.prepare(first());
      LedgerRow other = new LedgerRow(otherSpool, URI, RUN, first().position(), 0, NOW);
      sink.prepare(other);
      commit(sink, 0, 2, 3);
      assertEquals(Optional.of(other), sink.readLedger(otherSpool));
      assertTrue(sink.removeLedger(SPOOL));
      assertEquals(Optional.of(other), sink.readLedger(otherSpool));
    }
  }

  @Test
  void setLedger_overwritesWhatStoodThere_andMakesAMissingRow() throws Exception {
    try (Sink sink = openSink()) {
      LedgerRow row =
          new LedgerRow(SPOOL, URI, "run-9", new SpoolPosition(index(77), 5, 6, 7), 4, NOW);
      sink.setLedger(row);
      assertEquals(Optional.of(row), sink.readLedger(SPOOL));
      LedgerRow back = new LedgerRow(SPOOL, URI, RUN, first().position(), 5, NOW);
      sink.setLedger(back);
      assertEquals(Optional.of(back), sink.readLedger(SPOOL));
    }
  }

  @Test
  void maintain_changesNoRow_alsoBetweenCommits() throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
      sink.maintain();
      commit(sink, 0, 1, 10);
      sink.maintain();
      commit(sink, 1, 2, 10);
      sink.maintain();
      assertEquals(index(2), sink.readLedger(SPOOL).orElseThrow().position().next());
    }
    assertEquals(20, rows(OtlpTable.LOGS).size());
  }

  @Test
  void whateverStepFails_eachRowIsThereExactlyOnce() throws Exception {
    try (Sink sink = openSink()) {
      sink.prepare(first());
    }
    int step = 1;
    int seals = 0;
    for (boolean failed = true; failed; step++) {
      try (Sink sink = openSink();
          Batch batch = memory.openBatch()) {
        int firstRow = seals * 10;
        batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, firstRow, firstRow + 10, visitor));
        batch.add(
            1, visitor -> SampleRows.write(OtlpTable.TRACES, firstRow, firstRow + 10, visitor));
        LedgerMove move = move(seals, seals + 1);
        try (SealedBatch sealed = batch.seal()) {
          failAtStep(step);
          commitUntilDone(sink, sealed, move);
          failed = hasFailed();
          failAtStep(0);
        }
      }
      seals++;
    }
    assertTrue(step > 6, "steps: " + step);
    // What any of the failures has lost or doubled is still so.
    for (OtlpTable table : List.of(OtlpTable.LOGS, OtlpTable.TRACES)) {
      List<List<Object>> found = rows(table);
      assertEquals(seals * 10, found.stream().distinct().count(), table::tableName);
      assertEquals(seals * 10, found.size(), table::tableName);
    }
  }

  /** As a pipeline does: retry what is said to have failed, and read the ledger when not told. */
  static void commitUntilDone(Sink sink, SealedBatch sealed, LedgerMove move) throws SinkException {
    for (int attempt = 0; attempt < 3; attempt++) {
      try {
        sink.commit(sealed, move);
        return;
      } catch (SinkException.UnknownOutcome e) {
        if (sink.fateOf(sealed, move) instanceof MoveFate.Made made) {
          assertEquals(move.next(), made.ledger().position());
          return;
        }
        assertEquals(new MoveFate.NotMade(), sink.fateOf(sealed, move));
      } catch (SinkException.Unavailable e) {
        assertTrue(attempt < 2, e.reason());
      }
    }
    throw new AssertionError("not committed");
  }

  static List<List<Object>> fill(int from, int to, io.duckspool.common.otlp.OtlpVisitor visitor) {
    return SampleRows.write(OtlpTable.METRICS_HISTOGRAM, from, to, visitor);
  }

  static LedgerRow first() {
    return new LedgerRow(SPOOL, URI, RUN, SpoolPosition.startOf(SEGMENT), 0, NOW);
  }

  static SpoolIndex index(long sequence) {
    return new SpoolIndex(SEGMENT, sequence);
  }

  static LedgerMove move(long from, long to) {
    SpoolPosition next = new SpoolPosition(index(to), to, to * 10, to * 100);
    return new LedgerMove(SPOOL, URI, index(from), next, RUN, SealTrigger.SIZE, NOW);
  }

  /** Commits so many log rows. */
  final Commit commit(Sink sink, long from, long to, int logs) throws SinkException {
    try (Batch batch = memory.openBatch()) {
      batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, 0, logs, visitor));
      try (SealedBatch sealed = batch.seal()) {
        return sink.commit(sealed, move(from, to));
      }
    }
  }

  /** Compares both directions, row order aside: a target keeps none. */
  static void assertSameRows(
      List<List<Object>> expected, List<List<Object>> actual, OtlpTable table) {
    assertEquals(expected.size(), actual.size(), table::tableName);
    List<String> wanted = expected.stream().map(Object::toString).sorted().toList();
    List<String> found = actual.stream().map(Object::toString).sorted().toList();
    for (int i = 0; i < wanted.size(); i++) {
      assertEquals(wanted.get(i), found.get(i), table::tableName);
    }
  }
}
