package io.duckspool.deploy.up;

import io.duckspool.common.admin.ListenUri;
import java.io.PrintStream;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a new user copies to send a first log, to point an SDK here, and to query. */
final class Hints {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  private final PrintStream err;

  Hints(PrintStream err) {
    this.err = err;
  }

  /**
   * @param tokenFile empty: the server asks for no token
   * @param arguments of this start, for the query's
   */
  void print(ListenUri uri, String tokenFile, List<String> arguments) {
    String url = uri.listenUrl();
    String token = tokenFile.isEmpty() ? "" : "$(cat " + quoted(tokenFile) + ")";
    err.println();
    err.println("Send a log record:");
    err.println(
        "  curl -i "
            + url
            + "/v1/logs -H 'Content-Type: application/json' "
            + (token.isEmpty() ? "" : "-H \"Authorization: Bearer " + token + "\" ")
            + "-d '{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"hello\"}}]}]}]}'");
    err.println("Point an OpenTelemetry SDK here:");
    err.println("  export OTEL_EXPORTER_OTLP_ENDPOINT=" + url);
    err.println("  export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
    if (!token.isEmpty()) {
      err.println("  export OTEL_EXPORTER_OTLP_HEADERS=\"x-api-key=" + token + "\"");
    }
    err.println("Query, a few seconds later:");
    err.println(
        "  "
            + quoted(System.getenv().getOrDefault("DUCKSPOOL_LAUNCHER", "duckspool"))
            + " sql "
            + (arguments.isEmpty()
                ? ""
                : arguments.stream().map(Hints::quoted).collect(Collectors.joining(" ")) + " ")
            + "\"SELECT time_unix_nano, service_name, body FROM otlp_logs ORDER BY 1 DESC LIMIT 10\"");
    err.println();
  }

  /** As one word of a shell; plain words stay as they are. */
  static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
