package io.duckspool.common.config;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the configuration: the YAML file, over it the environment, over both the flags; then checks
 * all of it and works out the defaults. Used once, at the start of a process, by one thread.
 *
 * <pre>{@code
 * DuckspoolConfig config = new ConfigLoader(Role.RECEIVER)
 *     .file(path).environment(System.getenv()).flag("data", "./data", "--data").load();
 * }</pre>
 */
public final class ConfigLoader {

  /** Which process reads: some defaults depend on its heap. */
  public enum Role {
    /** The receiver. */
    RECEIVER,
    /** The writer. */
    WRITER,
    /** A command that ends. */
    TOOL
  }

  private final Role role;
  private Machine machine = Machine.current();
  private Optional<Path> file = Optional.empty();
  private Map<String, String> environment = Map.of();
  private final Map<String, String> flags = new LinkedHashMap<>();

  /** Without a file, an environment or flags: the built-in defaults. */
  public ConfigLoader(Role role) {
    this.role = role;
  }

  /** The machine that computed defaults are taken from, instead of this one. */
  public ConfigLoader machine(Machine value) {
    machine = value;
    return this;
  }

  /** The YAML file; it must exist. */
  public ConfigLoader file(Path path) {
    file = Optional.of(path);
    return this;
  }

  /** The environment; only names that begin with {@code DUCKSPOOL_} are looked at. */
  public ConfigLoader environment(Map<String, String> variables) {
    environment = Map.copyOf(variables);
    return this;
  }

  /** A value given on the command line, such as {@code flag("data", "./data", "--data")}. */
  public ConfigLoader flag(String key, String value, String flagName) {
    flags.put(key, value);
    return this;
  }

  /**
   * Reads and checks everything.
   *
   * @throws ConfigException with every problem found
   */
  public DuckspoolConfig load() throws ConfigException {
    throw new UnsupportedOperationException("not yet");
  }
}
