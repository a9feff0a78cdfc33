package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.writer.batch.Column;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.batch.Tables;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** The SQL of a Parquet target. */
final class ParquetStatements {

  /** Keys of a data file's metadata, and columns of {@code duckspool_seals}. */
  private static final String KEY_PREFIX = "duckspool.";

  /** Where the seal before ended that wrote a file. */
  private static final String FILES_INDEX = "files_index";

  /** As DuckDB casts it to a TIMESTAMP. */
  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);

  private ParquetStatements() {}

  /** The names of views in the default database, each with what it selects. */
  static Map<String, String> views(String location, boolean provenance) {
    Map<String, String> views = new LinkedHashMap<>();
    for (OtlpTable table : OtlpTable.values()) {
      views.put(table.tableName(), selectRows(location, table));
    }
    if (provenance) {
      views.put(TableDefinition.SEALS.name(), selectSeals(location));
    }
    return views;
  }

  private static String selectRows(String location, OtlpTable table) {
    return "SELECT "
        + TableDefinition.of(table, PromotedKeys.NONE).columnList()
        + " FROM read_parquet("
        + Identifiers.literal(ParquetLayout.glob(location, table))
        + ", hive_partitioning = false, union_by_name = false)";
  }

  /** One row a seal that wrote a file, from the metadata that all of its files have. */
  private static String selectSeals(String location) {
    return selectSeals(location, "first_index");
  }

  /**
   * The same as a table that each seal begins in where the one before ended: seals without a row,
   * which write no file, count with the next that does.
   */
  static String sealsWithoutGaps(String location) {
    return "(" + selectSeals(location, FILES_INDEX) + ")";
  }

  private static String selectSeals(String location, String firstIndexKey) {
    StringJoiner columns = new StringJoiner(", ");
    for (Column column : TableDefinition.SEALS.columns()) {
      String key = column.name().equals("first_index") ? firstIndexKey : column.name();
      columns.add(
          "CAST(kv["
              + Identifiers.literal(KEY_PREFIX + key)
              + "] AS "
              + column.type().sql()
              + ") AS "
              + Identifiers.quote(column.name()));
    }
    return "SELECT "
        + columns
        + " FROM (SELECT DISTINCT kv FROM (SELECT map_from_entries(list((decode(\"key\"),"
        + " decode(\"value\")) ORDER BY \"key\")) AS kv FROM parquet_kv_metadata("
        + Identifiers.literal(ParquetLayout.globOfAll(location))
        + ") WHERE decode(\"key\") LIKE '"
        + KEY_PREFIX
        + "%' GROUP BY file_name))";
  }

  static String createView(String qualifiedName, String select) {
    return "CREATE OR REPLACE VIEW " + qualifiedName + " AS " + select;
  }

  /** Makes a file that has the columns of a table, and no row. */
  static String copySchema(OtlpTable table, String file) {
    StringJoiner columns = new StringJoiner(", ");
    for (Column column : Tables.columns(table)) {
      columns.add(
          "CAST(NULL AS " + column.type().sql() + ") AS " + Identifiers.quote(column.name()));
    }
    return "COPY (SELECT "
        + columns
        + " WHERE false) TO "
        + Identifiers.literal(file)
        + " (FORMAT parquet)";
  }

  /**
   * Writes a batch's rows of one table, sorted into days.
   *
   * @param folder absolute
   * @param metadata of each file
   */
  static String copyRows(OtlpTable table, String folder, Map<String, String> metadata) {
    String time = time(table);
    return "COPY (SELECT "
        + TableDefinition.of(table, PromotedKeys.NONE).columnList()
        + ", strftime("
        + time
        + ", '%Y') AS year, strftime("
        + time
        + ", '%m') AS month, strftime("
        + time
        + ", '%d') AS day FROM "
        + Session.ROWS
        + ") TO "
        + Identifiers.literal(folder)
        + " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month, day),"
        + " OVERWRITE_OR_IGNORE true"
        + keyValues(metadata)
        + ")";
  }

  private static String keyValues(Map<String, String> metadata) {
    if (metadata.isEmpty()) {
      return "";
    }
    List<String> pairs = new ArrayList<>();
    metadata.forEach(
        (key, value) -> pairs.add(Identifiers.literal(key) + ": " + Identifiers.literal(value)));
    return ", KV_METADATA {" + String.join(", ", pairs) + "}";
  }

  /** The time that decides on a row's day. */
  private static String time(OtlpTable table) {
    return switch (table) {
      case LOGS ->
          "coalesce(time_unix_nano, observed_time_unix_nano, "
              + Identifiers.quote(Tables.ARRIVAL.name())
              + ")";
      case TRACES -> "start_time_unix_nano";
      case METRICS_GAUGE, METRICS_SUM, METRICS_HISTOGRAM, METRICS_EXP_HISTOGRAM, METRICS_SUMMARY ->
          "time_unix_nano";
    };
  }

  /**
   * Where the rows of a file come from.
   *
   * @param ledger before the seal
   * @param now when the file is written
   */
  static Map<String, String> metadata(
      LedgerMove move, ParquetLedger ledger, SealedBatch batch, Instant now) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("spool_id", move.spoolId());
    metadata.put("listen_uri", move.listenUri());
    metadata.put("seal_id", Long.toString(ledger.row().seals() + 1));
    metadata.put("first_index", Long.toString(move.first().toLong()));
    metadata.put("next_index", Long.toString(move.next().next().toLong()));
    metadata.put("trigger", move.trigger().text());
    metadata.put("rows_by_table", Provenance.rowsByTable(batch));
    metadata.put("started_at", TIMESTAMP.format(move.startedAt()));
    metadata.put("committed_at", TIMESTAMP.format(now));
    metadata.put(FILES_INDEX, Long.toString(ledger.filesIndex().toLong()));
    Map<String, String> prefixed = new LinkedHashMap<>();
    metadata.forEach((key, value) -> prefixed.put(KEY_PREFIX + key, value));
    return prefixed;
  }
}
