package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.ColumnType;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.IcebergRig;
import io.duckspool.writer.servers.Python;
import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another engine finds in the tables: pyiceberg, which shares no code with DuckDB. */
final class IcebergReadBackTest {

  private static final int ROWS = 300;

  /** Prints tables' types and rows; the snapshots too, and it can expire all but the newest. */
  private static final String SCRIPT =
      """
      import json, math, sys
      import pyarrow as pa
      from pyiceberg.catalog import load_catalog

      uri, s3, key, secret, schema, command = sys.argv[1:7]
      catalog = load_catalog("rest", type="rest", uri=uri, **{
          "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO", "s3.endpoint": s3,
          "s3.access-key-id": key, "s3.secret-access-key": secret, "s3.region": "us-east-1",
          "s3.path-style-access": "true"})

      def expire(table):
          newest = table.current_snapshot().snapshot_id
          old = [s.snapshot_id for s in table.snapshots() if s.snapshot_id != newest]
          table.maintenance.expire_snapshots().by_ids(old).commit()

      def value(x):
          if isinstance(x, float):
              return "NaN" if math.isnan(x) else repr(x) if math.isinf(x) else x
          return [value(y) for y in x] if isinstance(x, list) else x

      def read(table):
          arrow = table.scan().to_arrow()
          columns = []
          for name in arrow.column_names:
              column = arrow[name]
              if pa.types.is_timestamp(column.type):
                  assert column.type == pa.timestamp("us"), column.type
                  column = column.cast(pa.int64())
              columns.append([value(x) for x in column.to_pylist()])
          return {
              "types": [[f.name, str(f.field_type), f.required] for f in table.schema().fields],
              "rows": list(zip(*columns)),
              "snapshots": len(list(table.snapshots()))}

      found = {}
      for name in sys.argv[7:]:
          if command == "expire":
              expire(catalog.load_table(f"{schema}.{name}"))
          found[name] = read(catalog.load_table(f"{schema}.{name}"))
      print(json.dumps(found))
      """;

  @TempDir Path folder;
  private final IcebergRig rig = IcebergRig.shared();
  private final String schema = rig.newSchema();

  @Test
  void pyicebergReads_theSameRows_ofTheRightTypes_alsoAfterSnapshotsWereExpired() throws Exception {
    BatchMemory memory = new BatchMemory(256 << 20, 64 << 20);
    try (DuckDbDatabase database =
            DuckDbDatabase.open(
                rig.settings(folder), InstantSource.fixed(SinkContract.NOW), System::nanoTime);
        Sink sink =
            database.sink(new Target(IcebergRig.CATALOG, schema, true, false, Optional.empty()))) {
      sink.prepare(SinkContract.first());
      Map<OtlpTable, List<List<Object>>> expected = new EnumMap<>(OtlpTable.class);
      store(memory, sink, 0, expected);
      store(memory, sink, 1, expected);
      JsonNode all = read("read", OtlpTable.values());
      for (OtlpTable table : OtlpTable.values()) {
        JsonNode found = all.path(table.tableName());
        assertEquals(types(table), found.path("types"), table::tableName);
        assertEquals(sorted(expected.get(table)), sorted(found.path("rows")), table::tableName);
        assertEquals(2, found.path("snapshots").asInt());
      }
      // As the recipe in the documentation does; the ledger doesn't mind.
      JsonNode logs = read("expire", OtlpTable.LOGS).path("otlp_logs");
      assertEquals(1, logs.path("snapshots").asInt());
      assertEquals(sorted(expected.get(OtlpTable.LOGS)), sorted(logs.path("rows")));
      store(memory, sink, 2, expected);
      assertEquals(3 * ROWS, read("read", OtlpTable.LOGS).path("otlp_logs").path("rows").size());
      assertTrue(
          rig.properties(schema, "otlp_logs")
              .containsKey("duckspool." + SinkContract.SPOOL + ".next_index"));
    } finally {
      memory.close();
    }
  }

  /** By the names of the tables. */
  private JsonNode read(String command, OtlpTable... tables) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                rig.server().endpoint(),
                rig.store().uri().toString(),
                S3Server.KEY_ID,
                S3Server.SECRET,
                schema,
                command));
    for (OtlpTable table : tables) {
      arguments.add(table.tableName());
    }
    return new ObjectMapper()
        .readTree(Python.run(folder, SCRIPT, arguments.toArray(String[]::new)));
  }

  private static void store(
      BatchMemory memory, Sink sink, int seal, Map<OtlpTable, List<List<Object>>> expected)
      throws Exception {
    int from = seal * ROWS;
    try (Batch batch = memory.openBatch()) {
      batch.add(
          1,
          visitor -> {
            for (OtlpTable table : OtlpTable.values()) {
              expected
                  .computeIfAbsent(table, key -> new ArrayList<>())
                  .addAll(SampleRows.write(table, from, from + ROWS, visitor));
            }
          });
      try (SealedBatch sealed = batch.seal()) {
        sink.commit(sealed, SinkContract.move(seal, seal + 1));
      }
    }
  }

  /** As the format names them; none is required. */
  private static JsonNode types(OtlpTable table) {
    ObjectMapper json = new ObjectMapper();
    return json.valueToTree(
        TableDefinition.of(table, PromotedKeys.NONE).columns().stream()
            .map(column -> List.of(column.name(), icebergType(column.type()), false))
            .toList());
  }

  private static String icebergType(ColumnType type) {
    return switch (type) {
      case TIMESTAMP -> "timestamp";
      case VARCHAR -> "string";
      case INTEGER -> "int";
      case BIGINT -> "long";
      case DOUBLE -> "double";
      case BOOLEAN -> "boolean";
      case BIGINT_LIST -> "list<long>";
      case DOUBLE_LIST -> "list<double>";
    };
  }

  private static List<String> sorted(List<List<Object>> rows) {
    return rows.stream().map(Object::toString).sorted().toList();
  }

  private static List<String> sorted(JsonNode rows) {
    List<String> texts = new ArrayList<>();
    for (JsonNode row : rows) {
      List<Object> values = new ArrayList<>();
      row.forEach(value -> values.add(value(value)));
      texts.add(values.toString());
    }
    return texts.stream().sorted().toList();
  }

  private static Object value(JsonNode value) {
    if (value.isArray()) {
      List<Object> values = new ArrayList<>();
      value.forEach(element -> values.add(value(element)));
      return values;
    }
    if (value.isNull()) {
      return "null";
    }
    if (value.isTextual()) {
      return switch (value.asText()) {
        case "inf" -> "Infinity";
        case "-inf" -> "-Infinity";
        default -> value.asText();
      };
    }
    return value.isDouble() ? (Object) value.doubleValue() : value.asText();
  }
}
