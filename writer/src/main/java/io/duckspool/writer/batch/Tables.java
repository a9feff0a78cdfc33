package io.duckspool.writer.batch;

import static io.duckspool.writer.batch.ColumnType.BIGINT;
import static io.duckspool.writer.batch.ColumnType.BIGINT_LIST;
import static io.duckspool.writer.batch.ColumnType.BOOLEAN;
import static io.duckspool.writer.batch.ColumnType.DOUBLE;
import static io.duckspool.writer.batch.ColumnType.DOUBLE_LIST;
import static io.duckspool.writer.batch.ColumnType.INTEGER;
import static io.duckspool.writer.batch.ColumnType.TIMESTAMP;
import static io.duckspool.writer.batch.ColumnType.VARCHAR;

import io.duckspool.common.config.PromotedAttributes;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The columns of the tables that hold rows, in their order. */
public final class Tables {

  /**
   * When the entry of a row arrived; a batch has it behind the columns of logs, whose times may
   * both be missing, for targets that need a time of each row. In no table.
   */
  public static final Column ARRIVAL = new Column("duckspool_arrival", TIMESTAMP);

  private static final Map<OtlpTable, List<Column>> COLUMNS = new EnumMap<>(OtlpTable.class);

  static {
    COLUMNS.put(
        OtlpTable.LOGS,
        new Columns()
            .add(TIMESTAMP, "time_unix_nano", "observed_time_unix_nano")
            .add(VARCHAR, "trace_id", "span_id")
            .resource()
            .add(INTEGER, "severity_number")
            .add(VARCHAR, "severity_text", "event_name", "body")
            .scope()
            .add(VARCHAR, "log_attributes")
            .add(INTEGER, "dropped_attributes_count", "flags")
            .list());
    COLUMNS.put(
        OtlpTable.TRACES,
        new Columns()
            .add(TIMESTAMP, "start_time_unix_nano")
            .add(BIGINT, "duration_time_unix_nano")
            .add(VARCHAR, "trace_id", "span_id", "parent_span_id", "trace_state")
            .resource()
            .add(VARCHAR, "name")
            .add(INTEGER, "kind", "status_code")
            .add(VARCHAR, "status_status_message")
            .scope()
            .add(VARCHAR, "span_attributes", "events_json", "links_json")
            .add(INTEGER, "dropped_attributes_count", "dropped_events_count")
            .add(INTEGER, "dropped_links_count", "flags")
            .list());
    COLUMNS.put(OtlpTable.METRICS_GAUGE, number().list());
    COLUMNS.put(
        OtlpTable.METRICS_SUM,
        number().add(INTEGER, "aggregation_temporality").add(BOOLEAN, "is_monotonic").list());
    COLUMNS.put(
        OtlpTable.METRICS_HISTOGRAM,
        metric()
            .add(BIGINT, "count")
            .add(DOUBLE, "sum", "min", "max")
            .add(BIGINT_LIST, "bucket_counts")
            .add(DOUBLE_LIST, "explicit_bounds")
            .point()
            .add(INTEGER, "aggregation_temporality")
            .list());
    COLUMNS.put(
        OtlpTable.METRICS_EXP_HISTOGRAM,
        metric()
            .add(BIGINT, "count")
            .add(DOUBLE, "sum", "min", "max")
            .add(INTEGER, "scale")
            .add(BIGINT, "zero_count")
            .add(DOUBLE, "zero_threshold")
            .add(INTEGER, "positive_offset")
            .add(BIGINT_LIST, "positive_bucket_counts")
            .add(INTEGER, "negative_offset")
            .add(BIGINT_LIST, "negative_bucket_counts")
            .point()
            .add(INTEGER, "aggregation_temporality")
            .list());
    COLUMNS.put(
        OtlpTable.METRICS_SUMMARY,
        metric()
            .add(BIGINT, "count")
            .add(DOUBLE, "sum")
            .add(DOUBLE_LIST, "quantiles", "quantile_values")
            .resource()
            .scope()
            .add(VARCHAR, "metric_attributes")
            .add(INTEGER, "flags")
            .list());
  }

  private Tables() {}

  /** The columns of a table, in their order. */
  public static List<Column> columns(OtlpTable table) {
    return COLUMNS.getOrDefault(table, List.of());
  }

  /**
   * The columns of a table, then those of promoted attributes: resource, then scope, in the order
   * of their keys.
   */
  public static List<Column> columns(OtlpTable table, PromotedKeys promoted) {
    if (promoted.count() == 0) {
      return columns(table);
    }
    List<Column> columns = new ArrayList<>(columns(table));
    for (String key : promoted.resource()) {
      columns.add(new Column(PromotedAttributes.resourceColumn(key), VARCHAR));
    }
    for (String key : promoted.scope()) {
      columns.add(new Column(PromotedAttributes.scopeColumn(key), VARCHAR));
    }
    return List.copyOf(columns);
  }

  /** What a batch holds of a table: its columns, and {@link #ARRIVAL} where the table needs it. */
  static List<Column> held(OtlpTable table, PromotedKeys promoted) {
    if (!holdsArrival(table)) {
      return columns(table, promoted);
    }
    List<Column> columns = new ArrayList<>(columns(table, promoted));
    columns.add(ARRIVAL);
    return List.copyOf(columns);
  }

  static boolean holdsArrival(OtlpTable table) {
    return table == OtlpTable.LOGS;
  }

  private static Columns metric() {
    return new Columns()
        .add(TIMESTAMP, "time_unix_nano", "start_time_unix_nano")
        .add(VARCHAR, "name", "description", "unit");
  }

  private static Columns number() {
    return metric().add(BIGINT, "int_value").add(DOUBLE, "double_value").point();
  }

  /** Collects columns in order. */
  private static final class Columns {

    private final List<Column> columns = new ArrayList<>();

    Columns add(ColumnType type, String... names) {
      for (String name : names) {
        columns.add(new Column(name, type));
      }
      return this;
    }

    Columns resource() {
      return add(VARCHAR, "service_name", "service_namespace", "service_instance_id");
    }

    Columns scope() {
      return add(VARCHAR, "resource_attributes", "scope_name", "scope_version", "scope_attributes");
    }

    /** What all data points but summaries have after their values. */
    Columns point() {
      return resource()
          .scope()
          .add(VARCHAR, "metric_attributes")
          .add(INTEGER, "flags")
          .add(VARCHAR, "exemplars_json");
    }

    List<Column> list() {
      return List.copyOf(columns);
    }
  }
}
