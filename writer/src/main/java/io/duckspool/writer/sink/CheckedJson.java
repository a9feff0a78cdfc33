package io.duckspool.writer.sink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The small files of a Parquet root: one line that a person can read, and that can't be damaged
 * unnoticed.
 *
 * <pre>
 * {"version":1, FIELDS ,"crc32c":"0a1b2c3d"}\n
 * </pre>
 *
 * UTF-8. The checksum is of all bytes before its comma.
 */
final class CheckedJson {

  /** The format of all files below {@code _duckspool}, raised together. */
  static final int VERSION = 1;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final String CHECKSUM_FIELD = ",\"crc32c\":\"";
  private static final String END = "\"}\n";
  private static final int CHECKSUM_DIGITS = 8;
  private static final int TAIL = CHECKSUM_FIELD.length() + CHECKSUM_DIGITS + END.length();

  private CheckedJson() {}

  /** An object whose first field is the version. */
  static ObjectNode begin() {
    return MAPPER.createObjectNode().put("version", VERSION);
  }

  static byte[] bytes(ObjectNode json) {
    String text = json.toString();
    String body = text.substring(0, text.length() - 1);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return (body + CHECKSUM_FIELD + checksum(bytes, bytes.length) + END)
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads what {@link #bytes} made.
   *
   * @param what the file, for messages
   * @throws SinkException.Refused it is damaged, or of a newer version
   */
  static Fields read(String what, byte[] bytes) throws SinkException {
    JsonNode json;
    try {
      json = MAPPER.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw damaged(what, e.getOriginalMessage());
    } catch (IOException e) {
      throw damaged(what, e.toString());
    }
    if (json == null || !json.isObject()) {
      throw damaged(what, "it is no JSON object");
    }
    if (json.path("version").asInt(0) > VERSION) {
      throw new SinkException.Refused(
          what
              + " is of format version "
              + json.path("version").asInt()
              + ", this writer knows "
              + VERSION
              + ": written by a newer duckspool, upgrade the writer");
    }
    int end = bytes.length - TAIL;
    String tail =
        end < 0
            ? ""
            : new String(Arrays.copyOfRange(bytes, end, bytes.length), StandardCharsets.ISO_8859_1);
    if (end < 0 || !tail.equals(CHECKSUM_FIELD + checksum(bytes, end) + END)) {
      throw damaged(what, "its checksum is wrong");
    }
    return new Fields(what, json);
  }

  private static String checksum(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return "%08x".formatted(crc.getValue());
  }

  private static SinkException damaged(String what, String why) {
    return new SinkException.Refused(
        what
            + " is damaged ("
            + why
            + "): restore it from a backup, or see docs/targets/parquet.md for what to do without");
  }

  /** The fields of a file whose checksum is right; one that is missing is damage all the same. */
  record Fields(String what, JsonNode json) {

    String text(String name) throws SinkException {
      JsonNode value = json.path(name);
      if (!value.isTextual()) {
        throw damaged(what, name + " is missing");
      }
      return value.textValue();
    }

    long number(String name) throws SinkException {
      JsonNode value = json.path(name);
      if (!value.isIntegralNumber() || !value.canConvertToLong()) {
        throw damaged(what, name + " is missing");
      }
      return value.longValue();
    }

    /** The elements of an array. */
    Iterable<JsonNode> array(String name) throws SinkException {
      if (!json.path(name).isArray()) {
        throw damaged(what, name + " is missing");
      }
      return json.path(name);
    }

    Fields of(JsonNode inner) {
      return new Fields(what, inner);
    }
  }
}
