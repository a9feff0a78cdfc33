package io.duckspool.deploy.e2e;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Rows by table, as somebody expects them or as they were found; compared column by column. */
final class Rows {
  private final TreeMap<String, List<Map<String, @Nullable Object>>> tables = new TreeMap<>();

  void add(String table, Map<String, @Nullable Object> row) {
    Map<String, @Nullable Object> plain = new LinkedHashMap<>();
    row.forEach((column, value) -> plain.put(column, plain(value)));
    tables.computeIfAbsent(table, name -> new ArrayList<>()).add(plain);
  }

  void addAll(Rows others) {
    others.tables.forEach((table, rows) -> rows.forEach(row -> add(table, row)));
  }

  List<Map<String, @Nullable Object>> of(String table) {
    return tables.getOrDefault(table, List.of());
  }

  /** Fails unless both have the same rows in each of the tables, whatever their order. */
  static void assertSame(Iterable<String> tableNames, Rows expected, Rows found) {
    StringBuilder faults = new StringBuilder();
    for (String table : tableNames) {
      List<Map<String, @Nullable Object>> missing = new ArrayList<>(expected.of(table));
      List<Map<String, @Nullable Object>> extra = new ArrayList<>();
      for (Map<String, @Nullable Object> row : found.of(table)) {
        if (!missing.remove(row)) {
          extra.add(row);
        }
        describeOrder(table, row, expected, faults);
      }
      describe(table, missing, extra, faults);
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(faults.toString());
    }
  }

  private static void describeOrder(
      String table, Map<String, @Nullable Object> row, Rows expected, StringBuilder faults) {
    for (Map<String, @Nullable Object> other : expected.of(table)) {
      List<String> expectedColumns = List.copyOf(other.keySet());
      List<String> columns = List.copyOf(row.keySet());
      if (!expectedColumns.equals(columns)) {
        faults.append(table).append(" has columns ").append(columns);
        faults.append("\n  expected ").append(expectedColumns).append('\n');
      }
      return;
    }
  }

  private static void describe(
      String table,
      List<Map<String, @Nullable Object>> missing,
      List<Map<String, @Nullable Object>> extra,
      StringBuilder faults) {
    int pairs = Math.min(missing.size(), extra.size());
    for (int i = 0; i < pairs; i++) {
      faults.append(table).append(": a row differs\n");
      Map<String, @Nullable Object> wanted = missing.get(i);
      Map<String, @Nullable Object> found = nearest(wanted, extra);
      wanted.forEach(
          (column, value) -> {
            if (!Objects.equals(value, found.get(column))) {
              faults.append("  ").append(column).append(": expected ").append(shown(value));
              faults.append(", found ").append(shown(found.get(column))).append('\n');
            }
          });
    }
    for (Map<String, @Nullable Object> row : missing.subList(pairs, missing.size())) {
      faults.append(table).append(": missing ").append(row).append('\n');
    }
    for (Map<String, @Nullable Object> row : extra.subList(pairs, extra.size())) {
      faults.append(table).append(": not expected ").append(row).append('\n');
    }
  }

  private static Map<String, @Nullable Object> nearest(
      Map<String, @Nullable Object> wanted, List<Map<String, @Nullable Object>> rows) {
    Map<String, @Nullable Object> best = rows.get(0);
    long bestCount = -1;
    for (Map<String, @Nullable Object> row : rows) {
      long count =
          wanted.entrySet().stream()
              .filter(e -> Objects.equals(e.getValue(), row.get(e.getKey())))
              .count();
      if (count > bestCount) {
        best = row;
        bestCount = count;
      }
    }
    return best;
  }

  private static String shown(@Nullable Object value) {
    return value == null ? "NULL" : value + " (" + value.getClass().getSimpleName() + ")";
  }

  private static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof Float || value instanceof Double) {
      return ((Number) value).doubleValue();
    }
    if (value instanceof Number number) {
      return number.longValue();
    }
    if (value instanceof List<?> list) {
      List<@Nullable Object> plain = new ArrayList<>();
      list.forEach(element -> plain.add(plain(element)));
      return plain;
    }
    return value;
  }
}
