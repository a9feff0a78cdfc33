package io.duckspool.common.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as the configuration writes them: {@code 250ms}, {@code 5s}, {@code 2m}. */
public final class DurationText {
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,18})\\s*(ms|s|m|h|d)");

  private DurationText() {}

  /**
   * Reads a whole number with its unit: {@code ms}, {@code s}, {@code m}, {@code h} or {@code d}.
   *
   * @throws IllegalArgumentException with the accepted forms when the text is something else
   */
  public static Duration parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "a time such as 250ms, 5s, 2m, 1h or 1d, got \"" + text + "\"");
    }
    try {
      long number = Long.parseLong(matcher.group(1));
      Duration duration =
          switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
          };
      // All that follows counts in long nanoseconds: 292 years.
      if (duration.getSeconds() > Long.MAX_VALUE / 1_000_000_000L - 1) {
        throw new IllegalArgumentException("a time up to 292 years, got \"" + text + "\"");
      }
      return duration;
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a time up to 292 years, got \"" + text + "\"", e);
    }
  }

  /** The shortest text that {@link #parse} reads back exactly; parts below 1 ms are cut. */
  public static String format(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1_000 != 0 || millis == 0) {
      return millis + "ms";
    }
    long seconds = millis / 1_000;
    if (seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds % 3_600 == 0) {
      return seconds / 3_600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }
}
