package io.duckspool.deploy.scorecard;

import io.duckspool.deploy.harness.Distribution;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests of a {@link FaultRow} their {@link Trials}, and appends a line for each row to the
 * results once all tests are over. Settings, as parameters of JUnit or properties of the JVM:
 *
 * <pre>
 * duckspool.tries       tries of one run; default: the row's quick ones
 * duckspool.full        whether each try may take its time; default: false
 * duckspool.seed        repeats the choices of a run; default: another each time
 * duckspool.scorecard   the file of results; default: target/scorecard/quick.jsonl
 * </pre>
 */
public final class TrialsExtension
    implements ParameterResolver, BeforeTestExecutionCallback, AfterTestExecutionCallback {
  static final String TRIES = "duckspool.tries";
  static final String FULL = "duckspool.full";
  static final String SEED = "duckspool.seed";
  static final String RESULTS = "duckspool.scorecard";

  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(TrialsExtension.class);

  /** All rows of one run; JUnit closes it at the end. */
  private static final class Tallies implements AutoCloseable {
    private final Map<String, Tally> all = new ConcurrentHashMap<>();
    private final Results results;

    Tallies(Results results) {
      this.results = results;
    }

    @Override
    public void close() {
      Origin origin = Origin.now();
      all.values().stream()
          .map(tally -> tally.result(origin))
          .sorted((one, other) -> one.row().compareTo(other.row()))
          .forEach(results::append);
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Trials.class;
  }

  @Override
  public Trials resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Method method = context.getRequiredTestMethod();
    FaultRow row = method.getAnnotation(FaultRow.class);
    int tries =
        context.getConfigurationParameter(TRIES).map(Integer::valueOf).orElseGet(row::quick);
    long seed = seed(context);
    // What runs beside it in one row has choices of its own, the same again with the same seed.
    long own = seed ^ ((long) context.getUniqueId().hashCode() << 16);
    System.out.printf(
        "row %s: %s, -D%s=%d -D%s=%d%n",
        row.name(), context.getDisplayName(), TRIES, tries, SEED, seed);
    boolean isFull = context.getConfigurationParameter(FULL).map(Boolean::valueOf).orElse(false);
    return new Trials(Math.min(tries, row.perRun()), isFull, own, tally(context, row, seed));
  }

  @Override
  public void beforeTestExecution(ExtensionContext context) {
    context.getStore(NAMESPACE).put("began", System.nanoTime());
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    FaultRow row = context.getRequiredTestMethod().getAnnotation(FaultRow.class);
    Tally tally = tally(context, row, seed(context));
    tally.ran(System.nanoTime() - context.getStore(NAMESPACE).get("began", Long.class));
    context.getExecutionException().ifPresent(tally::failed);
  }

  private static Tally tally(ExtensionContext context, FaultRow row, long seed) {
    Tallies tallies =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .computeIfAbsent(
                "tallies", key -> new Tallies(new Results(results(context))), Tallies.class);
    return tallies.all.computeIfAbsent(row.name(), name -> new Tally(name, seed));
  }

  /** One for the whole run. */
  private static long seed(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent(
            SEED,
            key ->
                context
                    .getConfigurationParameter(SEED)
                    .map(Long::valueOf)
                    .orElseGet(() -> System.nanoTime() & 0xFFFF_FFFFL),
            Long.class);
  }

  private static Path results(ExtensionContext context) {
    return context
        .getConfigurationParameter(RESULTS)
        .map(Path::of)
        .orElseGet(() -> Distribution.module().resolve("target/scorecard/quick.jsonl"));
  }
}
