package io.duckspool.common.otlp;

import java.util.Arrays;

/** The array a body is decoded into: grows by asking a budget, and never past a limit. */
final class DecodedBody {

  private static final int FIRST_CAPACITY = 8 << 10;

  private final int maxBytes;
  private final ByteBudget budget;
  private byte[] bytes = {};
  private int length;
  private long reservedBytes;

  DecodedBody(int maxBytes, ByteBudget budget) {
    if (maxBytes <= 0) {
      throw new IllegalArgumentException("maxBytes must be > 0, got " + maxBytes);
    }
    this.maxBytes = maxBytes;
    this.budget = budget;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Free bytes behind {@link #length()}. */
  int room() {
    return bytes.length - length;
  }

  /** Counts bytes that were written behind {@link #length()}. */
  void advance(int count) {
    length += count;
  }

  /** Makes room for {@code needed} bytes, or if that passes the limit, for as many as it allows. */
  void grow(int needed) throws OtlpTooLargeException, BudgetExhaustedException {
    if (room() >= needed) {
      return;
    }
    if (length == maxBytes) {
      throw tooLarge();
    }
    long wanted = Math.max((long) length + needed, Math.max(FIRST_CAPACITY, bytes.length * 2L));
    int capacity = (int) Math.min(maxBytes, wanted);
    long before = reservedBytes;
    reserve(capacity, before);
    bytes = Arrays.copyOf(bytes, capacity);
    reservedBytes -= before;
    budget.release(before);
  }

  /** Takes what the new array needs, and the old one once more until it has been copied. */
  private void reserve(int capacity, long before) throws BudgetExhaustedException {
    boolean isGranted = budget.tryReserve(capacity - before);
    if (isGranted) {
      reservedBytes += capacity - before;
      isGranted = budget.tryReserveWorking(before);
      reservedBytes += isGranted ? before : 0;
    }
    if (!isGranted) {
      throw new BudgetExhaustedException(
          "no memory for a decoded body of "
              + capacity
              + " bytes now (receiver.max_in_flight_bytes)");
    }
  }

  void add(byte[] source, int offset, int count)
      throws OtlpTooLargeException, BudgetExhaustedException {
    if (count > maxBytes - length) {
      throw tooLarge();
    }
    grow(count);
    System.arraycopy(source, offset, bytes, length, count);
    length += count;
  }

  /** Called with a full array and a decoder that has more: fails at the limit. */
  OtlpTooLargeException tooLarge() {
    return new OtlpTooLargeException(
        "the decoded body has more than " + maxBytes + " bytes (max_body_bytes)");
  }

  /** The compressed stream is damaged, or not whole, behind what was decoded so far. */
  MalformedOtlpException damaged(String how) {
    return new MalformedOtlpException(damage(how));
  }

  /** As above, as a library said it. */
  MalformedOtlpException damaged(String how, Exception cause) {
    return new MalformedOtlpException(damage(how), cause);
  }

  private String damage(String how) {
    return "the body does not decompress: " + how + " after " + length + " decoded bytes";
  }

  boolean isFull() {
    return length == maxBytes;
  }

  void release() {
    bytes = new byte[0];
    length = 0;
    budget.release(reservedBytes);
    reservedBytes = 0;
  }
}
