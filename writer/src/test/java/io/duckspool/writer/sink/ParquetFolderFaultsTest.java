package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.NOW;
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
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.sink.store.FolderStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can become of a Parquet root in a folder, and of two writers on it. */
final class ParquetFolderFaultsTest {

  private static final String INTENT = "_duckspool/" + SPOOL + ".intent.json";
  private static final String LEDGER = "_duckspool/" + SPOOL + ".ledger.json";

  @TempDir(factory = MemoryDiskFactory.class)
  Path folder;

  /** On another file system than {@link #folder}, where the machine has one in memory. */
  @TempDir Path elsewhere;

  private final BatchMemory memory = new BatchMemory(64 << 20, 0);
  private final AtomicReference<String> failing = new AtomicReference<>("");
  private DuckDbDatabase database;
  private Path root;
  private Sink sink;

  @BeforeEach
  void open() throws Exception {
    root = folder.resolve("root");
    database = database(root, elsewhere.resolve("root"));
    sink = sink(root);
    sink.prepare(first());
  }

  @AfterEach
  void close() {
    database.close();
    memory.close();
  }

  private DuckDbDatabase database(Path... roots) throws SinkException {
    Set<String> locations = new TreeSet<>();
    for (Path one : roots) {
      locations.add(one.toString());
    }
    return DuckDbDatabase.open(
        DuckDbRows.settings(folder)
            .with(
                new ParquetSettings(
                    Optional.of(folder.resolve("data/staging")), new TreeSet<>(locations))),
        InstantSource.fixed(NOW),
        System::nanoTime);
  }

  private Sink sink(Path at) {
    return sink(at, "main", true);
  }

  private Sink sink(Path at, String schema, boolean createTables) {
    return new ParquetSink(
        database,
        new Target("", schema, createTables, true, Optional.of(at.toString())),
        "otlp",
        new FolderStore(at, ParquetLayout.FOLDER, this::pass),
        folder.resolve("data/staging"),
        this::pass);
  }

  private void pass(String step) throws IOException {
    if (!failing.get().isEmpty() && step.startsWith(failing.get())) {
      throw new IOException("failed on purpose at: " + step);
    }
  }

  private void commit(Sink to, long from, long until, int rows) throws SinkException {
    try (Batch batch = memory.openBatch()) {
      batch.add(1, v -> SampleRows.write(OtlpTable.LOGS, 0, rows, v));
      try (SealedBatch sealed = batch.seal()) {
        to.commit(sealed, move(from, until));
      }
    }
  }

  private int logs(String schema) throws Exception {
    return DuckDbRows.read(database, schema, OtlpTable.LOGS).size();
  }

  private long dataFiles(Path at) throws IOException {
    try (Stream<Path> all = Files.walk(at)) {
      return all.filter(file -> file.toString().endsWith(".parquet")).count();
    }
  }

  @Test
  void aRootOnAnotherFileSystem_isCopiedTo_andShowsNothingWhileItIsFull() throws Exception {
    Path other = elsewhere.resolve("root");
    Sink far = sink(other, "far", true);
    far.prepare(first());
    commit(far, 0, 1, 9);
    long before = dataFiles(other);
    assertTrue(before > 1);
    failing.set("sync copy of ");
    assertThrows(SinkException.UnknownOutcome.class, () -> commit(far, 1, 2, 9));
    assertThrows(SinkException.Unavailable.class, () -> far.readLedger(SPOOL));
    assertEquals(before, dataFiles(other), "the first copy failed: none has its place");
    assertEquals(9, logs("far"));
    failing.set("");
    assertEquals(index(2), far.readLedger(SPOOL).orElseThrow().position().next());
    assertEquals(18, logs("far"));
    assertEquals(2 * before, dataFiles(other));
    try (Stream<Path> all = Files.walk(other)) {
      assertEquals(List.of(), all.filter(file -> file.toString().endsWith(".part")).toList());
    }
  }

