package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Statements from a grammar of escapes, seeded: what reads files, settings or secrets, what writes,
 * and what hides it. Whatever is said to them, none shows a secret, and all is as before.
 */
final class StatementFuzzTest {

  private static final int STATEMENTS = Integer.getInteger("duckspool.fuzz.statements", 500);
  private static final long SEED = Long.getLong("duckspool.fuzz.seed", 20261130L);

  private static final SqlRunner.Limits LIMITS = new SqlRunner.Limits(1_000, 1 << 20, 20_000);

  /** Of a file, of a secret, of a variable of DuckDB. Whoever sees it has escaped. */
  private static final String CANARY = "canary-7f3a91";

  private static final List<String> SOURCES =
      List.of(
          "read_text('{f}/canary.csv')",
          "read_blob('{f}/canary.csv')",
          "read_csv('{f}/canary.csv', header = false)",
          "read_csv_auto('{f}/*.csv')",
          "read_json_objects('{f}/canary.csv')",
          "read_parquet('{f}/canary.parquet')",
          "parquet_metadata('{f}/canary.parquet')",
          "sniff_csv('{f}/canary.csv')",
          "glob('{f}/*')",
          "query('FROM read_text(''{f}/canary.csv'')')",
          "query_table('{f}/canary.csv')",
          "query_table(['hidden'])",
          "duckdb_secrets()",
          "duckdb_secrets(redact = false)",
          "duckdb_settings()",
          "duckdb_variables()",
          "duckdb_databases()",
          "duckdb_temporary_files()",
          "pragma_database_list()",
          "which_secret('s3://b/x', 's3')",
          "json_execute_serialized_sql(json_serialize_sql('FROM duckdb_secrets()'))",
          "m()",
          "'{f}/canary.csv'",
          "\"{f}/canary.csv\"",
          "'/etc/passwd'",
          "'/proc/self/environ'",
          "'file://{f}/canary.csv'",
          "\"{f}\".\"canary.csv\"",
          "hidden",
          "otlp.main.hidden",
          "t",
          "duckdb_columns",
          "(VALUES (1), (2))",
          "range(3)");

  private static final List<String> SCALARS =
      List.of(
          "getenv('CANARY')",
          "getvariable('canary')",
          "current_setting('http_proxy_password')",
          "current_setting('temp_directory')",
          "m2()",
          "nextval('q')",
          "currval('q')",
          "error('x')",
          "(SELECT max(x) FROM {s} AS z(x))",
          "(SELECT count(*) FROM {s})",
          "(FROM {s} LIMIT 1)",
          "i",
          "42",
          "'{f}'",
          "list_transform([1], lambda x: {e})",
          "CASE WHEN {e} IS NULL THEN {e} END",
          "coalesce({e}, {e})",
          "[{e}, {e}]",
          "{'a': {e}}",
          "struct_extract({'a': {e}}, 'a')",
          "CAST({e} AS VARCHAR)",
          "{e} || ''",
          "EXISTS (FROM {s})",
          "1 IN (SELECT count(*) FROM {s})");

  private static final List<String> SELECTS =
      List.of(
          "SELECT {e}",
          "SELECT * FROM {s}",
          "FROM {s}",
          "FROM {s} SELECT {e}",
          "TABLE {s}",
          "SELECT {e} FROM {s}",
          "SELECT * FROM {s} AS a, {s} AS b LIMIT 3",
          "SELECT * FROM t JOIN {s} ON true",
          "SELECT * FROM t, LATERAL ({q}) AS l",
          "SELECT * FROM ({q})",
          "SELECT * REPLACE ({e} AS i) FROM t",
          "SELECT COLUMNS(c -> {e} IS NULL) FROM t",
          "SELECT i FROM t WHERE {e} IS NOT NULL",
          "SELECT i FROM t ORDER BY {e}",
          "SELECT i FROM t LIMIT (SELECT count(*) FROM {s})",
          "SELECT i FROM t GROUP BY ALL HAVING {e} IS NULL",
          "SELECT i FROM t QUALIFY row_number() OVER (ORDER BY {e}) = 1",
          "WITH w AS ({q}) SELECT * FROM w",
          "WITH w AS MATERIALIZED ({q}), v AS (FROM w) FROM v",
          "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL {q}) SELECT * FROM r LIMIT 3",
          "WITH w AS ({d}) SELECT * FROM w",
          "SELECT * FROM ({d})",
          "{q} UNION ALL {q}",
          "{q} EXCEPT {q}",
          "VALUES ({e}, {e})",
          "PIVOT {s} ON i USING count(*)",
          "UNPIVOT {s} ON COLUMNS(*)",
          "SELECT * FROM (PIVOT t ON i USING max({e}))",
          "DESCRIBE {q}",
          "SUMMARIZE {q}",
          "SHOW TABLES FROM {s}",
          "EXPLAIN {q}",
          "EXPLAIN ANALYZE {q}");

