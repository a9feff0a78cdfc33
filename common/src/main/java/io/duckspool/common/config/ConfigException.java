package io.duckspool.common.config;

import java.util.List;
import java.util.stream.Collectors;

/** The configuration is wrong; carries every problem found. A process ends with exit code 2. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<ConfigProblem> problems;

  /** One or more problems. */
  public ConfigException(List<ConfigProblem> problems) {
    super(
        problems.stream()
            .map(ConfigProblem::toString)
            .collect(
                Collectors.joining(
                    "\n  ",
                    problems.size() == 1
                        ? "the configuration has a problem:\n  "
                        : "the configuration has " + problems.size() + " problems:\n  ",
                    "")));
    this.problems = List.copyOf(problems);
  }

  /** All that was found, in the order of the keys. */
  public List<ConfigProblem> problems() {
    return problems;
  }
}
