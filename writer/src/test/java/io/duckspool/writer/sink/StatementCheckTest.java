package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a read-only statement may do, and what it may not, each tried on the real thing. */
final class StatementCheckTest {

  private static final SqlRunner.Limits LIMITS = new SqlRunner.Limits(100_000, 64 << 20, 20_000);
  private static final String SECRET = "hidden-0123456789";

  /** Statements that must be refused before they run; {@code {f}} stands for the test's folder. */
  private static final List<String> ESCAPES =
      List.of(
          // other statements
          "COPY t TO '{f}/out.csv'",
          "COPY (SELECT 1) TO '{f}/out.parquet' (FORMAT parquet)",
          "COPY t FROM '{f}/secret.csv'",
          "EXPORT DATABASE '{f}/export'",
          "IMPORT DATABASE '{f}/export'",
          "ATTACH '{f}/other.duckdb' AS other",
          "ATTACH ':memory:' AS m",
          "DETACH otlp",
          "USE temp",
          "INSTALL httpfs",
          "LOAD httpfs",
          "SET threads = 1",
          "SET lock_configuration = false",
          "SET enable_external_access = true",
          "RESET ALL",
          "SET VARIABLE x = 1",
          "PRAGMA version",
          "PRAGMA database_list",
          "PRAGMA table_info('t')",
          "CALL duckdb_secrets()",
          "CALL pragma_version()",
          "CHECKPOINT",
          "VACUUM",
          "ANALYZE",
          "BEGIN",
          "COMMIT",
          "ROLLBACK",
          "PREPARE p AS SELECT 1",
          "EXECUTE p",
          "DEALLOCATE p",
          "CREATE TABLE u (i INTEGER)",
          "CREATE TABLE u AS SELECT 1",
          "CREATE TEMP TABLE u AS SELECT 1",
          "CREATE VIEW w AS SELECT 1",
          "CREATE MACRO m(a) AS a",
          "CREATE SECRET s (TYPE http)",
          "CREATE TYPE e AS ENUM ('a')",
          "CREATE SEQUENCE q",
          "ALTER TABLE t ADD COLUMN z INTEGER",
          "DROP TABLE t",
          "TRUNCATE t",
          "INSERT INTO t VALUES (9)",
          "INSERT INTO t VALUES (9) RETURNING i",
          "UPDATE t SET i = 1",
          "DELETE FROM t",
          "MERGE INTO t USING t AS o ON t.i = o.i WHEN MATCHED THEN DELETE",
          "COMMENT ON TABLE t IS 'x'",
          "KILL 1",
          // more than one
          "SELECT 1; SELECT 2",
          "SELECT 1; DROP TABLE t",
          "COMMIT; DROP TABLE t; SELECT 1",
          "SELECT 1;;;COPY t TO '{f}/out.csv'",
          "SELECT 1; -- \nCOPY t TO '{f}/out.csv'",
          "EXPLAIN SELECT 1; DROP TABLE t",
          "",
          " \n",
          ";",
          "-- nothing",
          "/* nothing */",
          // writes inside of a query
          "WITH q AS (INSERT INTO t VALUES (9) RETURNING i) SELECT * FROM q",
          "WITH q AS (DELETE FROM t RETURNING i) SELECT * FROM q",
          "SELECT * FROM (DELETE FROM t RETURNING i)",
          "EXPLAIN ANALYZE DELETE FROM t",
          "EXPLAIN (FORMAT json) DELETE FROM t",
          "EXPLAIN COPY t TO '{f}/out.csv'",
          "EXPLAIN EXPLAIN ANALYZE DELETE FROM t",
          "EXPLAIN ANALYZE COPY t TO '{f}/out.csv'",
          "DESCRIBE DELETE FROM t",
          "SUMMARIZE (DELETE FROM t RETURNING i)",
          "SELECT nextval('q')",
          "SELECT currval('q')",
          // files
          "SELECT * FROM '{f}/secret.csv'",
          "SELECT * FROM \"{f}/secret.csv\"",
          "FROM '{f}/secret.csv'",
          "TABLE \"{f}/secret.csv\"",
          "DESCRIBE '{f}/secret.csv'",
          "SUMMARIZE '{f}/secret.csv'",
          "SELECT * FROM '/etc/passwd'",
          "SELECT * FROM '/proc/self/environ'",
          "SELECT * FROM 'x.parquet'",
          "SELECT * FROM secret.csv",
          "SELECT * FROM a.b.csv",
          "SELECT * FROM 's3://bucket/x.parquet'",
          "SELECT * FROM 'https://example.invalid/x.csv'",
          "SELECT * FROM 'duckdb:{f}/otlp.duckdb'",
          "SELECT * FROM 'x.duckdb'",
          "WITH \"{f}/secret.csv\" AS (SELECT 1) SELECT * FROM \"{f}/secret.csv\"",
          "SELECT (SELECT max(a) FROM '{f}/secret.csv')",
          "SELECT 1 WHERE EXISTS (FROM '{f}/secret.csv')",
          "SELECT * FROM t JOIN '{f}/secret.csv' ON true",
          "SELECT * FROM t, LATERAL (SELECT * FROM '{f}/secret.csv')",
          "SELECT * FROM (VALUES ((SELECT max(a) FROM '{f}/secret.csv')))",
          "FROM t PIVOT (sum(i) FOR i IN (1)) JOIN '{f}/secret.csv' ON true",
          "SELECT * FROM read_csv('{f}/secret.csv')",
          "SELECT * FROM read_csv_auto('{f}/secret.csv')",
          "SELECT * FROM read_text('{f}/secret.csv')",
          "SELECT * FROM read_blob('{f}/secret.csv')",
          "SELECT * FROM read_json('{f}/secret.csv')",
          "SELECT * FROM read_json_objects('{f}/secret.csv')",
          "SELECT * FROM read_ndjson_auto('{f}/secret.csv')",
          "SELECT * FROM read_parquet('{f}/secret.csv')",
          "SELECT * FROM parquet_scan('{f}/secret.csv')",
          "SELECT * FROM parquet_metadata('{f}/secret.csv')",
          "SELECT * FROM read_duckdb('{f}/otlp.duckdb')",
          "SELECT * FROM sniff_csv('{f}/secret.csv')",
          "SELECT * FROM glob('{f}/*')",
          "SELECT * FROM GLOB('{f}/*')",
          "SELECT * FROM \"read_text\"('{f}/secret.csv')",
          "SELECT * FROM main.read_text('{f}/secret.csv')",
          "SELECT * FROM system.main.read_text('{f}/secret.csv')",
          "SELECT * FROM/**/read_text/**/('{f}/secret.csv')",
          "SELECT * FROM read_text\n('{f}/secret.csv') -- SELECT 1",
          "SELECT * FROM ReAd_TeXt('{f}/secret.csv')",
          "SELECT * FROM U&\"read_tex\\0074\"('{f}/secret.csv')",
          "SELECT * FROM \"rea\u0501_text\"('{f}/secret.csv')",
          "SELECT * FROM t, read_text('{f}/secret.csv')",
          "SELECT * FROM t ORDER BY (SELECT max(content) FROM read_text('{f}/secret.csv'))",
          "SELECT * FROM t LIMIT (SELECT count(*) FROM read_text('{f}/secret.csv'))",
          "SELECT * FROM t QUALIFY row_number() OVER (ORDER BY (SELECT count(*) FROM glob('*'))) ="
              + " 1",
          "SELECT i FILTER (WHERE (SELECT count(*) FROM glob('*')) > 0) FROM t",
          "SELECT list_transform([1], lambda x: (SELECT count(*) FROM glob('*')))",
          "SELECT COLUMNS(c -> getenv(c) IS NULL) FROM t",
          "SELECT * REPLACE (getenv('HOME') AS i) FROM t",
          "SELECT CASE WHEN true THEN (SELECT count(*) FROM glob('*')) END",
          "SELECT {'a': (SELECT count(*) FROM glob('*'))}",
          "SELECT i FROM t UNION ALL SELECT count(*) FROM glob('*')",
          "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r, glob('*')) FROM r",
          "EXPLAIN SELECT * FROM read_text('{f}/secret.csv')",
          "EXPLAIN ANALYZE SELECT * FROM read_text('{f}/secret.csv')",
          "DESCRIBE SELECT * FROM read_text('{f}/secret.csv')",
          "SUMMARIZE SELECT * FROM read_text('{f}/secret.csv')",
          // text that runs as SQL
          "SELECT * FROM query('DROP TABLE t')",
          "SELECT * FROM query('SELECT * FROM duckdb_secrets()')",
          "SELECT * FROM query_table('{f}/secret.csv')",
          "SELECT * FROM query_table(['t', 't'])",
          "SELECT * FROM histogram('{f}/secret.csv', 'a')",
          "SELECT * FROM histogram_values('t', 'i')",
          "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
          "SELECT json_serialize_plan('SELECT * FROM t')",
          "SELECT json_serialize_sql('SELECT 1')",
          "SELECT json_deserialize_sql('{}')",
          // settings, secrets, the process
          "SELECT * FROM duckdb_secrets()",
          "SELECT * FROM duckdb_secrets",
          "SELECT * FROM which_secret('s3://x', 's3')",
          "SELECT * FROM duckdb_settings()",
          "SELECT current_setting('temp_directory')",
          "SELECT getenv('HOME')",
          "SELECT getvariable('x')",
          "SELECT * FROM duckdb_databases()",
          "SELECT * FROM duckdb_databases",
          "SELECT * FROM pragma_database_list",
          "SELECT * FROM pragma_database_list()",
          "SELECT * FROM pragma_show('t')",
          "SELECT * FROM duckdb_views()",
          "SELECT * FROM duckdb_views",
          "SELECT * FROM sqlite_master",
          "SELECT * FROM duckdb_functions()",
          "SELECT * FROM duckdb_extensions()",
          "SELECT * FROM duckdb_variables()",
          "SELECT * FROM duckdb_logs",
          "SELECT * FROM duckdb_temporary_files()",
          "SELECT * FROM duckdb_external_file_cache()",
          "SELECT * FROM pg_catalog.pg_settings",
          "SELECT * FROM pg_settings",
          "SELECT * FROM system.information_schema.views",
          "SELECT * FROM enable_logging('QueryLog')",
          "SELECT * FROM force_checkpoint()",
          "SELECT * FROM sql_auto_complete('SEL')",
          "SELECT * FROM test_all_types()",
          "SELECT * FROM arrow_scan(1, 2, 3)",
          "SELECT write_log('x')",
          "SELECT sleep_ms(100000)",
          "SELECT pg_sleep(100000)",
          "SELECT setseed(0.5)",
          "SHOW variables",
          "SELECT * FROM (SHOW variables)",
          "WITH duckdb_databases AS (SELECT 1) FROM (FROM duckdb_databases)",
          // views and macros of the database
          "SELECT * FROM settings_view",
          "SELECT * FROM view_of_view",
          "SELECT * FROM main.view_of_view",
          "SELECT * FROM otlp.main.view_of_view",
          "SELECT * FROM otlp.VIEW_of_view",
          "SELECT * FROM \"odd \"\" AS (view\"",
          "SELECT * FROM file_view",
          "DESCRIBE settings_view",
          "SELECT a_macro('temp_directory')",
          "SELECT main.a_macro('temp_directory')",
          "SELECT * FROM a_table_macro()",
          "SELECT md5('temp_directory')",
          "SELECT ('temp_directory').md5()",
          // no values, no size, no depth
          "SELECT $1",
          "SELECT ?",
          "SELECT len(range(1000000000))",
          "SELECT len(generate_series(i, 1000000000)) FROM t",
          "SELECT repeat('x', 1000000000)",
          "SELECT ('x').repeat(1000000000)",
          "SELECT lpad('x', 1000000000, 'y')",
          "SELECT rpad('x', i::INTEGER * 1000000000, 'y') FROM t",
          "SELECT list_resize([1], 1000000000)",
          "SELECT printf('%1000000000d', 1)",
          "SELECT printf('%*d', 1000000000, 1)",
          "SELECT format('{:1000000000d}', 1)",
          "SELECT format('{:{}d}', 1, 1000000000)",
          "SELECT format('{:' || '1000000000d}', 1)",
          "SELECT reservoir_quantile(i, 0.5, 2000000000) FROM t",
          "SELECT approx_top_k(i, 999999) FROM t",
          "SELECT equi_width_bins(0, 1000, i, true) FROM t",
          "SELECT bitstring_agg(i, 0, 999999998) FROM t",
          "SELECT damerau_levenshtein('a', 'b')",
          // sizes that multiply
          "SELECT len(repeat(repeat('x', 10000), 10000))",
          "SELECT len(list_transform(range(10000), lambda x: repeat(i::VARCHAR, 10000))) FROM t",
          "SELECT [repeat(i::VARCHAR, 1000) FOR x IN range(1000)] FROM t",
          "SELECT list_transform(range(1000), lambda x: list_transform(range(1000), lambda y:"
              + " list_transform(range(1000), lambda z: x + y + z)))",
          "SELECT replace(repeat('a', 10000), 'a', repeat('b', 10000))",
          "SELECT replace(repeat('a', 10000)::BLOB::VARCHAR, 'a', (SELECT repeat('b', 10000)))",
          "SELECT regexp_replace(repeat('a', 10000), 'a', repeat('b', 10000), 'g')",
          "SELECT array_to_string(range(10000), repeat(',', 10000))",
          "SELECT list_aggregate(range(10000), 'string_agg', repeat(',', 10000))",
          "SELECT string_agg(i::VARCHAR, repeat(',', 10000)) || repeat('x', 10000) ||"
              + " string_agg(repeat(i::VARCHAR, 1000), repeat(',', 10000)) FROM t",
          "SELECT concat_ws(repeat(',', 10000), repeat('x', 10000))",
          "SELECT levenshtein(repeat('a', 10000), repeat('b', 10000))",
          "SELECT reduce(range(60)::VARCHAR[], lambda a, b: a || a)",
          "SELECT list_reduce(range(60)::VARCHAR[], lambda a, b: concat(a, b, a), 'x')",
          "SELECT reduce([[1]], lambda a, b: list_concat(a, repeat(a, 2)))",
          "SELECT " + "bin(".repeat(12) + "'x'" + ")".repeat(12),
          "SELECT " + "to_json(".repeat(40) + "'\"'" + ")".repeat(40),
          "SELECT " + "regexp_escape(".repeat(40) + "'.'" + ")".repeat(40),
          "SELECT 'x'" + "::BLOB::VARCHAR".repeat(20),
          chainOfAliases("i::VARCHAR", "||", 20) + " FROM t",
          chainOfAliases("i", "+", 20) + " FROM t",
          chainOfQueries("a || a || a || a || a || a || a || a", 8),
          chainOfCommonTables("a || a || a || a || a || a || a || a", 8),
          "SELECT a FROM (SELECT repeat(i::VARCHAR, 1000) AS a FROM t), LATERAL"
              + " (SELECT repeat(a, 1000) AS b)",
          "WITH RECURSIVE r AS (SELECT 'x' AS s UNION ALL SELECT repeat(s, 1000) FROM r) FROM r",
          "SELECT (SELECT repeat(a, 1000)) FROM (SELECT repeat(i::VARCHAR, 1000) AS a FROM t)",
          "SELECT " + "repeat(i::VARCHAR, 500), ".repeat(10) + "i FROM t",
          chainOfQueries("*, *, *, *, *, *, *, *, *, *", 8));

