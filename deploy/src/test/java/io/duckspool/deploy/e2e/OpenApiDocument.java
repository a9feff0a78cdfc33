package io.duckspool.deploy.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** {@code docs/openapi.yaml}, and whether real requests and replies are what it says. Immutable. */
final class OpenApiDocument {

  private final JsonNode root;
  private final SchemaRegistry schemas =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private OpenApiDocument(JsonNode root) {
    this.root = root;
  }

  /** The document of this repository. */
  static OpenApiDocument read() throws IOException {
    return read(file());
  }

  /** Where it is. */
  static Path file() {
    Path file = Path.of("docs", "openapi.yaml");
    return Files.exists(file) ? file : Path.of("..").resolve(file);
  }

  private static OpenApiDocument read(Path file) throws IOException {
    return new OpenApiDocument(new YAMLMapper().readTree(file.toFile()));
  }

  Set<String> paths() {
    Set<String> paths = new TreeSet<>();
    root.get("paths").fieldNames().forEachRemaining(paths::add);
    return paths;
  }

  /** The ports that serve a path, as the document writes their URLs. */
  List<String> servers(String path) {
    List<String> urls = new ArrayList<>();
    root.get("paths")
        .get(path)
        .get("servers")
        .forEach(server -> urls.add(server.get("url").asText()));
    return urls;
  }

  /** The one method of a path, in capitals. */
  String method(String path) {
    return root.get("paths").get(path).has("post") ? "POST" : "GET";
  }

  boolean hasStatus(String path, int status) {
    return operation(path).get("responses").has(String.valueOf(status));
  }

  /** What is wrong with the body of a request that is meant to be right. */
  List<String> requestFaults(String path, String body) {
    JsonNode content = operation(path).path("requestBody").path("content");
    return faults(content.path("application/json").path("schema"), body);
  }

  /** What is wrong with a reply. */
  List<String> replyFaults(String path, int status, Optional<String> contentType, String body) {
    JsonNode response = operation(path).get("responses").get(String.valueOf(status));
    if (response == null) {
      return List.of("the document has no status " + status);
    }
    JsonNode resolved = response.has("$ref") ? resolve(response.get("$ref").asText()) : response;
    String type = contentType.orElse("none").split(";", 2)[0].strip();
    JsonNode media = resolved.path("content").get(type);
    if (media == null) {
      return List.of("the document has no type " + type + " for status " + status);
    }
    return type.equals("application/json") ? faults(media.get("schema"), body) : List.of();
  }

  private JsonNode operation(String path) {
    return root.get("paths").get(path).get(method(path).equals("POST") ? "post" : "get");
  }

  private JsonNode resolve(String reference) {
    return root.at(reference.substring(1));
  }

  private List<String> faults(JsonNode schema, String body) {
    // A document of its own, in which the references of the schema lead to the same places.
    ObjectNode whole = JsonNodeFactory.instance.objectNode();
    whole.setAll((ObjectNode) schema);
    whole.set("components", root.get("components"));
    return schemas.getSchema(whole).validate(body, InputFormat.JSON).stream()
        .map(Object::toString)
        .toList();
  }

  /** The keys of a schema of the document, in order. */
  List<String> keys(String schema) {
    return resolve("#/components/schemas/" + schema).get("properties").properties().stream()
        .map(Map.Entry::getKey)
        .toList();
  }

  /** What the document says of a key of a schema. */
  JsonNode property(String schema, String key) {
    return resolve("#/components/schemas/" + schema).get("properties").get(key);
  }
}
