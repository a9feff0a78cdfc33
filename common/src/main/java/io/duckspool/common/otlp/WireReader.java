package io.duckspool.common.otlp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads the protobuf wire format from an array, without an object per message. It accepts what
 * protobuf-java's {@code CodedInputStream} accepts: varints of up to ten bytes whose excess bits
 * are dropped, unknown fields and groups, nesting up to a limit.
 */
final class WireReader {

  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LEN = 2;
  static final int START_GROUP = 3;
  static final int END_GROUP = 4;
  static final int FIXED32 = 5;

  private static final int TAG_TYPE_BITS = 3;
  private static final int MAX_VARINT_BITS = 70;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final int maxNesting;

  /** Borrowed from the caller of the parser. */
  private byte[] bytes = {};

  private int position;

  /** Where the message that is being read ends. */
  private int limit;

  WireReader(int maxNesting) {
    this.maxNesting = maxNesting;
  }

  void reset(byte[] source, int offset, int length) {
    bytes = source;
    position = offset;
    limit = offset + length;
  }

  byte[] bytes() {
    return bytes;
  }

  int position() {
    return position;
  }

  /** Goes back to a position in the message that is being read. */
  void rewind(int earlier) {
    position = earlier;
  }

  boolean hasMore() {
    return position < limit;
  }

  /**
   * Reads the length of a message that stands {@code depth} levels below the request, and confines
   * reading to it; returns what {@link #end} takes to go on behind it.
   */
  int begin(int depth) throws WireException {
    if (depth > maxNesting) {
      throw malformed("messages are nested more than " + maxNesting + " deep");
    }
    int length = readLength();
    int outer = limit;
    limit = position + length;
    return outer;
  }

  void end(int outer) {
    limit = outer;
  }

  int readTag() throws WireException {
    int start = position;
    if (start < limit && bytes[start] >= 1 << TAG_TYPE_BITS) {
      position = start + 1;
      return bytes[start];
    }
    int tag = readVarint32();
    if (tag >>> TAG_TYPE_BITS == 0) {
      position = start;
      throw malformed("a field has number 0");
    }
    return tag;
  }

  long readVarint() throws WireException {
    int at = position;
    if (at < limit && bytes[at] >= 0) {
      position = at + 1;
      return bytes[at];
    }
    return readLongVarint(true);
  }

  int readVarint32() throws WireException {
    int at = position;
    if (at < limit && bytes[at] >= 0) {
      position = at + 1;
      return bytes[at];
    }
    return (int) readLongVarint(false);
  }

  /**
   * Reads up to ten bytes. Of a 64-bit number protobuf-java ignores that the tenth byte announces
   * another one, if its lowest bit is set; so do we, to accept just the same.
   */
  private long readLongVarint(boolean is64Bit) throws WireException {
    int at = position;
    long value = 0;
    for (int shift = 0; shift < MAX_VARINT_BITS; shift += 7) {
      if (at == limit) {
        throw malformed("a number is cut off by the end of its message");
      }
      byte next = bytes[at++];
      value |= (next & 0x7FL) << shift;
      boolean isTenth = shift == MAX_VARINT_BITS - 7;
      if (next >= 0 || (isTenth && is64Bit && (next & 1) != 0)) {
        position = at;
        return value;
      }
    }
    throw malformed("a number has more than ten bytes");
  }

  int readZigZag32() throws WireException {
    int value = readVarint32();
    return value >>> 1 ^ -(value & 1);
  }

  long readFixed64() throws WireException {
    int at = position;
    if (limit - at < Long.BYTES) {
      throw malformed("a 64-bit number is cut off by the end of its message");
    }
    position = at + Long.BYTES;
    return (long) LONGS.get(bytes, at);
  }

  int readFixed32() throws WireException {
    int at = position;
    if (limit - at < Integer.BYTES) {
      throw malformed("a 32-bit number is cut off by the end of its message");
    }
    position = at + Integer.BYTES;
    return (int) INTS.get(bytes, at);
  }

  double readDouble() throws WireException {
    return Double.longBitsToDouble(readFixed64());
  }

  boolean readBool() throws WireException {
    return readVarint() != 0;
  }

  /** Reads a length that fits what is left of the message. */
  int readLength() throws WireException {
    int start = position;
    int length = readVarint32();
    if (length < 0 || length > limit - position) {
      position = start;
      throw malformed(
          length < 0
              ? "a length is over 2^31-1"
              : "a length reaches past the end of the message that holds it");
    }
    return length;
  }

  /** Passes {@code length} bytes of the message, as {@link #readLength()} allowed. */
  void pass(int length) {
    position += length;
  }

  /** Reads a string field; returns its length, it ends at {@link #position()}. */
  int readString() throws WireException {
    int length = readLength();
    int start = position;
    int invalid = Utf8.firstInvalid(bytes, start, start + length);
    if (invalid >= 0) {
      position = invalid;
      throw malformed("a string is not UTF-8");
    }
    position = start + length;
    return length;
  }

  /** Reads a bytes field; returns its length, it ends at {@link #position()}. */
  int readBytes() throws WireException {
    int length = readLength();
    position += length;
    return length;
  }

  /** Skips the value of an unknown field of a message at {@code depth}, groups included. */
  void skip(int tag, int depth) throws WireException {
    switch (tag & 7) {
      case VARINT -> readVarint();
      case FIXED64 -> readFixed64();
      case LEN -> readBytes();
      case START_GROUP -> skipGroup(tag >>> TAG_TYPE_BITS, depth + 1);
      case FIXED32 -> readFixed32();
      case END_GROUP -> throw malformed("a group ends that has not begun");
      default -> throw malformed("a field has the unknown wire type " + (tag & 7));
    }
  }

  private void skipGroup(int number, int depth) throws WireException {
    if (depth > maxNesting) {
      throw malformed("groups are nested more than " + maxNesting + " deep");
    }
    while (true) {
      int tag = readTag();
      if ((tag & 7) != END_GROUP) {
        skip(tag, depth);
      } else if (tag >>> TAG_TYPE_BITS == number) {
        return;
      } else {
        throw malformed("a group ends that has not begun");
      }
    }
  }

  WireException malformed(String message) {
    return position == limit
        ? WireException.atEnd(position, message)
        : new WireException(position, null, message);
  }
}
