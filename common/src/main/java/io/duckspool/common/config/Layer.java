package io.duckspool.common.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.MapBackedConfigValueConfigSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One layer of values by key; of two layers that have a key, the higher ordinal wins. */
final class Layer extends MapBackedConfigValueConfigSource {
  private static final long serialVersionUID = 1L;
  private static final int ENVIRONMENT_ORDINAL = 300;
  private static final int FLAG_ORDINAL = 400;

  Layer(String name, Map<String, ConfigValue> values, int ordinal) {
    super(name, values, ordinal);
  }

  /** The environment. A variable that is set to nothing counts as not set. */
  static Layer environment(Map<String, String> environment, List<ConfigProblem> problems) {
    Map<String, ConfigValue> values = new HashMap<>();
    environment.forEach(
        (variable, text) -> {
          if (!variable.startsWith(EnvironmentVariables.PREFIX) || text.isEmpty()) {
            return;
          }
          String origin = "environment variable " + variable;
          Optional<String> key = EnvironmentVariables.keyOf(variable);
          if (key.isPresent()) {
            values.put(key.get(), value(key.get(), text, origin, ENVIRONMENT_ORDINAL));
          } else if (EnvironmentVariables.shouldBeKey(variable)) {
            problems.add(new ConfigProblem(variable, origin, "no key has this variable"));
          }
        });
    return new Layer("environment", values, ENVIRONMENT_ORDINAL);
  }

  /** The flags of the command line: from the key to the flag's name and value. */
  static Layer flags(Map<String, Flag> flags) {
    Map<String, ConfigValue> values = new HashMap<>();
    flags.forEach(
        (key, flag) ->
            values.put(key, value(key, flag.value(), "flag " + flag.name(), FLAG_ORDINAL)));
    return new Layer("flags", values, FLAG_ORDINAL);
  }

  private static ConfigValue value(String key, String text, String origin, int ordinal) {
    return ConfigValue.builder()
        .withName(key)
        .withValue(text)
        .withRawValue(text)
        .withConfigSourceName(origin)
        .withConfigSourceOrdinal(ordinal)
        .build();
  }

  /** What was given on the command line: the flag, with its dashes, and its value. */
  record Flag(String name, String value) {}
}
