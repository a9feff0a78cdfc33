package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which statements may grow too large, and which may not: ordinary ones aren't in the way. */
final class GrowthBoundTest {

  private static final SqlRunner.Limits LIMITS = new SqlRunner.Limits(100_000, 64 << 20, 30_000);

  @TempDir Path folder;
  private DuckDbDatabase database;

  @BeforeEach
  void open() throws Exception {
    database =
        DuckDbDatabase.open(DuckDbRows.settings(folder), InstantSource.system(), System::nanoTime);
    try (Sink sink = database.sink(Target.ofDefaultDatabase("main"))) {
      sink.prepare(SinkContract.first());
    }
  }

  @AfterEach
  void close() {
    database.close();
  }

  static Stream<String> ordinary() {
    return Stream.of(
        "WITH s AS (SELECT trace_id, min(start_time_unix_nano) a, max(start_time_unix_nano) b,"
            + " printf('%.1f ms', max(duration_time_unix_nano)/1e6) longest FROM otlp_traces GROUP"
            + " BY trace_id) SELECT trace_id, strftime(a,'%H:%M:%S'), strftime(b,'%H:%M:%S'),"
            + " longest FROM s",
        "WITH RECURSIVE tree AS (SELECT span_id, name, start_time_unix_nano ts, 0 depth, name path"
            + " FROM otlp_traces WHERE parent_span_id IS NULL UNION ALL SELECT t.span_id, t.name,"
            + " t.start_time_unix_nano, tree.depth+1, tree.path||' > '||t.name FROM otlp_traces t"
            + " JOIN tree ON t.parent_span_id = tree.span_id) SELECT strftime(ts,'%H:%M:%S'),"
            + " depth, name, path, span_id FROM tree ORDER BY path",
        "WITH m AS (SELECT unnest(range(0,1440)) AS m) SELECT strftime(TIMESTAMP '2026-01-01' +"
            + " to_minutes(m::INTEGER), '%H:%M') FROM m",
        "SELECT i, i*2, i+1 FROM (SELECT unnest(range(0,10000)) i)",
        "SELECT body FROM otlp_logs WHERE list_contains([" + traceIds() + "], trace_id)",
        "SELECT body FROM otlp_logs WHERE trace_id = ANY([" + traceIds() + "])",
        "SELECT body FROM otlp_logs WHERE trace_id IN (" + traceIds() + ")",
        "SELECT body FROM otlp_logs JOIN unnest([" + traceIds() + "]) AS u(id) ON trace_id = id",
        "SELECT list_reduce([1.0, 2, 3], lambda acc, x: acc + 0.3*(x - acc))",
        "SELECT list_reduce(l, lambda acc, x: acc + 0.3*(x - acc)) FROM (SELECT"
            + " list(severity_number) l FROM otlp_logs) WHERE len(l) > 0",
        "SELECT printf('%s %-5s %s: %s', trace_id, severity_text, service_name, body) FROM"
            + " otlp_logs",
        "WITH a AS (SELECT *, repeat('#', 1000) AS bar FROM otlp_logs), b AS (SELECT trace_id,"
            + " repeat(trace_id, 100) r, len(bar) n FROM a) SELECT repeat(trace_id, 10),"
            + " repeat('=', 100), n FROM b",
        "SELECT concat_ws(' ', service_name, severity_text, body), to_json(l) FROM otlp_logs l",
        "SELECT COLUMNS(*)::VARCHAR, concat(*COLUMNS(*)) FROM otlp_logs",
        "SELECT list_transform(range(100), lambda x: list_transform(range(10), lambda y: x * y))");
  }

  private static String traceIds() {
    return IntStream.range(0, 1_700)
        .mapToObj("'%032x'"::formatted)
        .collect(Collectors.joining(","));
  }

  @ParameterizedTest
  @MethodSource("ordinary")
  void whatDoesNotGrow_isAccepted(String sql) throws Exception {
    assertTrue(run(sql) >= 0);
  }

