package io.duckspool.deploy.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prints an array of row objects as a table for people. The widths come from the first rows, so
 * that a long result needs no more memory than a short one.
 */
final class RowTable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int ROWS_FOR_WIDTHS = 500;
  private static final int MAX_WIDTH = 80;
  private static final String INDENT = "  ";
  private static final String GAP = "   ";

  private final PrintWriter out;
  private final Map<String, Integer> widths = new LinkedHashMap<>();

  RowTable(PrintWriter out) {
    this.out = out;
  }

  /** Prints rows that are at hand, each with the same columns. */
  void print(List<Map<String, @Nullable Object>> rows) {
    List<Map<String, String>> texts =
        rows.stream().map(row -> texts(MAPPER.valueToTree(row))).toList();
    begin(texts);
    end(texts.size());
  }

  /**
   * Prints rows for a terminal of this many columns: as a table where that fits, else in blocks,
   * one a row, which has the first column as its heading and the others with their names.
   */
  void printWithin(int columns, List<Map<String, @Nullable Object>> rows) {
    StringWriter table = new StringWriter();
    new RowTable(new PrintWriter(table)).print(rows);
    if (table.toString().lines().allMatch(line -> line.length() <= columns)) {
      out.print(table);
    } else {
      rows.forEach(row -> printBlock(columns, texts(MAPPER.valueToTree(row))));
      end(rows.size());
    }
    out.flush();
  }

  private void printBlock(int columns, Map<String, String> row) {
    StringBuilder line = new StringBuilder();
    for (Map.Entry<String, String> cell : row.entrySet()) {
      if (line.isEmpty()) {
        out.println(cell.getValue());
        line.append(INDENT);
        continue;
      }
      String text = cell.getKey() + " " + cell.getValue();
      boolean isFirst = line.length() == INDENT.length();
      if (!isFirst && line.length() + GAP.length() + text.length() > columns) {
        out.println(line);
        line.setLength(INDENT.length());
        isFirst = true;
      }
      line.append(isFirst ? "" : GAP).append(text);
    }
    out.println(line.toString().stripTrailing());
  }

  void print(InputStream json) throws IOException {
    long count = 0;
    List<Map<String, String>> first = new ArrayList<>();
    try (MappingIterator<JsonNode> rows = MAPPER.readerFor(JsonNode.class).readValues(json)) {
      while (rows.hasNextValue()) {
        Map<String, String> row = texts(rows.nextValue());
        count++;
        if (first.size() < ROWS_FOR_WIDTHS) {
          first.add(row);
          continue;
        }
        if (count == ROWS_FOR_WIDTHS + 1) {
          begin(first);
        }
        printRow(row);
      }
    }
    if (count <= ROWS_FOR_WIDTHS) {
      begin(first);
    }
    end(count);
  }

  private void end(long count) {
    out.println(count == 1 ? "(1 row)" : "(" + count + " rows)");
    out.flush();
  }

  private void begin(List<Map<String, String>> first) {
    for (Map<String, String> row : first) {
      row.forEach(
          (column, text) ->
              widths.merge(column, Math.max(column.length(), text.length()), Math::max));
    }
    if (!widths.isEmpty()) {
      List<String> names = new ArrayList<>();
      List<String> lines = new ArrayList<>();
      widths.forEach(
          (column, width) -> {
            names.add(padded(column, width));
            lines.add("-".repeat(width));
          });
      out.println(String.join(" | ", names).stripTrailing());
      out.println(String.join("-+-", lines));
    }
    first.forEach(this::printRow);
  }

  private void printRow(Map<String, String> row) {
    List<String> cells = new ArrayList<>();
    widths.forEach((column, width) -> cells.add(padded(row.getOrDefault(column, ""), width)));
    out.println(String.join(" | ", cells).stripTrailing());
  }

  private static Map<String, String> texts(JsonNode row) {
    Map<String, String> texts = new LinkedHashMap<>();
    row.properties().forEach(field -> texts.put(field.getKey(), text(field.getValue())));
    return texts;
  }

  private static String text(JsonNode value) {
    String text = value.isNull() ? "NULL" : value.isValueNode() ? value.asText() : value.toString();
    String line = printable(text, MAX_WIDTH + 1L);
    int end =
        line.offsetByCodePoints(0, Math.min(MAX_WIDTH, line.codePointCount(0, line.length())));
    return end == line.length() ? line : line.substring(0, end) + "\u2026";
  }

  /** One row, one line; a terminal must not be steered by what somebody logged. */
  private static String printable(String text, long maxCharacters) {
    return text.codePoints()
        .map(c -> Character.isISOControl(c) ? '\u00b7' : c)
        .limit(maxCharacters)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** A text as one line that a terminal can show. */
  static String oneLine(String text) {
    return printable(text, Long.MAX_VALUE);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
