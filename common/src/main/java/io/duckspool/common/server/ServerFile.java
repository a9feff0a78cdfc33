package io.duckspool.common.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.DataSize;
import io.duckspool.common.config.Secret;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.config.ServerConfig.ResponseMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code server.json} holds: what a server was made with, its spool id and its state. One JSON
 * object:
 *
 * <pre>
 * {"version":1, "state":"serving", "spool_id":"…32 hex…", "first_index":257698037760000001, "run_id":"…",
 *  "created_at":"2026-01-01T00:00:00Z", "declared":true, "listen_uri":"otlp:localhost:4318",
 *  "catalog":…, "schema":…, "token":…, …the parameters of otlp_serve by their names…}
 * </pre>
 *
 * Absent values are left out. Fields that this version doesn't know are ignored; a version above
 * ours is refused.
 *
 * <p>Each change replaces the file whole ({@link AtomicFile}). The receiver is the only writer of
 * the file in {@link ServerState#PREPARING} and {@link ServerState#SERVING}, the writer in the
 * other states; either process may read it at any time. Immutable and thread-safe.
 *
 * @param state how far the server is
 * @param spoolId 32 lower-case hex characters, random
 * @param firstIndex where the spool began, as a number ({@code segment << 32 | sequence}): the
 *     ledger's first row
 * @param runId of the receiver run that made the spool
 * @param createdAt when the server was made
 * @param declared whether the configuration declares it, rather than a call
 * @param config the parameters, {@code uri} in canonical form, with the token that was made where
 *     none was given
 */
public record ServerFile(
    ServerState state,
    String spoolId,
    long firstIndex,
    String runId,
    Instant createdAt,
    boolean declared,
    ServerConfig config) {

  private static final int VERSION = 1;
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public ServerFile {
    if (!spoolId.matches("[0-9a-f]{32}")) {
      throw new IllegalArgumentException(
          "spoolId must be 32 lower-case hex characters, got " + spoolId);
    }
    if (firstIndex < 0) {
      throw new IllegalArgumentException("firstIndex must be >= 0, got " + firstIndex);
    }
  }

  /** The canonical listen URI. */
  public ListenUri listenUri() {
    return ListenUri.parse(config.uri());
  }

  /** The same server in another state. */
  public ServerFile with(ServerState newState) {
    return new ServerFile(newState, spoolId, firstIndex, runId, createdAt, declared, config);
  }

  /** The same server with other limits or another token. */
  public ServerFile with(ServerConfig newConfig) {
    return new ServerFile(state, spoolId, firstIndex, runId, createdAt, declared, newConfig);
  }

  /** Replaces {@code server.json}; durable when it returns. Blocking. */
  public void write(ServerFolder folder) throws IOException {
    AtomicFile.replace(folder.serverFile(), JSON.writeValueAsBytes(toJson()));
  }

  /**
   * Reads {@code server.json}.
   *
   * @throws IOException when it is missing, no JSON, lacks a field, or is of a newer version; the
   *     message names the file and what is wrong, never the token
   */
  public static ServerFile read(ServerFolder folder) throws IOException {
    Path file = folder.serverFile();
    byte[] bytes = Files.readAllBytes(file);
    JsonNode json;
    try {
      json = JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      // The cause would quote the text, which holds the token.
      throw new IOException("not JSON, at " + at(e) + ": " + file);
    }
    try {
      return fromJson(json);
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IOException(e.getMessage() + ": " + file, e);
    }
  }

  private static String at(com.fasterxml.jackson.core.JacksonException e) {
    return e.getLocation() == null ? "an unknown place" : "line " + e.getLocation().getLineNr();
  }

  private ObjectNode toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("version", VERSION);
    json.put("state", state.name().toLowerCase(Locale.ROOT));
    json.put("spool_id", spoolId);
    json.put("first_index", firstIndex);
    json.put("run_id", runId);
    json.put("created_at", createdAt.toString());
    json.put("declared", declared);
    json.put("listen_uri", config.uri());
    config.catalog().ifPresent(value -> json.put("catalog", value));
    json.put("schema", config.schema());
    config.token().ifPresent(value -> json.put("token", value.reveal()));
    json.put("disable_auth", config.disableAuth());
    config.parquetExportPath().ifPresent(value -> json.put("parquet_export_path", value));
    json.put("create_tables", config.createTables());
    json.put("allow_other_hostname", config.allowOtherHostname());
    json.put("max_body_bytes", config.maxBodyBytes().bytes());
    json.put("http_threads", config.httpThreads());
    config.maxBufferedBytes().ifPresent(value -> json.put("max_buffered_bytes", value.bytes()));
    json.put("seal_target_bytes", config.sealTargetBytes().bytes());
    json.put("seal_max_age_ms", config.sealMaxAge().toMillis());
    json.put("target_file_size", config.targetFileSize().bytes());
    config
        .maintenanceRetention()
        .ifPresent(value -> json.put("maintenance_retention_ms", value.toMillis()));
    putList(json, "promote_resource_attributes", config.promoteResourceAttributes());
    putList(json, "promote_scope_attributes", config.promoteScopeAttributes());
    json.put("response_mode", config.responseMode().name().toLowerCase(Locale.ROOT));
    return json;
  }

  private static void putList(ObjectNode json, String name, List<String> values) {
    if (!values.isEmpty()) {
      values.forEach(json.putArray(name)::add);
    }
  }

  private static ServerFile fromJson(JsonNode json) {
    long version = required(json, "version").asLong(-1);
    if (version > VERSION) {
      throw new IllegalArgumentException(
          "written by a newer duckspool (version " + version + ", this one reads " + VERSION + ")");
    }
    ServerConfig config =
        new ServerConfig(
            ListenUri.parse(text(json, "listen_uri")).toString(),
            optionalText(json, "catalog"),
            text(json, "schema"),
            optionalText(json, "token").map(Secret::new),
            required(json, "disable_auth").asBoolean(),
            optionalText(json, "parquet_export_path"),
            required(json, "create_tables").asBoolean(),
            required(json, "allow_other_hostname").asBoolean(),
            DataSize.ofBytes(count(json, "max_body_bytes", ServerConfig.MAX_BODY_BYTES)),
            (int) count(json, "http_threads", Integer.MAX_VALUE),
            json.has("max_buffered_bytes")
                ? Optional.of(DataSize.ofBytes(count(json, "max_buffered_bytes", Long.MAX_VALUE)))
                : Optional.empty(),
            DataSize.ofBytes(count(json, "seal_target_bytes", Long.MAX_VALUE)),
            Duration.ofMillis(count(json, "seal_max_age_ms", ServerConfig.MAX_MILLIS)),
            DataSize.ofBytes(count(json, "target_file_size", Long.MAX_VALUE)),
            json.has("maintenance_retention_ms")
                ? Optional.of(
                    Duration.ofMillis(
                        count(json, "maintenance_retention_ms", ServerConfig.MAX_MILLIS)))
                : Optional.empty(),
            list(json, "promote_resource_attributes"),
            list(json, "promote_scope_attributes"),
            ResponseMode.valueOf(text(json, "response_mode").toUpperCase(Locale.ROOT)));
    return new ServerFile(
        ServerState.valueOf(text(json, "state").toUpperCase(Locale.ROOT)),
        text(json, "spool_id"),
        number(json, "first_index"),
        text(json, "run_id"),
        Instant.parse(text(json, "created_at")),
        required(json, "declared").asBoolean(),
        config);
  }

  private static JsonNode required(JsonNode json, String name) {
    @Nullable JsonNode value = json.get(name);
    if (value == null || value.isNull()) {
      throw new IllegalArgumentException("no field \"" + name + "\"");
    }
    return value;
  }

  private static String text(JsonNode json, String name) {
    return required(json, name).asText();
  }

  private static Optional<String> optionalText(JsonNode json, String name) {
    return json.has(name) ? Optional.of(text(json, name)) : Optional.empty();
  }

  private static long number(JsonNode json, String name) {
    JsonNode value = required(json, name);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException("field \"" + name + "\" is not a 64-bit integer");
    }
    return value.asLong();
  }

  /** A number above 0. */
  private static long count(JsonNode json, String name, long max) {
    long value = number(json, name);
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(
          "field \"" + name + "\" must be in [1, " + max + "], got " + value);
    }
    return value;
  }

  private static List<String> list(JsonNode json, String name) {
    return json.has(name) ? json.get(name).valueStream().map(JsonNode::asText).toList() : List.of();
  }
}
