package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/** The types of a reply, by its keys in their order; ? : may be null. */
final class ReplyTypes {

  private ReplyTypes() {}

  /** Reads {@code key type, key type?}. */
  static Map<String, String> of(String text) {
    Map<String, String> types = new LinkedHashMap<>();
    for (String part : text.split(", ")) {
      types.put(part.split(" ")[0], part.split(" ")[1]);
    }
    return types;
  }

  /** Fails unless an object has these keys, in this order, and no others. */
  static void assertTypes(Map<String, String> expected, JsonNode object) {
    assertEquals(new ArrayList<>(expected.keySet()), Wire.keys(object));
    expected.forEach(
        (key, type) -> {
          JsonNode value = object.get(key);
          String found =
              value.isTextual()
                  ? "string"
                  : value.isBoolean()
                      ? "boolean"
                      : value.isIntegralNumber() ? "integer" : value.toString();
          assertTrue(
              type.equals(found)
                  || type.equals(found + "?")
                  || (type.endsWith("?") && value.isNull()),
              key + " is " + value + ", expected " + type);
        });
  }
}
