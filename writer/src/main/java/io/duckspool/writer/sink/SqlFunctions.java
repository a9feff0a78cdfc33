package io.duckspool.writer.sink;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The functions that a read-only statement may use, from {@code sql-functions.txt}. An allow list:
 * a function that a later DuckDB brings is refused until somebody has looked at it. Immutable.
 */
final class SqlFunctions {

  /** Largest number that a bounded function may be given: values of that size do no harm. */
  static final int MAX_SIZE_ARGUMENT = 10_000;

  private static final String FILE = "sql-functions.txt";

  /** Widths and precisions in a format: digits, and what takes them from another argument. */
  private static final int MAX_FORMAT_DIGITS = 3;

  private final Map<String, Set<String>> sections;

  private SqlFunctions(Map<String, Set<String>> sections) {
    this.sections = sections;
  }

  static SqlFunctions load() {
    try (InputStream in = SqlFunctions.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is missing");
      }
      return new SqlFunctions(parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(FILE + " can't be read", e);
    }
  }

  private static Map<String, Set<String>> parse(String text) {
    Map<String, Set<String>> sections = new HashMap<>();
    Set<String> section = new HashSet<>();
    for (String line : text.lines().toList()) {
      if (line.startsWith("[")) {
        section = new HashSet<>();
        sections.put(line.strip(), section);
      } else if (!line.startsWith("#") && !line.isBlank()) {
        section.addAll(Set.of(line.strip().split(" +")));
      }
    }
    return sections;
  }

  /** All names, for tests. */
  Set<String> names() {
    Set<String> names = new HashSet<>();
    sections.values().forEach(names::addAll);
    return names;
  }

  /** Why a function in FROM isn't accepted; empty when it is. */
  Optional<String> refuseInFrom(String name) {
    return section("[table]").contains(key(name)) ? Optional.empty() : refused(name);
  }

  /**
   * Why a function in an expression isn't accepted; empty when it is.
   *
   * @param arguments as DuckDB's parse tree has them
   */
  Optional<String> refuse(String name, JsonNode arguments) {
    String key = key(name);
    if (section("[scalar]").contains(key)) {
      return Optional.empty();
    }
    if (!section("[bounded]").contains(key)) {
      return refused(name);
    }
    return switch (key) {
      case "range", "generate_series" -> refuseSeries(name, arguments);
      case "format", "printf" -> refuseFormat(name, arguments);
      case "equi_width_bins", "reservoir_quantile" -> refuseSize(name, arguments, 2, "third");
      default -> refuseSize(name, arguments, 1, "second");
    };
  }

  private static Optional<String> refuseSeries(String name, JsonNode arguments) {
    for (JsonNode argument : arguments) {
      if (!isSmall(argument)) {
        return Optional.of(
            "the function "
                + name
                + " is accepted outside of FROM only with integer constants up to "
                + MAX_SIZE_ARGUMENT
                + "; write FROM "
                + name
                + "(...)");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> refuseSize(
      String name, JsonNode arguments, int index, String position) {
    return !arguments.has(index) || isSmall(arguments.path(index))
        ? Optional.empty()
        : Optional.of(
            "the function "
                + name
                + " is accepted only with an integer constant up to "
                + MAX_SIZE_ARGUMENT
                + " as "
                + position
                + " argument");
  }

  private static Optional<String> refuseFormat(String name, JsonNode arguments) {
    JsonNode value = arguments.path(0).path("value").path("value");
    return value.isTextual() && isSmallFormat(value.textValue())
        ? Optional.empty()
        : Optional.of(
            "the function "
                + name
                + " is accepted only with a constant format whose widths have at most "
                + MAX_FORMAT_DIGITS
                + " digits");
  }

  private static boolean isSmall(JsonNode argument) {
    JsonNode value = argument.path("value").path("value");
    return argument.path("class").asText().equals("CONSTANT")
        && value.isIntegralNumber()
        && value.canConvertToInt()
        && Math.abs((long) value.intValue()) <= MAX_SIZE_ARGUMENT;
  }

  private static boolean isSmallFormat(String format) {
    int digits = 0;
    boolean isInBraces = false;
    for (char c : format.toCharArray()) {
      digits = Character.isDigit(c) ? digits + 1 : 0;
      if (digits > MAX_FORMAT_DIGITS || c == '*' || (isInBraces && c == '{')) {
        return false;
      }
      isInBraces = c == '{' || (isInBraces && c != '}');
    }
    return true;
  }

  private static Optional<String> refused(String name) {
    return Optional.of(
        "the function " + name + " is not among those that read-only statements may use");
  }

  private Set<String> section(String name) {
    return sections.getOrDefault(name, Set.of());
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
