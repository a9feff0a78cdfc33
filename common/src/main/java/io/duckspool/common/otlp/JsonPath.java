package io.duckspool.common.otlp;

import com.fasterxml.jackson.core.JsonStreamContext;

/** Writes where a parser stands, as {@code resourceLogs[0].resource}. */
final class JsonPath {

  private JsonPath() {}

  static String of(JsonStreamContext context) {
    StringBuilder path = new StringBuilder();
    for (JsonStreamContext level = context; level != null; level = level.getParent()) {
      String step =
          level.inArray() && level.hasCurrentIndex()
              ? "[" + level.getCurrentIndex() + "]"
              : level.inObject() && level.getCurrentName() != null ? level.getCurrentName() : "";
      boolean needsDot = !step.isEmpty() && !path.isEmpty() && path.charAt(0) != '[';
      path.insert(0, needsDot ? step + "." : step);
    }
    return path.toString();
  }
}
