package io.duckspool.deploy.load;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * How the records of a run are marked: {@code load-<run>-<12 digits>}. The digits are the record's
 * sequence number, with zeros in front, so that texts compare as numbers do. Immutable.
 *
 * @param run tells this run's records from those of all others: 1 to 32 of a-z and 0-9
 */
public record Stamp(String run) {
  /** The attribute that carries the stamp of a span or data point. */
  public static final String ATTRIBUTE = "duckspool.load";

  /** Digits of a sequence number. */
  public static final int DIGITS = 12;

  /** The largest sequence number that fits. */
  public static final long MAX_SEQUENCE = 999_999_999_999L;

  private static final Pattern RUN = Pattern.compile("[a-z0-9]{1,32}");
  private static final int RANDOM_BYTES = 6;

  public Stamp {
    if (!RUN.matcher(run).matches()) {
      throw new IllegalArgumentException("run must be 1 to 32 of a-z and 0-9, got \"" + run + "\"");
    }
  }

  /** A run that no other has: 48 random bits. */
  public static Stamp random(Random random) {
    byte[] bytes = new byte[RANDOM_BYTES];
    random.nextBytes(bytes);
    return new Stamp(HexFormat.of().formatHex(bytes));
  }

  /** What stands in front of the digits. */
  public String prefix() {
    return "load-" + run + "-";
  }

  /** The whole stamp of a record. */
  public String text(long sequence) {
    char[] digits = new char[DIGITS];
    Arrays.fill(digits, '0');
    String number = Long.toString(sequence);
    if (sequence < 0 || sequence > MAX_SEQUENCE) {
      throw new IllegalArgumentException(
          "sequence must be in [0, " + MAX_SEQUENCE + "], got " + sequence);
    }
    number.getChars(0, number.length(), digits, DIGITS - number.length());
    return prefix() + new String(digits);
  }

  /** Writes a sequence number over the {@link #DIGITS} bytes from {@code offset} on. */
  static void write(long sequence, byte[] bytes, int offset) {
    long rest = sequence;
    for (int i = offset + DIGITS - 1; i >= offset; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }
}
