package io.duckspool.common.otlp;

import com.fasterxml.jackson.core.io.NumberOutput;
import java.util.Arrays;

/** A growable array of UTF-8 text, with the writers of JSON's scalars. Reused, one thread. */
final class TextBuffer {

  private static final int MAX_CAPACITY = Integer.MAX_VALUE - 8;
  private static final int MAX_LONG_CHARS = 20;
  private static final byte[] HEX = ascii("0123456789abcdef");
  private static final byte[] BASE64 =
      ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  private static final byte[] MIN_LONG = ascii("-9223372036854775808");

  /** By byte: 0 stands for itself, 'u' is a control character, else the letter of its escape. */
  private static final byte[] ESCAPES = escapes();

  private byte[] bytes;
  private int length;
  private final WorkingMemory memory;
  private int expectedCapacity;
  private long reservedBytes;
  private int reservedInEpoch;

  TextBuffer(int capacity) {
    this(capacity, WorkingMemory.UNLIMITED);
  }

  /** A buffer whose growth is asked of {@code memory}. */
  TextBuffer(int capacity, WorkingMemory memory) {
    this.bytes = new byte[capacity];
    this.memory = memory;
  }

  /** Says what is probably enough: an array that grows tries that before it doubles further. */
  void expect(int capacity) {
    expectedCapacity = capacity;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  void truncate(int newLength) {
    length = newLength;
  }

  /** Lets go of an array that one unusual request made larger than {@code maxCapacity}. */
  void shrink(int maxCapacity) {
    length = 0;
    if (bytes.length > maxCapacity) {
      bytes = new byte[maxCapacity];
    }
  }

  /** Makes room for {@code more} bytes. */
  void ensure(int more) {
    if (bytes.length - length < more) {
      long needed = (long) length + more;
      if (needed > MAX_CAPACITY) {
        throw new OutOfMemoryError(
            "the text of one row needs more than " + MAX_CAPACITY + " bytes");
      }
      grow((int) Math.min(MAX_CAPACITY, Math.max(needed, wantedCapacity())));
    }
  }

  private long wantedCapacity() {
    long doubled = length * 2L;
    boolean isExpectedEnough = expectedCapacity > length && expectedCapacity < doubled;
    return isExpectedEnough ? expectedCapacity : doubled;
  }

  private void grow(int capacity) {
    // Both arrays exist until one has been copied to the other.
    memory.reserve(capacity);
    bytes = Arrays.copyOf(bytes, capacity);
    if (reservedInEpoch == memory.epoch()) {
      memory.release(reservedBytes);
    }
    reservedBytes = capacity;
    reservedInEpoch = memory.epoch();
  }

  void add(int oneByte) {
    if (length == bytes.length) {
      ensure(1);
    }
    bytes[length++] = (byte) oneByte;
  }

  void add(byte[] source, int offset, int count) {
    ensure(count);
    System.arraycopy(source, offset, bytes, length, count);
    length += count;
  }

  void addAscii(byte[] text) {
    add(text, 0, text.length);
  }

  void addAscii(String text) {
    int count = text.length();
    ensure(count);
    for (int i = 0; i < count; i++) {
      bytes[length + i] = (byte) text.charAt(i);
    }
    length += count;
  }

  /** Puts a copy of what stands in {@code [from, to)} of this buffer at the end. */
  void addOwn(int from, int to) {
    ensure(to - from);
    System.arraycopy(bytes, from, bytes, length, to - from);
    length += to - from;
  }

  /** Removes {@code [from, to)}; what follows moves down. */
  void cut(int from, int to) {
    System.arraycopy(bytes, to, bytes, from, length - to);
    length -= to - from;
  }

  /** Writes UTF-8 as a JSON string: quotes, backslashes and control characters are escaped. */
  void addQuoted(byte[] source, int offset, int count) {
    ensure(count + 2);
    bytes[length++] = '"';
    int end = offset + count;
    int run = offset;
    for (int i = offset; i < end; i++) {
      byte escape = ESCAPES[source[i] & 0xFF];
      if (escape != 0) {
        add(source, run, i - run);
        addEscaped(source[i], escape);
        run = i + 1;
      }
    }
    ensure(end - run + 1);
    System.arraycopy(source, run, bytes, length, end - run);
    length += end - run;
    bytes[length++] = '"';
  }

  private void addEscaped(byte character, byte escape) {
    add('\\');
    add(escape);
    if (escape == 'u') {
      add('0');
      add('0');
      add(HEX[character >> 4]);
      add(HEX[character & 0xF]);
    }
  }

  void addLong(long value) {
    if (value == Long.MIN_VALUE) {
      addAscii(MIN_LONG);
      return;
    }
    ensure(MAX_LONG_CHARS);
    if (value < 0) {
      bytes[length++] = '-';
    }
    long rest = Math.abs(value);
    int digits = 1;
    for (long power = 10; digits < 19 && rest >= power; power *= 10) {
      digits++;
    }
    for (int i = length + digits - 1; i >= length; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  /** Writes a finite double in its shortest form, by one algorithm on every JDK. */
  void addDouble(double value) {
    addAscii(NumberOutput.toString(value, true));
  }

  void addHex(byte[] source, int offset, int count) {
    ensure(count * 2);
    for (int i = offset; i < offset + count; i++) {
      bytes[length++] = HEX[source[i] >> 4 & 0xF];
      bytes[length++] = HEX[source[i] & 0xF];
    }
  }

  /** Writes padded base64 of the standard alphabet. */
  void addBase64(byte[] source, int offset, int count) {
    int end = offset + count;
    int i = offset;
    for (; i + 2 < end; i += 3) {
      int group = (source[i] & 0xFF) << 16 | (source[i + 1] & 0xFF) << 8 | source[i + 2] & 0xFF;
      ensure(4);
      bytes[length++] = BASE64[group >> 18];
      bytes[length++] = BASE64[group >> 12 & 63];
      bytes[length++] = BASE64[group >> 6 & 63];
      bytes[length++] = BASE64[group & 63];
    }
    if (i < end) {
      boolean two = i + 1 < end;
      int group = (source[i] & 0xFF) << 16 | (two ? (source[i + 1] & 0xFF) << 8 : 0);
      add(BASE64[group >> 18]);
      add(BASE64[group >> 12 & 63]);
      add(two ? BASE64[group >> 6 & 63] : '=');
      add('=');
    }
  }

  private static byte[] escapes() {
    byte[] escapes = new byte[256];
    Arrays.fill(escapes, 0, ' ', (byte) 'u');
    escapes['\b'] = 'b';
    escapes['\f'] = 'f';
    escapes['\n'] = 'n';
    escapes['\r'] = 'r';
    escapes['\t'] = 't';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    return escapes;
  }

  static byte[] ascii(String text) {
    byte[] bytes = new byte[text.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) text.charAt(i);
    }
    return bytes;
  }
}