  private static final List<String> OTHERS =
      List.of(
          "INSERT INTO t SELECT 9",
          "DELETE FROM t RETURNING i",
          "UPDATE t SET i = 9 RETURNING i",
          "DROP TABLE t",
          "CREATE TABLE u AS {q}",
          "CREATE TEMP VIEW t AS {q}",
          "CREATE OR REPLACE MACRO m() AS TABLE {q}",
          "COPY ({q}) TO '{f}/out.csv'",
          "COPY t TO '{f}/out.parquet'",
          "COPY t FROM '{f}/canary.csv'",
          "EXPORT DATABASE '{f}/out'",
          "ATTACH '{f}/out.duckdb' AS o",
          "ATTACH '{f}/canary.csv' AS o (TYPE sqlite)",
          "DETACH otlp",
          "INSTALL httpfs",
          "LOAD '{f}/canary.csv'",
          "SET threads = 1",
          "SET SESSION search_path = 'main'",
          "SET VARIABLE canary = 'x'",
          "RESET memory_limit",
          "PRAGMA enable_profiling",
          "PRAGMA database_list",
          "CALL duckdb_secrets()",
          "CREATE SECRET x (TYPE http)",
          "DROP SECRET canary",
          "PREPARE p AS {q}",
          "EXECUTE p",
          "USE memory",
          "CHECKPOINT",
          "BEGIN",
          "COMMIT");

  @TempDir Path folder;

  private DuckDbDatabase database;
  private Path place;

