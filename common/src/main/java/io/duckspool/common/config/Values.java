package io.duckspool.common.config;

import io.duckspool.common.admin.AdminApi;
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
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The layered values, typed. A value that can't be read is added to the problems and counts as not
 * given, so that everything that is wrong is found in one go. What every key was found to be, or
 * fell back to, is noted with its origin.
 */
final class Values {
  private static final String DEFAULT = "default";

  /** What a layer calls a variable, and what {@link AdminApi.ConfigValue} does. */
  private static final String VARIABLE = "environment variable ";

  /** Free names whose values are not shown. */
  private static final Pattern SECRET_NAME =
      Pattern.compile("key|secret|token|password|credential", Pattern.CASE_INSENSITIVE);

  private final SmallRyeConfig config;
  private final List<ConfigProblem> problems;
  private final TreeSet<String> names;
  private final Map<String, AdminApi.ConfigValue> effective = new TreeMap<>();

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

  /** A text and where it stands. */
  private record Given(String text, String origin) {}

  /** The value, if one is given and is right. */
  <T> Optional<T> find(ConfigKey<T> key, Object... at) {
    String name = key.at(at);
    note(name, null, DEFAULT);
    Optional<Given> given = key.mayComeFromFile() ? textOrFile(name) : text(name);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    try {
      T value = key.type().parse(given.get().text());
      note(name, key.type().format(value), given.get().origin());
      return Optional.of(value);
    } catch (IllegalArgumentException e) {
      problem(name, e.getMessage() == null ? e.toString() : e.getMessage());
      return Optional.empty();
    }
  }

  /** The value, or the fallback. */
  <T> T get(ConfigKey<T> key, T fallback, Object... at) {
    Optional<T> value = find(key, at);
    if (value.isEmpty()) {
      note(key.at(at), key.type().format(fallback), DEFAULT);
    }
    return value.orElse(fallback);
  }

  /** A path made absolute, or the fallback. */
  Path path(ConfigKey<String> key, Path fallback, Object... at) {
    Optional<String> text = find(key, at);
    try {
      Path path = text.isEmpty() ? fallback : Path.of(text.get()).toAbsolutePath().normalize();
      conclude(key, path.toString(), at);
      return path;
    } catch (InvalidPathException e) {
      problem(key.at(at), "a path, got \"" + text.orElse("") + "\"");
      return fallback;
    }
  }

  /** Notes what a key came to, where that is more than its text; its origin stays. */
  void conclude(ConfigKey<?> key, String value, Object... at) {
    AdminApi.ConfigValue before = effective.get(key.at(at));
    note(key.at(at), value, before == null ? DEFAULT : before.origin());
  }

  /** Says that this process can't know what a key that isn't given comes to. */
  void leaveOutDefault(ConfigKey<?> key) {
    if (!isGiven(key)) {
      effective.remove(key.name());
    }
  }

  private void note(String name, @Nullable String value, String origin) {
    effective.put(name, new AdminApi.ConfigValue(name, value, origin));
  }

  /** Every key that was asked for, sorted; secrets are masked. */
  List<AdminApi.ConfigValue> effective() {
    return List.copyOf(effective.values());
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
            name ->
                text(name)
                    .ifPresent(
                        given -> {
                          boolean isSecret = SECRET_NAME.matcher(name).find();
                          note(name, isSecret ? ValueType.MASK : given.text(), given.origin());
                          found.put(name.substring(prefix.length()), given.text());
                        }));
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
      return DEFAULT;
    }
    return value.getLineNumber() > 0
        ? value.getConfigSourceName() + ":" + value.getLineNumber()
        : value.getConfigSourceName();
  }

  /** As {@link AdminApi.ConfigValue} has it. */
  private static String shownOrigin(ConfigValue value) {
    String origin = origin(value);
    if (value.getLineNumber() > 0) {
      return "file " + origin;
    }
    return origin.startsWith(VARIABLE)
        ? "environment " + origin.substring(VARIABLE.length())
        : origin;
  }

  private Optional<Given> text(String name) {
    if (!names.contains(name)) {
      return Optional.empty();
    }
    ConfigValue value = config.getConfigValue(name);
    return Optional.ofNullable(value.getValue()).map(text -> new Given(text, shownOrigin(value)));
  }

  /** The value itself or what its file holds; the higher layer wins, both in one is a problem. */
  private Optional<Given> textOrFile(String name) {
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
    note(fileName, file.getValue(), shownOrigin(file));
    return readFile(fileName, file.getValue()).map(text -> new Given(text, shownOrigin(file)));
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
