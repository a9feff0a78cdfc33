package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.logging.Logging;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the configuration is: the options that all commands have. */
final class CommonOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration; default: ./duckspool.yaml, if it is there.")
  private @Nullable Path config;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The data folder; wins over the configuration.")
  private @Nullable String data;

  /** The sources of the configuration, flags included. */
  ConfigLoader loader(Role role) {
    ConfigLoader loader = new ConfigLoader(role).defaultFile().environment(System.getenv());
    if (config != null) {
      loader.file(config);
    }
    if (data != null) {
      loader.flag("data", data, "--data");
    }
    return loader;
  }

  /** The configuration for a command that ends; its log is set up, too. */
  DuckspoolConfig load() throws ConfigException {
    DuckspoolConfig loaded = loader(Role.TOOL).load();
    Logging.start(loaded.log());
    return loaded;
  }

  /** The same options for another process, with absolute paths. */
  List<String> asArguments() {
    List<String> arguments = new ArrayList<>();
    if (config != null) {
      arguments.addAll(List.of("--config", config.toAbsolutePath().toString()));
    }
    if (data != null) {
      arguments.addAll(List.of("--data", Path.of(data).toAbsolutePath().toString()));
    }
    return arguments;
  }
}
