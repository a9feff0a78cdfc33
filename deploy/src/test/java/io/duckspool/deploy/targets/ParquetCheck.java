package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.Tables;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The files of a Parquet root: one for each seal, table and day, named by spool and range, and
 * nothing else but what the layout has.
 */
final class ParquetCheck {
  private static final Pattern DATA_FILE =
      Pattern.compile(
          "(?<table>otlp_[a-z_]+)/(?<day>year=\\d{4}/month=\\d\\d/day=\\d\\d)"
              + "/(?<spool>[0-9a-f]{8})-(?<first>\\d+)-(?<next>\\d+)-(?<n>\\d+)\\.parquet");

  /** An intent that is done is gone from a folder, and empty in S3. */
  private static final Pattern OTHER_FILE =
      Pattern.compile(
          "_duckspool/(format\\.json|[0-9a-f]{32}\\.(ledger\\.json|lock|intent\\.json))"
              + "|otlp_[a-z_]+/_schema\\.parquet-empty");

  private static final Comparator<Range> BY_FIRST =
      Comparator.comparingLong(Range::first).thenComparingLong(Range::next);

  private static final Pattern INTENT = Pattern.compile(".*\\.intent\\.json");

  private ParquetCheck() {}

  /** A seal's index range. */
  private record Range(long first, long next) {}

  /**
   * Fails unless it is so.
   *
   * @param root as DuckDB globs it
   */
  static void assertOneFileForSealTableAndDay(Connection stored, String root) throws SQLException {
    Map<Range, Set<String>> tablesOfSeals = tablesOfSeals(stored);
    Map<Range, Set<String>> tablesOfFiles = new TreeMap<>(BY_FIRST);
    String spool = spoolId(stored).substring(0, 8);
    Set<String> places = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (String file : files(stored, root)) {
      Matcher data = DATA_FILE.matcher(file);
      if (!data.matches()) {
        assertTrue(OTHER_FILE.matcher(file).matches(), "a file that is no data: " + file);
        continue;
      }
      Range range =
          new Range(Long.parseLong(data.group("first")), Long.parseLong(data.group("next")));
      assertEquals(spool, data.group("spool"), file);
      assertTrue(
          places.add(data.group("table") + data.group("day") + range),
          "a second file of its seal: " + file);
      assertTrue(names.add(file.substring(file.lastIndexOf('/'))), "a name twice: " + file);
      tablesOfFiles.computeIfAbsent(range, key -> new TreeSet<>()).add(data.group("table"));
    }
    assertEquals(tablesOfSeals, tablesOfFiles, "tables of each seal, and those of its files");
    assertNoIntentIsLeft(stored, root);
  }

  private static Map<Range, Set<String>> tablesOfSeals(Connection stored) throws SQLException {
    Map<Range, Set<String>> tables = new TreeMap<>(BY_FIRST);
    for (Map<String, Object> row :
        Tables.rows(
            stored,
            "SELECT DISTINCT first_index, next_index, unnest(json_keys(rows_by_table)) AS name"
                + " FROM duckspool_seals")) {
      Range range =
          new Range(
              ((Number) row.get("first_index")).longValue(),
              ((Number) row.get("next_index")).longValue());
      tables.computeIfAbsent(range, key -> new TreeSet<>()).add(String.valueOf(row.get("name")));
    }
    return tables;
  }

  private static String spoolId(Connection stored) throws SQLException {
    List<Map<String, Object>> ledgers =
        Tables.rows(stored, "SELECT spool_id FROM duckspool_ledger");
    assertEquals(1, ledgers.size(), "ledgers");
    return String.valueOf(ledgers.get(0).get("spool_id"));
  }

  /** Below the root. */
  private static List<String> files(Connection stored, String root) throws SQLException {
    return Tables.rows(stored, "SELECT file FROM glob('" + root + "/**')").stream()
        .map(row -> String.valueOf(row.get("file")).substring(root.length() + 1))
        .collect(Collectors.toList());
  }

  private static void assertNoIntentIsLeft(Connection stored, String root) throws SQLException {
    for (String file : files(stored, root)) {
      if (INTENT.matcher(file).matches()) {
        assertEquals(
            0,
            Tables.number(stored, "SELECT size FROM read_blob('" + root + "/" + file + "')"),
            file);
      }
    }
  }
}
