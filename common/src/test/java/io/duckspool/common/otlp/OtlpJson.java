package io.duckspool.common.otlp;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Writes generated OTLP classes as OTLP/JSON: plainly, or in every way that has to be understood.
 */
public final class OtlpJson {

  /**
   * As exporters write it: lowerCamelCase, hex ids, 64-bit integers as strings, enums as numbers.
   */
  public static final OtlpJson PLAIN = new OtlpJson(null);

  /** Picks among the allowed ways; null: always the plain one. */
  private final Random random;

  private OtlpJson(Random random) {
    this.random = random;
  }

  /**
   * Any allowed way, by chance: names, numbers, enums, ids, base64, order, nulls, unknown fields.
   */
  public static OtlpJson anyStyle(Random random) {
    return new OtlpJson(random);
  }

  public String write(Message message) {
    StringBuilder out = new StringBuilder();
    writeMessage(out, message);
    return out.toString();
  }

  private boolean by(int oneIn) {
    return random != null && random.nextInt(oneIn) == 0;
  }

  private void writeMessage(StringBuilder out, Message message) {
    List<String> fields = new ArrayList<>();
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      StringBuilder text = new StringBuilder();
      writeField(text, field.getKey(), field.getValue());
      fields.add(text.toString());
    }
    if (random != null) {
      Collections.shuffle(fields, random);
      if (random.nextInt(10) == 0) {
        fields.add(random.nextInt(fields.size() + 1), "\"not_known\":{\"a\":[1,{\"b\":null}]}");
      }
    }
    out.append('{').append(String.join(by(5) ? " ,\n\t" : ",", fields)).append('}');
  }

  private void writeField(StringBuilder out, FieldDescriptor field, Object value) {
    if (by(30)) {
      out.append('"').append(field.getJsonName()).append("\":null,");
    }
    out.append('"').append(by(3) ? field.getName() : field.getJsonName()).append("\":");
    if (!field.isRepeated()) {
      writeValue(out, field, value);
      return;
    }
    out.append('[');
    int count = 0;
    for (Object element : (List<?>) value) {
      out.append(count++ == 0 ? "" : ",");
      writeValue(out, field, element);
    }
    out.append(']');
  }

  private void writeValue(StringBuilder out, FieldDescriptor field, Object value) {
    switch (field.getType()) {
      case MESSAGE -> writeMessage(out, (Message) value);
      case STRING -> writeString(out, (String) value);
      case BYTES -> writeBytes(out, field.getName(), (ByteString) value);
      case BOOL -> out.append(value);
      case ENUM -> writeEnum(out, (EnumValueDescriptor) value);
      case DOUBLE -> writeDouble(out, (Double) value);
      case INT64, SFIXED64 -> writeInteger(out, Long.toString((Long) value), true);
      case FIXED64, UINT64 -> writeInteger(out, Long.toUnsignedString((Long) value), true);
      case UINT32, FIXED32 -> writeInteger(out, Integer.toUnsignedString((Integer) value), false);
      case INT32, SINT32 -> writeInteger(out, Integer.toString((Integer) value), false);
      default -> throw new IllegalArgumentException("no OTLP type: " + field);
    }
  }

  private void writeEnum(StringBuilder out, EnumValueDescriptor value) {
    if (value.getIndex() >= 0 && by(2)) {
      out.append('"').append(value.getName()).append('"');
    } else {
      writeInteger(out, Integer.toString(value.getNumber()), false);
    }
  }

  private void writeInteger(StringBuilder out, String digits, boolean wide) {
    String text = digits;
    if (digits.endsWith("000") && by(2)) {
      text = digits.substring(0, digits.length() - 3) + (by(2) ? "e3" : "E+3");
    } else if (by(10)) {
      text = digits + ".0";
    }
    boolean quoted = random == null ? wide : random.nextBoolean();
    out.append(quoted ? '"' + text + '"' : text);
  }

  private void writeDouble(StringBuilder out, double value) {
    boolean quoted = !Double.isFinite(value) || by(4);
    out.append(quoted ? "\"" + value + '"' : Double.toString(value));
  }

  private void writeBytes(StringBuilder out, String name, ByteString value) {
    byte[] bytes = value.toByteArray();
    boolean isId = name.endsWith("trace_id") || name.endsWith("span_id");
    // What has not an id's length would be ambiguous in base64.
    boolean hasIdLength = bytes.length == (name.endsWith("trace_id") ? 16 : 8);
    out.append('"');
    if (isId && !(hasIdLength && by(4))) {
      HexFormat hex = by(3) ? HexFormat.of().withUpperCase() : HexFormat.of();
      out.append(hex.formatHex(bytes));
    } else {
      Base64.Encoder encoder = by(2) ? Base64.getUrlEncoder() : Base64.getEncoder();
      out.append((by(2) ? encoder.withoutPadding() : encoder).encodeToString(bytes));
    }
    out.append('"');
  }

  private void writeString(StringBuilder out, String value) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (Character.isHighSurrogate(c) && by(2)) {
        out.append(String.format("\\u%04x\\u%04X", (int) c, (int) value.charAt(++i)));
      } else if (c < ' ' || (!Character.isSurrogate(c) && by(20))) {
        out.append(String.format("\\u%04x", (int) c));
      } else if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c == '/' && by(2)) {
        out.append("\\/");
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
