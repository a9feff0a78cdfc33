package io.duckspool.deploy.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What the processes of a {@link Rig} are told: the configuration file, and variables. */
final class RigSettings {
  private final TreeMap<String, String> settings = new TreeMap<>();
  private final TreeMap<String, String> serverSettings = new TreeMap<>();
  private final Map<String, String> receiverEnvironment = new HashMap<>();
  private final Map<String, String> writerEnvironment = new HashMap<>();

  void set(String key, String value) {
    settings.put(key, value);
  }

  Optional<String> find(String key) {
    return Optional.ofNullable(settings.get(key));
  }

  /** A parameter of the one server. */
  void server(String key, String value) {
    serverSettings.put(key, value);
  }

  /** Leaves a parameter of the one server at its default. */
  void leaveOut(String key) {
    serverSettings.remove(key);
  }

  void removeServer() {
    serverSettings.clear();
  }

  Map<String, String> receiverEnvironment() {
    return receiverEnvironment;
  }

  Map<String, String> writerEnvironment() {
    return writerEnvironment;
  }

  /** Sets a variable; an empty value removes it. */
  static void put(Map<String, String> environment, String name, String value) {
    if (value.isEmpty()) {
      environment.remove(name);
    } else {
      environment.put(name, value);
    }
  }

  /** The configuration file, written anew. */
  Path write(Path folder) {
    try {
      Path config = folder.resolve("duckspool.yaml");
      Files.writeString(config, yaml());
      return config;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String yaml() {
    StringBuilder yaml = new StringBuilder();
    String section = "";
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      int dot = setting.getKey().indexOf('.');
      String key = setting.getKey().substring(dot + 1);
      if (dot < 0) {
        yaml.append(key).append(": ").append(quoted(setting.getValue())).append('\n');
        continue;
      }
      if (!setting.getKey().substring(0, dot).equals(section)) {
        section = setting.getKey().substring(0, dot);
        yaml.append(section).append(":\n");
      }
      yaml.append("  ").append(key).append(": ").append(quoted(setting.getValue())).append('\n');
    }
    if (!serverSettings.isEmpty()) {
      yaml.append("servers:\n");
    }
    String indent = "  - ";
    for (Map.Entry<String, String> setting : serverSettings.entrySet()) {
      yaml.append(indent)
          .append(setting.getKey())
          .append(": ")
          .append(quoted(setting.getValue()))
          .append('\n');
      indent = "    ";
    }
    return yaml.toString();
  }

  private static String quoted(String value) {
    return value.matches("[0-9]+|true|false") ? value : "\"" + value + "\"";
  }
}
