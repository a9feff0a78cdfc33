package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SqlRunnerTest {

  private static final SqlRunner.Limits LIMITS = new SqlRunner.Limits(1000, 30_000);

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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DROP TABLE t",
        "SELECT 1; DROP TABLE t",
        "COMMIT; DROP TABLE t; SELECT 1",
        "INSERT INTO t VALUES (9)",
        "INSERT INTO t VALUES (9) RETURNING i",
        "WITH q AS (INSERT INTO t VALUES (9) RETURNING i) SELECT * FROM q",
        "UPDATE t SET i = 1",
        "CREATE TABLE u (i INTEGER)",
        "COPY t TO 'x.csv'",
        "ATTACH 'x.db' AS x",
        "SET threads = 1",
        "CHECKPOINT",
        "PRAGMA version",
        "EXPLAIN ANALYZE DELETE FROM t",
        "SELECT * FROM query('DROP TABLE t')",
        "",
        ";",
        "-- nothing",
        "SELECT 1; SELECT 2",
        "SELEC 1",
        "SELECT nextval('s')"
      })
  void whatIsNotOneSelect_isRefused_andChangesNothing(String sql) throws Exception {
    try (Session session = database.openSession()) {
      session.execute("CREATE SEQUENCE IF NOT EXISTS s");
    }
    assertThrows(QueryException.class, () -> json(sql));
    assertEquals(List.of("[3, 3]"), DuckDbRows.query(database, "SELECT count(*), sum(i) FROM t"));
    assertEquals(
        List.of(),
        DuckDbRows.query(database, "SELECT 1 FROM duckdb_tables() WHERE table_name = 'u'"));
  }

  @Test
  void aMessage_saysWhatIsWrong() {
    QueryException write = assertThrows(QueryException.class, () -> json("DROP TABLE t"));
    assertEquals("only a single SELECT statement is accepted", write.reason());
    QueryException syntax = assertThrows(QueryException.class, () -> json("SELEC 1"));
    assertEquals("Parser Error: syntax error at or near \"SELEC\"", syntax.reason());
    QueryException name = assertThrows(QueryException.class, () -> json("SELECT * FROM nope"));
    assertTrue(name.reason().startsWith("Catalog Error: Table with name nope"), name.reason());
  }

  @Test
  void aResult_isStreamed_andCutAtTheRowLimit() {
    QueryException e =
        assertThrows(
            QueryException.class,
            () -> json("SELECT range, repeat('x', 1000) FROM range(1000000000)"));
    assertEquals("the result has more than 1000 rows; add a LIMIT", e.reason());
  }

  @Test
  void aSlowQuery_isInterrupted() {
    SqlRunner.Limits brief = new SqlRunner.Limits(1000, 200);
    QueryException e =
        assertThrows(
            QueryException.class,
            () ->
                database
                    .sqlRunner()
                    .run(
                        "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range % 7 = b.range % 5",
                        SqlRunner.Format.JSON, brief, OutputStream.nullOutputStream()));
    assertEquals("the query took longer than 200 ms and was interrupted", e.reason());
  }

  @Test
  void withoutAWriter_theFileIsQueriedReadOnly() throws Exception {
    database.close();
    try (DuckDbDatabase local = DuckDbDatabase.openReadOnly(DuckDbRows.settings(folder))) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      local.sqlRunner().run("SELECT count(*) AS n FROM t", SqlRunner.Format.JSON, LIMITS, out);
      assertEquals("[\n{\"n\":3}\n]\n", out.toString(StandardCharsets.UTF_8));
    }
  }

  @Test
  void withoutAWriter_aMissingFile_isNamed() {
    SinkException e =
        assertThrows(
            SinkException.Unavailable.class,
            () -> DuckDbDatabase.openReadOnly(DuckDbRows.settings(folder.resolve("none"))));
    assertTrue(e.reason().contains("otlp.duckdb"), e.reason());
  }

  private String json(String sql) throws Exception {
    return run(sql, SqlRunner.Format.JSON);
  }

  private String run(String sql, SqlRunner.Format format) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    database.sqlRunner().run(sql, format, LIMITS, out);
    return out.toString(StandardCharsets.UTF_8);
  }
}
