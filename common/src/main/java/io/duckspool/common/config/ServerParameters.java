package io.duckspool.common.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The parameters of {@code otlp_serve}, as a JSON object: the keys of one entry of the {@code
 * servers} list, with the same types, defaults, bounds and rules. Numbers must be JSON numbers,
 * booleans JSON booleans; {@code null} is the same as left out. Immutable and thread-safe.
 *
 * <p>Whether the catalog is attached isn't looked at: the writer knows.
 */
public final class ServerParameters {

  private static final int POSITION = 0;
  private static final int MAX_QUOTED = 80;
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** By the names of the parameters, in the order of the manual. */
  private static final Map<String, ConfigKey<?>> KEYS = new LinkedHashMap<>();

  static {
    for (ConfigKey<?> key : ServerKeys.TABLE) {
      KEYS.put(parameter(key.name()), key);
    }
  }

  private final Machine machine;
  private final Map<String, CatalogConfig> catalogs;
  private final DataSize maxInFlightBytes;

  /**
   * Parameters for the servers of this receiver.
   *
   * @param config of the receiver
   * @param machine whose cores a default depends on
   */
  public ServerParameters(DuckspoolConfig config, Machine machine) {
    this.machine = machine;
    this.catalogs = config.catalogs();
    this.maxInFlightBytes = config.receiver().maxInFlightBytes();
  }

  /** The names of all parameters, in the order of the manual. */
  public static List<String> names() {
    return List.copyOf(KEYS.keySet());
  }

  /**
   * Reads and checks the parameters.
   *
   * @param json borrowed until return
   * @return with defaults filled in; the URI as it was given, and no token where none was given or
   *     none is needed
   * @throws IllegalArgumentException names every parameter that is wrong, with its value and bound;
   *     it never repeats a token
   */
  public ServerConfig parse(byte[] json) {
    List<String> problems = new ArrayList<>();
    Map<String, Layer.Flag> given = texts(object(json), problems);
    List<ConfigProblem> found = new ArrayList<>();
    Values values =
        new Values(new SmallRyeConfigBuilder().withSources(Layer.flags(given)).build(), found);
    ServerConfig server =
        new ServerSection(values, machine, catalogs, Optional.of(maxInFlightBytes))
            .concludeCalled(POSITION);
    found.forEach(
        problem ->
            problems.add("parameter \"" + parameter(problem.key()) + "\" " + problem.message()));
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          problems.stream().distinct().collect(Collectors.joining("; ")));
    }
    return server;
  }

  private static JsonNode object(byte[] json) {
    JsonNode node;
    try {
      node = JSON.readTree(json);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("the body is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("the body is not JSON: " + e.getMessage(), e);
    }
    if (node == null || !node.isObject()) {
      throw new IllegalArgumentException("the body must be a JSON object");
    }
    return node;
  }

  /** The values as a file would have them, by key; what has the wrong type is a problem. */
  private static Map<String, Layer.Flag> texts(JsonNode object, List<String> problems) {
    Map<String, Layer.Flag> texts = new HashMap<>();
    object
        .properties()
        .forEach(
            property -> {
              ConfigKey<?> key = KEYS.get(property.getKey());
              JsonNode value = property.getValue();
              if (key == null) {
                problems.add(
                    "unknown parameter \""
                        + property.getKey()
                        + "\", known are "
                        + String.join(", ", KEYS.keySet()));
              } else if (!value.isNull()) {
                if (!isOfType(key, value)) {
                  problems.add(wrongType(key, value));
                } else {
                  texts.put(key.at(POSITION), new Layer.Flag(property.getKey(), value.asText()));
                }
              }
            });
    return texts;
  }

  private static boolean isOfType(ConfigKey<?> key, JsonNode value) {
    return switch (jsonType(key)) {
      case "boolean" -> value.isBoolean();
      case "integer" -> value.isIntegralNumber();
      default -> value.isTextual();
    };
  }

  private static String wrongType(ConfigKey<?> key, JsonNode value) {
    String type = jsonType(key);
    String text = value.toString();
    boolean isShown = !key.mayComeFromFile() && text.length() <= MAX_QUOTED;
    return "parameter \""
        + parameter(key.name())
        + "\" must be "
        + (type.equals("integer") ? "an integer" : "a " + type)
        + ", got "
        + (isShown ? text : "another type: " + value.getNodeType().name().toLowerCase(Locale.ROOT));
  }

  private static String jsonType(ConfigKey<?> key) {
    return switch (key.typeText()) {
      case "boolean" -> "boolean";
      case "integer", "integer (ms)", "size" -> "integer";
      default -> "string";
    };
  }

  private static String parameter(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }
}
