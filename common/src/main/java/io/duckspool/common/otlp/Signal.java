package io.duckspool.common.otlp;

/** The three OTLP signals that have a table. */
public enum Signal {
  LOGS(1, "logs"),
  TRACES(2, "traces"),
  METRICS(3, "metrics");

  private final int code;
  private final String path;

  Signal(int code, String name) {
    this.code = code;
    this.path = "/v1/" + name;
  }

  /** The number of this signal in a spool envelope, 1 to 3; never reused. */
  public int code() {
    return code;
  }

  /** The path of its OTLP/HTTP endpoint: {@code /v1/logs} and so on. */
  public String path() {
    return path;
  }

  /** Reads what {@link #code()} wrote; {@link IllegalArgumentException} for any other number. */
  public static Signal ofCode(int code) {
    return switch (code) {
      case 1 -> LOGS;
      case 2 -> TRACES;
      case 3 -> METRICS;
      default -> throw new IllegalArgumentException("signal code must be in [1, 3], got " + code);
    };
  }
}
