package io.duckspool.common.config;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Which environment variables are ours, and which of those aren't keys. */
public final class EnvironmentVariables {
  /** What the names of ours begin with. */
  public static final String PREFIX = "DUCKSPOOL_";

  /** Read by the launcher and by tests, before or beside the configuration. */
  public static final Map<String, String> NOT_KEYS =
      Map.of(
          "DUCKSPOOL_HOME", "set by the launcher: the folder of the distribution",
          "DUCKSPOOL_LAUNCHER", "set by the launcher: its own path, for starting more processes",
          "DUCKSPOOL_JAVA_OPTS", "more flags for every JVM that the launcher starts",
          "DUCKSPOOL_RECEIVER_HEAP", "the receiver's largest heap, as -Xmx takes it; 512m",
          "DUCKSPOOL_WRITER_HEAP", "the writer's largest heap, as -Xmx takes it; 1g",
          "DUCKSPOOL_CRASH_AT", "for tests: halts the process at a named point");

  /**
   * Kubernetes gives every pod such variables for each service of the namespace; a service called
   * {@code duckspool} must not keep the process from starting.
   */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          PREFIX
              + "([A-Z0-9_]+_)?"
              + "(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)");

  private static final Set<String> IGNORED = NOT_KEYS.keySet();

  private EnvironmentVariables() {}

  /** True when the name begins like ours, and isn't one of the others. */
  static boolean shouldBeKey(String variable) {
    return variable.startsWith(PREFIX)
        && !IGNORED.contains(variable)
        && !SERVICE_LINK.matcher(variable).matches();
  }

  /** The key that a variable sets; empty when there is none. */
  static Optional<String> keyOf(String variable) {
    return ConfigKeys.all().stream().flatMap(key -> key.keyOf(variable).stream()).findFirst();
  }
}
