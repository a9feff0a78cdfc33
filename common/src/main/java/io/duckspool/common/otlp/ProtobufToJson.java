package io.duckspool.common.otlp;

import com.fasterxml.jackson.core.JsonGenerator;
import io.duckspool.common.otlp.MessageType.Field;
import io.duckspool.common.otlp.OtlpJsonWriter.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes one message of protobuf as OTLP/JSON, with each field where it first stands: repeats of a
 * repeated field together, of a scalar and of the members of a oneof the last, singular messages
 * merged. At a fault it closes what is open, and writes nothing more.
 *
 * <p>A message is looked through once for what it has, and once for each repeated field: what it
 * holds is passed by its length, so nothing needs to be kept. Used once.
 */
final class ProtobufToJson {

  private final JsonGenerator out;
  private final WireReader limits = new WireReader(OtlpLimits.MAX_NESTING);

  /** The payload; a message that was merged from parts is read from another array. */
  private byte[] payload = {};

  private @Nullable WireException fault;
  private boolean isFaultInPayload;

  ProtobufToJson(JsonGenerator out) {
    this.out = out;
  }

  /**
   * What a message has.
   *
   * @param end of what can be read of it
   * @param order slots by where their first field stands; {@code order[slotCount]}
   * @param chosen by slot, the field whose value counts; null: the message has none
   * @param runs by slot, the tag from which on the chosen field counts
   * @param last by slot, the tag of the chosen field that stands last
   */
  private record Layout(
      int end, int[] order, int slotCount, @Nullable Field[] chosen, int[] runs, int[] last) {}

  /** Writes the message as one JSON object; says where it could not be read on. */
  Optional<Fault> write(MessageType type, byte[] bytes, int offset, int length) throws IOException {
    payload = bytes;
    writeMessage(type, bytes, offset, offset + length, 0);
    WireException found = fault;
    if (found == null) {
      return Optional.empty();
    }
    if (!isFaultInPayload) {
      return Optional.of(new Fault(-1, String.valueOf(found.getMessage())));
    }
    String path = FaultPath.find(type, bytes, offset, length, found, false);
    int at = found.offset() - offset;
    return Optional.of(
        new Fault(
            at, "byte " + at + (path.isEmpty() ? "" : ", " + path) + ": " + found.getMessage()));
  }

  private void writeMessage(MessageType type, byte[] bytes, int start, int end, int depth)
      throws IOException {
    out.writeStartObject();
    if (depth > OtlpLimits.MAX_NESTING) {
      limits.reset(bytes, start, end - start);
      fail(
          limits.malformed("messages are nested more than " + OtlpLimits.MAX_NESTING + " deep"),
          bytes);
    } else {
      Layout layout = look(type, bytes, start, end, depth);
      WireException behind = fault;
      fault = null; // What stands before it is written.
      for (int i = 0; i < layout.slotCount() && fault == null; i++) {
        writeField(layout, layout.order()[i], bytes, depth);
      }
      fault = fault == null ? behind : fault;
    }
    out.writeEndObject();
  }

  private Layout look(MessageType type, byte[] bytes, int start, int end, int depth) {
    int slots = type.slots();
    int[] order = new int[slots];
    @Nullable Field[] chosen = new Field[slots];
    int[] runs = new int[slots];
    int[] last = new int[slots];
    int slotCount = 0;
    WireReader in = reader(bytes, start, end);
    int at = start;
    try {
      while (in.hasMore()) {
        at = in.position();
        int tag = in.readTag();
        Field field = type.byNumber(tag >>> 3);
        in.skip(tag, depth);
        if (field == null || !isOf(field, tag)) {
          continue;
        }
        int slot = field.slot();
        if (chosen[slot] == null) {
          order[slotCount++] = slot;
        }
        if (chosen[slot] != field) {
          chosen[slot] = field;
          runs[slot] = at;
        }
        last[slot] = at;
      }
      at = in.position();
    } catch (WireException e) {
      fail(e, bytes);
    }
    return new Layout(at, order, slotCount, chosen, runs, last);
  }

  private static boolean isOf(Field field, int tag) {
    return (tag & 7) == field.kind().wireType || (field.isPacked() && (tag & 7) == WireReader.LEN);
  }

  private void writeField(Layout layout, int slot, byte[] bytes, int depth) throws IOException {
    Field field = layout.chosen()[slot];
    if (field == null) {
      throw new IllegalStateException("a slot without a field");
    }
    try {
      if (field.isRepeated()) {
        out.writeFieldName(field.jsonName());
        out.writeStartArray();
        try {
          writeRepeats(field, layout.runs()[slot], layout.end(), bytes, depth);
        } finally {
          out.writeEndArray();
        }
      } else if (field.type() != null && layout.runs()[slot] != layout.last()[slot]) {
        byte[] merged = merge(field, layout.runs()[slot], layout.end(), bytes, depth);
        out.writeFieldName(field.jsonName());
        writeMessage(field.type(), merged, 0, merged.length, depth + 1);
      } else {
        WireReader in = reader(bytes, layout.last()[slot], layout.end());
        int unused = in.readTag();
        writeSingle(field, in, depth);
      }
    } catch (WireException e) {
      fail(e, bytes);
    }
  }

