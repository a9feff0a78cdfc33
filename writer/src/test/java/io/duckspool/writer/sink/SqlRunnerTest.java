package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.pojo.Field;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SqlRunnerTest {

  private static final SqlRunner.Limits LIMITS = new SqlRunner.Limits(1000, 1 << 20, 30_000);

  private static final String ENDLESS =
      "SELECT count(*) FROM range(100000000) a, range(100000) b"
          + " WHERE a.range % 7 = b.range % 5";

  @TempDir Path folder;

  private DuckDbDatabase database;

  @BeforeEach
  void open() throws Exception {
    database =
        DuckDbDatabase.open(DuckDbRows.settings(folder), InstantSource.system(), System::nanoTime);
    try (Session session = database.openSession()) {
      session.execute("CREATE TABLE t AS SELECT range AS i FROM range(3)");
    }
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void json_isAnArrayOfRowObjects_withKeysInTheOrderOfTheColumns() throws Exception {
    assertEquals(
        "[\n{\"b\":0,\"a\":\"x\"},\n{\"b\":1,\"a\":\"x\"},\n{\"b\":2,\"a\":\"x\"}\n]\n",
        json("SELECT i AS b, 'x' AS a FROM t ORDER BY i"));
    assertEquals("[\n]\n", json("FROM t WHERE i > 10"));
  }

  @Test
  void json_keepsEachTypesValue() throws Exception {
    String sql =
        "SELECT 9223372036854775807 AS big, 170141183460469231731687303715884105727 AS huge,"
            + " 18446744073709551615::UBIGINT AS unsigned, 1.50::DECIMAL(9,2) AS dec, 637.704::DOUBLE AS dbl,"
            + " 'NaN'::DOUBLE AS nan, '-Infinity'::FLOAT AS inf, true AS yes, NULL AS nothing,"
            + " TIMESTAMP '2024-03-10 02:30:00.123456' AS ts,"
            + " TIMESTAMPTZ '2024-03-10 02:30:00+02' AS tz, DATE '2024-01-02' AS day,"
            + " [1, NULL, 3] AS list, {'a': 1, 'b': [0.5]} AS struct, MAP {'k': 1} AS map,"
            + " 'ab'::BLOB AS bytes, '{\"x\":[1]}'::JSON AS json, 'a\"b\u00e9' AS text,"
            + " 1 AS dup, 2 AS dup";
    String expected =
        "[{\"big\":9223372036854775807,\"huge\":170141183460469231731687303715884105727,"
            + "\"unsigned\":18446744073709551615,\"dec\":1.50,\"dbl\":637.704,"
            + "\"nan\":\"NaN\",\"inf\":\"-Infinity\",\"yes\":true,\"nothing\":null,"
            + "\"ts\":\"2024-03-10T02:30:00.123456Z\",\"tz\":\"2024-03-10T00:30:00Z\","
            + "\"day\":\"2024-01-02\",\"list\":[1,null,3],\"struct\":{\"a\":1,\"b\":[0.5]},"
            + "\"map\":{\"k\":1},\"bytes\":\"YWI=\",\"json\":{\"x\":[1]},\"text\":\"a\\\"b\u00e9\","
            + "\"dup\":1,\"dup_1\":2}]";
    String actual = json(sql);
    assertEquals(expected, actual.replace("\n", ""));
    new ObjectMapper().readTree(actual);
  }

  @Test
  void csv_hasAHeader_andTellsNullFromEmpty() throws Exception {
    assertEquals(
        "i,t,\"a,b\"\n1,,\"\"\n2,\"x\"\"y\",\"p\nq\"\n",
        run(
            "SELECT * FROM (VALUES (1, NULL, ''), (2, 'x\"y', 'p\nq')) v(i, t, \"a,b\") ORDER BY 1",
            SqlRunner.Format.CSV));
  }

  @Test
  void arrow_isAStreamThatReadsBack() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SqlRunner.Limits many = new SqlRunner.Limits(20_000, 1 << 20, 30_000);
    long rows =
        database
            .sqlRunner()
            .run(
                "SELECT range AS n, 'x' || range AS t, [range] AS l FROM range(20000)",
                SqlRunner.Format.ARROW,
                many,
                out,
                () -> false);
    assertEquals(20_000, rows);
    long sum = 0;
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(out.toByteArray()), allocator)) {
      assertEquals(
          "[n, t, l]",
          reader.getVectorSchemaRoot().getSchema().getFields().stream()
              .map(Field::getName)
              .toList()
              .toString());
      while (reader.loadNextBatch()) {
        VectorSchemaRoot root = reader.getVectorSchemaRoot();
        for (int i = 0; i < root.getRowCount(); i++) {
          long n = (Long) root.getVector("n").getObject(i);
          assertEquals("x" + n, root.getVector("t").getObject(i).toString());
          assertEquals("[" + n + "]", root.getVector("l").getObject(i).toString());
          sum += n;
        }
      }
    }
    assertEquals(20_000L * 19_999 / 2, sum);
  }

  @Test
  void arrow_withoutRows_hasItsSchema_andCutShort_hasNoEnd() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    database
        .sqlRunner()
        .run("FROM t WHERE i > 10", SqlRunner.Format.ARROW, LIMITS, out, () -> false);
    byte[] end = {-1, -1, -1, -1, 0, 0, 0, 0};
    assertArrayEquals(end, tail(out, end.length));
    out.reset();
    assertThrows(
        QueryException.class,
        () ->
            database
                .sqlRunner()
                .run("FROM range(100000)", SqlRunner.Format.ARROW, LIMITS, out, () -> false));
    assertFalse(Arrays.equals(end, tail(out, end.length)));
  }

  private static byte[] tail(ByteArrayOutputStream out, int length) {
    byte[] bytes = out.toByteArray();
    return Arrays.copyOfRange(bytes, bytes.length - length, bytes.length);
  }

  @Test
  void aMessage_saysWhatIsWrong() {
    QueryException write = assertThrows(QueryException.class, () -> json("DROP TABLE t"));
    assertTrue(
        write.reason().startsWith("only a single SELECT statement is accepted"), write.reason());
    QueryException syntax = assertThrows(QueryException.class, () -> json("SELEC 1"));
    assertEquals("Parser Error: syntax error at or near \"SELEC\"", syntax.reason());
    QueryException name = assertThrows(QueryException.class, () -> json("SELECT * FROM nope"));
    assertTrue(name.reason().startsWith("Catalog Error: Table with name nope"), name.reason());
  }

  @Test
  void aResult_isStreamed_andFailsBeyondTheRowLimit() throws Exception {
    assertEquals(1000, json("FROM range(1000)").lines().filter(l -> l.startsWith("{")).count());
    QueryException e = assertThrows(QueryException.class, () -> json("FROM range(1001)"));
    assertEquals("the result has more than 1000 rows; add a LIMIT", e.reason());
    assertThrows(
        QueryException.class, () -> json("SELECT range, repeat('x', 1000) FROM range(1000000000)"));
  }

  @Test
  void aResult_failsBeyondTheByteLimit() throws Exception {
    int fits = (1 << 20) - "x\n\n".length();
    String sql = "SELECT string_agg('y', '') AS x FROM range(%d)";
    assertEquals(1 << 20, run(sql.formatted(fits), SqlRunner.Format.CSV).length());
    QueryException e =
        assertThrows(
            QueryException.class, () -> run(sql.formatted(fits + 1), SqlRunner.Format.CSV));
    assertEquals("the answer has more than 1048576 bytes; select less", e.reason());
  }

  @Test
  void theDriver_canBeInterruptedAtAnyTime() {
    assertTrue(DriverInterrupt.isFound());
  }

  @Test
  void aQueryThatNobodyWaitsFor_isInterrupted_andItsPlaceIsFree() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    for (int i = 0; i <= QueryGate.MAX_QUERIES; i++) {
      asked.set(0);
      QueryException e =
          assertThrows(
              QueryException.class,
              () -> runFor(LIMITS, ENDLESS, () -> asked.incrementAndGet() > 3));
      assertEquals("the query was cancelled: its client is gone", e.reason());
    }
    assertEquals(4, asked.get());
  }

  @Test
  void twoQueriesRunAtOnce_theThirdIsTurnedAway() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    List<CompletableFuture<Void>> running = new ArrayList<>();
    CountDownLatch asked = new CountDownLatch(QueryGate.MAX_QUERIES);
    for (int i = 0; i < QueryGate.MAX_QUERIES; i++) {
      CountDownLatch first = new CountDownLatch(1);
      running.add(
          CompletableFuture.runAsync(
              () ->
                  assertThrows(
                      QueryException.class,
                      () ->
                          runFor(
                              LIMITS,
                              ENDLESS,
                              () -> {
                                if (first.getCount() > 0) {
                                  first.countDown();
                                  asked.countDown();
                                }
                                return stop.get();
                              }))));
    }
    assertTrue(asked.await(30, TimeUnit.SECONDS));
    QueryException e = assertThrows(QueryException.class, () -> json("SELECT 1"));
    assertEquals("2 queries run already, try again", e.reason());
    assertTrue(e.isTransient());
    stop.set(true);
    for (CompletableFuture<Void> query : running) {
      query.get(30, TimeUnit.SECONDS);
    }
    assertEquals("[\n{\"1\":1}\n]\n", json("SELECT 1"));
  }

  private void runFor(SqlRunner.Limits limits, String sql, BooleanSupplier isAbandoned)
      throws Exception {
    long unused =
        database
            .sqlRunner()
            .run(sql, SqlRunner.Format.JSON, limits, OutputStream.nullOutputStream(), isAbandoned);
  }

  @Test
  void aSlowQuery_isInterrupted() {
    SqlRunner.Limits brief = new SqlRunner.Limits(1000, 1 << 20, 200);
    QueryException e =
        assertThrows(QueryException.class, () -> runFor(brief, ENDLESS, () -> false));
    assertEquals("the query took longer than 200 ms and was interrupted", e.reason());
  }

  @Test
  void withoutAWriter_theFileIsQueriedReadOnly() throws Exception {
    database.close();
    try (DuckDbDatabase local =
        DuckDbDatabase.openReadOnly(DuckDbRows.settings(folder), System::nanoTime)) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      local
          .sqlRunner()
          .run("SELECT count(*) AS n FROM t", SqlRunner.Format.JSON, LIMITS, out, () -> false);
      assertEquals("[\n{\"n\":3}\n]\n", out.toString(StandardCharsets.UTF_8));
    }
  }

  @Test
  void withoutAWriter_aMissingFile_isNamed() {
    SinkException e =
        assertThrows(
            SinkException.Unavailable.class,
            () ->
                DuckDbDatabase.openReadOnly(
                    DuckDbRows.settings(folder.resolve("none")), System::nanoTime));
    assertTrue(e.reason().contains("otlp.duckdb"), e.reason());
  }

  private String json(String sql) throws Exception {
    return run(sql, SqlRunner.Format.JSON);
  }

  private String run(String sql, SqlRunner.Format format) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    database.sqlRunner().run(sql, format, LIMITS, out, () -> false);
    return out.toString(StandardCharsets.UTF_8);
  }
}
