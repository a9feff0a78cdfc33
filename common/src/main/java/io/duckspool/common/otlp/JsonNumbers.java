package io.duckspool.common.otlp;

import io.duckspool.common.otlp.MessageType.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;

/** Reads numbers as protobuf's JSON mapping has them: {@code 1000}, {@code "1000"}, {@code 1e3}. */
final class JsonNumbers {

  /** Jackson's own limit for a number. */
  private static final int MAX_CHARS = 1_000;

  /** 2^64-1 has as many. */
  private static final int MAX_DIGITS = 20;

  private static final long MAX_UINT32 = 0xFFFF_FFFFL;
  private static final BigInteger MAX_UINT64 =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  /** A text is not a number, or not one of the kind; the message says why. */
  static final class NumberFault extends Exception {

    private static final long serialVersionUID = 1L;

    private final String reason;

    NumberFault(String reason) {
      super(reason, null, false, false);
      this.reason = reason;
    }

    String reason() {
      return reason;
    }
  }

  private JsonNumbers() {}

  /** The bits of the whole number {@code text} as a field of {@code kind} has them. */
  static long integer(String text, Kind kind) throws NumberFault {
    if (!isNumber(text)) {
      throw new NumberFault("not a number");
    }
    BigDecimal number;
    try {
      number = new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw new NumberFault("the number's exponent is out of range");
    }
    if (number.signum() == 0) {
      return 0;
    }
    if ((long) number.precision() - number.scale() > MAX_DIGITS) {
      throw outOfRange(kind);
    }
    BigDecimal stripped = number.stripTrailingZeros();
    if (stripped.scale() > 0) {
      throw new NumberFault("not a whole number");
    }
    BigInteger whole = stripped.toBigIntegerExact();
    if (kind == Kind.FIXED64 || kind == Kind.UINT64) {
      if (whole.signum() < 0 || whole.compareTo(MAX_UINT64) > 0) {
        throw outOfRange(kind);
      }
      return whole.longValue();
    }
    if (whole.bitLength() > 63) {
      throw outOfRange(kind);
    }
    return inRange(whole.longValue(), kind);
  }

  /** {@code value} if a field of {@code kind} can hold it. */
  static long inRange(long value, Kind kind) throws NumberFault {
    boolean isInRange =
        switch (kind) {
          case INT32, SINT32, ENUM -> value == (int) value;
          case UINT32, FIXED32 -> value >= 0 && value <= MAX_UINT32;
          case UINT64, FIXED64 -> value >= 0;
          default -> true;
        };
    if (!isInRange) {
      throw outOfRange(kind);
    }
    return value;
  }

  /** Reads a double, {@code NaN} and infinities by name; a number too large for one is a fault. */
  static double real(String text) throws NumberFault {
    switch (text) {
      case "NaN" -> {
        return Double.NaN;
      }
      case "Infinity" -> {
        return Double.POSITIVE_INFINITY;
      }
      case "-Infinity" -> {
        return Double.NEGATIVE_INFINITY;
      }
      default -> {
        if (!isNumber(text)) {
          throw new NumberFault("not a number");
        }
        return finite(Double.parseDouble(text));
      }
    }
  }

  static double finite(double value) throws NumberFault {
    if (!Double.isFinite(value)) {
      throw new NumberFault("out of the range of a double");
    }
    return value;
  }

  private static NumberFault outOfRange(Kind kind) {
    return new NumberFault("out of the range of " + kind.name().toLowerCase(Locale.ROOT));
  }

  /** True for what JSON calls a number, leading zeros allowed. */
  private static boolean isNumber(String text) {
    int end = text.length();
    if (end > MAX_CHARS) {
      return false;
    }
    int start = end > 0 && text.charAt(0) == '-' ? 1 : 0;
    int i = digits(text, start);
    if (i == start) {
      return false;
    }
    if (i < end && text.charAt(i) == '.') {
      int fraction = i + 1;
      i = digits(text, fraction);
      if (i == fraction) {
        return false;
      }
    }
    if (i < end && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
      int exponent = i + 1;
      if (exponent < end && (text.charAt(exponent) == '+' || text.charAt(exponent) == '-')) {
        exponent++;
      }
      i = digits(text, exponent);
      if (i == exponent) {
        return false;
      }
    }
    return i == end;
  }

  private static int digits(String text, int from) {
    int i = from;
    while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
      i++;
    }
    return i;
  }
}
