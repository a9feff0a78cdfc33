package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.Message;
import io.duckspool.common.otlp.OtlpOracle;
import io.duckspool.common.otlp.OtlpRow;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.harness.Tables;
import io.duckspool.deploy.load.Stamp;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Holds what is stored against what was sent, by the generated classes of OTLP, which share no code
 * with the product. Requests of a signal differ in their stamps alone, so without the request's
 * number in it a row of each is the same.
 */
final class SentRows {
  /** Digits of a stamp that tell the item; those in front of them tell the request. */
  private static final int ITEM_DIGITS = Integer.toString(ItemRequests.ITEMS - 1).length();

  private static final int REQUEST_DIGITS = Stamp.DIGITS - ITEM_DIGITS;
  private static final int SHOWN = 3;

  private SentRows() {}

  /**
   * Fails unless the tables that a request goes to have its rows, in all columns, as often as it
   * was sent, and no others.
   *
   * @param stored has the tables by their plain names
   * @param request as the first one was sent
   */
  static void assertStored(Connection stored, Message request, int times) throws SQLException {
    Map<OtlpTable, Map<String, Long>> sent = new TreeMap<>();
    for (OtlpRow row : OtlpOracle.rows(request)) {
      sent.computeIfAbsent(row.table(), table -> new TreeMap<>())
          .merge(row.columns().toString(), (long) times, Long::sum);
    }
    for (Map.Entry<OtlpTable, Map<String, Long>> table : sent.entrySet()) {
      String name = table.getKey().tableName();
      Map<String, Long> rows = rows(stored, name);
      assertEquals(List.of(), without(rows, table.getValue()), name + " has what was not sent");
      assertEquals(List.of(), without(table.getValue(), rows), name + " lacks what was sent");
    }
  }

  /** The rows of a table as those of the first request, each with how often it is there. */
  private static Map<String, Long> rows(Connection stored, String table) throws SQLException {
    String first = Stamped.STAMP.prefix() + "0".repeat(REQUEST_DIGITS);
    String any = Stamped.STAMP.prefix() + "\\d{" + REQUEST_DIGITS + "}";
    String columns =
        Tables.rows(stored, "DESCRIBE " + table).stream()
            .map(
                column ->
                    column.get("column_type").equals("VARCHAR")
                        ? "regexp_replace(\"%1$s\", '%2$s', '%3$s') AS \"%1$s\""
                            .formatted(column.get("column_name"), any, first)
                        : '"' + String.valueOf(column.get("column_name")) + '"')
            .collect(Collectors.joining(", "));
    Map<String, Long> counts = new TreeMap<>();
    for (Map<String, Object> row :
        Tables.rows(
            stored, "SELECT " + columns + ", count(*) AS times FROM " + table + " GROUP BY ALL")) {
      Map<String, Object> values = new LinkedHashMap<>(row);
      Number times = (Number) values.remove("times");
      counts.merge(values.toString(), times.longValue(), Long::sum);
    }
    return counts;
  }

  /** The rows that the others don't have as often, some of them. */
  private static List<String> without(Map<String, Long> rows, Map<String, Long> others) {
    return rows.entrySet().stream()
        .filter(row -> !row.getValue().equals(others.get(row.getKey())))
        .limit(SHOWN)
        .map(
            row ->
                "%s times, not %s: %s"
                    .formatted(row.getValue(), others.getOrDefault(row.getKey(), 0L), row.getKey()))
        .toList();
  }
}
