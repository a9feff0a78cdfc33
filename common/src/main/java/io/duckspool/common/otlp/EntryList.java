package io.duckspool.common.otlp;

import java.util.Arrays;

/**
 * Keys of a payload with their values, as columns of arrays: no object per entry but the reused
 * {@link AnyValue}s. A stack: the entries of an inner list stand behind those of the outer one.
 */
final class EntryList {

  private static final int INSERTION_SORT_MAX = 24;
  private static final int MAX_RETAINED = 1 << 12;

  /** An {@link AnyValue} with its reference, and a place in each of the four other columns. */
  private static final int BYTES_PER_ENTRY = 72;

  private final WorkingMemory memory;

  /** {@code keyOffsets[size]}, {@code keyLengths[size]}, {@code values[size]}. */
  private int[] keyOffsets = new int[16];

  private int[] keyLengths = new int[16];
  private AnyValue[] values = newValues(new AnyValue[0], 16);
  private int size;
  private long reservedBytes;
  private int reservedInEpoch;

  /** Entries in order of their keys, from the start of the list sorted last. */
  private int[] order = new int[16];

  private int[] merged = {};

  /** A list whose growth is asked of {@code memory}. */
  EntryList(WorkingMemory memory) {
    this.memory = memory;
  }

  int size() {
    return size;
  }

  void truncate(int newSize) {
    size = newSize;
  }

  void shrink() {
    size = 0;
    merged = new int[0];
    if (values.length > MAX_RETAINED) {
      keyOffsets = Arrays.copyOf(keyOffsets, MAX_RETAINED);
      keyLengths = Arrays.copyOf(keyLengths, MAX_RETAINED);
      values = Arrays.copyOf(values, MAX_RETAINED);
      order = Arrays.copyOf(order, MAX_RETAINED);
    }
  }

  void add(int keyOffset, int keyLength, AnyValue value) {
    if (size == values.length) {
      int capacity = size * 2;
      reserve(capacity);
      keyOffsets = Arrays.copyOf(keyOffsets, capacity);
      keyLengths = Arrays.copyOf(keyLengths, capacity);
      values = newValues(values, capacity);
      order = Arrays.copyOf(order, capacity);
    }
    keyOffsets[size] = keyOffset;
    keyLengths[size] = keyLength;
    values[size].set(value);
    size++;
  }

  private void reserve(int capacity) {
    if (reservedInEpoch != memory.epoch()) {
      reservedInEpoch = memory.epoch();
      reservedBytes = 0;
    }
    // The values stay; only their columns are copied.
    long more = (long) capacity * BYTES_PER_ENTRY - reservedBytes;
    memory.reserve(more);
    reservedBytes += more;
  }

  int keyOffset(int entry) {
    return keyOffsets[entry];
  }

  int keyLength(int entry) {
    return keyLengths[entry];
  }

  AnyValue value(int entry) {
    return values[entry];
  }

  /** The entry at {@code position} of the order that {@link #sortAndUnite} made. */
  int sorted(int position) {
    return order[position];
  }

  /**
   * Orders the entries from {@code start} on by the bytes of their keys, of equal keys only the
   * last; returns how many are left, in {@link #sorted} from {@code start} on.
   */
  int sortAndUnite(byte[] bytes, int start) {
    for (int i = start; i < size; i++) {
      order[i] = i;
    }
    if (size - start <= INSERTION_SORT_MAX) {
      insertionSort(bytes, start, size);
    } else {
      merged = merged.length < size ? new int[order.length] : merged;
      mergeSort(bytes, start, size);
    }
    int count = start;
    for (int i = start; i < size; i++) {
      if (i + 1 == size || compare(bytes, order[i], order[i + 1]) != 0) {
        order[count++] = order[i];
      }
    }
    return count - start;
  }

  private void insertionSort(byte[] bytes, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      int entry = order[i];
      int at = i;
      while (at > from && compare(bytes, order[at - 1], entry) > 0) {
        order[at] = order[at - 1];
        at--;
      }
      order[at] = entry;
    }
  }

  private void mergeSort(byte[] bytes, int from, int to) {
    if (to - from <= INSERTION_SORT_MAX) {
      insertionSort(bytes, from, to);
      return;
    }
    int middle = (from + to) >>> 1;
    mergeSort(bytes, from, middle);
    mergeSort(bytes, middle, to);
    System.arraycopy(order, from, merged, from, middle - from);
    int left = from;
    int right = middle;
    for (int at = from; left < middle; at++) {
      boolean takesRight = right < to && compare(bytes, merged[left], order[right]) > 0;
      order[at] = takesRight ? order[right++] : merged[left++];
    }
  }

  private int compare(byte[] bytes, int a, int b) {
    return Arrays.compareUnsigned(
        bytes,
        keyOffsets[a],
        keyOffsets[a] + keyLengths[a],
        bytes,
        keyOffsets[b],
        keyOffsets[b] + keyLengths[b]);
  }

  private static AnyValue[] newValues(AnyValue[] old, int capacity) {
    AnyValue[] values = Arrays.copyOf(old, capacity);
    for (int i = old.length; i < capacity; i++) {
      values[i] = new AnyValue();
    }
    return values;
  }
}
