package io.duckspool.deploy.scorecard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.Distribution;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.core.LauncherFactory;

final class ScorecardTest {
  @TempDir Path folder;

  private static Result result(String row, int tries, String sources, String failure) {
    return new Result(
        row,
        tries,
        100,
        0,
        0,
        7,
        "2026-01-02T03:04:05Z",
        "0123456789ab",
        sources,
        60,
        failure,
        new TreeMap<>(Map.of("until it is up", "1 s")));
  }

  /** Rows that are never run. */
  static final class Annotated {
    @FaultRow(name = "a", fault = "fault A", full = 10)
    void a() {}

    @FaultRow(name = "b", fault = "fault B", full = 5)
    void b() {}
  }

  private static Map<String, FaultRow> rows() throws NoSuchMethodException {
    Map<String, FaultRow> rows = new TreeMap<>();
    for (String name : List.of("a", "b")) {
      rows.put(name, Annotated.class.getDeclaredMethod(name).getAnnotation(FaultRow.class));
    }
    return rows;
  }

  @Test
  void runsOfTheSameSources_areJoined_andNoOthers() throws Exception {
    Scorecard scorecard =
        Scorecard.of(
            List.of(
                result("a", 50, "old", ""), result("a", 3, "new", ""), result("a", 4, "new", "")));
    assertEquals(
        """
        | row | fault | tries | acked | lost | doubled | seeds | date | commit |
        |---|---|---|---|---|---|---|---|---|
        | `a` | fault A | 7 of 10 | 200 | 0 | 0 | 7 and 1 more | 2026-01-02 | 0123456789ab |

        Not run on these sources: b.

        - `a`, until it is up: 1 s
        """,
        scorecard.table(rows()));
    assertTrue(scorecard.holds());
  }

  @Test
  void aRunThatFailed_isSaid_andItsTriesDontCount() throws Exception {
    List<Result> all = List.of(result("b", 5, "new", "lost: 3"), result("b", 2, "new", ""));
    Scorecard scorecard = Scorecard.of(all);
    assertTrue(scorecard.table(rows()).contains("fault B **does not hold** | 7 |"));
    assertFalse(scorecard.holds());
    assertEquals(2, Scorecard.triesDone(all, "b", "new"));
    assertEquals(0, Scorecard.triesDone(all, "b", "old"));
  }

  @Test
  void results_areReadAsTheyWereWritten() {
    Results results = new Results(folder.resolve("below/results.jsonl"));
    assertEquals(List.of(), results.read());
    results.append(result("a", 1, "s", ""));
    results.append(result("b", 2, "s", "it broke"));
    assertEquals(List.of(result("a", 1, "s", ""), result("b", 2, "s", "it broke")), results.read());
  }

  @Test
  void aPageWithoutAPlaceForTheTable_isRefused() {
    String page = "x\n" + Scorecard.BEGIN + "\nold\n" + Scorecard.END + "\ny\n";
    assertEquals(
        "x\n" + Scorecard.BEGIN + "\nnew\n" + Scorecard.END + "\ny\n",
        Scorecard.replace(page, "new\n"));
    assertThrows(IllegalArgumentException.class, () -> Scorecard.replace("x", "new\n"));
  }

  /** So that nobody edits figures by hand, or forgets to write the page. */
  @Test
  void thePage_hasTheTableOfTheResults() throws Exception {
    Path docs = Distribution.module().resolveSibling("docs");
    String page = Files.readString(docs.resolve("reliability.md"));
    Map<String, FaultRow> rows = FaultHarness.annotations(Rows.find(LauncherFactory.create()));
    assertTrue(rows.size() > 10, () -> "rows: " + rows.keySet());
    Scorecard scorecard = Scorecard.of(new Results(docs.resolve("scorecard.jsonl")).read());
    assertEquals(Scorecard.replace(page, scorecard.table(rows)), page);
  }
}
