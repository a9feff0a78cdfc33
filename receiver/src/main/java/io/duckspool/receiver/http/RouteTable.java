package io.duckspool.receiver.http;

import io.duckspool.common.otlp.Signal;
import io.duckspool.receiver.ingest.ExportError;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The paths of a listener and the one method of each. Immutable and thread-safe. */
public final class RouteTable {

  /** Whether the process runs. */
  public static final String HEALTH = "/healthz";

  /** Whether requests reach the target. */
  public static final String READY = "/readyz";

  private final Map<String, String> methods;

  private RouteTable(Map<String, String> methods) {
    this.methods = methods;
  }

  /**
   * A table of these paths, and the two of health.
   *
   * @param methods the one method by path
   */
  public static RouteTable of(Map<String, String> methods) {
    Map<String, String> all = new HashMap<>(methods);
    all.put(HEALTH, "GET");
    all.put(READY, "GET");
    return new RouteTable(Map.copyOf(all));
  }

  /** The paths of an OTLP listener. */
  static RouteTable ofIngest() {
    return of(Stream.of(Signal.values()).collect(Collectors.toMap(Signal::path, s -> "POST")));
  }

  /** Passes for a known path with its method. */
  void check(String method, String path) throws ExportError {
    String expected = methods.get(path);
    if (expected == null) {
      throw ExportError.of(ExportError.Kind.NOT_FOUND, "no such path; " + rightPath(path));
    }
    if (!expected.equals(method)) {
      throw ExportError.methodNotAllowed(path + " takes " + expected, expected);
    }
  }

  private String rightPath(String path) {
    String lower = path.toLowerCase(Locale.ROOT);
    List<String> similar =
        methods.keySet().stream()
            .filter(
                known ->
                    lower.contains(known.substring(known.lastIndexOf('/') + 1, known.length() - 1)))
            .sorted()
            .toList();
    return similar.size() == 1
        ? "did you mean " + similar.get(0) + "?"
        : "known paths: " + String.join(", ", new TreeSet<>(methods.keySet()));
  }
}
