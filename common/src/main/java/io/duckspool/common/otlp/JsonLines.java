package io.duckspool.common.otlp;

/** Finds lines, and what is not UTF-8, in the text of a request. */
final class JsonLines {

  private JsonLines() {}

  /** Bytes of the UTF-8 byte order mark that the text begins with: 3 or 0. */
  static int byteOrderMark(byte[] bytes, int start, int end) {
    boolean hasMark =
        end - start >= 3
            && bytes[start] == (byte) 0xEF
            && bytes[start + 1] == (byte) 0xBB
            && bytes[start + 2] == (byte) 0xBF;
    return hasMark ? 3 : 0;
  }

  static int endOfLine(byte[] bytes, int start, int end) {
    int i = start;
    while (i < end && bytes[i] != '\n') {
      i++;
    }
    return i;
  }

  static void checkUtf8(byte[] bytes, int start, int end) throws MalformedOtlpException {
    int invalid = Utf8.firstInvalid(bytes, start, end);
    if (invalid < 0) {
      return;
    }
    int line = 1;
    int lineStart = start;
    for (int i = start; i < invalid; i++) {
      if (bytes[i] == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    throw new MalformedOtlpException(
        "line " + line + ", column " + (invalid - lineStart + 1) + ": the text is not UTF-8");
  }
}
