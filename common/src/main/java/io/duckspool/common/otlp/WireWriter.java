package io.duckspool.common.otlp;

/** Writes the protobuf wire format at the end of a buffer. */
final class WireWriter {

  /** Lengths are written padded, since they are known only afterwards. */
  private static final int LENGTH_BYTES = 5;

  private final TextBuffer out;

  WireWriter(TextBuffer out) {
    this.out = out;
  }

  void writeVarint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.add((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.add((int) rest);
  }

  void writeFixed32(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += 8) {
      out.add(value >>> shift);
    }
  }

  void writeFixed64(long value) {
    for (int shift = 0; shift < Long.SIZE; shift += 8) {
      out.add((int) (value >>> shift));
    }
  }

  /** Leaves room for a length; returns where what it measures begins. */
  int reserveLength() {
    out.ensure(LENGTH_BYTES);
    out.truncate(out.length() + LENGTH_BYTES);
    return out.length();
  }

  /** Writes the length of what stands from {@code start}, as {@link #reserveLength} gave it. */
  void patchLength(int start) {
    int rest = out.length() - start;
    byte[] bytes = out.bytes();
    for (int i = LENGTH_BYTES; i > 1; i--) {
      bytes[start - i] = (byte) (rest & 0x7F | 0x80);
      rest >>>= 7;
    }
    bytes[start - 1] = (byte) rest;
  }
}
