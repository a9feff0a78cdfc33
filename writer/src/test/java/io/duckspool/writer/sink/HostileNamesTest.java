package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.otlp.OtlpLimits;
import io.duckspool.common.otlp.OtlpParser;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.common.otlp.Signal;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.IcebergRig;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.resource.v1.Resource;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  /** Of attributes: no two of them may become the same column. */
  private static final List<String> KEYS =
      List.of(
          "a\"; DROP TABLE witness; --",
          "b'; DROP TABLE witness; --",
          "c\", d VARCHAR); DROP TABLE witness; --",
          "e\".\"f",
          "g;h");

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
    Declared declared = Lakes.onDuckDb(folder.resolve("lake"));
    java.nio.file.Files.createDirectories(folder.resolve("lake"));
    try (DuckDbDatabase database = open(Lakes.settings(folder, declared))) {
      for (String name : NAMES) {
        store(database, target("lake", name, Optional.empty()));
      }
      assertSchemas(database, "lake");
    }
  }

  /** Its names are parts of paths, too: most servers refuse those with a slash, say. */
  @Test
  void anIcebergCatalog() throws Exception {
    IcebergRig rig = IcebergRig.shared();
    List<String> names = List.of("'; DROP TABLE witness; --", "a;b", "\u00e4\u4e2d\ud83e\udd86");
    try (DuckDbDatabase database = open(rig.settings(folder))) {
      for (String name : names) {
        store(database, iceberg(name));
      }
      Target quoted = iceberg("a\"; DROP TABLE witness; --");
      SinkException refused =
          assertThrows(SinkException.Refused.class, () -> store(database, quoted));
      assertTrue(refused.reason().contains("a name with a double quote"), refused.reason());
      storePromoted(database, IcebergRig.CATALOG, rig.newSchema());
      List<String> found =
          DuckDbRows.query(
              database, "SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'ice'");
      for (String name : names) {
        assertTrue(found.contains("[" + name + "]"), () -> name + " among " + found);
      }
      assertEquals(List.of("[42]"), DuckDbRows.query(database, "FROM otlp.main.witness"));
    }
  }

  private static Target iceberg(String schema) {
    return new Target(IcebergRig.CATALOG, schema, true, false, Optional.empty());
  }

  @Test
  void promotedAttributes() throws Exception {
    Declared declared = Lakes.onDuckDb(folder.resolve("lake"));
    java.nio.file.Files.createDirectories(folder.resolve("lake"));
    try (DuckDbDatabase database = open(Lakes.settings(folder, declared))) {
      storePromoted(database, "", "main");
      storePromoted(database, "lake", "main");
      assertEquals(List.of("[42]"), DuckDbRows.query(database, "FROM otlp.main.witness"));
    }
  }

  /** The key of a promoted attribute becomes the name of a column, its value a value. */
  private static void storePromoted(DuckDbDatabase database, String catalog, String schema)
      throws Exception {
    PromotedKeys promoted = new PromotedKeys(KEYS, KEYS);
    Target target = new Target(catalog, schema, true, false, Optional.empty(), promoted);
    List<KeyValue> attributes =
        KEYS.stream()
            .map(
                key ->
                    KeyValue.newBuilder()
                        .setKey(key)
                        .setValue(AnyValue.newBuilder().setStringValue(key))
                        .build())
            .toList();
    byte[] request =
        ExportLogsServiceRequest.newBuilder()
            .addResourceLogs(
                ResourceLogs.newBuilder()
                    .setResource(Resource.newBuilder().addAllAttributes(attributes))
                    .addScopeLogs(
                        ScopeLogs.newBuilder()
                            .setScope(
                                InstrumentationScope.newBuilder().addAllAttributes(attributes))
                            .addLogRecords(LogRecord.newBuilder().setSeverityText("x"))))
            .build()
            .toByteArray();
    OtlpParser parser = new OtlpParser(OtlpLimits.DEFAULT, promoted);
    try (BatchMemory memory = new BatchMemory(64 << 20, 0);
        Sink sink = database.sink(target);
        Batch batch = memory.openBatch(promoted)) {
      sink.prepare(SinkContract.first());
      batch.add(
          request.length,
          visitor ->
              parser.parse(
                  Signal.LOGS, PayloadFormat.PROTOBUF, request, 0, request.length, visitor));
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, SinkContract.move(0, 1));
      }
    }
    String columns =
        Stream.of("resource_attr_", "scope_attr_")
            .flatMap(
                prefix -> KEYS.stream().map(key -> prefix + key.replaceAll("[^A-Za-z0-9]", "_")))
            .collect(Collectors.joining(", "));
    assertEquals(
        List.of(Stream.concat(KEYS.stream(), KEYS.stream()).toList().toString()),
        DuckDbRows.query(
            database,
            "SELECT "
                + columns
                + " FROM "
                + Identifiers.qualified(
                    catalog.isEmpty() ? "otlp" : catalog, schema, "otlp_logs")));
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
