package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.HttpProxy;
import io.duckspool.writer.servers.HttpProxy.Answer;
import io.duckspool.writer.servers.HttpProxy.Request;
import io.duckspool.writer.servers.IcebergRig;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.servers.TcpProxy;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an Iceberg catalog, and the network before it, can do to a seal: no row lost, none doubled.
 */
final class IcebergFaultsTest {

  private static final String COMMIT = "/v1/transactions/commit";

  private final IcebergRig rig = IcebergRig.shared();

  @TempDir Path folder;
  private final String schema = rig.newSchema();
  private final BatchMemory memory = new BatchMemory(256 << 20, 64 << 20);
  private StepGate gate = StepGate.OPEN;
  private DuckDbDatabase database;
  private Sink sink;

  @BeforeEach
  void prepare() throws Exception {
    database = open("own", Map.of());
    sink = database.sink(target());
    sink.prepare(first());
  }

  @AfterEach
  void close() {
    rig.proxy().follow(HttpProxy.Script.PASS);
    database.close();
    memory.close();
  }

  @Test
  void aCommitThatWasAppliedAndCutOff_isFound_andItsFilesAreThere() throws Exception {
    // DuckDB tries again by itself, and is told that another was faster.
    AtomicBoolean cut = new AtomicBoolean();
    rig.proxy()
        .follow(
            (request, upstream) -> {
              Answer answer = upstream.send(request);
              return request.isPost(COMMIT) && !cut.getAndSet(true) ? Answer.CUT : answer;
            });
    try (SealedBatch batch = batch(3, 2)) {
      SinkException e =
          assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(batch, move(0, 4)));
      assertTrue(e.reason().contains("Conflict_409"), e.reason());
      MoveFate.Made made = assertInstanceOf(MoveFate.Made.class, sink.fateOf(batch, move(0, 4)));
      assertEquals(move(0, 4).next(), made.ledger().position());
      assertEquals(1, made.ledger().seals());
    }
    assertEquals(List.of(3L, 2L), counts());
    commit(4, 6, 1, 0);
    assertEquals(List.of(4L, 2L), counts());
  }

  @Test
  void aCommitThatIsAppliedAfterTheLedgerWasRead_isNotTakenAnyMore() throws Exception {
    List<Request> held = new ArrayList<>();
    rig.proxy()
        .follow(
            (request, upstream) -> {
              if (!request.isPost(COMMIT)) {
                return upstream.send(request);
              }
              held.add(request);
              return Answer.CUT;
            });
    try (SealedBatch batch = batch(3, 2)) {
      assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(batch, move(0, 4)));
      assertEquals(new MoveFate.NotMade(), sink.fateOf(batch, move(0, 4)));
      rig.proxy().follow(HttpProxy.Script.PASS);
      sink.commit(batch, move(0, 4));
    }
    assertTrue(held.size() > 1, "DuckDB tries again by itself");
    for (Request request : held) {
      Answer late = rig.proxy().send(request);
      assertEquals(409, late.status());
      assertTrue(late.body().contains("Requirement failed: branch main"), late.body());
    }
    assertEquals(List.of(3L, 2L), counts());
    commit(4, 5, 1, 1);
    assertEquals(List.of(4L, 3L), counts());
  }

  @Test
  void aBatchThatWasReadAgainInOtherPortions_isNotDoubledByTheLateCommit() throws Exception {
    List<Request> held = new ArrayList<>();
    rig.proxy()
        .follow(
            (request, upstream) -> {
              if (!request.isPost(COMMIT)) {
                return upstream.send(request);
              }
              held.add(request);
              return Answer.CUT;
            });
    try (SealedBatch batch = batch(3, 2)) {
      assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(batch, move(0, 4)));
    }
    rig.proxy().follow(HttpProxy.Script.PASS);
    commit(0, 2, 3, 0); // The traces come later, by themselves.
    Answer late = splitAndSend(held.get(0), Set.of());
    assertEquals(409, late.status(), "of the logs");
    assertEquals(List.of(3L, 2L), counts());
    try (SealedBatch rest = batch(0, 2)) {
      SinkException e =
          assertThrows(SinkException.Overtaken.class, () -> sink.commit(rest, move(2, 4)));
      assertTrue(e.reason().startsWith("an earlier commit was applied late: "), e.reason());
    }
    LedgerRow row = sink.readLedger(SPOOL).orElseThrow();
    assertEquals(index(4), row.ahead().orElseThrow().next().get("otlp_traces"));
    assertEquals(List.of(3L, 2L), counts());
  }

  @Test
  void aCommitThatReachedSomeTablesAlone_isCompleted() throws Exception {
    commit(0, 1, 1, 1);
    rig.proxy()
        .follow(
            (request, upstream) ->
                request.isPost(COMMIT)
                    ? splitAndSend(request, Set.of("otlp_traces"))
                    : upstream.send(request));
    try (SealedBatch batch = batch(3, 2)) {
      assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(batch, move(1, 4)));
      assertEquals(new MoveFate.PartlyMade(), sink.fateOf(batch, move(1, 4)));
    }
    rig.proxy().follow(HttpProxy.Script.PASS);
    assertEquals(List.of(4L, 1L), counts());
    LedgerRow row = sink.readLedger(SPOOL).orElseThrow();
    assertEquals(index(1), row.position().next());
    assertEquals(Map.of("otlp_logs", index(4)), row.ahead().orElseThrow().next());
    assertEquals(2, row.seals());
    try (Batch batch = memory.openBatch()) {
      batch.add(
          1,
          0,
          Set.of(OtlpTable.LOGS),
          visitor -> {
            SampleRows.write(OtlpTable.LOGS, 0, 3, visitor);
            SampleRows.write(OtlpTable.TRACES, 0, 2, visitor);
          });
      try (SealedBatch missing = batch.seal()) {
        LedgerMove plain = move(1, 4);
        assertThrows(SinkException.Fenced.class, () -> openSink().commit(missing, plain));
        Commit completed = sink.commit(missing, knowing(plain, row));
        assertEquals(Optional.empty(), completed.ledger().ahead());
        assertEquals(move(1, 4).next(), completed.ledger().position());
      }
    }
    assertEquals(List.of(4L, 3L), counts());
    commit(4, 5, 1, 1);
    assertEquals(List.of(5L, 4L), counts());
  }

  @Test
  void aCatalogWithoutTransactionsOverTables_isCommittedToTableByTable() throws Exception {
    try (DuckDbDatabase plain = open("plain", Map.of("disable_multi_table_commit", "true"));
        Sink one = plain.sink(target())) {
      one.prepare(first());
      commit(one, 0, 2, 3, 2);
      rig.proxy()
          .follow(
              (request, upstream) ->
                  request.isPost("/tables/otlp_traces") ? Answer.CUT : upstream.send(request));
      try (SealedBatch batch = batch(1, 1)) {
        assertThrows(SinkException.UnknownOutcome.class, () -> one.commit(batch, move(2, 4)));
        assertEquals(new MoveFate.PartlyMade(), one.fateOf(batch, move(2, 4)));
      }
    }
    assertEquals(List.of(4L, 2L), counts());
  }

  @Test
  void aTableThatAnotherEngineAppendsTo_costsAnotherAttempt() throws Exception {
    gate =
        once(
            "COMMIT",
            () -> execute("INSERT INTO ice." + schema + ".otlp_logs (body) VALUES ('other')"));
    try (SealedBatch batch = batch(3, 2)) {
      SinkException e =
          assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(batch, move(0, 4)));
      assertTrue(e.reason().contains("another engine changed the table"), e.reason());
      assertEquals(new MoveFate.NotMade(), sink.fateOf(batch, move(0, 4)));
      sink.commit(batch, move(0, 4));
    }
    assertEquals(List.of(4L, 2L), counts());
  }

  @Test
  void anotherWriter_isSeenInTheStateThatTheCommitWillRequire() throws Exception {
    Sink other = openSink();
    AtomicBoolean isRead = new AtomicBoolean();
    // It commits after this one has read the ledger; and a query here has DuckDB load the table
    // anew,
    // so that the commit would build on the other's snapshot.
    gate =
        once(
            "CALL set_iceberg_table_properties",
            () -> {
              commit(other, 0, 2, 5, 0);
              try (Session query = database.openSession()) {
                query.query(row -> row.getLong(1), "SELECT count(*) FROM " + table("otlp_logs"));
              }
              isRead.set(true);
            });
    try (SealedBatch batch = batch(3, 0)) {
      SinkException e =
          assertThrows(SinkException.Fenced.class, () -> sink.commit(batch, move(0, 4)));
      assertTrue(e.reason().startsWith("another writer commits this spool"), e.reason());
      assertTrue(e.reason().contains("expected next_index 60000000-0"), e.reason());
      assertTrue(e.reason().contains("found next_index 60000000-2"), e.reason());
    }
    assertTrue(isRead.get());
    assertEquals(List.of(5L, 0L), counts());
  }

  @Test
  void anotherWriter_whoCommitsLater_winsOrIsFenced_never_both() throws Exception {
    Sink other = openSink();
    gate = once("COMMIT", () -> commit(other, 0, 2, 5, 0));
    try (SealedBatch batch = batch(3, 0)) {
      assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(batch, move(0, 4)));
      assertEquals(new MoveFate.Elsewhere(index(2)), sink.fateOf(batch, move(0, 4)));
      assertThrows(SinkException.Fenced.class, () -> sink.commit(batch, move(0, 4)));
    }
    assertEquals(List.of(5L, 0L), counts());
  }

  @Test
  void anotherWriter_ofOtherTables_isFencedToo() throws Exception {
    Sink other = openSink();
    commit(sink, 0, 3, 3, 0);
    try (SealedBatch traces = batch(0, 2)) {
      SinkException e =
          assertThrows(SinkException.Fenced.class, () -> other.commit(traces, move(0, 3)));
      assertTrue(e.reason().contains("found next_index 60000000-3"), e.reason());
    }
    // At the very same time neither sees the other: they have other entries, and one stops next.
    gate = once("COMMIT", () -> commit(other, 3, 5, 0, 2));
    commit(sink, 3, 4, 1, 0);
    gate = StepGate.OPEN;
    try (SealedBatch next = batch(1, 1)) {
      assertThrows(SinkException.Fenced.class, () -> sink.commit(next, move(4, 6)));
      other.commit(next, move(5, 6));
    }
    assertEquals(List.of(5L, 3L), counts());
  }

  @Test
  void whatAPredecessorHadSent_isBelievedOnce() throws Exception {
    commit(0, 1, 1, 1);
    Sink next = openSink();
    LedgerRow known = next.readLedger(SPOOL).orElseThrow().furthest();
    assertEquals(index(1), known.position().next());
    commit(sink, 1, 3, 1, 0); // It was under way when the process ended.
    try (SealedBatch batch = batch(1, 1)) {
      assertThrows(SinkException.Overtaken.class, () -> next.commit(batch, move(1, 3)));
      commit(next, 3, 4, 1, 1);
      commit(sink, 4, 6, 1, 0); // So it is alive.
      assertThrows(SinkException.Fenced.class, () -> next.commit(batch, move(4, 5)));
    }
  }

  @Test
  void aCatalogWhoseClockIsAhead_isWaitedFor() throws Exception {
    commit(0, 1, 1, 1);
    Pattern updated = Pattern.compile("(\"last-updated-ms\":)(\\d+)");
    rig.proxy()
        .follow(
            (request, upstream) -> {
              Answer answer = upstream.send(request);
              String body =
                  updated
                      .matcher(answer.body())
                      .replaceFirst(
                          found -> found.group(1) + (Long.parseLong(found.group(2)) + 3_600_000));
              return new Answer(answer.status(), body);
            });
    try (SealedBatch batch = batch(3, 2)) {
      SinkException e = assertThrows(SinkException.class, () -> sink.commit(batch, move(1, 4)));
      assertFalse(e instanceof SinkException.Fenced, e.reason());
      rig.proxy().follow(HttpProxy.Script.PASS);
      assertEquals(new MoveFate.NotMade(), sink.fateOf(batch, move(1, 4)));
      sink.commit(batch, move(1, 4));
    }
    assertEquals(List.of(4L, 3L), counts());
  }

  @Test
  void aCatalogThatIsAway_isTriedAgain() throws Exception {
    rig.server().down();
    try (SealedBatch batch = batch(3, 2)) {
      assertThrows(SinkException.Unavailable.class, () -> sink.commit(batch, move(0, 4)));
      assertThrows(SinkException.Unavailable.class, () -> sink.fateOf(batch, move(0, 4)));
      assertThrows(SinkException.Unavailable.class, () -> sink.readLedger(SPOOL));
      assertThrows(SinkException.Unavailable.class, () -> sink.check());
      rig.server().up();
      sink.check();
      sink.commit(batch, move(0, 4));
    } finally {
      if (!rig.server().isUp()) {
        rig.server().up();
      }
    }
    assertEquals(List.of(3L, 2L), counts());
  }

  /** For the writer: a catalog without its store would answer after minutes. */
  @Test
  void aStoreThatIsAway_isTriedAgain() throws Exception {
    try (TcpProxy network = TcpProxy.to("127.0.0.1", rig.store().port());
        DuckDbDatabase behind =
            DuckDbDatabase.open(
                IcebergRig.settings(
                    folder.resolve("behind"),
                    rig.proxy().endpoint(),
                    S3Server.secret("127.0.0.1:" + network.port(), S3Server.SECRET),
                    Map.of(),
                    Optional.empty()),
                InstantSource.fixed(SinkContract.NOW),
                System::nanoTime);
        Sink far = behind.sink(target());
        SealedBatch batch = batch(3, 2)) {
      network.down();
      assertThrows(SinkException.Unavailable.class, () -> far.commit(batch, move(0, 4)));
      network.up();
      far.commit(batch, move(0, 4));
    }
    assertEquals(List.of(3L, 2L), counts());
  }

  @Test
  void aLoginThatIsNotTakenAnyMore_saysSo_andIsTriedAgain() throws Exception {
    for (int status : new int[] {401, 403}) {
      answerAll(status);
      try (SealedBatch batch = batch(3, 2)) {
        SinkException e =
            assertThrows(SinkException.Unavailable.class, () -> sink.commit(batch, move(0, 4)));
        assertTrue(e.reason().contains("expired"), e.reason());
        e = assertThrows(SinkException.Unavailable.class, () -> sink.readLedger(SPOOL));
        assertTrue(e.reason().contains("expired"), e.reason());
        e = assertThrows(SinkException.Unavailable.class, () -> sink.check());
        assertTrue(e.reason().contains("expired"), e.reason());
      }
      rig.proxy().follow(HttpProxy.Script.PASS);
    }
    commit(0, 4, 3, 2);
    assertEquals(List.of(3L, 2L), counts());
  }

  @Test
  void aSchemaThatWasNotThereOnce_isFoundAgain() throws Exception {
    answerAll(404);
    assertThrows(SinkException.Unavailable.class, () -> commit(0, 4, 3, 2));
    rig.proxy().follow(HttpProxy.Script.PASS);
    SinkException e = assertThrows(SinkException.Unavailable.class, () -> commit(0, 4, 3, 2));
    assertTrue(e.reason().contains("the catalog is attached anew"), e.reason());
    commit(0, 4, 3, 2);
    assertEquals(List.of(3L, 2L), counts());
  }

  @Test
  void anEmptySealThatIsAppliedLate_movesNothingBack() throws Exception {
    List<Request> held = new ArrayList<>();
    rig.proxy()
        .follow(
            (request, upstream) -> {
              if (!request.isPost(COMMIT)) {
                return upstream.send(request);
              }
              held.add(request);
              return Answer.CUT;
            });
    try (SealedBatch empty = batch(0, 0)) {
      assertThrows(SinkException.UnknownOutcome.class, () -> sink.commit(empty, move(0, 2)));
      assertEquals(new MoveFate.NotMade(), sink.fateOf(empty, move(0, 2)));
    }
    rig.proxy().follow(HttpProxy.Script.PASS);
    commit(0, 5, 3, 0);
    commit(5, 7, 1, 0);
    assertEquals(204, rig.proxy().send(held.get(0)).status(), "nothing is required of it");
    assertEquals(index(7), openSink().readLedger(SPOOL).orElseThrow().furthest().position().next());
    commit(7, 8, 0, 1);
    assertEquals(List.of(4L, 1L), counts());
  }

  @Test
  void aLedgerThatIsSetBack_replays_whateverTheTablesSaid() throws Exception {
    commit(0, 4, 3, 2);
    LedgerRow back =
        new LedgerRow(SPOOL, first().listenUri(), "run-1", move(0, 1).next(), 7, SinkContract.NOW);
    sink.setLedger(back);
    assertEquals(Optional.of(back), openSink().readLedger(SPOOL));
    assertEquals(8, commit(1, 4, 1, 1).ledger().seals());
    assertEquals(List.of(4L, 3L), counts());
  }

  @Test
  void aLedgerThatSomeoneChanged_isRefused() throws Exception {
    commit(0, 4, 3, 2);
    execute(
        "CALL set_iceberg_table_properties('ice."
            + schema
            + ".otlp_logs', MAP {'duckspool."
            + SPOOL
            + ".next_index': '5'})");
    SinkException e = assertThrows(SinkException.Refused.class, () -> openSink().readLedger(SPOOL));
    assertTrue(e.reason().contains("was changed by someone else"), e.reason());
    assertThrows(SinkException.Refused.class, () -> commit(4, 5, 1, 0));
  }

  /**
   * Sends the parts of a transaction one by one, as some catalogs apply it, but for some tables.
   */
  private Answer splitAndSend(Request request, Set<String> without) throws IOException {
    return rig.proxy().sendTableByTable(request, without);
  }

  private void answerAll(int status) {
    rig.proxy()
        .follow(
            (request, upstream) ->
                new Answer(
                    status,
                    "{\"error\":{\"message\":\"on purpose\",\"type\":\"X\",\"code\":"
                        + status
                        + "}}"));
  }

  /** A step before the first statement that begins so. */
  private StepGate once(String statement, Step step) {
    AtomicBoolean done = new AtomicBoolean();
    return sql -> {
      if (sql.startsWith(statement) && !done.getAndSet(true)) {
        try {
          step.run();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
    };
  }

  private interface Step {
    void run() throws Exception;
  }

  private static LedgerMove knowing(LedgerMove move, LedgerRow row) {
    return new LedgerMove(
        move.spoolId(),
        move.listenUri(),
        move.first(),
        move.next(),
        move.runId(),
        move.trigger(),
        move.startedAt(),
        row.ahead());
  }

  private Target target() {
    return new Target("ice", schema, true, false, Optional.empty());
  }

  /** As another writer would, and without knowledge of what this one has seen. */
  private Sink openSink() throws SinkException {
    return database.sink(target());
  }

  private DuckDbDatabase open(String name, Map<String, String> options) throws SinkException {
    return DuckDbDatabase.open(
        rig.settings(folder.resolve(name), options, Optional.empty()),
        InstantSource.fixed(SinkContract.NOW),
        System::nanoTime,
        sql -> gate.pass(sql));
  }

  private SealedBatch batch(int logs, int traces) {
    try (Batch batch = memory.openBatch()) {
      batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, 0, logs, visitor));
      batch.add(1, visitor -> SampleRows.write(OtlpTable.TRACES, 0, traces, visitor));
      return batch.seal();
    }
  }

  private Commit commit(long from, long to, int logs, int traces) throws SinkException {
    return commit(sink, from, to, logs, traces);
  }

  private Commit commit(Sink into, long from, long to, int logs, int traces) throws SinkException {
    try (SealedBatch batch = batch(logs, traces)) {
      return into.commit(batch, move(from, to));
    }
  }

  /** Rows in the tables of logs and of traces; each is read, not counted by metadata. */
  private List<Long> counts() throws SQLException {
    List<Long> counts = new ArrayList<>();
    for (String table : List.of("otlp_logs", "otlp_traces")) {
      try (Session session = database.openSession("ice")) {
        counts.add(
            session
                .queryOne(
                    row -> row.getLong(1),
                    "SELECT count(*) FROM (SELECT * FROM " + table(table) + " WHERE random() < 2)")
                .orElseThrow());
      }
    }
    return counts;
  }

  private String table(String name) {
    return "ice." + schema + "." + name;
  }

  private void execute(String sql) throws SQLException {
    StepGate before = gate;
    gate = StepGate.OPEN;
    try (Session session = database.openSession("ice")) {
      session.execute(sql);
    } finally {
      gate = before;
    }
  }
}
