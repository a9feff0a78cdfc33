package io.duckspool.deploy.scorecard;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The table of what was survived. It joins the runs whose sources are those of the newest run, and
 * no others.
 */
final class Scorecard {
  static final String BEGIN = "<!-- scorecard: written by deploy/bin/test-faults --write -->";
  static final String END = "<!-- end of scorecard -->";

  private final List<Result> results;

  private Scorecard(List<Result> results) {
    this.results = results;
  }

  /**
   * @param all oldest first
   */
  static Scorecard of(List<Result> all) {
    if (all.isEmpty()) {
      return new Scorecard(all);
    }
    String sources = all.get(all.size() - 1).sources();
    return new Scorecard(all.stream().filter(one -> one.sources().equals(sources)).toList());
  }

  /** The tries of a row in runs that held. */
  static int triesDone(List<Result> all, String row, String sources) {
    return all.stream()
        .filter(one -> one.row().equals(row) && one.sources().equals(sources) && one.holds())
        .mapToInt(Result::tries)
        .sum();
  }

  /** Whether no run of these found a fault. */
  boolean holds() {
    return results.stream().allMatch(Result::holds);
  }

  /** A Markdown table, a line for each row in the order of its fault. */
  String table(Map<String, FaultRow> rows) {
    Map<String, List<Result>> byRow =
        results.stream()
            .collect(Collectors.groupingBy(Result::row, TreeMap::new, Collectors.toList()));
    StringBuilder table = new StringBuilder();
    table.append("| row | fault | tries | acked | lost | doubled | seeds | date | commit |\n");
    table.append("|---|---|---|---|---|---|---|---|---|\n");
    byRow.forEach(
        (name, runs) -> {
          FaultRow row = rows.get(name);
          if (row != null) {
            table.append(line(row, runs)).append('\n');
          }
        });
    Set<String> missing = new LinkedHashSet<>(rows.keySet());
    missing.removeAll(byRow.keySet());
    if (!missing.isEmpty()) {
      table.append("\nNot run on these sources: ").append(String.join(", ", missing)).append(".\n");
    }
    String notes = notes(byRow);
    return notes.isEmpty() ? table.toString() : table + "\n" + notes;
  }

  private static String line(FaultRow row, List<Result> runs) {
    int tries = runs.stream().mapToInt(Result::tries).sum();
    boolean holds = runs.stream().allMatch(Result::holds);
    return String.format(
        Locale.ROOT,
        "| `%s` | %s%s | %,d%s | %,d | %,d | %,d | %s | %s | %s |",
        row.name(),
        row.fault(),
        holds ? "" : " **does not hold**",
        tries,
        tries < row.full() ? " of " + row.full() : "",
        runs.stream().mapToLong(Result::acked).sum(),
        runs.stream().mapToLong(Result::lost).sum(),
        runs.stream().mapToLong(Result::doubled).sum(),
        joined(runs.stream().map(run -> String.valueOf(run.seed())).toList()),
        runs.get(runs.size() - 1).date().substring(0, "2000-01-01".length()),
        runs.get(runs.size() - 1).commit());
  }

  private static String joined(List<String> seeds) {
    return seeds.size() == 1 ? seeds.get(0) : seeds.get(0) + " and " + (seeds.size() - 1) + " more";
  }

  /** What the runs measured, the last of each kind. */
  private static String notes(Map<String, List<Result>> byRow) {
    List<String> lines = new ArrayList<>();
    byRow.forEach(
        (name, runs) -> {
          Map<String, String> last = new TreeMap<>();
          runs.forEach(run -> last.putAll(run.notes()));
          last.forEach((what, figure) -> lines.add("- `" + name + "`, " + what + ": " + figure));
        });
    return String.join("\n", lines) + (lines.isEmpty() ? "" : "\n");
  }

  /** The page with its table replaced. */
  static String replace(String page, String table) {
    int begin = page.indexOf(BEGIN);
    int end = page.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException("the page has no place for the scorecard");
    }
    return page.substring(0, begin + BEGIN.length()) + "\n" + table + page.substring(end);
  }
}