  private void writeRepeats(Field field, int from, int end, byte[] bytes, int depth)
      throws IOException, WireException {
    WireReader in = reader(bytes, from, end);
    while (in.hasMore() && fault == null) {
      int tag = in.readTag();
      if (tag >>> 3 != field.number() || !isOf(field, tag)) {
        in.skip(tag, depth);
      } else if (field.isPacked() && (tag & 7) == WireReader.LEN) {
        int length = in.readLength();
        WireReader packed = reader(bytes, in.position(), in.position() + length);
        in.pass(length);
        while (packed.hasMore()) {
          writeScalar(field, packed, false);
        }
      } else {
        writeElement(field, in, depth);
      }
    }
  }

  private void writeElement(Field field, WireReader in, int depth)
      throws IOException, WireException {
    MessageType type = field.type();
    if (type == null) {
      writeScalar(field, in, false);
      return;
    }
    int length = in.readLength();
    int start = in.position();
    in.pass(length);
    writeMessage(type, in.bytes(), start, start + length, depth + 1);
  }

  private void writeSingle(Field field, WireReader in, int depth)
      throws IOException, WireException {
    if (field.type() == null) {
      writeScalar(field, in, true);
    } else {
      out.writeFieldName(field.jsonName());
      writeElement(field, in, depth);
    }
  }

  /** The parts of a message one behind the other, which is how protobuf merges them. */
  private static byte[] merge(Field field, int from, int end, byte[] bytes, int depth)
      throws WireException {
    ByteArrayOutputStream merged = new ByteArrayOutputStream();
    WireReader in = reader(bytes, from, end);
    while (in.hasMore()) {
      int tag = in.readTag();
      if (tag >>> 3 != field.number() || !isOf(field, tag)) {
        in.skip(tag, depth);
        continue;
      }
      int length = in.readLength();
      merged.write(bytes, in.position(), length);
      in.pass(length);
    }
    return merged.toByteArray();
  }

  /**
   * Writes a value that is no message, once it is read.
   *
   * @param isNamed whether its name comes before it
   */
  private void writeScalar(Field field, WireReader in, boolean isNamed)
      throws IOException, WireException {
    switch (field.kind()) {
      case STRING -> {
        int length = in.readString();
        name(field, isNamed);
        out.writeString(
            new String(in.bytes(), in.position() - length, length, StandardCharsets.UTF_8));
      }
      case BYTES -> {
        int length = in.readBytes();
        name(field, isNamed);
        out.writeBinary(in.bytes(), in.position() - length, length);
      }
      case TRACE_ID, SPAN_ID -> {
        int length = in.readBytes();
        int end = in.position();
        name(field, isNamed);
        out.writeString(HexFormat.of().formatHex(in.bytes(), end - length, end));
      }
      case DOUBLE -> {
        double value = in.readDouble();
        name(field, isNamed);
        out.writeNumber(value);
      }
      case BOOL -> {
        boolean value = in.readBool();
        name(field, isNamed);
        out.writeBoolean(value);
      }
      default -> writeInteger(field, in, isNamed);
    }
  }

  /** As protobuf's JSON has integers: those of 64 bits as strings. */
  private void writeInteger(Field field, WireReader in, boolean isNamed)
      throws IOException, WireException {
    long value =
        switch (field.kind()) {
          case ENUM, INT32 -> in.readVarint32();
          case SINT32 -> in.readZigZag32();
          case UINT32 -> Integer.toUnsignedLong(in.readVarint32());
          case FIXED32 -> Integer.toUnsignedLong(in.readFixed32());
          case INT64, UINT64 -> in.readVarint();
          case FIXED64, SFIXED64 -> in.readFixed64();
          default -> throw new IllegalStateException("no integer: " + field.kind());
        };
    name(field, isNamed);
    switch (field.kind()) {
      case INT64, SFIXED64 -> out.writeString(Long.toString(value));
      case UINT64, FIXED64 -> out.writeString(Long.toUnsignedString(value));
      default -> out.writeNumber(value);
    }
  }

  private void name(Field field, boolean isNamed) throws IOException {
    if (isNamed) {
      out.writeFieldName(field.jsonName());
    }
  }

  private void fail(WireException found, byte[] bytes) {
    if (fault == null) {
      fault = found;
      isFaultInPayload = isPayload(bytes);
    }
  }

  private boolean isPayload(byte[] bytes) {
    return bytes == payload;
  }

  private static WireReader reader(byte[] bytes, int start, int end) {
    WireReader in = new WireReader(OtlpLimits.MAX_NESTING);
    in.reset(bytes, start, end - start);
    return in;
  }
}
