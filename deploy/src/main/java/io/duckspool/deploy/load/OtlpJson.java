package io.duckspool.deploy.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A protobuf message as OTLP/JSON (OTLP specification, "JSON Protobuf Encoding"): lowerCamelCase
 * names, 64-bit integers in quotes, enums as numbers, trace and span ids in hex, other bytes in
 * base64.
 */
final class OtlpJson {
  private static final JsonFactory FACTORY = new JsonFactory();

  private OtlpJson() {}

  static byte[] encode(Message message) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(out)) {
      write(message, json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void write(Message message, JsonGenerator json) throws IOException {
    json.writeStartObject();
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      json.writeFieldName(field.getKey().getJsonName());
      if (field.getValue() instanceof List<?> elements) {
        json.writeStartArray();
        for (Object element : elements) {
          write(field.getKey(), element, json);
        }
        json.writeEndArray();
      } else {
        write(field.getKey(), field.getValue(), json);
      }
    }
    json.writeEndObject();
  }

  private static void write(FieldDescriptor field, Object value, JsonGenerator json)
      throws IOException {
    if (value instanceof Message message) {
      write(message, json);
    } else if (value instanceof ByteString bytes) {
      json.writeString(
          field.getName().endsWith("_id")
              ? HexFormat.of().formatHex(bytes.toByteArray())
              : Base64.getEncoder().encodeToString(bytes.toByteArray()));
    } else if (value instanceof EnumValueDescriptor number) {
      json.writeNumber(number.getNumber());
    } else if (value instanceof Long number) {
      json.writeString(
          field.getType() == FieldDescriptor.Type.UINT64
                  || field.getType() == FieldDescriptor.Type.FIXED64
              ? Long.toUnsignedString(number)
              : number.toString());
    } else if (value instanceof Integer number) {
      json.writeNumber(number);
    } else if (value instanceof Double number) {
      json.writeNumber(number);
    } else if (value instanceof Boolean bool) {
      json.writeBoolean(bool);
    } else {
      json.writeString((String) value);
    }
  }
}
