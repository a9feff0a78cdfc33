package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that are SQL: each is a name and nothing else, on every kind of target. */
final class HostileNamesTest {

  private static final List<String> NAMES =
      List.of(
          "\"",
          "a\"; DROP TABLE witness; --",
          "a\".\"b",
          "'; DROP TABLE witness; --",
          "a'b",
          "a;b",
          "-- a",
          "/* a */",
          "select",
          "a b\tc\nd",
          "a.b",
          "$1",
          "?",
          "%s{}",
          "\\",
          "\u00e4\u4e2d\ud83e\udd86",
          "\u202eabc",
          "x".repeat(200));

  @TempDir Path folder;

  @Test
  void aDuckDbTarget() throws Exception {
    try (DuckDbDatabase database = open(DuckDbRows.settings(folder))) {
      for (String name : NAMES) {
        store(database, target("", name, Optional.empty()));
      }
      assertSchemas(database, "otlp");
    }
  }

  @Test
  void aLake() throws Exception {
    // Each is a folder, too, and takes its time.
    List<String> names = NAMES.subList(0, 6);
    Declared declared = Lakes.onDuckDb(folder.resolve("lake"));
    java.nio.file.Files.createDirectories(folder.resolve("lake"));
    try (DuckDbDatabase database = open(Lakes.settings(folder, declared))) {
      for (String name : names) {
        store(database, target("lake", name, Optional.empty()));
      }
      assertSchemas(database, "lake", names);
    }
  }

  @Test
  void viewsOverParquet() throws Exception {
    Path root = folder.resolve("it's; a \"root\"");
    ParquetSettings parquet =
        new ParquetSettings(
            Optional.of(folder.resolve("data/staging")), new TreeSet<>(Set.of(root.toString())));
    try (DuckDbDatabase database = open(DuckDbRows.settings(folder).with(parquet))) {
      for (String name : NAMES) {
        Target target = new Target("", name, true, true, Optional.of(root.toString()));
        try (Sink sink = database.sink(target)) {
          sink.prepare(SinkContract.first());
        }
        assertEquals(
            List.of("[0]"),
            DuckDbRows.query(
                database, "SELECT count(*) FROM " + Identifiers.quote(name) + ".otlp_logs"));
      }
      assertSchemas(database, "otlp");
    }
  }

  @Test
  void aNameWithNul_andACatalogNobodyDeclared_areRefused() throws Exception {
    try (DuckDbDatabase database = open(DuckDbRows.settings(folder))) {
      for (Target target :
          List.of(
              target("", "a\0b", Optional.empty()),
              target("otlp\"; DROP TABLE witness; --", "main", Optional.empty()),
              target("system", "main", Optional.empty()),
              target("temp", "main", Optional.empty()))) {
        assertThrows(SinkException.Refused.class, () -> database.sink(target).close());
      }
      assertSchemas(database, "otlp", List.of());
    }
  }

  private static Target target(String catalog, String schema, Optional<String> path) {
    return new Target(catalog, schema, true, true, path);
  }

  private static DuckDbDatabase open(DuckDbSettings settings) throws Exception {
    DuckDbDatabase database =
        DuckDbDatabase.open(settings, InstantSource.fixed(SinkContract.NOW), System::nanoTime);
    try (Session session = database.openSession()) {
      session.execute("CREATE TABLE witness AS SELECT 42 AS i");
    }
    return database;
  }

  private static void store(DuckDbDatabase database, Target target) throws Exception {
    try (BatchMemory memory = new BatchMemory(64 << 20, 0);
        Sink sink = database.sink(target);
        Batch batch = memory.openBatch()) {
      sink.prepare(SinkContract.first());
      batch.add(1, visitor -> SampleRows.write(OtlpTable.LOGS, 0, 5, visitor));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, SinkContract.move(0, 1));
      }
    }
    String catalog = target.catalog().isEmpty() ? "otlp" : target.catalog();
    String table = Identifiers.qualified(catalog, target.schema(), "otlp_logs");
    assertEquals(
        List.of("[5]"),
        DuckDbRows.query(database, "SELECT count(*) FROM " + table),
        target.schema());
  }

  private static void assertSchemas(DuckDbDatabase database, String catalog) throws Exception {
    assertSchemas(database, catalog, NAMES);
  }

  /** These schemas and no other, each with its tables or views, and the witness is as before. */
  private static void assertSchemas(DuckDbDatabase database, String catalog, List<String> names)
      throws Exception {
    TreeSet<String> expected = new TreeSet<>(names);
    expected.add("main");
    TreeSet<String> found = new TreeSet<>();
    try (Session session = database.openSession()) {
      found.addAll(
          session.query(
              row -> row.getString(1),
              "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ? AND schema_name"
                  + " NOT IN ('information_schema', 'pg_catalog')",
              catalog));
    }
    assertEquals(expected, found);
    assertEquals(List.of("[42]"), DuckDbRows.query(database, "FROM otlp.main.witness"));
    assertTrue(names.isEmpty() || found.size() > 2);
  }
}