  static Stream<String> growing() {
    String large = "(SELECT repeat(body, 1000) AS a FROM otlp_logs)";
    return Stream.of(
        // names that hide what they stand for
        "SELECT repeat(#1, 1000) FROM " + large,
        "SELECT repeat(COLUMNS(*), 1000) FROM " + large,
        "SELECT repeat(s::VARCHAR, 1000) FROM " + large + " AS s",
        "SELECT repeat(b, 1000) FROM " + large + " AS s(b)",
        "WITH s(b) AS " + large + " SELECT repeat(b, 1000) FROM s",
        "SELECT repeat(b, 1000) FROM (SELECT a AS b FROM " + large + ")",
        "SELECT repeat(\"repeat(body, 1000)\", 1000) FROM (SELECT repeat(body, 1000) FROM"
            + " otlp_logs)",
        "SELECT repeat(body, 1000) FROM (SELECT * REPLACE (repeat(body, 1000) AS body) FROM"
            + " otlp_logs)",
        "SELECT repeat(x, 1000) FROM (SELECT 'x' AS x UNION ALL SELECT a FROM " + large + ")",
        "SELECT * FROM (SELECT *, * FROM " + large + "), " + large + " AS b",
        "SELECT concat(*COLUMNS(*)) FROM (SELECT repeat(body, 900) AS a, repeat(body, 900) AS b,"
            + " 1 AS c FROM otlp_logs)",
        "WITH w AS "
            + large
            + " SELECT repeat(a, 1000) FROM w WHERE 1 = (WITH w AS (SELECT 1 AS a)"
            + " SELECT a FROM w)",
        // JSON
        "SELECT len(repeat(repeat(body,10000),10000)::JSON -> '$.a') FROM otlp_logs",
        "SELECT len((repeat(body,1000)::JSON -> 'a') -> ['$','$','$']) FROM otlp_logs",
        "SELECT json_extract(repeat(body, 1000), ['$','$','$']) FROM otlp_logs",
        "SELECT repeat(body, 1000) ->> ['$','$','$'] FROM otlp_logs",
        "SELECT json_extract(repeat(body, 1000), list_transform(range(10), lambda x: '$')) FROM"
            + " otlp_logs",
        // sums of parts
        "SELECT concat_ws('', " + "repeat(body, 500), ".repeat(5) + "'') FROM otlp_logs",
        "SELECT format('{0}{0}{0}', repeat(body, 1000)) FROM otlp_logs",
        "SELECT printf('" + "%999d".repeat(40) + "', " + "1, ".repeat(39) + "1)",
        "SELECT "
            + "'', ".repeat(2000)
            + "repeat(body, 1100) AS a, repeat(body, 1100) AS b FROM"
            + " otlp_logs",
        "SELECT strftime(t, repeat(body, 1000)) FROM (SELECT now() AS t, body FROM otlp_logs)",
        // expressions, where units don't grow
        "SELECT count(*) FROM (" + products("a", 8) + ") WHERE a > 1");
  }

  /** Each column is made of the one before four times. */
  private static String products(String name, int length) {
    String query = "SELECT severity_number AS " + name + " FROM otlp_logs";
    for (int i = 0; i < length; i++) {
      query = "SELECT a * a * a * a AS a FROM (" + query + ")";
    }
    return query;
  }

  @ParameterizedTest
  @MethodSource("growing")
  void whatGrows_isRefused(String sql) {
    String reason = assertThrows(QueryException.class, () -> run(sql)).reason();
    assertTrue(
        reason.contains("times as large as a value") || reason.contains("more than 50000 expr"),
        reason);
  }

  @Test
  void aRefusal_namesWhatGrows() {
    assertEquals(
        "the function repeat may become 10000 times as large as a value the statement reads, more"
            + " than 2000: use smaller numbers, or less of what repeats, replaces and makes lists"
            + " within each other",
        assertThrows(
                QueryException.class, () -> run("SELECT len(repeat(body, 10000)) FROM otlp_logs"))
            .reason());
    assertTrue(
        assertThrows(
                QueryException.class, () -> run("SELECT repeat(body, 10000) AS b FROM otlp_logs"))
            .reason()
            .startsWith("the column b may become 10000 times"));
  }

  private long run(String sql) throws Exception {
    return database
        .sqlRunner()
        .run(sql, SqlRunner.Format.JSON, LIMITS, OutputStream.nullOutputStream(), () -> false);
  }
}
