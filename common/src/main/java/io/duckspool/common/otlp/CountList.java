package io.duckspool.common.otlp;

/** Reads repeated 64-bit counts and doubles, packed or not, into lists. */
final class CountList {

  private CountList() {}

  /** Reads packed {@code fixed64} counts; keeps them if {@code builds}. */
  static void readFixed(WireReader in, LongList list, boolean builds, boolean counts)
      throws WireException {
    int end = in.readLength() + in.position();
    while (in.position() < end) {
      if (end - in.position() < Long.BYTES) {
        throw in.malformed("a packed 64-bit number is cut off");
      }
      add(in, in.readFixed64(), list, builds, counts);
    }
  }

  /** Reads packed {@code uint64} counts; keeps them if {@code builds}. */
  static void readVarints(WireReader in, LongList list, boolean builds, boolean counts)
      throws WireException {
    int end = in.readLength() + in.position();
    while (in.position() < end) {
      long count = in.readVarint();
      if (in.position() > end) {
        throw in.malformed("a packed number is cut off");
      }
      add(in, count, list, builds, counts);
    }
  }

  /** Reads packed doubles; keeps them if {@code builds}. */
  static void readDoubles(WireReader in, DoubleList list, boolean builds) throws WireException {
    int end = in.readLength() + in.position();
    while (in.position() < end) {
      if (end - in.position() < Double.BYTES) {
        throw in.malformed("a packed double is cut off");
      }
      double value = in.readDouble();
      if (builds) {
        list.add(value);
      }
    }
  }

  /**
   * Keeps the count just read if {@code builds}; a bad one is a fault only if the point {@code
   * counts}.
   */
  static void add(WireReader in, long count, LongList list, boolean builds, boolean counts)
      throws WireException {
    if (counts && count < 0) {
      throw new WireException(in.position() - 1, null, "a count must be at most 2^63-1");
    }
    if (builds) {
      list.add(count);
    }
  }
}
