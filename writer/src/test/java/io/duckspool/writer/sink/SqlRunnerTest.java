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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.pojo.Field;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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
            + " 18446744073709551615::UBIGINT AS unsigned, 1.50::DECIMAL(9,2) AS dec,"
            + " 637.704::DOUBLE AS dbl, 'NaN'::DOUBLE AS nan, '-Infinity'::FLOAT AS inf, true AS"
            + " yes, NULL AS nothing, TIMESTAMP '2024-03-10 02:30:00.123456' AS ts, TIMESTAMPTZ"
            + " '2024-03-10 02:30:00+02' AS tz, DATE '2024-01-02' AS day, [1, NULL, 3] AS list,"
            + " {'a': 1, 'b': [0.5]} AS struct, MAP {'k': 1} AS map, 'ab'::BLOB AS bytes,"
            + " '{\"x\":[1]}'::JSON AS json, 'a\"b\u00e9' AS text, 1 AS dup, 2 AS dup";
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
      for (String more : List.of("", ", {'a': 1} AS s")) {
        assertThrows(
            QueryException.class,
            () ->
                local
                    .sqlRunner()
                    .run(
                        BREAKS.formatted(more),
                        SqlRunner.Format.CSV,
                        new SqlRunner.Limits(1_000_000, 1 << 30, 30_000),
                        OutputStream.nullOutputStream(),
                        () -> false));
      }
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

  /** The words of a fatal error, in a query and in what a client logged. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT error('FATAL Error: made up')",
        "SELECT error('Attempting to execute an unsuccessful or closed pending query result'"
            + " || chr(10) || 'Error: INTERNAL Error: made up')",
        "SELECT 'database has been invalidated'::INTEGER"
      })
  void wordsOfAFatalError_leaveTheDatabaseAsItIs(String sql) throws Exception {
    try (Session session = database.openSession()) {
      session.execute("BEGIN TRANSACTION");
      session.execute("INSERT INTO t VALUES (3)");
      assertThrows(QueryException.class, () -> json(sql));
      assertEquals("[\n{\"n\":3}\n]\n", json("SELECT count(*) AS n FROM t"));
      session.execute("COMMIT");
    }
    assertEquals("[\n{\"n\":4}\n]\n", json("SELECT count(*) AS n FROM t"));
  }

  /** A result that comes in pieces, of which a later one can't be made. */
  private static final String BREAKS =
      "SELECT range AS i, CASE WHEN range = 500000 THEN 'x' ELSE '1' END::INTEGER AS n%s"
          + " FROM range(1000000)";

  @ParameterizedTest
  @EnumSource(SqlRunner.Format.class)
  void anErrorInALaterRow_failsTheQuery_andItsReasonIsTold(SqlRunner.Format format) {
    SqlRunner.Limits many = new SqlRunner.Limits(1_000_000, 1 << 30, 30_000);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    QueryException e =
        assertThrows(
            QueryException.class,
            () -> database.sqlRunner().run(BREAKS.formatted(""), format, many, out, () -> false));
    // An error ends DuckDB's other threads, one of which may be the first to say that it was ended.
    assertTrue(
        e.reason().startsWith("Conversion Error: Could not convert string 'x'")
            || e.reason().equals("INTERRUPT Error: Interrupted!"),
        e.reason());
    assertTrue(out.size() > 100_000, "nothing was streamed");
    assertFalse(out.toString(StandardCharsets.UTF_8).endsWith("]\n"));
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "CSV"})
  void anErrorThatTheDriverSwallows_failsTheQuery(SqlRunner.Format format) {
    SqlRunner.Limits many = new SqlRunner.Limits(1_000_000, 1 << 30, 30_000);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String sql = BREAKS.formatted(", {'a': 1} AS s");
    QueryException e =
        assertThrows(
            QueryException.class,
            () -> database.sqlRunner().run(sql, format, many, out, () -> false));
    assertTrue(e.reason().startsWith("the query failed after "), e.reason());
    assertTrue(out.size() > 100_000, "nothing was streamed");
    assertFalse(out.toString(StandardCharsets.UTF_8).endsWith("]\n"));
  }

  @ParameterizedTest
  @EnumSource(SqlRunner.Format.class)
  void aQueryThatIsEndedWhileItsRowsAreRead_fails(SqlRunner.Format format) {
    SqlRunner.Limits many = new SqlRunner.Limits(Long.MAX_VALUE, Long.MAX_VALUE, 60_000);
    AtomicLong written = new AtomicLong();
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) {
            written.incrementAndGet();
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            written.addAndGet(length);
          }
        };
    for (String value : List.of("range", "{'a': range}")) {
      written.set(0);
      String sql = "SELECT " + value + " AS v FROM range(100000000000)";
      QueryException e =
          assertThrows(
              QueryException.class,
              () ->
                  database.sqlRunner().run(sql, format, many, out, () -> written.get() > 100_000));
      assertEquals("the query was cancelled: its client is gone", e.reason());
    }
  }

  @Test
  void plainAndOtherTypes_readTheSame() throws Exception {
    String values =
        "true AS a, 1::TINYINT AS b, 255::UTINYINT AS c, 65535::USMALLINT AS d,"
            + " 4294967295::UINTEGER AS e, 18446744073709551615::UBIGINT AS f,"
            + " -170141183460469231731687303715884105727::HUGEINT AS g, 1.5::FLOAT AS h,"
            + " 'NaN'::DOUBLE AS i, 1.50::DECIMAL(9,2) AS j, -0.05::DECIMAL(38,2) AS k,"
            + " '\u00e9\ud83e\udd86' AS l, 'ab'::BLOB AS m, DATE '1969-12-31' AS n, TIME"
            + " '02:30:00.123456' AS o, TIMESTAMP '1969-12-31 23:59:59.123456' AS p, TIMESTAMP_S"
            + " '2024-03-10 02:30:00' AS q, TIMESTAMP_MS '2024-03-10 02:30:00.5' AS r, TIMESTAMP_NS"
            + " '2024-03-10 02:30:00.123456789' AS s, TIMESTAMPTZ '1969-12-31 02:30:00.5+02' AS t,"
            + " '12f614b1-1ca1-4983-8bc9-8c5653452ae4'::UUID AS u, '{\"x\": [1]}'::JSON AS v, [[1,"
            + " NULL], []] AS w, [DATE '2024-01-02', NULL] AS x, ['a', 'b'] AS y, [1.5::DOUBLE] AS"
            + " z, ['\\x00'::BLOB] AS aa, NULL::VARCHAR AS bb, ['[1]'::JSON] AS cc, [TIMESTAMPTZ"
            + " '2024-03-10 02:30:00+02'] AS dd, [18446744073709551615::UBIGINT] AS ee";
    String plain = json("SELECT " + values);
    String other = json("SELECT " + values + ", INTERVAL 1 DAY AS zz");
    assertEquals(other.replace(",\"zz\":\"1 day\"", ""), plain);
    String plainCsv = run("SELECT " + values, SqlRunner.Format.CSV);
    String otherCsv = run("SELECT " + values + ", INTERVAL 1 DAY AS zz", SqlRunner.Format.CSV);
    assertEquals(otherCsv.replace(",zz\n", "\n").replace(",1 day\n", "\n"), plainCsv);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TIMETZ '02:30:00+02'",
        "'101'::BIT",
        "INTERVAL '1 month 2 days 3.5 seconds'",
        "'a'::ENUM('a', 'b')",
        "['a'::ENUM('a', 'b')]",
        "union_value(n := 1)",
        "340282366920938463463374607431768211455::UHUGEINT",
        "{'a': 1, 'j': '[1]'::JSON}",
        "MAP {'k': [1]}",
        "[1, 2]::INTEGER[2]",
        "{'a': 1}::VARIANT",
        "'1'::BIGNUM"
      })
  void typesThatArrowDoesNotHold_areReadByTheDriver(String value) throws Exception {
    String answer = json("SELECT " + value + " AS v");
    assertTrue(answer.startsWith("[\n{\"v\":"), answer);
    new ObjectMapper().readTree(answer);
  }

  @Test
  void aValueTooLargeForTheHeap_isRefusedAsText_andStreamedAsArrow() throws Exception {
    SqlRunner.Limits large = new SqlRunner.Limits(10, 1L << 30, 30_000);
    String sql = "SELECT string_agg('x', '') AS s FROM range(%d)";
    String fits = sql.formatted(ArrowValues.MAX_VALUE_BYTES);
    String tooLarge = sql.formatted(ArrowValues.MAX_VALUE_BYTES + 1);
    runFor(large, fits, () -> false);
    QueryException e =
        assertThrows(QueryException.class, () -> runFor(large, tooLarge, () -> false));
    assertTrue(e.reason().startsWith("a value of 33554433 bytes is too large"), e.reason());
    assertEquals(
        1,
        database
            .sqlRunner()
            .run(
                tooLarge,
                SqlRunner.Format.ARROW,
                large,
                OutputStream.nullOutputStream(),
                () -> false));
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
