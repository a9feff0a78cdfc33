package io.duckspool.writer.sink;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Array;
import java.sql.Blob;
import java.sql.SQLException;
import java.sql.Struct;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBStruct;
import org.duckdb.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * Values of a result as JSON and text: integers exactly, NaN and infinities as the text that
 * OTLP/JSON uses, times in ISO-8601 and UTC, bytes in base64, lists, structs and maps nested.
 */
final class ResultValues {

  private static final JsonFactory FACTORY = new JsonFactory();

  private ResultValues() {}

  /** Text that is JSON already. */
  record RawJson(String text) {

    @Override
    public String toString() {
      return text;
    }
  }

  static void write(@Nullable Object value, JsonGenerator json) throws IOException, SQLException {
    if (value == null) {
      json.writeNull();
    } else if (value instanceof Boolean bool) {
      json.writeBoolean(bool);
    } else if (value instanceof Double number) {
      writeDouble(number, json);
    } else if (value instanceof Float number) {
      writeFloat(number, json);
    } else if (value instanceof BigDecimal number) {
      json.writeNumber(number);
    } else if (value instanceof BigInteger number) {
      json.writeNumber(number);
    } else if (value instanceof Number number) {
      json.writeNumber(number.longValue());
    } else if (value instanceof Array array) {
      writeArray(array, json);
    } else if (value instanceof DuckDBStruct struct) {
      writeMap(struct.getMap(), json);
    } else if (value instanceof Map<?, ?> map) {
      writeMap(map, json);
    } else if (value instanceof List<?> list) {
      writeAll(list, json);
    } else if (value instanceof RawJson raw) {
      json.writeRawValue(raw.text());
    } else if (value instanceof JsonNode node) {
      json.writeRawValue(node.toString());
    } else {
      json.writeString(text(value));
    }
  }

  /** The value without quotes; lists, structs and maps as JSON. */
  static String text(Object value) throws IOException, SQLException {
    if (value instanceof LocalDateTime time) {
      return DateTimeFormatter.ISO_INSTANT.format(time.atOffset(ZoneOffset.UTC));
    }
    if (value instanceof Timestamp time) {
      return text(time.toLocalDateTime());
    }
    if (value instanceof OffsetDateTime time) {
      return DateTimeFormatter.ISO_INSTANT.format(time);
    }
    if (value instanceof Blob blob) {
      return Base64.getEncoder().encodeToString(blob.getBytes(1, (int) blob.length()));
    }
    if (value instanceof byte[] bytes) {
      return Base64.getEncoder().encodeToString(bytes);
    }
    if (value instanceof Array
        || value instanceof Struct
        || value instanceof Map
        || value instanceof List) {
      StringWriter text = new StringWriter();
      try (JsonGenerator json = FACTORY.createGenerator(text)) {
        write(value, json);
      }
      return text.toString();
    }
    return value.toString();
  }

  private static void writeArray(Array array, JsonGenerator json) throws IOException, SQLException {
    writeAll(Arrays.asList((Object[]) array.getArray()), json);
  }

  private static void writeAll(List<?> elements, JsonGenerator json)
      throws IOException, SQLException {
    json.writeStartArray();
    for (Object element : elements) {
      write(element, json);
    }
    json.writeEndArray();
  }

  private static void writeMap(Map<?, ?> map, JsonGenerator json) throws IOException, SQLException {
    json.writeStartObject();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object key = entry.getKey();
      json.writeFieldName(key == null ? "null" : text(key));
      write(entry.getValue(), json);
    }
    json.writeEndObject();
  }

  private static void writeDouble(double value, JsonGenerator json) throws IOException {
    if (Double.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeString(Double.toString(value));
    }
  }

  private static void writeFloat(float value, JsonGenerator json) throws IOException {
    if (Float.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeString(Float.toString(value));
    }
  }
}