  @Test
  void anotherProcessOnTheSameSpool_isWaitedFor_andThenTheSecondIsFenced() throws Exception {
    Path lock = root.resolve("_duckspool/" + SPOOL + ".lock");
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Locker.class.getName(),
                lock.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8))) {
      assertEquals("locked", out.readLine());
      SinkException e = assertThrows(SinkException.Unavailable.class, () -> commit(sink, 0, 1, 3));
      assertTrue(e.reason().contains("another process holds " + lock), e.reason());
      assertThrows(SinkException.Unavailable.class, () -> sink.readLedger(SPOOL));
    } finally {
      other.destroyForcibly();
      assertTrue(other.waitFor(30, TimeUnit.SECONDS));
    }
    commit(sink(root), 0, 2, 3); // As the other process would have.
    SinkException e = assertThrows(SinkException.Fenced.class, () -> commit(sink, 0, 1, 3));
    assertTrue(e.reason().startsWith("another writer commits this spool"), e.reason());
    assertEquals(3, logs("main"));
  }

  /** Holds a lock until it is killed. */
  static final class Locker {
    private Locker() {}

    public static void main(String[] args) throws Exception {
      try (FileChannel channel =
              FileChannel.open(
                  Path.of(args[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var lock = channel.lock()) {
        System.out.println("locked");
        System.in.read();
        assertTrue(lock.isValid());
      }
    }
  }

  @Test
  void aSealThatBrokeOff_isFinishedFromItsList_whateverTheNextWouldDo() throws Exception {
    failing.set("place ");
    assertThrows(SinkException.UnknownOutcome.class, () -> commit(sink, 0, 3, 9));
    failing.set("");
    assertEquals(0, logs("main"));
    // A later version would sort the same rows elsewhere: it is not asked.
    assertThrows(SinkException.Overtaken.class, () -> commit(sink(root), 0, 2, 4));
    assertEquals(9, logs("main"));
    assertEquals(index(3), sink.readLedger(SPOOL).orElseThrow().position().next());
    commit(sink, 3, 4, 1);
    assertEquals(10, logs("main"));
  }

  @Test
  void theSameSealAgain_isSaidToBeThere() throws Exception {
    failing.set("sync ");
    assertThrows(SinkException.UnknownOutcome.class, () -> commitOnly(move(0, 3)));
    failing.set("");
    commitOnly(move(0, 3));
    assertEquals(1, sink.readLedger(SPOOL).orElseThrow().seals());
    assertEquals(9, logs("main"));
  }

  /** Fails only once the intent is written. */
  private void commitOnly(LedgerMove move) throws SinkException {
    String wanted = failing.getAndSet("");
    try (Batch batch = memory.openBatch()) {
      batch.add(1, v -> SampleRows.write(OtlpTable.LOGS, 0, 9, v));
      try (SealedBatch sealed = batch.seal()) {
        failing.set(wanted.isEmpty() ? "" : "placed ");
        sink.commit(sealed, move);
      }
    }
  }

  @Test
  void filesThatAreTakenBack_areNotMissed_andTheirNamesAreNotUsedAgain() throws Exception {
    failing.set("placed ");
    assertThrows(SinkException.UnknownOutcome.class, () -> commit(sink, 0, 3, 9));
    failing.set("");
    assertEquals(1, dataFiles(root));
    new Staging(folder.resolve("data/staging"), SPOOL, step -> {}).clear();
    assertEquals(index(0), sink.readLedger(SPOOL).orElseThrow().position().next());
    assertEquals(0, dataFiles(root));
    commit(sink, 0, 3, 9);
    try (Stream<Path> all = Files.walk(root)) {
      assertTrue(
          all.filter(file -> file.toString().endsWith(".parquet"))
              .allMatch(file -> file.toString().contains("-100000")));
    }
    assertEquals(9, logs("main"));
  }

  @Test
  void aFileOfSomebodyElse_isNeverOverwritten() throws Exception {
    commit(sink, 0, 3, 9);
    long files = dataFiles(root);
    // An operator sets the ledger back: the same entries come again, and keep what is there.
    sink.setLedger(first());
    commit(sink, 0, 3, 9);
    assertEquals(2 * files, dataFiles(root));
    assertEquals(18, logs("main"));
  }

  @Test
  void aFileThatGrewMeanwhile_isNotTakenForOurs() throws Exception {
    failing.set("placed ");
    assertThrows(SinkException.UnknownOutcome.class, () -> commit(sink, 0, 3, 9));
    failing.set("");
    Path placed;
    try (Stream<Path> all = Files.walk(root)) {
      placed = all.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
    Files.write(placed, new byte[] {1}, StandardOpenOption.APPEND);
    SinkException e = assertThrows(SinkException.Refused.class, () -> sink.readLedger(SPOOL));
    assertTrue(e.reason().contains("somebody else wrote it"), e.reason());
  }

  @Test
  void aRootOfANewerVersion_isRefused_andNotTouched() throws Exception {
    Path format = root.resolve(ParquetLayout.FORMAT);
    String newer = Files.readString(format).replace("\"version\":1", "\"version\":7");
    Files.writeString(format, newer);
    for (Refusing call :
        List.<Refusing>of(
            () -> sink(root).prepare(first()), () -> sink(root).check(), sink::check)) {
      SinkException e = assertThrows(SinkException.Refused.class, call::run);
      assertTrue(e.reason().contains("written by a newer duckspool, upgrade"), e.reason());
    }
    assertEquals(newer, Files.readString(format));
  }

  /** A call that is refused. */
  @FunctionalInterface
  interface Refusing {
    void run() throws SinkException;
  }

  @Test
  void aDamagedLedger_isRefused_andOneThatIsGoneIsNone() throws Exception {
    commit(sink, 0, 1, 3);
    Files.writeString(root.resolve(LEDGER), "{\"version\":1");
    SinkException e = assertThrows(SinkException.Refused.class, () -> sink.readLedger(SPOOL));
    assertTrue(e.reason().contains(LEDGER + " is damaged"), e.reason());
    assertThrows(SinkException.Refused.class, () -> commit(sink, 1, 2, 3));
    Files.delete(root.resolve(LEDGER));
    assertEquals(Optional.empty(), sink.readLedger(SPOOL));
    assertThrows(SinkException.Fenced.class, () -> commit(sink, 1, 2, 3));
    sink.setLedger(first());
    commit(sink, 0, 1, 3);
    assertEquals(6, logs("main"));
  }

  @Test
  void withoutItsLedger_anIntentIsFinishedOrTakenBack_asTheNewLedgerSays() throws Exception {
    for (boolean isBefore : new boolean[] {true, false}) {
      failing.set("placed ");
      assertThrows(SinkException.UnknownOutcome.class, () -> commit(sink, 0, 3, 9));
      failing.set("");
      Files.delete(root.resolve(LEDGER));
      assertEquals(Optional.empty(), sink.readLedger(SPOOL));
      assertTrue(Files.exists(root.resolve(INTENT)));
      LedgerRow after =
          new LedgerRow(SPOOL, SinkContract.URI, SinkContract.RUN, move(0, 3).next(), 1, NOW);
      sink.setLedger(isBefore ? first() : after);
      assertFalse(Files.exists(root.resolve(INTENT)));
      assertEquals(isBefore ? 0 : 9, logs("main"));
    }
  }

  @Test
  void anIntentThatContradictsItsLedger_isRefused_untilSomebodyHasDecided() throws Exception {
    failing.set("placed ");
    assertThrows(SinkException.UnknownOutcome.class, () -> commit(sink, 0, 3, 9));
    failing.set("");
    // A backup of the ledger alone, of a time that never was beside this intent.
    LedgerRow row =
        new LedgerRow(SPOOL, SinkContract.URI, SinkContract.RUN, move(0, 2).next(), 5, NOW);
    Files.write(root.resolve(LEDGER), ParquetLedger.at(row).bytes());
    SinkException e = assertThrows(SinkException.Refused.class, () -> sink.readLedger(SPOOL));
    assertTrue(e.reason().contains("restored from a backup in parts"), e.reason());
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(path -> path.toString().endsWith(".parquet")).toList()) {
        Files.delete(file);
      }
    }
    // None of its files is there: it speaks of nothing.
    assertEquals(Optional.of(row), sink.readLedger(SPOOL));
    assertFalse(Files.exists(root.resolve(INTENT)));
  }

  @Test
  void aServerThatIsRemoved_takesBackWhatItHalfStored() throws Exception {
    commit(sink, 0, 1, 3);
    failing.set("placed ");
    assertThrows(SinkException.UnknownOutcome.class, () -> commit(sink, 1, 3, 9));
    failing.set("");
    long placed = dataFiles(root);
    assertTrue(sink.removeLedger(SPOOL));
    assertEquals(3, logs("main"));
    assertTrue(dataFiles(root) < placed);
    try (Stream<Path> all = Files.list(root.resolve("_duckspool"))) {
      assertEquals(List.of("format.json"), all.map(file -> file.getFileName().toString()).toList());
    }
  }

  @Test
  void withoutCreateTables_viewsMustBeThere_asTheStatementsMakeThem() throws Exception {
    Path given = folder.resolve("given");
    database.close();
    database = database(root, given);
    Sink strict = sink(given, "strict", false);
    SinkException e = assertThrows(SinkException.Refused.class, () -> strict.prepare(first()));
    assertTrue(
        e.reason().startsWith("view strict.otlp_logs does not exist, and create_tables is false"),
        e.reason());
    assertFalse(Files.exists(given));
    for (OtlpTable table : OtlpTable.values()) {
      Files.createDirectories(given.resolve(table.tableName()));
    }
    for (String statement : Ddl.parquetStatements(given.toString(), "strict", true)) {
      execute(statement);
    }
    strict.prepare(first());
    commit(strict, 0, 1, 4);
    assertEquals(4, logs("strict"));
    execute(
        "CREATE OR REPLACE VIEW strict.otlp_logs AS SELECT 1 AS i FROM read_parquet('"
            + given
            + "/otlp_logs/**/*.parquet*')");
    SinkException other = assertThrows(SinkException.Refused.class, strict::check);
    assertEquals(
        "view strict.otlp_logs is not as `duckspool ddl` has it, and create_tables is false",
        other.reason());
    sink(given, "strict", true).check();
    assertEquals(4, logs("strict"));
  }

  @Test
  void verification_findsNoGapWhereASealHadNoRow_andOneWhereAFileIsGone() throws Exception {
    commit(sink, 0, 1, 3);
    commit(sink, 1, 2, 0);
    commit(sink, 2, 3, 6);
    commit(sink, 3, 4, 0);
    Audit.Provenance whole = sink.audit(SPOOL).provenance().orElseThrow();
    assertEquals(2, whole.sealCount());
    assertEquals(0, whole.breakCount());
    assertEquals(Optional.of(index(0)), whole.first());
    assertEquals(Optional.of(index(4)), whole.next());
    assertEquals(new Audit.TableRows("otlp_logs", 9, 9), whole.tables().get(0));
    commit(sink, 4, 5, 2);
    try (Stream<Path> all = Files.walk(root)) {
      long third = index(2).toLong();
      for (Path file : all.filter(path -> path.toString().contains("-" + third + "-")).toList()) {
        Files.delete(file);
      }
    }
    Audit.Provenance broken = sink.audit(SPOOL).provenance().orElseThrow();
    assertEquals(List.of(new Audit.Break(5, index(1), index(3), index(5))), broken.breaks());
  }

  private void execute(String sql) throws SQLException {
    try (Session session = database.openSession()) {
      session.execute(sql);
    }
  }
}
