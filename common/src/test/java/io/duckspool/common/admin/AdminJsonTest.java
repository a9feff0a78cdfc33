package io.duckspool.common.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AdminJsonTest {

  @Test
  void whatMayBeNull_mayBeLeftOut() {
    assertEquals(new AdminApi.Flush("otlp:", null), read("{\"uri\":\"otlp:\"}", "Flush"));
    assertEquals(
        new AdminApi.Flush("otlp:", 5L), read("{\"uri\":\"otlp:\",\"timeout_ms\":5}", "Flush"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"what\":1}                       | unknown parameter \"what\", known are uri, timeout_ms",
        "{\"timeout_ms\":5}                 | parameter \"uri\" is missing, expected uri, timeout_ms",
        "{\"uri\":null}                     | parameter \"uri\" is missing, expected uri, timeout_ms",
        "{\"uri\":\"x\",\"timeout_ms\":\"y\"} | parameter \"timeout_ms\" must be an integer, got \"y\"",
        "{\"uri\":\"x\",\"timeout_ms\":1.5} | parameter \"timeout_ms\" must be an integer, got 1.5",
        "{\"uri\":\"x\",\"timeout_ms\":\"5\"} | parameter \"timeout_ms\" must be an integer, got \"5\"",
        "{\"uri\":{}}                       | parameter \"uri\" must be a string, got {}",
        "{\"uri\":5}                        | parameter \"uri\" must be a string, got 5",
        "{\"uri\":\"x\",\"timeout_ms\":true} | parameter \"timeout_ms\" must be an integer, got true",
        "{\"timeout_ms\":\"y\",\"uri\": | parameter \"timeout_ms\" must be an integer",
        "[]                                 | the body must be a JSON object",
        "5                                  | the body must be a JSON object",
        "null                               | the body must be a JSON object, got null",
        "{} {}                              | the body must be a JSON object",
        "{                                  | the body is not JSON: ",
        "~~                                 | the body must be a JSON object",
      })
  void whatIsWrongIsNamed(String json, String message) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> read(json, "Flush"));
    assertTrue(
        String.valueOf(refused.getMessage()).startsWith(message), () -> refused.getMessage());
  }

  @Test
  void aBodyInABrokenEncoding_isNoJson() {
    byte[] broken = {0, 0, 0, '{', 'A', 'B', 'C', 'D'};
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> AdminJson.read(broken, AdminApi.Flush.class));
    assertTrue(
        String.valueOf(refused.getMessage()).startsWith("the body is not JSON: "),
        refused::getMessage);
  }

  private static Record read(String json, String type) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return switch (type) {
      case "Flush" -> AdminJson.read(bytes, AdminApi.Flush.class);
      default -> throw new IllegalArgumentException(type);
    };
  }
}
