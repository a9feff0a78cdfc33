package io.duckspool.common.otlp;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Writes a message in ways protobuf allows and no writer uses: fields in any order, singular fields
 * twice, singular messages in parts, numbers not packed, unknown fields and groups in between.
 */
final class WireShuffle {

  /** Null: nothing by chance, only the fields in descending order of their numbers. */
  private final Random random;

  private WireShuffle(Random random) {
    this.random = random;
  }

  /** Writes every message backwards: resource and scope stand behind their children. */
  static byte[] reversed(Message message) throws IOException {
    return new WireShuffle(null).write(message);
  }

  private boolean by(int oneIn) {
    return random != null && random.nextInt(oneIn) == 0;
  }

  static byte[] shuffle(Message message, Random random) throws IOException {
    return new WireShuffle(random).write(message);
  }

  private byte[] write(Message message) throws IOException {
    List<byte[]> fields = new ArrayList<>();
    List<Map.Entry<FieldDescriptor, Object>> entries =
        new ArrayList<>(message.getAllFields().entrySet());
    Collections.reverse(entries);
    for (Map.Entry<FieldDescriptor, Object> entry : entries) {
      FieldDescriptor field = entry.getKey();
      if (field.isRepeated()) {
        for (Object element : (List<?>) entry.getValue()) {
          fields.add(writeField(field, element));
        }
      } else {
        fields.add(writeField(field, entry.getValue()));
        if (by(6)) {
          fields.add(writeField(field, entry.getValue()));
        }
      }
    }
    if (by(4)) {
      fields.add(unknown());
    }
    if (random != null) {
      Collections.shuffle(fields, random);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] field : fields) {
      out.writeBytes(field);
    }
    return out.toByteArray();
  }

  private byte[] writeField(FieldDescriptor field, Object value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    if (value instanceof Message message) {
      out.writeByteArray(field.getNumber(), write(message));
    } else {
      // An element on its own is not packed.
      Message.Builder single = builderOf(field);
      if (field.isRepeated()) {
        single.addRepeatedField(field, value);
        if (field.isPackable() && by(2)) {
          writeUnpacked(out, field, value);
          out.flush();
          return bytes.toByteArray();
        }
      } else {
        single.setField(field, value);
      }
      single.buildPartial().writeTo(out);
    }
    out.flush();
    return bytes.toByteArray();
  }

  private static Message.Builder builderOf(FieldDescriptor field) {
    return DynamicMessage.newBuilder(field.getContainingType());
  }

  private static void writeUnpacked(CodedOutputStream out, FieldDescriptor field, Object value)
      throws IOException {
    switch (field.getType()) {
      case FIXED64 -> out.writeFixed64(field.getNumber(), (Long) value);
      case UINT64 -> out.writeUInt64(field.getNumber(), (Long) value);
      case DOUBLE -> out.writeDouble(field.getNumber(), (Double) value);
      default -> throw new IllegalArgumentException("not a packed type of OTLP: " + field);
    }
  }

  private byte[] unknown() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    int number = 100 + random.nextInt(1000);
    switch (random.nextInt(4)) {
      case 0 -> out.writeUInt64(number, random.nextLong());
      case 1 -> out.writeFixed32(number, random.nextInt());
      case 2 -> out.writeByteArray(number, new byte[] {1, (byte) 0xFF, 3});
      default -> {
        out.writeTag(number, 3);
        out.writeFixed64(5, random.nextLong());
        out.writeTag(7, 3);
        out.writeTag(7, 4);
        out.writeTag(number, 4);
      }
    }
    out.flush();
    return bytes.toByteArray();
  }
}
