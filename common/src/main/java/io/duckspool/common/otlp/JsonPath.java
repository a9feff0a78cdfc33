package io.duckspool.common.otlp;

import com.fasterxml.jackson.core.JsonStreamContext;

/** Writes where a parser stands, as {@code resourceLogs[0].resource}. */
final class JsonPath {

  private JsonPath() {}

  static String of(JsonStreamContext context) {
    StringBuilder path = new StringBuilder();
    for (JsonStreamContext level = context; level != null; level = level.getParent()) {
      if (level.inArray() && level.hasCurrentIndex()) {
        path.insert(0, "[" + level.getCurrentIndex() + "]");
      } else if (level.inObject() && level.getCurrentName() != null) {
        String name = level.getCurrentName();
        path.insert(0, path.isEmpty() || path.charAt(0) == '[' ? name : name + ".");
      }
    }
    return path.toString();
  }
}
