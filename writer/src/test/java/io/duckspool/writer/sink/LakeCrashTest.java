package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A process that seals into a lake and maintains it is halted at each crash point on that way, and
 * started again: it goes on where the ledger says, and nothing is lost or doubled.
 */
final class LakeCrashTest {

  private static final int SEALS = 6;
  private static final int ROWS = 1_000;

  @TempDir Path folder;

  static Stream<CrashPoint> points() {
    return Stream.concat(
        Stream.of(
            CrashPoint.SEAL_BEGUN,
            CrashPoint.SEAL_LEDGER_MOVED,
            CrashPoint.SEAL_TABLE_INSERTED,
            CrashPoint.SEAL_BEFORE_COMMIT,
            CrashPoint.SEAL_COMMITTED),
        Stream.of(CrashPoint.values()).filter(point -> point.name().startsWith("LAKE_")));
  }

  @ParameterizedTest
  @MethodSource("points")
  void aProcessThatIsHalted_goesOnWhereTheLedgerSays(CrashPoint point) throws Exception {
    try (ChildJvm process =
        ChildJvm.start(
            Sealing.class,
            point + ":2",
            folder.resolve("process.log"),
            List.of(folder.toString()))) {
      process.awaitHalt();
    }
    Sealing.main(new String[] {folder.toString()});
    try (DuckDbDatabase database = open(folder, InstantSource.system());
        Sink sink = database.sink(Lakes.target("main"))) {
      assertEquals(index(SEALS), sink.readLedger(SPOOL).orElseThrow().position().next());
      for (OtlpTable table : List.of(OtlpTable.LOGS, OtlpTable.TRACES)) {
        List<List<Object>> rows = DuckDbRows.readFrom(database, "lake.main", table);
        assertEquals(SEALS * ROWS, rows.size(), table.tableName());
        assertEquals(SEALS * ROWS, new HashSet<>(rows).size(), table.tableName());
      }
      assertEquals(
          List.of("[" + SEALS + "]"),
          DuckDbRows.query(database, "SELECT count(*) FROM lake.duckspool_seals"));
      assertEquals(
          List.of("[1]"),
          DuckDbRows.query(database, "SELECT count(DISTINCT filename) FROM lake.otlp_logs"),
          "merged at last");
    }
  }

  private static DuckDbDatabase open(Path folder, InstantSource clock) throws SinkException {
    return DuckDbDatabase.open(
        Lakes.settings(folder, Lakes.onDuckDb(folder)), clock, System::nanoTime);
  }

  /** Seals from where the ledger stands to the end, and maintains the lake after each seal. */
  static final class Sealing {

    private Sealing() {}

    public static void main(String[] args) throws Exception {
      InstantSource late = () -> Instant.now().plus(Duration.ofMinutes(16));
      try (DuckDbDatabase database = open(Path.of(args[0]), late);
          Sink sink = database.sink(Lakes.target("main"));
          BatchMemory memory = new BatchMemory(64 << 20, 0)) {
        sink.prepare(first());
        for (int i = sealed(sink); i < SEALS; i = sealed(sink)) {
          seal(sink, memory, i);
          sink.maintain();
        }
        sink.maintain();
      }
    }

    private static int sealed(Sink sink) throws SinkException {
      return (int)
          (sink.readLedger(SPOOL).orElseThrow().position().next().toLong() - index(0).toLong());
    }

    private static void seal(Sink sink, BatchMemory memory, int number) throws SinkException {
      int from = number * ROWS;
      try (Batch batch = memory.openBatch()) {
        batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, from, from + ROWS, visitor));
        batch.add(1, visitor -> SampleRows.write(OtlpTable.TRACES, from, from + ROWS, visitor));
        try (SealedBatch sealed = batch.seal()) {
          sink.commit(sealed, move(number, number + 1));
        }
      }
    }
  }
}
