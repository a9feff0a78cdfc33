package io.duckspool.receiver.http;

import io.duckspool.common.otlp.Signal;
import io.duckspool.receiver.ingest.ExportError;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The paths of a listener and the one method of each. */
final class Routes {

  static final String HEALTH = "/healthz";
  static final String READY = "/readyz";

  private static final String PATHS =
      Stream.of(Signal.values()).map(Signal::path).collect(Collectors.joining(", "));

  private final Map<String, String> methods;

  private Routes(Map<String, String> methods) {
    this.methods = methods;
  }

  /** The routes of an OTLP listener. */
  static Routes ofIngest() {
    Map<String, String> methods =
        Stream.of(Signal.values()).collect(Collectors.toMap(Signal::path, signal -> "POST"));
    methods.put(HEALTH, "GET");
    methods.put(READY, "GET");
    return new Routes(Map.copyOf(methods));
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
        : "OTLP is taken by POST on " + PATHS;
  }
}
