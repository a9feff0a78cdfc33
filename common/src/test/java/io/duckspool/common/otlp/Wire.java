package io.duckspool.common.otlp;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Builds protobuf by hand, well-formed or not. */
final class Wire {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

  private interface Write {
    void run() throws IOException;
  }

  static Wire wire() {
    return new Wire();
  }

  /** Walks down {@code numbers}, each the field of a message, to {@code content}. */
  static byte[] at(byte[] content, int... numbers) {
    byte[] message = content;
    for (int i = numbers.length - 1; i >= 0; i--) {
      message = wire().bytes(numbers[i], message).done();
    }
    return message;
  }

  Wire varint(int number, long value) {
    return write(() -> out.writeUInt64(number, value));
  }

  Wire fixed64(int number, long value) {
    return write(() -> out.writeFixed64(number, value));
  }

  Wire fixed32(int number, int value) {
    return write(() -> out.writeFixed32(number, value));
  }

  Wire real(int number, double value) {
    return write(() -> out.writeDouble(number, value));
  }

  Wire text(int number, String value) {
    return bytes(number, value.getBytes(StandardCharsets.UTF_8));
  }

  /** A message, string or bytes field. */
  Wire bytes(int number, byte[] value) {
    return write(() -> out.writeByteArray(number, value));
  }

  Wire group(int number, byte[] content) {
    return write(
        () -> {
          out.writeTag(number, 3);
          out.writeRawBytes(content);
          out.writeTag(number, 4);
        });
  }

  Wire raw(int... values) {
    return write(
        () -> {
          for (int value : values) {
            out.writeRawByte(value);
          }
        });
  }

  byte[] done() {
    write(out::flush);
    return bytes.toByteArray();
  }

  private Wire write(Write write) {
    try {
      write.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }
}
