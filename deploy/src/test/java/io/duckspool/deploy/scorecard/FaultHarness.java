package io.duckspool.deploy.scorecard;

import io.duckspool.deploy.harness.Distribution;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Puts real processes through the rows of the scorecard, and writes down what came of it. */
@Command(
    name = "test-faults",
    description = {
      "Puts the receiver and the writer through faults, and holds what clients were told against"
          + " what is stored.",
      "Needs root, for file systems of its own."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:every row holds", "1:one does not", "2:wrong usage"})
public final class FaultHarness implements Callable<Integer> {
  private static final Path DOCS = Distribution.module().resolveSibling("docs");
  private static final Path FULL = DOCS.resolve("scorecard.jsonl");
  private static final Path PAGE = DOCS.resolve("reliability.md");
  private static final Path QUICK = Distribution.module().resolve("target/scorecard/quick.jsonl");

  @ArgGroup(multiplicity = "1")
  private Mode mode = new Mode();

  @Option(
      names = "--row",
      paramLabel = "NAME",
      description = "Only this row; may be given several times.")
  private List<String> chosen = new ArrayList<>();

  @Option(names = "--seed", paramLabel = "N", description = "Repeats the choices of a run.")
  private Long seed;

  @Option(
      names = "--tries",
      paramLabel = "N",
      description = "So many tries of each row, instead of what is missing from its full figure.")
  private Integer tries;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description = "Begins no run after so many minutes; a later call goes on.")
  private long minutes = Long.MAX_VALUE;

  @Spec private CommandLine.Model.CommandSpec spec;

  private final Launcher launcher = LauncherFactory.create();
  private final Map<String, Rows.Row> rows = Rows.find(launcher);
  private final long began = System.nanoTime();

  /** What to do. */
  private static final class Mode {
    @Option(names = "--list", description = "Names the rows, with their quick and full figures.")
    private boolean list;

    @Option(names = "--quick", description = "Each row with few tries; no results are kept.")
    private boolean quick;

    @Option(
        names = "--full",
        description = {
          "Each row to its full figure, or as far as it gets: what runs of the same sources have"
              + " done counts. The row that is farthest behind is next. Appends to"
              + " docs/scorecard.jsonl."
        })
    private boolean full;

    @Option(
        names = "--write",
        description = "Writes the table into docs/reliability.md, from the results.")
    private boolean write;
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new FaultHarness()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    for (String name : chosen) {
      if (!rows.containsKey(name)) {
        throw new ParameterException(spec.commandLine(), "no such row: " + name + " (see --list)");
      }
    }
    if (mode.list) {
      list();
      return 0;
    }
    if (mode.write) {
      write();
      return 0;
    }
    return mode.quick ? quick() : full();
  }

  private void list() {
    out().printf("%-24s %5s %5s  %s%n", "row", "quick", "full", "fault");
    for (Rows.Row row : rows.values()) {
      int quick =
          row.methods().stream().mapToInt(m -> m.getAnnotation(FaultRow.class).quick()).sum();
      out().printf("%-24s %5d %5d  %s%n", row.name(), quick, row.row().full(), row.row().fault());
    }
    out().flush();
  }

  private void write() throws IOException {
    Scorecard scorecard = Scorecard.of(new Results(FULL).read());
    Files.writeString(
        PAGE, Scorecard.replace(Files.readString(PAGE), scorecard.table(annotations(rows))));
  }

  private int quick() throws IOException {
    Files.deleteIfExists(QUICK);
    boolean holds = true;
    for (Rows.Row row : chosenRows()) {
      holds &= run(row, tries, QUICK);
    }
    Scorecard scorecard = Scorecard.of(new Results(QUICK).read());
    out().println();
    out().println(scorecard.table(annotations(rows)));
    out().flush();
    return holds && scorecard.holds() ? 0 : 1;
  }

  private int full() {
    Origin origin = Origin.now();
    if (!origin.isCommitted()) {
      throw new ParameterException(
          spec.commandLine(),
          "the sources differ from commit " + origin.commit() + ": commit them, a result names it");
    }
    Map<Rows.Row, Integer> done = new LinkedHashMap<>();
    chosenRows().forEach(row -> done.put(row, tries != null ? 0 : done(row, origin)));
    boolean holds = true;
    while (isTime()) {
      Optional<Rows.Row> next =
          done.keySet().stream()
              .filter(row -> done.get(row) < goal(row))
              .min(Comparator.comparingDouble(row -> (done.get(row) + 1.0) / goal(row)));
      if (next.isEmpty()) {
        break;
      }
      Rows.Row row = next.get();
      int before = done(row, origin);
      if (run(row, Math.min(goal(row) - done.get(row), row.row().perRun()), FULL)) {
        done.merge(row, Math.max(1, done(row, origin) - before), Integer::sum);
        out().printf("== %s: %d of %d%n", row.name(), done.get(row), goal(row));
      } else {
        out().printf("== %s: FAILED%n", row.name());
        holds = false;
        done.remove(row);
      }
      out().flush();
    }
    return holds ? 0 : 1;
  }

  private int goal(Rows.Row row) {
    return tries != null ? tries : row.row().full();
  }

  private int done(Rows.Row row, Origin origin) {
    return Scorecard.triesDone(new Results(FULL).read(), row.name(), origin.sources());
  }

  private boolean isTime() {
    return Duration.ofNanos(System.nanoTime() - began).toMinutes() < minutes;
  }

  private List<Rows.Row> chosenRows() {
    return rows.values().stream()
        .filter(row -> chosen.isEmpty() || chosen.contains(row.name()))
        .toList();
  }

  /**
   * Runs the tests of a row once.
   *
   * @param count tries of each; null: the row's quick ones
   * @return whether all of them held
   */
  private boolean run(Rows.Row row, Integer count, Path results) {
    long used = seed != null ? seed : RandomGenerator.getDefault().nextInt(Integer.MAX_VALUE);
    LauncherDiscoveryRequestBuilder request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(row.selectors())
            .configurationParameter(TrialsExtension.SEED, String.valueOf(used))
            .configurationParameter(TrialsExtension.RESULTS, results.toString());
    if (count != null) {
      request.configurationParameter(TrialsExtension.TRIES, count.toString());
    }
    request.configurationParameter(TrialsExtension.FULL, String.valueOf(mode.full));
    LauncherDiscoveryRequest tests = request.build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    launcher.execute(tests, listener);
    var summary = listener.getSummary();
    summary.printFailuresTo(out(), 30);
    out().flush();
    if (summary.getTestsSucceededCount() == 0 && summary.getTestsFailedCount() == 0) {
      out().println("row " + row.name() + " ran no test");
    }
    return summary.getTestsFailedCount() == 0
        && summary.getContainersFailedCount() == 0
        && summary.getTestsSucceededCount() > 0
        && summary.getTestsSkippedCount() == 0;
  }

  static Map<String, FaultRow> annotations(Map<String, Rows.Row> rows) {
    Map<String, FaultRow> all = new LinkedHashMap<>();
    rows.forEach((name, row) -> all.put(name, row.row()));
    return all;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
