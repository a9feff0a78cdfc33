package io.duckspool.common.otlp;

/**
 * Reads strings, base64 and hex from JSON that is known to be UTF-8, byte by byte, without chars.
 */
final class JsonText {

  private static final int MIN_SUPPLEMENTARY = 0x10000;

  private JsonText() {}

  /**
   * Appends the text of the JSON string that begins behind the quote at {@code quote}; false if it
   * does not end, has an unknown escape, or half of a surrogate pair.
   */
  static boolean decode(byte[] json, int quote, int end, TextBuffer out) {
    int run = quote + 1;
    int i = run;
    while (i < end) {
      byte c = json[i];
      if (c == '"') {
        out.add(json, run, i - run);
        return true;
      }
      if (c != '\\') {
        i++;
        continue;
      }
      out.add(json, run, i - run);
      int size = decodeEscape(json, i, end, out);
      if (size == 0) {
        return false;
      }
      i += size;
      run = i;
    }
    return false;
  }

  /** Appends what the escape at {@code i} stands for; returns its size, 0 if there is none. */
  private static int decodeEscape(byte[] json, int i, int end, TextBuffer out) {
    if (i + 1 >= end) {
      return 0;
    }
    switch (json[i + 1]) {
      case '"', '\\', '/' -> out.add(json[i + 1]);
      case 'b' -> out.add('\b');
      case 'f' -> out.add('\f');
      case 'n' -> out.add('\n');
      case 'r' -> out.add('\r');
      case 't' -> out.add('\t');
      case 'u' -> {
        return decodeUnicode(json, i, end, out);
      }
      default -> {
        return 0;
      }
    }
    return 2;
  }

  private static int decodeUnicode(byte[] json, int i, int end, TextBuffer out) {
    int unit = codeUnit(json, i, end);
    if (unit < 0 || Character.isLowSurrogate((char) unit)) {
      return 0;
    }
    if (!Character.isHighSurrogate((char) unit)) {
      addUtf8(unit, out);
      return 6;
    }
    int low = codeUnit(json, i + 6, end);
    if (low < 0 || !Character.isLowSurrogate((char) low)) {
      return 0;
    }
    addUtf8(Character.toCodePoint((char) unit, (char) low), out);
    return 12;
  }

  /** The number of the escape {@code \\uXXXX} at {@code i}, or -1. */
  private static int codeUnit(byte[] json, int i, int end) {
    if (end - i < 6 || json[i] != '\\' || json[i + 1] != 'u') {
      return -1;
    }
    int unit = 0;
    for (int k = 2; k < 6; k++) {
      int digit = Character.digit(json[i + k], 16);
      if (digit < 0) {
        return -1;
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  private static void addUtf8(int codePoint, TextBuffer out) {
    if (codePoint < 0x80) {
      out.add(codePoint);
    } else if (codePoint < 0x800) {
      out.add(0xC0 | codePoint >> 6);
      out.add(0x80 | codePoint & 0x3F);
    } else if (codePoint < MIN_SUPPLEMENTARY) {
      out.add(0xE0 | codePoint >> 12);
      out.add(0x80 | codePoint >> 6 & 0x3F);
      out.add(0x80 | codePoint & 0x3F);
    } else {
      out.add(0xF0 | codePoint >> 18);
      out.add(0x80 | codePoint >> 12 & 0x3F);
      out.add(0x80 | codePoint >> 6 & 0x3F);
      out.add(0x80 | codePoint & 0x3F);
    }
  }

  /** Appends the bytes that hex digits of either case stand for; false if it isn't hex. */
  static boolean decodeHex(byte[] text, int length, TextBuffer out) {
    if (length % 2 != 0) {
      return false;
    }
    for (int i = 0; i < length; i += 2) {
      int high = Character.digit(text[i], 16);
      int low = Character.digit(text[i + 1], 16);
      if (high < 0 || low < 0) {
        return false;
      }
      out.add(high << 4 | low);
    }
    return true;
  }

  /** Appends the bytes of base64 or base64url, padded or not; false if it is neither. */
  static boolean decodeBase64(byte[] text, int length, TextBuffer out) {
    int chars = length;
    while (chars > 0 && length - chars < 2 && text[chars - 1] == '=') {
      chars--;
    }
    if (chars % 4 == 1 || (chars != length && length % 4 != 0)) {
      return false;
    }
    int group = 0;
    for (int i = 0; i < chars; i++) {
      int digit = base64Digit(text[i]);
      if (digit < 0) {
        return false;
      }
      group = group << 6 | digit;
      switch (i % 4) {
        case 1 -> out.add(group >> 4);
        case 2 -> out.add(group >> 2);
        case 3 -> out.add(group);
        default -> {
          // The first six bits of a group are no byte yet.
        }
      }
    }
    return true;
  }

  private static int base64Digit(byte c) {
    if (c >= 'A' && c <= 'Z') {
      return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
      return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
      return c - '0' + 52;
    }
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
  }
}
