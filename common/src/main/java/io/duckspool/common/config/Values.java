package io.duckspool.common.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * The layered values, typed. A value that can't be read is added to the problems and counts as not
 * given, so that everything that is wrong is found in one go.
 */
final class Values {
  private final SmallRyeConfig config;
  private final List<ConfigProblem> problems;
  private final TreeSet<String> names;

  Values(SmallRyeConfig config, List<ConfigProblem> problems) {
    this.config = config;
    this.problems = problems;
    this.names =
        StreamSupport.stream(config.getPropertyNames().spliterator(), false)
            .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Reports the keys that nobody knows. */
  void refuseUnknownKeys() {
    for (String name : names) {
      if (ConfigKeys.find(name).isEmpty()) {
        problem(name, KnownKeys.explain(name));
      }
    }
  }

  /** The value, if one is given and is right. */
  <T> Optional<T> find(ConfigKey<T> key, Object... at) {
    String name = key.at(at);
    Optional<String> text = key.mayComeFromFile() ? textOrFile(name) : text(name);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(key.type().parse(text.get()));
    } catch (IllegalArgumentException e) {
      problem(name, e.getMessage() == null ? e.toString() : e.getMessage());
      return Optional.empty();
    }
  }

  /** The value, or the fallback. */
  <T> T get(ConfigKey<T> key, T fallback, Object... at) {
    return find(key, at).orElse(fallback);
  }

  /** A path made absolute, or the fallback. */
  Path path(ConfigKey<String> key, Path fallback, Object... at) {
    Optional<String> text = find(key, at);
    if (text.isEmpty()) {
      return fallback;
    }
    try {
      return Path.of(text.get()).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      problem(key.at(at), "a path, got \"" + text.get() + "\"");
      return fallback;
    }
  }

  /** True when something is given, right or wrong. */
  boolean isGiven(ConfigKey<?> key, Object... at) {
    String name = key.at(at);
    return names.contains(name) || names.contains(name + ConfigKey.FILE_SUFFIX);
  }

  /** The value of a key that has no default; reports it when it isn't given. */
  String require(ConfigKey<String> key, Object... at) {
    if (!isGiven(key, at)) {
      problem(key.at(at), "is required");
    }
    return get(key, "", at);
  }

  /** Values by free name, below a key such as {@code catalogs.*.options.**}. */
  Map<String, String> freeNames(ConfigKey<String> key, Object parent) {
    String prefix = key.at(parent, "");
    Map<String, String> found = new TreeMap<>();
    names.stream()
        .filter(name -> name.startsWith(prefix) && name.length() > prefix.length())
        .forEach(
            name -> text(name).ifPresent(text -> found.put(name.substring(prefix.length()), text)));
    return found;
  }

  /** Reports keys that are known, but not to an entry of this type. */
  <E extends Enum<E>> void refuseKeysOfOtherTypes(
      List<ConfigKey<?>> table, Map<E, List<ConfigKey<?>>> keysByType, E type, Object... at) {
    List<ConfigKey<?>> own = keysByType.getOrDefault(type, List.of());
    for (ConfigKey<?> key : table) {
      boolean ofSomeType = keysByType.values().stream().anyMatch(keys -> keys.contains(key));
      if (ofSomeType && !own.contains(key) && isGiven(key, at)) {
        problem(key.at(at), "is not a key of type " + ValueType.nameOf(type));
      }
    }
  }

  /** Positions or names that stand first in the keys below a prefix, such as {@code servers}. */
  List<String> firstPartsBelow(List<ConfigKey<?>> table) {
    return names.stream()
        .flatMap(name -> table.stream().flatMap(key -> key.firstPartOf(name).stream()))
        .distinct()
        .toList();
  }

  void problem(ConfigKey<?> key, Object[] at, String message) {
    problem(key.at(at), message);
  }

  private void problem(String name, String message) {
    String given = names.contains(name) ? name : name + ConfigKey.FILE_SUFFIX;
    ConfigValue value = config.getConfigValue(names.contains(given) ? given : name);
    problems.add(new ConfigProblem(name, origin(value), message));
  }

  private static String origin(ConfigValue value) {
    if (value.getConfigSourceName() == null) {
      return "default";
    }
    return value.getLineNumber() > 0
        ? value.getConfigSourceName() + ":" + value.getLineNumber()
        : value.getConfigSourceName();
  }

  private Optional<String> text(String name) {
    return names.contains(name)
        ? Optional.ofNullable(config.getConfigValue(name).getValue())
        : Optional.empty();
  }

  /** The value itself or what its file holds; the higher layer wins, both in one is a problem. */
  private Optional<String> textOrFile(String name) {
    String fileName = name + ConfigKey.FILE_SUFFIX;
    if (!names.contains(fileName)) {
      return text(name);
    }
    ConfigValue file = config.getConfigValue(fileName);
    if (names.contains(name)) {
      int ordinal = config.getConfigValue(name).getConfigSourceOrdinal();
      if (ordinal > file.getConfigSourceOrdinal()) {
        return text(name);
      }
      if (ordinal == file.getConfigSourceOrdinal()) {
        problem(name, "given both as it is and as " + fileName);
        return Optional.empty();
      }
    }
    return readFile(fileName, file.getValue());
  }

  private Optional<String> readFile(String name, String file) {
    try {
      String text = Files.readString(Path.of(file), StandardCharsets.UTF_8).strip();
      if (text.isEmpty()) {
        problem(name, "the file " + file + " is empty");
        return Optional.empty();
      }
      return Optional.of(text);
    } catch (IOException | InvalidPathException e) {
      problem(name, "the file " + file + " can't be read: " + e);
      return Optional.empty();
    }
  }
}
