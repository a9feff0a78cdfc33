package io.duckspool.common.otlp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Tells whether bytes are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
final class Utf8 {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long NOT_ASCII = 0x8080808080808080L;

  private Utf8() {}

  /** The offset of the first byte of {@code bytes[offset .. end)} that is not UTF-8, or -1. */
  static int firstInvalid(byte[] bytes, int offset, int end) {
    int i = offset;
    while (true) {
      while (i <= end - Long.BYTES && ((long) LONGS.get(bytes, i) & NOT_ASCII) == 0) {
        i += Long.BYTES;
      }
      while (i < end && bytes[i] >= 0) {
        i++;
      }
      if (i == end) {
        return -1;
      }
      int size = sizeOfSequence(bytes, i, end);
      if (size == 0) {
        return i;
      }
      i += size;
    }
  }

  /** Bytes of the well-formed sequence that begins with the non-ASCII byte at {@code i}, or 0. */
  private static int sizeOfSequence(byte[] bytes, int i, int end) {
    int first = bytes[i] & 0xFF;
    if (first < 0xC2 || first > 0xF4) {
      return 0;
    }
    int size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (end - i < size) {
      return 0;
    }
    int second = bytes[i + 1] & 0xFF;
    int low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    int high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) {
      return 0;
    }
    for (int k = 2; k < size; k++) {
      if ((bytes[i + k] & 0xC0) != 0x80) {
        return 0;
      }
    }
    return size;
  }
}
