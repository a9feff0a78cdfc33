package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.writer.servers.DuckDbExtensions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which databases are attached, and what a server that names another one is told. */
final class CatalogsTest {

  @TempDir Path folder;

  @Test
  void whatIsDeclared_isAttached_andSurvivesARestart() throws Exception {
    Map<String, CatalogConfig> catalogs =
        Map.of(
            "a",
            file("a.duckdb", Map.of()),
            "b",
            file("it's.duckdb", Map.of("block_size", "16384")));
    try (DuckDbDatabase database = open(catalogs);
        Session session = database.openSession()) {
      session.execute("CREATE TABLE a.t AS SELECT 1 AS i");
      session.execute("CREATE TABLE b.t AS SELECT 2 AS i");
      session.execute("CHECKPOINT b");
    }
    try (DuckDbDatabase database = open(catalogs)) {
      assertEquals(
          List.of("[3]"), DuckDbRows.query(database, "SELECT a.t.i + b.t.i FROM a.t, b.t"));
      assertEquals(
          List.of("[a, b, otlp]"),
          DuckDbRows.query(
              database,
              "SELECT string_agg(database_name, ', ' ORDER BY database_name)"
                  + " FROM duckdb_databases() WHERE NOT internal"));
      database.invalidate(new SQLException("FATAL Error: made up"));
      assertEquals(List.of("[1]"), DuckDbRows.query(database, "FROM a.t"), "opened anew");
    }
  }

  @Test
  void withoutAWriter_theyAreReadOnly_andOneThatIsNotThereYetIsLeftOut() throws Exception {
    Map<String, CatalogConfig> one = Map.of("a", file("a.duckdb", Map.of()));
    try (DuckDbDatabase database = open(one);
        Session session = database.openSession()) {
      session.execute("CREATE TABLE a.t AS SELECT 1 AS i");
    }
    Map<String, CatalogConfig> two =
        Map.of("a", file("a.duckdb", Map.of()), "b", file("b.duckdb", Map.of()));
    try (DuckDbDatabase local = DuckDbDatabase.openReadOnly(settings(two), System::nanoTime)) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      SqlRunner.Limits limits = new SqlRunner.Limits(10, 1000, 30_000);
      local.sqlRunner().run("FROM a.t", SqlRunner.Format.CSV, limits, out, () -> false);
      assertEquals("i\n1\n", out.toString(StandardCharsets.UTF_8));
    }
    assertTrue(Files.notExists(folder.resolve("b.duckdb")));
  }

  @Test
  void oneThatCantBeAttached_isNamedWithTheReason() throws Exception {
    Path noDatabase = Files.writeString(folder.resolve("text.duckdb"), "no database".repeat(1000));
    assertEquals(
        "catalog a, the DuckDB file "
            + noDatabase
            + ", can't be attached: IO Error: The file \""
            + noDatabase
            + "\" exists, but it is not a valid DuckDB database file!",
        refusal(Map.of("a", file("text.duckdb", Map.of()))));
    String missing = refusal(Map.of("a", file("no/such/folder.duckdb", Map.of())));
    assertTrue(missing.contains("catalog a, the DuckDB file " + folder.resolve("no")), missing);
    String taken = refusal(Map.of("otlp", file("a.duckdb", Map.of())));
    assertTrue(taken.contains("catalog otlp, "), taken);
    assertTrue(taken.contains("already exists"), taken);
    String twice =
        refusal(Map.of("a", file("a.duckdb", Map.of()), "b", file("a.duckdb", Map.of())));
    assertTrue(twice.contains("catalog b, "), twice);
    String option = refusal(Map.of("a", file("a.duckdb", Map.of("no_such", "1"))));
    assertTrue(option.contains("catalog a, ") && option.contains("no_such"), option);
  }

  @Test
  void onlyWhatIsDeclared_attachedAndWritable_canBeATarget() throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:duckdb:" + folder.resolve("r.duckdb"));
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (i INTEGER)");
    }
    Map<String, CatalogConfig> catalogs =
        Map.of(
            "a",
            file("a.duckdb", Map.of()),
            "r",
            file("r.duckdb", Map.of("READ_ONLY", "true")),
            "lake",
            new CatalogConfig.DuckLake(
                folder + "/x.ducklake", Optional.empty(), Optional.empty(), Map.of()),
            "ice",
            new CatalogConfig.Iceberg(
                "http://127.0.0.1:1",
                Optional.empty(),
                CatalogConfig.Authorization.NONE,
                CatalogConfig.AccessDelegation.NONE,
                Optional.empty(),
                Map.of()));
    try (DuckDbDatabase database = open(catalogs)) {
      database.sink(target("a")).close();
      database.sink(target("otlp")).close();
      assertEquals(
          "catalog nope is not attached: the catalogs of the configuration are a, ice, lake, r",
          refusal(database, "nope"));
      assertEquals(
          "catalog r is attached read-only, a target must be writable", refusal(database, "r"));
      database.sink(target("Lake")).close();
      database.sink(target("Ice")).close(); // It is away, and may come back.
      assertTrue(refusal(database, "temp").startsWith("catalog temp is not attached"));
      assertTrue(refusal(database, "system").startsWith("catalog system is not attached"));
    }
    try (DuckDbDatabase database = open(Map.of())) {
      assertEquals(
          "catalog a is not attached: the configuration declares no catalogs",
          refusal(database, "a"));
    }
  }

  private static String refusal(DuckDbDatabase database, String catalog) {
    return assertThrows(SinkException.Refused.class, () -> database.sink(target(catalog))).reason();
  }

  private String refusal(Map<String, CatalogConfig> catalogs) {
    return assertThrows(SinkException.Unavailable.class, () -> open(catalogs)).reason();
  }

  private static Target target(String catalog) {
    return new Target(catalog, "main", true, true, Optional.empty());
  }

  private CatalogConfig file(String name, Map<String, String> options) {
    return new CatalogConfig.DuckDb(folder.resolve(name), options);
  }

  private DuckDbDatabase open(Map<String, CatalogConfig> catalogs) throws SinkException {
    return DuckDbDatabase.open(settings(catalogs), InstantSource.system(), System::nanoTime);
  }

  private DuckDbSettings settings(Map<String, CatalogConfig> catalogs) {
    return new DuckDbSettings(
        Optional.of(folder.resolve("otlp.duckdb")),
        256L << 20,
        2,
        folder.resolve("tmp"),
        Optional.of(DuckDbExtensions.folder()),
        false,
        Optional.empty(),
        Declared.catalogs(catalogs));
  }
}
