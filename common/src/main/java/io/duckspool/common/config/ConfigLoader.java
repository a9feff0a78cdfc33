package io.duckspool.common.config;

import io.duckspool.common.admin.AdminApi;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.spi.ConfigSource;

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

  /**
   * What was read.
   *
   * @param config checked and concluded
   * @param values every key with what it came to and where that stands, sorted; secrets are masked;
   *     what only another process can know is left out
   */
  public record Loaded(DuckspoolConfig config, List<AdminApi.ConfigValue> values) {
    /** Freezes the list. */
    public Loaded {
      values = List.copyOf(values);
    }
  }

  private static final Path DEFAULT_FILE = Path.of("duckspool.yaml");

  private final Role role;
  private Machine machine = Machine.current();
  private Optional<Path> file = Optional.empty();
  private Map<String, String> environment = Map.of();
  private final Map<String, Layer.Flag> flags = new LinkedHashMap<>();

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

  /** {@code ./duckspool.yaml}, if it is there. */
  public ConfigLoader defaultFile() {
    file = Optional.of(DEFAULT_FILE).filter(Files::exists);
    return this;
  }

  /** The environment; only names that begin with {@code DUCKSPOOL_} are looked at. */
  public ConfigLoader environment(Map<String, String> variables) {
    environment = Map.copyOf(variables);
    return this;
  }

  /** A value given on the command line, such as {@code flag("data", "./data", "--data")}. */
  public ConfigLoader flag(String key, String value, String flagName) {
    flags.put(key, new Layer.Flag(flagName, value));
    return this;
  }

  /**
   * Reads and checks everything.
   *
   * @throws ConfigException with every problem found
   */
  public DuckspoolConfig load() throws ConfigException {
    return loadWithOrigins().config();
  }

  /**
   * As {@link #load}, and says where each value stands.
   *
   * @throws ConfigException with every problem found
   */
  public Loaded loadWithOrigins() throws ConfigException {
    List<ConfigProblem> problems = new ArrayList<>();
    List<ConfigSource> layers = new ArrayList<>();
    file.ifPresent(path -> layers.add(YamlLayer.read(path, problems)));
    layers.add(Layer.environment(environment, problems));
    layers.add(Layer.flags(flags));
    SmallRyeConfig layered = new SmallRyeConfigBuilder().withSources(layers).build();
    Values values = new Values(layered, problems);
    DuckspoolConfig config = new Conclusion(values, machine, role).conclude();
    if (!problems.isEmpty()) {
      throw new ConfigException(problems.stream().distinct().toList());
    }
    return new Loaded(config, values.effective());
  }
}