  /** Each alias stands for the one before twice. */
  private static String chainOfAliases(String first, String operator, int length) {
    StringBuilder sql = new StringBuilder("SELECT " + first + " AS a0");
    for (int i = 1; i <= length; i++) {
      sql.append(", a" + (i - 1) + " " + operator + " a" + (i - 1) + " AS a" + i);
    }
    return sql.toString();
  }

  private static String chainOfQueries(String columns, int length) {
    String query = "SELECT i::VARCHAR AS a FROM t";
    for (int i = 0; i < length; i++) {
      query =
          "SELECT " + columns + (columns.contains("*") ? "" : " AS a") + " FROM (" + query + ")";
    }
    return query;
  }

  private static String chainOfCommonTables(String column, int length) {
    StringBuilder sql = new StringBuilder("WITH q0 AS (SELECT i::VARCHAR AS a FROM t)");
    for (int i = 1; i <= length; i++) {
      sql.append(", q" + i + " AS (SELECT " + column + " AS a FROM q" + (i - 1) + ")");
    }
    return sql + " SELECT len(a) FROM q" + length;
  }

  @TempDir Path folder;

  private DuckDbDatabase database;

  @BeforeEach
  void open() throws Exception {
    Files.writeString(folder.resolve("secret.csv"), "a\n" + SECRET + "\n");
    String setUp =
        "CREATE TABLE t AS SELECT range AS i FROM range(3);CREATE SEQUENCE q;CREATE VIEW plain_view"
            + " AS SELECT i AS \"a (b) AS c\", count(*) AS n FROM t GROUP BY 1;CREATE VIEW \"odd"
            + " \"\" AS (view\" (\"a, b)\", c) AS FROM duckdb_settings() SELECT name, value;CREATE"
            + " VIEW settings_view AS SELECT current_setting('temp_directory') AS s;CREATE VIEW"
            + " view_of_view AS WITH w AS (FROM settings_view) SELECT * FROM w;CREATE VIEW"
            + " file_view AS SELECT * FROM read_csv('"
            + folder.resolve("secret.csv")
            + "');"
            + "CREATE MACRO a_macro(a) AS current_setting(a);"
            + "CREATE MACRO md5(a) AS current_setting(a);"
            + "CREATE MACRO a_table_macro() AS TABLE FROM duckdb_settings()";
    database = DuckDbDatabase.open(settings(setUp, 256), InstantSource.system(), System::nanoTime);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private DuckDbSettings settings(String initSql, int memoryMib) {
    return new DuckDbSettings(
        Optional.of(folder.resolve("otlp.duckdb")),
        (long) memoryMib << 20,
        2,
        folder.resolve("tmp"),
        Optional.empty(),
        false,
        Optional.of(initSql));
  }

  @Test
  void noEscapeWorks_andSealsGoOn() throws Exception {
    Set<String> before = files();
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Integer> seals = CompletableFuture.supplyAsync(() -> sealUntil(stop));
    for (String escape : ESCAPES) {
      String sql = escape.replace("{f}", folder.toString());
      QueryException refusal = assertThrows(QueryException.class, () -> run(sql), sql);
      assertFalse(refusal.reason().contains(SECRET), refusal.reason());
      assertFalse(refusal.isTransient(), sql);
      // Whatever DuckDB would have said itself came too late.
      assertFalse(refusal.reason().startsWith("Permission Error"), sql + ": " + refusal.reason());
      assertFalse(refusal.reason().startsWith("Invalid Input"), sql + ": " + refusal.reason());
    }
    stop.set(true);
    int sealed = seals.get(60, TimeUnit.SECONDS);
    assertTrue(sealed > 0);
    assertEquals("[\n{\"n\":" + sealed * 10 + "}\n]\n", run("SELECT count(*) AS n FROM otlp_logs"));
    assertEquals(
        "[\n{\"seals\":" + sealed + "}\n]\n", run("SELECT seals FROM otlp.duckspool_ledger"));
    assertEquals("[\n{\"n\":3,\"s\":3}\n]\n", run("SELECT count(*) AS n, sum(i) AS s FROM t"));
    Set<String> after = files();
    after.removeAll(before);
    after.removeIf(name -> name.startsWith("otlp.duckdb"));
    assertEquals(Set.of(), after);
  }

  @Test
  void whatWearsTheWriterOut_isCapped_andSealsGoOn() throws Exception {
    SqlRunner.Limits brief = new SqlRunner.Limits(1000, 1 << 20, 400);
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Integer> seals = CompletableFuture.supplyAsync(() -> sealUntil(stop));
    List<String> wearing =
        List.of(
            "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM"
                + " r",
            "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) FROM r",
            "WITH RECURSIVE r AS (SELECT [1] AS l UNION ALL SELECT l || l FROM r) SELECT len(l)"
                + " FROM r",
            "WITH RECURSIVE r AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM r) SELECT s[1] FROM"
                + " r",
            "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c"
                + " WHERE a.range + b.range <> c.range",
            "SELECT a.range FROM range(1000000) a, range(1000000) b",
            "SELECT a.range FROM range(100000000) a ORDER BY hash(a.range)",
            "SELECT list(range) FROM range(10000000000)",
            "SELECT string_agg(range::VARCHAR) FROM range(10000000000)",
            "SELECT count(DISTINCT hash(range)) FROM range(10000000000)",
            "SELECT md5 FROM (SELECT sha256(range::VARCHAR) AS md5 FROM range(100000000))",
            "SELECT repeat('x', 10000) FROM range(10000)",
            "SELECT a.range FROM range(1000000000) a, range(1000000) b"
                + " WHERE (a.range < 100 AND b.range = 0) OR a.range + b.range = -1",
            "SELECT unnest(range(10000)) FROM range(100000)",
            "SUMMARIZE SELECT * FROM range(100000000000)",
            "EXPLAIN ANALYZE SELECT count(*) FROM range(10000000) a, range(10000000) b"
                + " WHERE a.range % 7 = b.range % 5");
    for (String sql : wearing) {
      QueryException e = assertThrows(QueryException.class, () -> run(sql, brief), sql);
      assertTrue(
          e.reason().contains("was interrupted")
              || e.reason().contains("more than 1000 rows")
              || e.reason().contains("more than 1048576 bytes")
              || e.reason().startsWith("Out of Memory Error")
              || e.reason().contains("a seal needs the memory"),
          sql + ": " + e.reason());
    }
    stop.set(true);
    int sealed = seals.get(60, TimeUnit.SECONDS);
    assertTrue(sealed > 0);
    assertEquals("[\n{\"n\":" + sealed * 10 + "}\n]\n", run("SELECT count(*) AS n FROM otlp_logs"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT i, count(*) FROM t GROUP BY ALL HAVING count(*) > 0 ORDER BY 1 DESC LIMIT 2 OFFSET"
            + " 1",
        "(SELECT 1);",
        " \n/* c */ SELECT 1 -- c",
        "VALUES (1), (2)",
        "FROM t",
        "FROM t SELECT i WHERE i > 0",
        "TABLE t",
        "FROM main.t",
        "FROM otlp.t",
        "FROM otlp.main.t",
        "FROM T AS x (j)",
        "WITH a AS (FROM t), b AS MATERIALIZED (FROM a) SELECT * FROM b, a",
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 9) FROM r",
        "WITH \"sums of t\" AS (SELECT sum(i) FROM t) FROM \"sums of t\"",
        "FROM plain_view",
        "DESCRIBE t",
        "DESC t",
        "DESCRIBE SELECT i + 1 FROM t",
        "SHOW t",
        "SHOW TABLES",
        "SHOW ALL TABLES",
        "SHOW DATABASES",
        "SHOW SCHEMAS",
        "SHOW TABLES FROM main",
        "SUMMARIZE t",
        "SUMMARIZE SELECT i FROM t",
        "SELECT column_name FROM (DESCRIBE t)",
        "EXPLAIN SELECT count(*) FROM t",
        "explain analyze\nSELECT count(*) FROM t",
        "SELECT * FROM duckdb_tables()",
        "SELECT * FROM duckdb_tables",
        "SELECT * FROM duckdb_columns()",
        "SELECT * FROM duckdb_schemas()",
        "SELECT * FROM pragma_table_info('t')",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM information_schema.columns",
        "SELECT * FROM information_schema.schemata",
        "SELECT i::VARCHAR || 'x', -i, i // 2, i ** 2, NOT i > 1, i IS NULL, i BETWEEN 1 AND 2 FROM"
            + " t",
        "SELECT i IN (1, 2), i IN (FROM t), EXISTS (FROM t), (SELECT max(i) FROM t) FROM t",
        "SELECT 'a' LIKE 'b' ESCAPE 'c', 'a' NOT ILIKE '%', 'a' SIMILAR TO 'a', 'a' GLOB '*'",
        "SELECT 'abc'[1], 'abc'[1:2], [1, 2][1], {'a': 1}.a, MAP {'k': 1}['k'], ('X').lower()",
        "SELECT [x + 1 FOR x IN [1, 2] IF x > 1], list_transform([1], lambda x: x + 1)",
        "SELECT list_aggregate([1, 2], 'sum'), list_sum([1]), reduce([1, 2], lambda a, b: a + b)",
        "SELECT COLUMNS(c -> c LIKE 'i%'), COLUMNS('i'), t.* EXCLUDE (i) FROM t",
        "SELECT CASE WHEN i > 1 THEN 1 ELSE 2 END, coalesce(i, 1), ifnull(i, 2), nullif(i, 1) FROM"
            + " t",
        "SELECT TRY_CAST('x' AS INTEGER), '1'::DECIMAL(4,2), CAST(NULL AS STRUCT(a INTEGER[]))",
        "SELECT current_date, current_timestamp, now(), localtimestamp, current_user",
        "SELECT INTERVAL 1 DAY, DATE '2020-01-01' + 1, EXTRACT(year FROM DATE '2020-01-01')",
        "SELECT date_trunc('hour', now()), time_bucket(INTERVAL '5 min', now()), strftime(now(),"
            + " '%Y')",
        "SELECT now() AT TIME ZONE 'Europe/Vienna', epoch_ms(now()), to_timestamp(0), age(now())",
        "SELECT regexp_extract('a1', '[0-9]'), regexp_matches('a', 'a'), 'a' ~ 'a', hash('a'),"
            + " sha256('a')",
        "SELECT '{\"a\": 1}'::JSON -> 'a', '{\"a\": 1}' ->> '$.a', json_extract('{}', '$.a'),"
            + " to_json([1])",
        "SELECT sum(i) FILTER (WHERE i > 1), count(DISTINCT i), quantile_cont(i, 0.9),"
            + " string_agg(i, ',' ORDER BY i), histogram(i) FROM t",
        "SELECT row_number() OVER w, lag(i, 1) OVER w, sum(i) OVER (ORDER BY i ROWS 1 PRECEDING)"
            + " FROM t WINDOW w AS (ORDER BY i)",
        "SELECT i FROM t QUALIFY row_number() OVER (ORDER BY i) = 1",
        "SELECT i, grouping(i) FROM t GROUP BY ROLLUP (i)",
        "SELECT i FROM t GROUP BY GROUPING SETS ((i), ())",
        "SELECT DISTINCT ON (i) i FROM t ORDER BY i NULLS FIRST LIMIT 50%",
        "SELECT i FROM t UNION SELECT 1 INTERSECT SELECT 1 EXCEPT SELECT 2",
        "SELECT * FROM t JOIN t AS u USING (i) LEFT JOIN t AS v ON v.i = t.i, LATERAL (SELECT t.i +"
            + " 1)",
        "SELECT * FROM t ASOF JOIN t AS u ON t.i >= u.i SEMI JOIN t AS v ON true",
        "SELECT unnest([1, 2]), unnest({'a': 1, 'b': 2})",
        "SELECT * FROM unnest([1, 2]) WITH ORDINALITY, range(3), generate_series(1, 2)",
        "SELECT * FROM generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-02', INTERVAL 1"
            + " HOUR)",
        "SELECT * FROM json_each('{\"a\": [1]}'), json_tree('[1]')",
        "SELECT unnest(range(10)), repeat('-', 20), lpad('1', 5, '0'), printf('%05.2f', 1.5),"
            + " format('{:>8}', 'x')",
        "FROM t PIVOT (sum(i) FOR i IN (1, 2))",
        "FROM t UNPIVOT (v FOR n IN (i))",
        "FROM t USING SAMPLE 10%",
        "FROM t TABLESAMPLE reservoir(1)",
        "SELECT 'read_text', 'duckdb_secrets()', 'FROM ''/etc/passwd''', \"i\" AS \"x.csv\" FROM t",
        "SELECT #1, i COLLATE nocase FROM (SELECT i::VARCHAR AS i FROM t)",
        "SELECT error('x') WHERE false",
        "SELECT reduce([1, 2], lambda a, b: CASE WHEN a > b THEN a ELSE b END), greatest(i, 1) FROM"
            + " t",
        "SELECT list_transform(range(100), lambda x: repeat('-', 40) || x), list_filter([i], lambda"
            + " x: x > 1) FROM t",
        "SELECT i AS a, a + 1 AS b, b + a AS c, c * 2 AS d FROM t WHERE b > 0 GROUP BY ALL ORDER BY"
            + " d",
        "WITH a AS (SELECT i::VARCHAR || 'x' AS s FROM t), b AS (SELECT replace(s, 'x', 'yy') AS s"
            + " FROM a), c AS (SELECT to_json(s)::VARCHAR AS s FROM b) SELECT string_agg(s, ', ')"
            + " FROM c",
        "SELECT *, t.*, u.* FROM t, t AS u",
        "SELECT gen_random_uuid(), random(), uuidv7(), version(), current_database(), typeof(1)"
      })
  void whatIsReadOnly_works(String sql) throws Exception {
    String answer = run(sql);
    assertTrue(answer.startsWith("[\n"), answer);
    assertTrue(answer.endsWith("]\n"), answer);
  }

  @Test
  void aRefusal_namesWhatIsNotAccepted() {
    assertEquals(
        "the function getenv is not among those that read-only statements may use",
        refusal("SELECT getenv('HOME')"));
    assertEquals(
        "the function read_text is not among those that read-only statements may use",
        refusal("FROM read_text('x')"));
    assertEquals("there is no table or view x.parquet", refusal("FROM 'x.parquet'"));
    assertEquals(
        "the view settings_view is not accepted: the function current_setting is not among those"
            + " that read-only statements may use",
        refusal("FROM view_of_view"));
    assertEquals(
        "the function md5 is not accepted: the database has a macro of that name",
        refusal("SELECT md5('x')"));
    assertEquals(
        "the query must be one statement, got 2 statements", refusal("SELECT 1; SELECT 2"));
    assertTrue(refusal("FROM nope").startsWith("Catalog Error: Table with name nope does not"));
    assertTrue(refusal("DROP TABLE t").startsWith("only a single SELECT statement is accepted"));
    assertEquals("Parser Error: syntax error at or near \"SELEC\"", refusal("SELEC 1"));
  }

  @Test
  void systemViewsThatAreAccepted_showNoPathsAndNoSecrets() throws Exception {
    for (String view :
        List.of(
            "duckdb_tables()",
            "duckdb_columns()",
            "duckdb_schemas()",
            "information_schema.tables",
            "information_schema.columns",
            "information_schema.schemata",
            "(SHOW ALL TABLES)",
            "(SHOW DATABASES)")) {
      String answer = run("SELECT * FROM " + view);
      assertFalse(answer.contains(folder.toString()), view);
      assertFalse(answer.contains(SECRET), view);
    }
  }

  @Test
  void everyListedFunction_isOneOfDuckDbs() throws Exception {
    Set<String> known = new HashSet<>();
    DuckDbRows.query(database, "SELECT DISTINCT lower(function_name) FROM duckdb_functions()")
        .forEach(row -> known.add(row.substring(1, row.length() - 1)));
    Set<String> listed = SqlFunctions.load().names();
    assertTrue(listed.size() > 400, "listed: " + listed.size());
    Set<String> unknown = new HashSet<>(listed);
    unknown.removeAll(known);
    // The parser makes nodes of their own of these, or rewrites them.
    unknown.removeAll(Set.of("coalesce", "grouping", "grouping_id", "ifnull", "position"));
    assertEquals(Set.of(), unknown);
  }

  @ParameterizedTest
  @CsvSource({
    "repeat('x'; 10000), true",
    "repeat('x'; 10001), false",
    "range(-5000; 10000), true",
    "range(0; 10001), false",
    "lpad('x'; 10000; 'y'), true",
    "lpad('x'; 10001; 'y'), false",
    "list_resize([1]; 10000), true",
    "list_resize([1]; 10001), false",
    "equi_width_bins(0; 10; 10000; true), true",
    "equi_width_bins(0; 10; 10001; true), false",
    "printf('%999d'; 1), true",
    "printf('%1000d'; 1), false",
    "format('{:999d}'; 1), true",
    "format('{:1000d}'; 1), false"
  })
  void aFunctionThatMakesSize_isBounded(String call, boolean isAccepted) throws Exception {
    String sql = "SELECT len(" + call.replace(';', ',') + ") > 0";
    if (isAccepted) {
      run(sql);
    } else {
      assertTrue(refusal(sql).contains(" is accepted "), sql);
    }
  }

  @Test
  void aStatementHasAtMostSoManyCharacters() throws Exception {
    String fits = "SELECT 1" + " ".repeat(StatementCheck.MAX_SQL_CHARS - 8);
    run(fits);
    assertEquals(
        "the statement must have at most 65536 characters, got 65537", refusal(fits + " "));
    assertEquals("the statement must not contain U+0000", refusal("SELECT 1\0"));
  }

  @Test
  void aStatementRefersToAtMostSoManyTables() throws Exception {
    String fits = "SELECT 1 FROM t" + ", t".repeat(ParseTree.MAX_FROM_ITEMS - 1) + " LIMIT 1";
    run(fits.replace(", t", " UNION ALL SELECT 1 FROM t"));
    assertEquals(
        "the statement refers to more than 100 tables and subqueries",
        refusal(fits.replace(" LIMIT", ", t LIMIT")));
    String name = "x" + ".a".repeat(ParseTree.MAX_NAME_PARTS - 1);
    assertTrue(refusal("SELECT " + name).startsWith("Binder Error"));
    assertEquals("a name has more than 16 parts", refusal("SELECT " + name + ".a"));
    run(chain(8));
    assertEquals(
        "the queries of WITH use each other too often: they stand for more than 4000 tables",
        refusal(chain(12)));
    run("SELECT " + "(SELECT ".repeat(10) + "1" + ")".repeat(10));
    run("SELECT " + "(SELECT 1) + ".repeat(20) + "1");
    assertEquals(
        "more than 10 subqueries and lambdas are nested",
        refusal("SELECT " + "(SELECT ".repeat(11) + "1" + ")".repeat(11)));
  }

  /** Each query uses the one before twice, and is planned as often. */
  private static String chain(int length) {
    StringBuilder sql = new StringBuilder("WITH a0 AS (SELECT 1 AS x)");
    for (int i = 1; i <= length; i++) {
      String before = "a" + (i - 1);
      sql.append(", a" + i + " AS NOT MATERIALIZED (SELECT p.x FROM ");
      sql.append(before + " p, " + before + " q WHERE p.x = q.x)");
    }
    return sql + " SELECT count(*) FROM a" + length;
  }

  /**
   * Each of these, deep enough, overflows the stack of a thread in native code, or is planned for
   * ever: before, opened so many times, what stands inside, closed so many times.
   */
  static List<List<String>> nests() {
    return List.of(
        List.of("SELECT 1", "+1", "", ""),
        List.of("SELECT ", "(SELECT 1+", "1", ")"),
        List.of("SELECT ", "(SELECT max(range)+", "1", " FROM range(3))"),
        List.of("SELECT ", "NOT ", "true", ""),
        List.of("SELECT ", "[", "1", "]"),
        List.of("SELECT ", "{'a':", "1", "}"),
        List.of("SELECT ", "abs(", "1", ")"),
        List.of("SELECT ", "CASE WHEN true THEN ", "1", " END"),
        List.of("SELECT 'a'", "||'a'", "", ""),
        List.of("SELECT [1]", "[1]", "", ""),
        List.of("SELECT NULL::INTEGER", "[]", "", ""),
        List.of("SELECT ", "list_transform([1], lambda x: ", "1", ")"),
        List.of("FROM ", "(FROM ", "t", ")"),
        List.of("", "FROM (DESCRIBE ", "FROM t", ")"),
        List.of("SELECT ", "replace(", "'a'", ",'a','b')"),
        List.of("SELECT ", "regexp_replace(", "'a'", ",'a','b')"),
        List.of("SELECT ", "repeat(", "'a'", ",1)"),
        List.of("", "WITH a AS (", "SELECT 1", ") SELECT * FROM a"),
        List.of("", "WITH a AS (", "SELECT 1", ") SELECT * FROM a UNION SELECT 2"));
  }

  @ParameterizedTest
  @MethodSource("nests")
  void nestingIsBounded_andAtTheBoundNothingBreaks(List<String> nest) throws Exception {
    int works = 0;
    int refused = 0;
    for (int depth = 8; depth < 1500 && refused < 2; depth += depth / 2) {
      String sql =
          nest.get(0) + nest.get(1).repeat(depth) + nest.get(2) + nest.get(3).repeat(depth);
      try {
        run(sql);
        works++;
      } catch (QueryException e) {
        assertTrue(
            e.reason().contains("nested too deeply")
                || e.reason().contains("tables and subqueries")
                || e.reason().contains("are nested")
                || e.reason().contains("Max expression depth")
                || e.reason().startsWith("Binder Error"),
            e.reason());
        refused++;
      }
    }
    assertTrue(works > 0 || nest.get(1).equals("[1]"));
    assertTrue(refused > 0);
    assertEquals("[\n{\"1\":1}\n]\n", run("SELECT 1"));
  }

  private String refusal(String sql) {
    return assertThrows(QueryException.class, () -> run(sql), sql).reason();
  }

  private String run(String sql) throws Exception {
    return run(sql, LIMITS);
  }

  private String run(String sql, SqlRunner.Limits limits) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    database.sqlRunner().run(sql, SqlRunner.Format.JSON, limits, out, () -> false);
    return out.toString(StandardCharsets.UTF_8);
  }

  private Set<String> files() throws Exception {
    try (var names = Files.walk(folder)) {
      Set<String> files = new HashSet<>();
      names.map(path -> folder.relativize(path).toString()).forEach(files::add);
      return files;
    }
  }

  /** Commits ten log rows at a time; returns how often. */
  private int sealUntil(AtomicBoolean stop) {
    try (BatchMemory memory = new BatchMemory(64 << 20, 16 << 20);
        Batch batch = memory.openBatch();
        Sink sink = database.sink(Target.ofDefaultDatabase("main"))) {
      sink.prepare(SinkContract.first());
      int seals = 0;
      while (!stop.get()) {
        batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, 0, 10, visitor));
        try (SealedBatch sealed = batch.seal()) {
          sink.commit(sealed, SinkContract.move(seals, seals + 1));
        }
        seals++;
      }
      return seals;
    } catch (SinkException e) {
      throw new IllegalStateException(e);
    }
  }
}
