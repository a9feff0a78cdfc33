package io.duckspool.receiver.badinput;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Bytes of protobuf put together by hand, well-formed or not. */
final class Tail {

  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LEN = 2;
  static final int START_GROUP = 3;
  static final int END_GROUP = 4;
  static final int FIXED32 = 5;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private Tail() {}

  static Tail tail() {
    return new Tail();
  }

  Tail tag(int number, int wireType) {
    return varint(number << 3 | wireType);
  }

  Tail varint(long value) {
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      out.writeUInt64NoTag(value);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** A varint whose every byte but the last announces another one. */
  Tail varintOf(int byteCount, int first, int middle, int last) {
    raw(first | 0x80);
    for (int i = 2; i < byteCount; i++) {
      raw(middle | 0x80);
    }
    return raw(last);
  }

  Tail fixed64(long value) {
    for (int i = 0; i < Long.BYTES; i++) {
      bytes.write((int) (value >>> 8 * i));
    }
    return this;
  }

  Tail len(byte[] content) {
    return varint(content.length).raw(content);
  }

  Tail raw(int... values) {
    for (int value : values) {
      bytes.write(value);
    }
    return this;
  }

  Tail raw(byte[] values) {
    bytes.writeBytes(values);
    return this;
  }

  byte[] done() {
    return bytes.toByteArray();
  }
}
