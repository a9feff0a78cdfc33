package io.duckspool.common.otlp;

/** Reads repeated 64-bit counts and doubles, packed or not, into lists. */
final class CountList {

  private CountList() {}

  /** Reads packed {@code fixed64} counts; keeps them if {@code builds}. */
  static void readFixed(WireReader in, LongList list, boolean builds, boolean counts, String field)
      throws WireException {
    int start = in.position();
    int end = in.readLength() + in.position();
    while (in.position() < end) {
      if (end - in.position() < Long.BYTES) {
        throw in.malformed("a packed 64-bit number is cut off");
      }
      add(in.readFixed64(), list, builds, counts, start, field);
    }
  }

  /** Reads packed {@code uint64} counts; keeps them if {@code builds}. */
  static void readVarints(
      WireReader in, LongList list, boolean builds, boolean counts, String field)
      throws WireException {
    int start = in.position();
    int end = in.readLength() + in.position();
    while (in.position() < end) {
      long count = in.readVarint();
      if (in.position() > end) {
        throw in.malformed("a packed number is cut off");
      }
      add(count, list, builds, counts, start, field);
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

  /** Keeps one count if {@code builds}; a bad one is a fault only if the point {@code counts}. */
  static void add(
      long count, LongList list, boolean builds, boolean counts, int start, String field)
      throws WireException {
    if (counts) {
      RowRules.checkCount(count, start, field);
    }
    if (builds) {
      list.add(count);
    }
  }
}
