package io.duckspool.common.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How the text of a key becomes a value. A parser throws {@link IllegalArgumentException} whose
 * message says what was expected, with the bound, and what was found.
 *
 * @param text what a manual says: {@code size}, {@code time}, {@code integer} ...
 * @param bounds what a manual says of the bounds; empty where there are none
 * @param parser from the text to the value
 * @param formatter from the value to a text that the parser reads back; a mask for a secret
 */
record ValueType<T>(
    String text, String bounds, Function<String, T> parser, Function<T, String> formatter) {

  /** Stands for a secret wherever a value is shown. */
  static final String MASK = "***";

  private static final Pattern WHOLE_NUMBER = Pattern.compile("-?[0-9]+");

  private ValueType(String text, String bounds, Function<String, T> parser) {
    this(text, bounds, parser, String::valueOf);
  }

  static ValueType<String> string() {
    return new ValueType<>("string", "not empty", ValueType::notEmpty);
  }

  /** A string that may be given empty, which means the same as not given. */
  static ValueType<String> optionalString() {
    return new ValueType<>("string", "", text -> text);
  }

  /** A string that no message and no log repeats. */
  static ValueType<Secret> secret(int minCharacters) {
    return new ValueType<>(
        "secret",
        minCharacters > 1 ? "at least " + minCharacters + " characters" : "",
        text -> {
          if (text.length() < minCharacters) {
            throw new IllegalArgumentException(
                "at least " + minCharacters + " characters, got " + text.length());
          }
          return new Secret(text);
        },
        secret -> MASK);
  }

  /** Statements that may hold secrets: they are not shown. */
  static ValueType<String> statements() {
    return new ValueType<>("string", "not empty", ValueType::notEmpty, statements -> MASK);
  }

  static ValueType<String> path() {
    return new ValueType<>("path", "not empty", ValueType::notEmpty);
  }

  /** A root of Parquet files, in its one spelling. */
  static ValueType<String> parquetRoot() {
    return new ValueType<>("string", "folder or s3://", text -> ParquetRoot.parse(text).location());
  }

  static ValueType<HostPort> hostPort() {
    return new ValueType<>("host:port", "port 1 to 65535", HostPort::parse);
  }

  static ValueType<Boolean> bool() {
    return new ValueType<>(
        "boolean",
        "true or false",
        text ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException("true or false, got " + quoted(text));
            });
  }

  static ValueType<Integer> integer(int min, int max) {
    String bounds = max == Integer.MAX_VALUE ? ">= " + min : min + " to " + max;
    return new ValueType<>(
        "integer",
        bounds,
        text -> {
          long value = parseLong(text, bounds);
          if (value < min || value > max) {
            throw new IllegalArgumentException("must be " + bounds + ", got " + value);
          }
          return (int) value;
        });
  }

  /** A whole number of milliseconds. */
  static ValueType<Duration> millis(long min, long max) {
    String bounds = min + " to " + max;
    return new ValueType<>(
        "integer (ms)",
        bounds,
        text -> {
          long value = parseLong(text, bounds);
          if (value < min || value > max) {
            throw new IllegalArgumentException("must be " + bounds + ", got " + value);
          }
          return Duration.ofMillis(value);
        },
        value -> Long.toString(value.toMillis()));
  }

  static ValueType<Duration> duration(Duration min, Duration max) {
    String bounds = DurationText.format(min) + " to " + DurationText.format(max);
    return new ValueType<>(
        "time",
        bounds,
        text -> {
          Duration value = DurationText.parse(text);
          if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(
                "must be " + bounds + ", got " + DurationText.format(value));
          }
          return value;
        },
        DurationText::format);
  }

  static ValueType<DataSize> size(DataSize min, DataSize max) {
    String bounds = max.bytes() == Long.MAX_VALUE ? ">= " + min : min + " to " + max;
    return new ValueType<>(
        "size",
        bounds,
        text -> {
          if (text.startsWith("-") && WHOLE_NUMBER.matcher(text).matches()) {
            throw new IllegalArgumentException("must be " + bounds + ", got " + text);
          }
          DataSize value = DataSize.parse(text);
          if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException("must be " + bounds + ", got " + value);
          }
          return value;
        });
  }

  /** One of a closed set, written in lower case. */
  static <E extends Enum<E>> ValueType<E> choice(Class<E> type) {
    String names =
        Arrays.stream(type.getEnumConstants())
            .map(ValueType::nameOf)
            .collect(Collectors.joining(", "));
    return new ValueType<>(
        "choice",
        names,
        text -> {
          for (E constant : type.getEnumConstants()) {
            if (nameOf(constant).equals(text.toLowerCase(Locale.ROOT))) {
              return constant;
            }
          }
          throw new IllegalArgumentException("one of " + names + ", got " + quoted(text));
        },
        ValueType::nameOf);
  }

  /** Comma-separated attribute keys; blanks around them are cut. */
  static ValueType<List<String>> commaSeparated() {
    return new ValueType<>(
        "string",
        "comma-separated",
        text -> {
          List<String> keys = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
          if (keys.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException(
                "comma-separated keys, none of them empty, got " + quoted(text));
          }
          return keys.stream().distinct().toList();
        },
        keys -> String.join(",", keys));
  }

  /**
   * The value of a text.
   *
   * @throws IllegalArgumentException says what was expected and what was found
   */
  T parse(String value) {
    return parser.apply(value);
  }

  private static String notEmpty(String value) {
    if (value.isBlank()) {
      throw new IllegalArgumentException("must not be empty");
    }
    return value;
  }

  /** The text of a value, as a person may see it. */
  String format(T value) {
    return formatter.apply(value);
  }

  /** How an enum constant is written in the configuration. */
  static String nameOf(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static long parseLong(String text, String bounds) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      if (WHOLE_NUMBER.matcher(text.strip()).matches()) {
        throw new IllegalArgumentException("must be " + bounds + ", got " + text.strip(), e);
      }
      throw new IllegalArgumentException("a whole number, got " + quoted(text), e);
    }
  }

  private static String quoted(String text) {
    return "\"" + text + "\"";
  }
}
