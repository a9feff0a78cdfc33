package io.duckspool.common.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes, written as {@code 64MiB}, {@code 1GiB} or a plain number of bytes.
 *
 * @param bytes at least 0
 */
public record DataSize(long bytes) implements Comparable<DataSize> {
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,40})\\s*([A-Za-z]*)");
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  /** Checks that the size is not negative. */
  public DataSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes must be >= 0, got " + bytes);
    }
  }

  /** A size in bytes. */
  public static DataSize ofBytes(long bytes) {
    return new DataSize(bytes);
  }

  /** A size in KiB (1,024 bytes). */
  public static DataSize ofKibibytes(long kibibytes) {
    return new DataSize(Math.multiplyExact(kibibytes, 1L << 10));
  }

  /** A size in MiB (1,024 KiB). */
  public static DataSize ofMebibytes(long mebibytes) {
    return new DataSize(Math.multiplyExact(mebibytes, 1L << 20));
  }

  /** A size in GiB (1,024 MiB). */
  public static DataSize ofGibibytes(long gibibytes) {
    return new DataSize(Math.multiplyExact(gibibytes, 1L << 30));
  }

  /**
   * Reads {@code 64MiB}, {@code 1GiB}, {@code 512KiB}, {@code 1TiB}, {@code 100B} or {@code 100}.
   * Decimal units ({@code MB}) are refused: they are read in two ways.
   *
   * @throws IllegalArgumentException with the accepted forms when the text is something else
   */
  public static DataSize parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (matcher.matches()) {
      int unit = unitOf(matcher.group(2));
      if (unit >= 0) {
        try {
          return new DataSize(
              Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << (10 * unit)));
        } catch (ArithmeticException | NumberFormatException e) {
          throw new IllegalArgumentException("a size up to 2^63-1 bytes, got \"" + text + "\"", e);
        }
      }
    }
    throw new IllegalArgumentException(
        "a size such as 64MiB, 1GiB or a number of bytes, got \"" + text + "\"");
  }

  private static int unitOf(String text) {
    if (text.isEmpty()) {
      return 0;
    }
    for (int i = 0; i < UNITS.length; i++) {
      if (UNITS[i].equalsIgnoreCase(text)) {
        return i;
      }
    }
    return -1;
  }

  /** This size divided by a positive number, rounded down. */
  public DataSize dividedBy(int divisor) {
    return new DataSize(bytes / divisor);
  }

  /** The larger of the two. */
  public DataSize max(DataSize other) {
    return compareTo(other) >= 0 ? this : other;
  }

  @Override
  public int compareTo(DataSize other) {
    return Long.compare(bytes, other.bytes);
  }

  /** The shortest exact text that {@link #parse} reads back, such as {@code 64MiB}. */
  @Override
  public String toString() {
    int unit = 0;
    long value = bytes;
    while (unit < UNITS.length - 1 && value != 0 && value % 1024 == 0) {
      value /= 1024;
      unit++;
    }
    return unit == 0
        ? Long.toString(bytes)
        : String.format(Locale.ROOT, "%d%s", value, UNITS[unit]);
  }
}
