package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.PostgresServer;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.servers.TcpProxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A lake on PostgreSQL behind a network that fails, its data in S3 or in a folder. */
final class DuckLakeNetworkTest {

  @TempDir static Path objects;

  private static PostgresServer postgres;
  private static S3Server s3;

  @TempDir Path folder;

  private final BatchMemory memory = new BatchMemory(64 << 20, 0);
  private final List<AutoCloseable> opened = new ArrayList<>();
  private TcpProxy proxy;
  private DuckDbDatabase database;
  private Sink sink;
  private boolean isOnS3;

  @BeforeAll
  static void startServers() throws Exception {
    postgres = PostgresServer.start();
    s3 = S3Server.start(objects);
    s3.createBucket("lake");
  }

  @AfterAll
  static void stopServers() throws Exception {
    postgres.close();
    s3.close();
  }

  @BeforeEach
  void open() throws Exception {
    postgres.createDatabase("lake");
    s3.keys("lake", "").forEach(key -> s3.delete("lake", key));
    proxy = TcpProxy.to(postgres.host(), postgres.port());
  }

  @AfterEach
  void close() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
    memory.close();
    proxy.close();
  }

  private void openLake(boolean onS3) throws Exception {
    isOnS3 = onS3;
    database = openWriter("writer", proxy.port(), onS3);
    sink = database.sink(Lakes.target("main"));
    sink.prepare(first());
  }

  private DuckDbDatabase openWriter(String name, int port, boolean onS3) throws Exception {
    Declared lake =
        onS3
            ? Lakes.onPostgres(port, "lake", "s3://lake/a", Optional.of(s3))
            : Lakes.onPostgres(port, "lake", folder.resolve("data").toString(), Optional.empty());
    DuckDbDatabase writer =
        DuckDbDatabase.open(
            Lakes.settings(folder.resolve(name).toAbsolutePath(), lake),
            InstantSource.system(),
            System::nanoTime);
    opened.add(writer);
    return writer;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCommitThatIsApplied_andWhoseAnswerIsLost_isInTheLakeOnce(boolean onS3) throws Exception {
    openLake(onS3);
    commit(0, 1, 10);
    try (SealedBatch batch = batch(10, 3_000)) {
      TcpProxy.Fault fault = proxy.cutReplyTo("COMMIT");
      SinkException e =
          assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(batch, move(1, 2)));
      assertTrue(fault.hasStruck());
      assertTrue(e.reason().contains("it is not known whether it was applied"), e.reason());
      assertEquals(index(2), ledger());
    }
    assertRows(3_000);
    commit(2, 3, 3_000, 3_010);
    assertRows(3_010);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCommitThatIsAppliedAfterTheLedgerWasRead_isInTheLakeOnce(boolean onS3) throws Exception {
    openLake(onS3);
    commit(0, 1, 10);
    try (SealedBatch batch = batch(10, 3_000)) {
      TcpProxy.Fault held = proxy.hold("COMMIT");
      assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(batch, move(1, 2)));
      assertTrue(held.hasStruck());
      assertEquals(index(1), ledger(), "not applied yet");
      // Five seconds later, while the same batch is tried again.
      CompletableFuture<Void> late =
          CompletableFuture.runAsync(
              () -> release(held), CompletableFuture.delayedExecutor(5, TimeUnit.SECONDS));
      SinkException second =
          assertThrows(SinkException.Unavailable.class, () -> sink.commit(batch, move(1, 2)));
      assertTrue(second.reason().contains("Transaction conflict"), second.reason());
      late.get(30, TimeUnit.SECONDS);
      assertEquals(index(2), ledger());
      assertEquals(
          SinkException.Fenced.class,
          assertThrows(SinkException.class, () -> sink.commit(batch, move(1, 2))).getClass());
    }
    assertRows(3_000);
    commit(2, 3, 3_000, 3_010);
    assertRows(3_010);
  }

  /** As above, but the writer died meanwhile and reads the spool again in other portions. */
  @Test
  void aCommitThatIsAppliedLate_doublesNothing_whenAnotherWriterReplaysInOtherPortions()
      throws Exception {
    openLake(true);
    TcpProxy.Fault held;
    try (SealedBatch batch = batch(0, 50)) {
      held = proxy.hold("COMMIT");
      assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(batch, move(0, 5)));
    }
    database.close();
    sink = openWriter("again", proxy.port(), true).sink(Lakes.target("main"));
    sink.check();
    assertEquals(index(0), ledger());
    CompletableFuture<Void> late =
        CompletableFuture.runAsync(
            () -> release(held), CompletableFuture.delayedExecutor(2, TimeUnit.SECONDS));
    try (SealedBatch part = batch(0, 20)) {
      assertThrows(SinkException.Unavailable.class, () -> sink.commit(part, move(0, 2)));
      late.get(30, TimeUnit.SECONDS);
      assertThrows(SinkException.Fenced.class, () -> sink.commit(part, move(0, 2)));
    }
    assertEquals(index(5), ledger());
    assertRows(50);
  }

  @Test
  void whileTheServerIsAway_sealsFail_andThenGoOn_withTheFilesOfBefore() throws Exception {
    openLake(true);
    try (SealedBatch batch = batch(0, 100)) {
      postgres.down();
      for (int i = 0; i < 2; i++) {
        SinkException e =
            assertThrows(SinkException.Unavailable.class, () -> sink.commit(batch, move(0, 1)));
        assertFalse(e.reason().contains("not-needed"), "no password");
        assertThrows(SinkException.Unavailable.class, () -> sink.readLedger(SPOOL));
        assertThrows(SinkException.Unavailable.class, sink::check);
      }
      // Others are not concerned.
      try (Sink other = database.sink(Target.ofDefaultDatabase("main"))) {
        other.prepare(first());
        other.check();
        assertEquals(index(0), other.readLedger(SPOOL).orElseThrow().position().next());
      }
      postgres.up();
      sink.check();
      sink.commit(batch, move(0, 1));
    }
    assertRows(100);
    assertEquals(1, s3.keys("lake", "a/main/otlp_logs/").size());
    // And once more, without the server's farewell.
    postgres.crash();
    postgres.up();
    commit(1, 2, 100, 200);
    assertRows(200);
  }

  /**
   * What a seal sends to PostgreSQL, in its order: reads, then the snapshot and all that it has.
   * Not a read of inlined rows: DuckLake 1.0 doesn't look whether it failed, and DuckDB ends the
   * process.
   */
  @ParameterizedTest
  @ValueSource(strings = {"BEGIN", "ducklake_table", "ducklake_snapshot VALUES"})
  void aConnectionThatIsCut_atAnyStep_losesAndDoublesNothing(String piece) throws Exception {
    openLake(true);
    TcpProxy.Fault fault = proxy.cutReplyTo(piece);
    try (SealedBatch batch = batch(0, 10)) {
      for (int attempt = 0; !tried(batch, 0); attempt++) {
        assertTrue(attempt < 5, piece);
      }
    }
    assertTrue(fault.hasStruck(), piece);
    assertRows(10);
  }

  /** One attempt as a pipeline makes it; true when the batch is in the lake. */
  private boolean tried(SealedBatch batch, long from) throws Exception {
    try {
      sink.commit(batch, move(from, from + 1));
      return true;
    } catch (SinkException.UnknownOutcome | SinkException.Unavailable e) {
      return ledger().equals(index(from + 1));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void filesThatSomebodyDeletes_beforeTheyAreCommitted_areWrittenAgain(boolean onS3)
      throws Exception {
    openLake(onS3);
    try (SealedBatch batch = batch(0, 100)) {
      postgres.down();
      assertThrows(SinkException.Unavailable.class, () -> sink.commit(batch, move(0, 1)));
      postgres.up();
      if (onS3) {
        s3.keys("lake", "a/main/").forEach(key -> s3.delete("lake", key));
      } else {
        try (Stream<Path> files = Files.walk(folder.resolve("data"))) {
          for (Path file : files.filter(Files::isRegularFile).toList()) {
            Files.delete(file);
          }
        }
      }
      for (int attempt = 0; !tried(batch, 0); attempt++) {
        assertTrue(attempt < 3);
      }
    }
    assertRows(100);
  }

  @Test
  void twoWriters_onOneSpool_oneIsFenced() throws Exception {
    openLake(true);
    Sink other = openWriter("other", postgres.port(), true).sink(Lakes.target("main"));
    other.check();
    commit(0, 1, 10);
    try (SealedBatch batch = batch(0, 20)) {
      SinkException e =
          assertThrows(SinkException.Fenced.class, () -> other.commit(batch, move(0, 2)));
      assertTrue(e.reason().startsWith("another writer commits this spool: "), e.reason());
    }
    assertRows(10);
  }

  @Test
  void twoWriters_onSpoolsOfTheirOwn_conflictAndGoOn() throws Exception {
    openLake(true);
    String otherSpool = "ffffffffffffffffffffffffffffffff";
    Sink other = openWriter("other", postgres.port(), true).sink(Lakes.target("main"));
    other.prepare(
        new LedgerRow(
            otherSpool,
            "otlp:localhost:4319",
            "run-2",
            first().position(),
            0,
            first().updatedAt()));
    CompletableFuture<Integer> theirs =
        CompletableFuture.supplyAsync(() -> sealTenTimes(other, otherSpool, 1_000));
    int conflicts = sealTenTimes(sink, SPOOL, 0) + theirs.get(120, TimeUnit.SECONDS);
    assertRows(200);
    assertEquals(10, sink.readLedger(SPOOL).orElseThrow().seals());
    assertEquals(10, other.readLedger(otherSpool).orElseThrow().seals());
    System.out.println("conflicts of two writers: " + conflicts);
  }

  private int sealTenTimes(Sink into, String spool, int firstRow) {
    int conflicts = 0;
    try (BatchMemory own = new BatchMemory(16 << 20, 0)) {
      for (int i = 0; i < 10; i++) {
        int from = firstRow + i * 10;
        LedgerMove step = move(i, i + 1);
        LedgerMove ofSpool =
            new LedgerMove(
                spool,
                step.listenUri(),
                step.first(),
                step.next(),
                step.runId(),
                step.trigger(),
                step.startedAt());
        try (Batch batch = own.openBatch()) {
          batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, from, from + 10, visitor));
          try (SealedBatch sealed = batch.seal()) {
            conflicts += commitUntilDone(into, sealed, ofSpool);
          }
        }
      }
      return conflicts;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static int commitUntilDone(Sink into, SealedBatch batch, LedgerMove step)
      throws SinkException {
    for (int conflicts = 0; ; conflicts++) {
      try {
        into.commit(batch, step);
        return conflicts;
      } catch (SinkException.Unavailable e) {
        assertTrue(conflicts < 100, e.reason());
      }
    }
  }

  @Test
  void anObjectStorageThatIsAway_isRetried() throws Exception {
    openLake(true);
    try (SealedBatch batch = batch(0, 100)) {
      s3.stop();
      try {
        SinkException e =
            assertThrows(SinkException.Unavailable.class, () -> sink.commit(batch, move(0, 1)));
        assertFalse(e.reason().contains(S3Server.SECRET), e.reason());
      } finally {
        s3.restart();
      }
      sink.commit(batch, move(0, 1));
    }
    assertRows(100);
  }

  private static void release(TcpProxy.Fault fault) {
    try {
      fault.release();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private SpoolIndex ledger() throws SinkException {
    return sink.readLedger(SPOOL).orElseThrow().position().next();
  }

  /** Reads the rows themselves, by another writer's eyes: the lake counts without its files. */
  private void assertRows(int count) throws Exception {
    DuckDbDatabase reader = openWriter("reader-" + opened.size(), postgres.port(), isOnS3);
    List<List<Object>> rows = DuckDbRows.readFrom(reader, "lake.main", OtlpTable.LOGS);
    assertEquals(count, rows.size());
    assertEquals(count, new HashSet<>(rows).size(), "each row once");
  }

  private void commit(long from, long to, int rows) throws SinkException {
    commit(from, to, 0, rows);
  }

  private void commit(long from, long to, int firstRow, int lastRow) throws SinkException {
    try (SealedBatch batch = batch(firstRow, lastRow)) {
      sink.commit(batch, move(from, to));
    }
  }

  private SealedBatch batch(int from, int to) {
    try (Batch batch = memory.openBatch()) {
      batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, from, to, visitor));
      return batch.seal();
    }
  }
}