  @BeforeEach
  void open() throws Exception {
    place = Files.createDirectory(folder.resolve("place"));
    Files.writeString(place.resolve("canary.csv"), CANARY + "\n");
    DuckDbSettings own = DuckDbRows.settings(folder);
    database =
        DuckDbDatabase.open(
            new DuckDbSettings(
                own.database(),
                own.memoryLimitBytes(),
                own.threads(),
                own.tempDirectory(),
                Optional.empty(),
                false,
                Optional.of("SET GLOBAL http_proxy_password = '" + CANARY + "'")),
            InstantSource.system(),
            System::nanoTime);
    try (Session session = database.openSession()) {
      session.execute("CREATE TABLE t AS SELECT range AS i FROM range(3)");
      session.execute("CREATE SEQUENCE q");
      session.execute("CREATE VIEW hidden AS SELECT current_setting('http_proxy_password') AS i");
      session.execute(
          "CREATE MACRO m() AS TABLE SELECT current_setting('http_proxy_password') AS i");
      session.execute("CREATE MACRO m2() AS current_setting('http_proxy_password')");
    }
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void noStatement_showsASecret_orChangesAnything() throws Exception {
    List<String> before = state();
    Random random = new Random(SEED);
    int answered = 0;
    for (int i = 0; i < STATEMENTS; i++) {
      String sql = statement(random);
      String said;
      try {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        database.sqlRunner().run(sql, SqlRunner.Format.JSON, LIMITS, out, () -> false);
        said = out.toString(StandardCharsets.UTF_8);
        answered++;
      } catch (QueryException e) {
        said = e.reason();
      }
      // What the statement itself says may be repeated.
      String shown = said.replace(sql, "");
      assertTrue(
          !shown.contains(CANARY) && !shown.contains("root:x:"),
          () -> "seed " + SEED + ": " + sql + "\nsaid " + shown);
      if (i % 500 == 0) {
        assertEquals(before, state(), "seed " + SEED + ", before statement " + i);
      }
    }
    assertEquals(before, state(), "seed " + SEED);
    // A check that refused all of them would pass, too.
    assertTrue(answered > STATEMENTS / 50, answered + " of " + STATEMENTS + " answered");
    System.out.println("statements: " + STATEMENTS + ", answered: " + answered + ", seed " + SEED);
  }

  /** Rows, settings, tables, views, macros and files. */
  private List<String> state() throws Exception {
    String catalog =
        "SELECT list(x ORDER BY x) FROM (SELECT name || '=' || value AS x FROM duckdb_settings()"
            + " WHERE name NOT IN ('Calendar', 'TimeZone') UNION ALL SELECT 'table ' || table_name"
            + " FROM duckdb_tables() UNION ALL SELECT 'view ' || sql FROM duckdb_views() WHERE NOT"
            + " internal UNION ALL SELECT 'macro ' || function_name FROM duckdb_functions() WHERE"
            + " NOT internal UNION ALL SELECT 'database ' || database_name FROM duckdb_databases()"
            + " UNION ALL SELECT 'row ' || i FROM t UNION ALL SELECT 'sequence ' || last_value"
            + " FROM duckdb_sequences())";
    try (Stream<Path> files = Files.walk(place)) {
      return Stream.concat(
              DuckDbRows.query(database, catalog).stream(), files.map(Path::toString).sorted())
          .toList();
    }
  }

  private String statement(Random random) {
    String sql =
        random.nextInt(5) == 0
            ? pick(random, OTHERS)
            : pick(random, random.nextInt(20) == 0 ? List.of("{q}; {d}", "{q}; {q}") : SELECTS);
    for (int depth = 0; sql.contains("{"); depth++) {
      String filled = fill(random, sql, depth);
      if (filled.equals(sql)) {
        break;
      }
      sql = filled;
    }
    return disguise(random, sql.replace("{f}", place.toString()));
  }

  /** Fills each place by the grammar; deep down with what has no more places. */
  private static String fill(Random random, String sql, int depth) {
    boolean isDeep = depth > 3 || sql.length() > 1_500;
    StringBuilder filled = new StringBuilder();
    for (int i = 0; i < sql.length(); i++) {
      String rest = sql.substring(i, Math.min(sql.length(), i + 3));
      switch (rest) {
        case "{s}" -> filled.append(pick(random, SOURCES));
        case "{e}" ->
            filled.append(isDeep ? SCALARS.get(random.nextInt(8)) : pick(random, SCALARS));
        case "{q}" -> filled.append(isDeep ? "SELECT * FROM t" : pick(random, SELECTS));
        case "{d}" -> filled.append(pick(random, isDeep ? List.of("DROP TABLE t") : OTHERS));
        default -> {
          filled.append(sql.charAt(i));
          i -= 2;
        }
      }
      i += 2;
    }
    return filled.toString();
  }

  /** Blanks, comments, case, quoted names, and characters that look like others. */
  private static String disguise(Random random, String sql) {
    return switch (random.nextInt(12)) {
      case 0 -> sql.replace(" ", "/**/");
      case 1 -> sql.replace(" ", "\n--x\n");
      case 2 -> sql.replace("(", " \t(");
      case 3 -> sql.replaceAll("\\bread_(\\w+)\\(", "\"READ_$1\"(");
      case 4 -> sql.replaceAll("\\b(duckdb_\\w+)\\(", "system.main.$1(");
      case 5 -> sql.replace(" ", "\u00a0");
      case 6 -> sql.replace("SELECT", "sElEcT").replace("FROM", "fRoM");
      case 7 -> "/* SELECT 1 */ " + sql + " -- ;";
      case 8 -> sql.replaceAll("\\b(glob|query|getenv|m)\\(", "main.$1(");
      case 9 -> sql.replace("'", "''").replace("''", "'") + ";";
      case 10 -> sql.replace("s", "\u017f");
      default -> sql;
    };
  }

  private static String pick(Random random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }
}
