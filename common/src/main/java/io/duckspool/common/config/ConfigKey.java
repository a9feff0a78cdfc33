package io.duckspool.common.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One row of the table of keys. Its name has the positions of a list as {@code servers[*].uri}, the
 * names of a map as {@code catalogs.*.type}, and free names as {@code catalogs.*.options.**}.
 * Immutable.
 *
 * @param <T> what its text is parsed to
 */
public final class ConfigKey<T> {
  /** A key with this ending names a file that holds the value. */
  static final String FILE_SUFFIX = "_file";

  private static final String POSITION = "[*]";
  private static final String NAME = "*";
  private static final String FREE_NAME = "**";

  private final String name;
  private final ValueType<T> type;
  private final String defaultText;
  private final String description;
  private final boolean mayComeFromFile;
  private final List<String> parts;
  private final Pattern keyPattern;
  private final Pattern variablePattern;

  ConfigKey(
      String name,
      ValueType<T> type,
      String defaultText,
      String description,
      boolean mayComeFromFile) {
    this.name = name;
    this.type = type;
    this.defaultText = defaultText;
    this.description = description;
    this.mayComeFromFile = mayComeFromFile;
    this.parts = List.of(name.replace(POSITION, "." + POSITION).split("\\."));
    this.keyPattern = keyPattern();
    this.variablePattern = variablePattern();
  }

  private Pattern keyPattern() {
    StringBuilder regex = new StringBuilder();
    for (String part : parts) {
      regex.append(
          switch (part) {
            case POSITION -> "\\[([0-9]{1,4})\\]";
            case NAME -> "\\.([a-z0-9]+)";
            case FREE_NAME -> "\\.(.+)";
            default -> (regex.length() == 0 ? "" : "\\.") + Pattern.quote(part);
          });
    }
    return Pattern.compile(regex + (mayComeFromFile ? "(?:" + FILE_SUFFIX + ")?" : ""));
  }

  private Pattern variablePattern() {
    StringBuilder regex = new StringBuilder(EnvironmentVariables.PREFIX);
    for (String part : parts) {
      regex
          .append(regex.length() == EnvironmentVariables.PREFIX.length() ? "" : "_")
          .append(
              switch (part) {
                case POSITION -> "([0-9]{1,4})";
                case NAME -> "([A-Z0-9]+)";
                case FREE_NAME -> "([A-Z0-9_]+)";
                default -> Pattern.quote(part.toUpperCase(Locale.ROOT));
              });
    }
    String suffix = FILE_SUFFIX.toUpperCase(Locale.ROOT);
    return Pattern.compile(regex + (mayComeFromFile ? "(?<file>" + suffix + ")?" : ""));
  }

  /** The name, with {@code [*]}, {@code *} and {@code **} where positions and names stand. */
  public String name() {
    return name;
  }

  /** What kind of value it takes, for the manual. */
  public String typeText() {
    return type.text();
  }

  /** What values are allowed, for the manual; empty = any. */
  public String boundsText() {
    return type.bounds();
  }

  /** The default as the manual writes it: a value, a rule, or {@code none}. */
  public String defaultText() {
    return defaultText;
  }

  /** What it is for, a sentence. */
  public String description() {
    return description;
  }

  /** True when {@code <key>_file} may name a file that holds the value. */
  public boolean mayComeFromFile() {
    return mayComeFromFile;
  }

  /** The name of its environment variable, with {@code <n>} and {@code <NAME>} in it. */
  public String variableName() {
    List<String> words = new ArrayList<>();
    for (String part : parts) {
      words.add(
          switch (part) {
            case POSITION -> "<n>";
            case NAME -> "<NAME>";
            case FREE_NAME -> "<OPTION>";
            default -> part.toUpperCase(Locale.ROOT);
          });
    }
    return EnvironmentVariables.PREFIX + String.join("_", words);
  }

  ValueType<T> type() {
    return type;
  }

  /** True when the key, positions and names filled in, is this one or its file form. */
  boolean matches(String key) {
    return keyPattern.matcher(key).matches();
  }

  /** The first position or name in a key that {@link #matches}, if this key has any. */
  Optional<String> firstPartOf(String key) {
    Matcher matcher = keyPattern.matcher(key);
    return matcher.matches() && matcher.groupCount() > 0
        ? Optional.of(matcher.group(1))
        : Optional.empty();
  }

  /** The key that an environment variable sets, if it sets this one or its file form. */
  Optional<String> keyOf(String variable) {
    Matcher matcher = variablePattern.matcher(variable);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    List<Object> filled = new ArrayList<>();
    int wildcards = (int) parts.stream().filter(ConfigKey::isWildcard).count();
    for (int group = 1; group <= wildcards; group++) {
      filled.add(matcher.group(group).toLowerCase(Locale.ROOT));
    }
    boolean isFile = mayComeFromFile && matcher.group("file") != null;
    return Optional.of(at(filled.toArray()) + (isFile ? FILE_SUFFIX : ""));
  }

  /** The key with its positions and names filled in, in order. */
  String at(Object... fillings) {
    StringBuilder key = new StringBuilder();
    int next = 0;
    for (String part : parts) {
      if (part.equals(POSITION)) {
        key.append('[').append(fillings[next++]).append(']');
      } else {
        key.append(key.length() == 0 ? "" : ".").append(isWildcard(part) ? fillings[next++] : part);
      }
    }
    return key.toString();
  }

  private static boolean isWildcard(String part) {
    return part.equals(POSITION) || part.equals(NAME) || part.equals(FREE_NAME);
  }

  @Override
  public String toString() {
    return name;
  }
}
