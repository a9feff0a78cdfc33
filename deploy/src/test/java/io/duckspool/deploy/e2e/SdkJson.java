package io.duckspool.deploy.e2e;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The JSON text of attributes as the tables promise it, made from the SDK's own objects; written
 * for the tests, so that it shares no line with what it checks.
 */
final class SdkJson {
  private SdkJson() {}

  /** NULL for no attributes, as in a column. */
  static @Nullable String column(Attributes attributes) {
    return attributes.isEmpty() ? null : object(attributes);
  }

  static String object(Attributes attributes) {
    TreeMap<String, Object> sorted =
        new TreeMap<>(
            (a, b) ->
                Arrays.compareUnsigned(
                    a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));
    for (Map.Entry<AttributeKey<?>, Object> entry : attributes.asMap().entrySet()) {
      sorted.put(entry.getKey().getKey(), entry.getValue());
    }
    return sorted.entrySet().stream()
        .map(entry -> quote(entry.getKey()) + ":" + value(entry.getValue()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  static String value(Object value) {
    if (value instanceof String text) {
      return quote(text);
    }
    if (value instanceof Collection<?> list) {
      return list.stream().map(SdkJson::value).collect(Collectors.joining(",", "[", "]"));
    }
    // The doubles in these tests are written alike by every JDK.
    return String.valueOf(value);
  }

  static String quote(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\t' -> json.append("\\t");
        default -> {
          if (c < 0x20) {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.append('"').toString();
  }
}
