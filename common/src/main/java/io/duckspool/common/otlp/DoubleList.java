package io.duckspool.common.otlp;

import java.util.Arrays;

/**
 * A growable list of primitives, reused by the parser: valid until the visitor's method returns.
 */
public final class DoubleList {

  private static final int INITIAL_CAPACITY = 32;

  /** {@code values[0 .. size)} are the elements. */
  private double[] values = new double[INITIAL_CAPACITY];

  private int size;

  DoubleList() {}

  public int size() {
    return size;
  }

  /** The element at {@code index}, which must be below {@link #size()}. */
  public double get(int index) {
    if (index >= size) {
      throw new IndexOutOfBoundsException("index " + index + " of " + size);
    }
    return values[index];
  }

  void clear() {
    size = 0;
  }

  void add(double value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = value;
  }

  /** For debugging and row dumps: the elements in brackets. */
  @Override
  public String toString() {
    return Arrays.toString(Arrays.copyOf(values, size));
  }
}
