package io.duckspool.common.otlp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A row for comparing and printing: columns in the order of the table, with String, Integer, Long,
 * Double, Boolean, List or null.
 */
public record OtlpRow(OtlpTable table, Map<String, Object> columns) {

  public static OtlpRow of(OtlpTable table) {
    return new OtlpRow(table, new LinkedHashMap<>());
  }

  public OtlpRow with(String column, Object value) {
    columns.put(column, value);
    return this;
  }

  /** One column a line; NULL is an empty text, so that it differs from the word. */
  @Override
  public String toString() {
    List<String> lines = new ArrayList<>();
    lines.add(table.tableName());
    columns.forEach((column, value) -> lines.add("  " + column + "=" + print(value)));
    return String.join("\n", lines) + "\n";
  }

  private static String print(Object value) {
    if (value == null) {
      return "";
    }
    if (value instanceof String text) {
      StringBuilder printed = new StringBuilder("'");
      text.chars()
          .forEach(
              c ->
                  printed.append(c < ' ' || c == 127 ? String.format("<%02x>", c) : (char) c + ""));
      return printed.append("'").toString();
    }
    return value.toString();
  }
}
