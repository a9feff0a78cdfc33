package io.duckspool.deploy.harness;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A root of plain Parquet files. Reads what any reader finds, and the ledger beside it. */
public final class ParquetView implements TargetView {
  /** The schema of the writer's views. */
  private static final String SCHEMA = "files";

  private final String root;
  private final Optional<S3Server> store;

  private ParquetView(String root, Optional<S3Server> store) {
    this.root = root;
    this.store = store;
  }

  /** In a folder, as the writer sees it. */
  public static ParquetView in(Path root) {
    return new ParquetView(root.toString(), Optional.empty());
  }

  /**
   * In an object storage.
   *
   * @param root begins with {@code s3://}
   */
  public static ParquetView in(S3Server store, String root) {
    return new ParquetView(root, Optional.of(store));
  }

  @Override
  public Map<String, String> variables() {
    Map<String, String> variables = new TreeMap<>();
    store.ifPresent(server -> variables.putAll(S3Places.variables(server)));
    variables.put("DUCKSPOOL_DUCKDB_EXTENSION_DIRECTORY", DuckDbExtensions.folder().toString());
    return variables;
  }

  @Override
  public Map<String, String> parameters() {
    return Map.of("parquet_export_path", root, "schema", SCHEMA);
  }

  @Override
  public String qualifier() {
    return SCHEMA + ".";
  }

  @Override
  public Connection open(Outside outside) throws SQLException {
    String seen = store.isPresent() ? root : outside.of(Path.of(root)).toString();
    List<String> statements = new ArrayList<>();
    store.ifPresent(
        server -> {
          statements.add("LOAD httpfs");
          statements.add(server.createSecretSql("store"));
        });
    for (OtlpTable table : OtlpTable.values()) {
      statements.add(rows(seen, table));
    }
    statements.add(ledger(seen));
    statements.add(seals(seen));
    return DuckDbView.open(statements);
  }

  /** With the file that has the columns, so that there is one while a table has no row. */
  private static String rows(String root, OtlpTable table) {
    return ("CREATE VIEW %s AS SELECT * FROM read_parquet('%s/%s/**/*.parquet*',"
            + " hive_partitioning = false)")
        .formatted(table.tableName(), root, table.tableName());
  }

  private static String ledger(String root) {
    return "CREATE VIEW duckspool_ledger AS SELECT spool_id, "
        + index("next_index")
        + " AS next_index, seals FROM read_json('"
        + root
        + "/_duckspool/*.ledger.json', columns = {spool_id: 'VARCHAR', next_index: 'VARCHAR',"
        + " seals: 'BIGINT'})";
  }

  private static String index(String text) {
    return "(CAST(split_part(%s, '-', 1) AS BIGINT) << 32 | CAST(split_part(%s, '-', 2) AS BIGINT))"
        .formatted(text, text);
  }

  /** A seal without rows has no file: what its neighbour before says counts. */
  private static String seals(String root) {
    return "CREATE VIEW duckspool_seals AS SELECT DISTINCT kv['duckspool.spool_id'] AS spool_id,"
        + " CAST(kv['duckspool.seal_id'] AS BIGINT) AS seal_id,"
        + " CAST(kv['duckspool.files_index'] AS BIGINT) AS first_index,"
        + " CAST(kv['duckspool.next_index'] AS BIGINT) AS next_index,"
        + " kv['duckspool.rows_by_table'] AS rows_by_table"
        + " FROM (SELECT map_from_entries(list((decode(\"key\"), decode(\"value\")))) AS kv"
        + " FROM parquet_kv_metadata('"
        + root
        + "/*/*/*/*/*.parquet') WHERE decode(\"key\") LIKE 'duckspool.%' GROUP BY file_name)";
  }
}
