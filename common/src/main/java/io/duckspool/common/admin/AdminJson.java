package io.duckspool.common.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The JSON of the control ports: snake case, unknown and missing fields refused. Thread-safe. */
public final class AdminJson {

  /** Reads and writes the records of {@link AdminApi}. */
  public static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(
              LogicalType.Textual,
              text ->
                  text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .build();

  private static final int MAX_QUOTED = 80;
  private static final SnakeCaseStrategy SNAKE_CASE = new SnakeCaseStrategy();

  private AdminJson() {}

  /**
   * Reads a request: a record whose components are all there, but those that may be null.
   *
   * @param json borrowed until return
   * @throws IllegalArgumentException names the parameter that is unknown, missing, or no such type
   */
  public static <T extends Record> T read(byte[] json, Class<T> type) {
    T request;
    try {
      request = MAPPER.readValue(json, type);
    } catch (UnrecognizedPropertyException e) {
      throw new IllegalArgumentException(
          "unknown parameter \"" + e.getPropertyName() + "\", known are " + names(type), e);
    } catch (MismatchedInputException e) {
      throw new IllegalArgumentException(mismatch(e, json), e);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the body is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      // What looks like UTF-16 or UTF-32 to the parser, and isn't.
      throw new IllegalArgumentException("the body is not JSON: " + e.getMessage(), e);
    }
    if (request == null) {
      throw new IllegalArgumentException("the body must be a JSON object, got null");
    }
    for (RecordComponent component : type.getRecordComponents()) {
      if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)
          && valueOf(request, component) == null) {
        throw new IllegalArgumentException(
            "parameter \"" + nameOf(component) + "\" is missing, expected " + names(type));
      }
    }
    return request;
  }

  private static String mismatch(MismatchedInputException e, byte[] json) {
    List<String> path =
        e.getPath().stream().map(JsonMappingException.Reference::getFieldName).toList();
    if (path.isEmpty()) {
      return "the body must be a JSON object";
    }
    String type = e.getTargetType() == null ? "another type" : typeName(e.getTargetType());
    return "parameter \"" + String.join(".", path) + "\" must be " + type + found(json, path);
  }

  /** What stands at a path, as it was written; nothing where that is long. */
  private static String found(byte[] json, List<String> path) {
    JsonNode node;
    try {
      node = MAPPER.readTree(json);
    } catch (IOException e) {
      return ""; // Broken behind the place.
    }
    for (String name : path) {
      node = node.path(name);
    }
    String text = node.toString();
    return node.isMissingNode() || text.length() > MAX_QUOTED ? "" : ", got " + text;
  }

  private static String typeName(Class<?> type) {
    if (type == boolean.class || type == Boolean.class) {
      return "a boolean";
    }
    return type == String.class ? "a string" : "an integer";
  }

  private static String names(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(AdminJson::nameOf)
        .collect(Collectors.joining(", "));
  }

  private static String nameOf(RecordComponent component) {
    return SNAKE_CASE.translate(component.getName());
  }

  private static @Nullable Object valueOf(Record request, RecordComponent component) {
    try {
      return component.getAccessor().invoke(request);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("a record's own component can't be read", e);
    }
  }
}
