package io.duckspool.deploy.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Amounts as people read them, rounded down to three figures or so. */
final class AmountText {

  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final long KIBI = 1024;
  private static final long SECOND = 1_000;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;

  private AmountText() {}

  /** {@code 0 B}, {@code 1.5 KiB}, {@code 64.0 MiB}. */
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= KIBI && unit < UNITS.length - 1) {
      value /= KIBI;
      unit++;
    }
    return unit == 0
        ? bytes + " B"
        : String.format(Locale.ROOT, "%.1f %s", Math.floor(value * 10) / 10, UNITS[unit]);
  }

  /**
   * {@code 250 ms}, {@code 3.2 s}, {@code 4m05s}, {@code 2h30m}, {@code 3d04h}.
   *
   * @param millis null: nothing happened yet, {@code -}
   */
  static String age(@Nullable Long millis) {
    if (millis == null) {
      return "-";
    }
    long age = millis;
    if (age < SECOND) {
      return age + " ms";
    }
    if (age < MINUTE) {
      return String.format(Locale.ROOT, "%d.%d s", age / SECOND, age % SECOND / 100);
    }
    if (age < HOUR) {
      return String.format(Locale.ROOT, "%dm%02ds", age / MINUTE, age % MINUTE / SECOND);
    }
    if (age < DAY) {
      return String.format(Locale.ROOT, "%dh%02dm", age / HOUR, age % HOUR / MINUTE);
    }
    return String.format(Locale.ROOT, "%dd%02dh", age / DAY, age % DAY / HOUR);
  }
}
