package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.pipeline.BlamelessEnd;
import io.duckspool.writer.servers.ChildJvm;
import io.duckspool.writer.servers.PostgresServer;
import io.duckspool.writer.servers.TcpProxy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The connection to PostgreSQL is cut while DuckLake reads rows that it keeps there: those of
 * ledger and seals, which are the only ones. It doesn't look whether that failed, and DuckDB takes
 * no statement after that; the writer's process ends, and the next one goes on.
 */
final class InlinedRowsCutTest {

  private static final int ROWS = 10;

  private static PostgresServer postgres;

  @TempDir Path folder;

  @BeforeAll
  static void startServer() throws Exception {
    postgres = PostgresServer.start();
  }

  @AfterAll
  static void stopServer() throws Exception {
    postgres.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"seal", "verify", "sql"})
  void theProcessEnds_andTheNextOneGoesOn(String work) throws Exception {
    postgres.createDatabase("lake");
    try (TcpProxy proxy = TcpProxy.to(postgres.host(), postgres.port());
        ChildJvm writer =
            ChildJvm.start(
                Work.class,
                "",
                folder.resolve("writer.log"),
                List.of(folder.toString(), Integer.toString(proxy.port()), work))) {
      await(writer, Work.READY);
      TcpProxy.Fault cut = proxy.cutReplyTo("ducklake_inlined_data_");
      Files.createFile(folder.resolve(Work.GO));
      assertEquals(ExitCode.FAILED, writer.awaitEnd(), writer::output);
      assertTrue(cut.hasStruck());
      assertTrue(writer.output().contains(Work.ENDED), writer::output);
      assertTrue(writer.output().contains("INTERNAL Error"), writer::output);
    }

    try (DuckDbDatabase database = Work.open(folder, postgres.port());
        Sink sink = database.sink(Lakes.target("main"));
        BatchMemory memory = new BatchMemory(64 << 20, 0)) {
      sink.check();
      assertEquals(index(1), sink.readLedger(SPOOL).orElseThrow().position().next());
      Work.seal(sink, memory, 1);
      List<List<Object>> rows = DuckDbRows.readFrom(database, "lake.main", OtlpTable.LOGS);
      assertEquals(2 * ROWS, rows.size());
      assertEquals(2 * ROWS, new HashSet<>(rows).size(), "each row once");
      assertEquals(List.of(), sink.audit(SPOOL).provenance().orElseThrow().breaks());
    }
  }

  private static void await(ChildJvm process, String word) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!process.output().contains(word)) {
      assertTrue(System.nanoTime() < deadline, process::output);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** A writer that seals once, waits, and does one thing after that, again and again. */
  static final class Work {

    private static final String READY = "ready";
    private static final String GO = "go";
    private static final String ENDED = "DuckDB failed fatally";

    private Work() {}

    public static void main(String[] arguments) throws Exception {
      Path folder = Path.of(arguments[0]);
      try (DuckDbDatabase database = open(folder, Integer.parseInt(arguments[1]));
          Sink sink = database.sink(Lakes.target("main"));
          BatchMemory memory = new BatchMemory(64 << 20, 0)) {
        database.onEnd(failure -> BlamelessEnd.end(new DataFolder(folder), ENDED, failure));
        sink.prepare(first());
        seal(sink, memory, 0);
        System.out.println(READY);
        while (!Files.exists(folder.resolve(GO))) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        while (!isDone(arguments[2], database, sink, memory)) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
      }
      System.out.println("done");
    }

    private static boolean isDone(
        String work, DuckDbDatabase database, Sink sink, BatchMemory memory) throws IOException {
      try {
        switch (work) {
          case "seal" -> seal(sink, memory, 1);
          case "verify" -> sink.audit(SPOOL);
          default ->
              database
                  .sqlRunner()
                  .run(
                      "SELECT * FROM lake.main.duckspool_seals",
                      SqlRunner.Format.JSON,
                      new SqlRunner.Limits(100, 1 << 20, 60_000),
                      new ByteArrayOutputStream(),
                      () -> false);
        }
        return true;
      } catch (SinkException | QueryException e) {
        System.out.println(e); // The process is about to end.
      }
      return false;
    }

    private static DuckDbDatabase open(Path folder, int port) throws SinkException {
      String data = folder.resolve("data").toString();
      return DuckDbDatabase.open(
          Lakes.settings(folder, Lakes.onPostgres(port, "lake", data, Optional.empty())),
          InstantSource.system(),
          System::nanoTime);
    }

    private static void seal(Sink sink, BatchMemory memory, int number) throws SinkException {
      int from = number * ROWS;
      try (Batch batch = memory.openBatch()) {
        batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, from, from + ROWS, visitor));
        try (SealedBatch sealed = batch.seal()) {
          sink.commit(sealed, move(number, number + 1));
        }
      }
    }
  }
}
