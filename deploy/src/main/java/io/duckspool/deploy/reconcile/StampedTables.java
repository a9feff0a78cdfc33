package io.duckspool.deploy.reconcile;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.deploy.load.Stamp;
import java.util.ArrayList;
import java.util.List;

/**
 * The queries over the seven signal tables: only {@code count}, {@code substr} and casts, one
 * SELECT each, with no more rows than were asked for. The stamp's digits have zeros in front, so a
 * range of sequence numbers is a range of texts.
 */
final class StampedTables {
  /** Behind all digits, and before any other stamp: the character after {@code 9}. */
  private static final String AFTER_DIGITS = ":";

  private final Stamp stamp;
  private final String qualifier;

  /**
   * @param qualifier what stands before a table's name, as {@code "catalog"."schema".}; or empty
   */
  StampedTables(Stamp stamp, String qualifier) {
    this.stamp = stamp;
    this.qualifier = qualifier;
  }

  /**
   * For each request of a range that has rows: {@code request}, {@code rows_found}, {@code
   * different_rows}.
   */
  String requests(long firstRequest, long nextRequest, int recordsPerRequest) {
    return "SELECT id // "
        + recordsPerRequest
        + " AS request, count(*) AS rows_found, count(DISTINCT id) AS different_rows FROM ("
        + ids(bound(firstRequest, recordsPerRequest), bound(nextRequest, recordsPerRequest))
        + ") GROUP BY 1";
  }

  /** All rows from a request on: one row with {@code rows_found} and {@code different_rows}. */
  String from(long firstRequest, int recordsPerRequest) {
    return "SELECT count(*) AS rows_found, count(DISTINCT id) AS different_rows FROM ("
        + ids(bound(firstRequest, recordsPerRequest), behindAll())
        + ")";
  }

  /** What the stamps of a request and of those behind it are not below. */
  private String bound(long request, int recordsPerRequest) {
    long sequence = Math.multiplyExact(request, (long) recordsPerRequest);
    return sequence > Stamp.MAX_SEQUENCE ? behindAll() : stamp.text(sequence);
  }

  private String behindAll() {
    return stamp.prefix() + AFTER_DIGITS;
  }

  private String ids(String from, String to) {
    List<String> selects = new ArrayList<>();
    for (OtlpTable table : OtlpTable.values()) {
      String column = column(table);
      String before = before(table);
      selects.add(
          "SELECT CAST(substr(%s, %d, %d) AS BIGINT) AS id FROM %s%s WHERE %s >= '%s' AND %s < '%s'"
              .formatted(
                  column,
                  before.length() + stamp.prefix().length() + 1,
                  Stamp.DIGITS,
                  qualifier,
                  table.tableName(),
                  column,
                  before + from,
                  column,
                  before + to));
    }
    return String.join(" UNION ALL ", selects);
  }

  private static String column(OtlpTable table) {
    return switch (table.signal()) {
      case LOGS -> "body";
      case TRACES -> "span_attributes";
      case METRICS -> "metric_attributes";
    };
  }

  /** What stands before the stamp: its attribute sorts before the others of the load. */
  private static String before(OtlpTable table) {
    return table == OtlpTable.LOGS ? "" : "{\"" + Stamp.ATTRIBUTE + "\":\"";
  }
}
