package io.duckspool.common.otlp;

import com.fasterxml.jackson.core.io.NumberOutput;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** JSON text of attributes and values, the plain way. */
final class OracleJson {

  private OracleJson() {}

  static String object(List<KeyValue> attributes) {
    Map<String, String> sorted =
        new TreeMap<>(
            (a, b) ->
                Arrays.compareUnsigned(
                    a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));
    for (KeyValue attribute : attributes) {
      if (attribute.hasValue()) {
        sorted.put(attribute.getKey(), value(attribute.getValue()));
      }
    }
    return sorted.entrySet().stream()
        .map(entry -> quote(entry.getKey()) + ":" + entry.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }

  static String value(AnyValue value) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> quote(value.getStringValue());
      case BYTES_VALUE -> quote(plain(value) == null ? "" : plain(value));
      case ARRAY_VALUE ->
          value.getArrayValue().getValuesList().stream()
              .map(OracleJson::value)
              .collect(Collectors.joining(",", "[", "]"));
      case KVLIST_VALUE -> object(value.getKvlistValue().getValuesList());
      default -> plain(value) == null ? "null" : plain(value);
    };
  }

  /** As the body has it; null for NULL. */
  static String plain(AnyValue value) {
    String text =
        switch (value.getValueCase()) {
          case STRING_VALUE -> value.getStringValue();
          case BOOL_VALUE -> String.valueOf(value.getBoolValue());
          case INT_VALUE -> String.valueOf(value.getIntValue());
          case DOUBLE_VALUE -> number(value.getDoubleValue());
          case BYTES_VALUE ->
              Base64.getEncoder().encodeToString(value.getBytesValue().toByteArray());
          case ARRAY_VALUE, KVLIST_VALUE -> value(value);
          case STRING_VALUE_STRINDEX, VALUE_NOT_SET -> "";
        };
    return text.isEmpty() ? null : text;
  }

  static String number(double value) {
    return Double.isFinite(value) ? NumberOutput.toString(value, true) : "";
  }

  static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> quoted.append(c < ' ' ? String.format("\\u%04x", (int) c) : c + "");
      }
    }
    return quoted.append('"').toString();
  }
}
