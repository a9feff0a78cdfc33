package io.duckspool.common.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The keys of the {@code servers} list: the parameters of {@code otlp_serve}. */
final class ServerKeys {
  static final List<ConfigKey<?>> TABLE = new ArrayList<>();

  private static final String NONE = "none";
  private static final DataSize NO_MAX = DataSize.ofBytes(Long.MAX_VALUE);
  private static final DataSize ONE_BYTE = DataSize.ofBytes(1);

  static final ConfigKey<String> URI =
      key(
          "uri",
          ValueType.string(),
          "otlp:localhost:4318",
          "Where it listens: `otlp:host:port`, `otlp://host:port`, IPv6 in brackets.");
  static final ConfigKey<String> CATALOG =
      key(
          "catalog",
          ValueType.optionalString(),
          "empty: the default database",
          "A name of the `catalogs` section.");
  static final ConfigKey<String> SCHEMA =
      key("schema", ValueType.string(), "main", "Where the tables are; made when `create_tables`.");
  static final ConfigKey<Secret> TOKEN =
      key(
          "token",
          ValueType.secret(16),
          "none: 32 random hex characters",
          "What clients must present; ignored with `disable_auth`.",
          true);
  static final ConfigKey<Boolean> DISABLE_AUTH =
      key("disable_auth", ValueType.bool(), "false", "No token is made or checked.");
  static final ConfigKey<String> PARQUET_EXPORT_PATH =
      key(
          "parquet_export_path",
          ValueType.parquetRoot(),
          NONE,
          "A folder or `s3://bucket/prefix` for Parquet files; not together with `catalog`. Relative"
              + " paths start at the working directory.");
  static final ConfigKey<Boolean> CREATE_TABLES =
      key(
          "create_tables",
          ValueType.bool(),
          "true",
          "Whether missing tables are made; with `false` they must all exist.");
  static final ConfigKey<Boolean> ALLOW_OTHER_HOSTNAME =
      key(
          "allow_other_hostname",
          ValueType.bool(),
          "false",
          "Whether it may listen on another host than `localhost`, `127.0.0.1` or `::1`.");
  static final ConfigKey<DataSize> MAX_BODY_BYTES =
      key(
          "max_body_bytes",
          ValueType.size(ONE_BYTE, DataSize.ofBytes(ServerConfig.MAX_BODY_BYTES)),
          "16MiB",
          "The largest body, as sent and decoded; twice it must fit `receiver.max_in_flight_bytes`, and it must fit `max_buffered_bytes`.");
  static final ConfigKey<Integer> HTTP_THREADS =
      key(
          "http_threads",
          ValueType.integer(1, 1024),
          "min(32, max(4, 4 x cores))",
          "Threads of its HTTP server.");
  static final ConfigKey<DataSize> MAX_BUFFERED_BYTES =
      key(
          "max_buffered_bytes",
          ValueType.size(ONE_BYTE, NO_MAX),
          "none: as far as `spool.disk_reserve` allows",
          "Payload bytes in flight plus accepted but not yet committed.");
  static final ConfigKey<DataSize> SEAL_TARGET_BYTES =
      key(
          "seal_target_bytes",
          ValueType.size(ONE_BYTE, NO_MAX),
          "64MiB",
          "Payload bytes at which a batch is sealed.");
  static final ConfigKey<Duration> SEAL_MAX_AGE_MS =
      key(
          "seal_max_age_ms",
          ValueType.millis(1, ServerConfig.MAX_MILLIS),
          "5000 (Iceberg: 60000)",
          "Age at which a batch is sealed.");
  static final ConfigKey<DataSize> TARGET_FILE_SIZE =
      key(
          "target_file_size",
          ValueType.size(ONE_BYTE, NO_MAX),
          "256MiB",
          "Size of a data file; DuckLake only.");
  static final ConfigKey<Duration> MAINTENANCE_RETENTION_MS =
      key(
          "maintenance_retention_ms",
          ValueType.millis(1, ServerConfig.MAX_MILLIS),
          "900000, in lakes that duckspool made",
          "Age at which snapshots may go; DuckLake only.");
  static final ConfigKey<List<String>> PROMOTE_RESOURCE_ATTRIBUTES =
      key(
          "promote_resource_attributes",
          ValueType.commaSeparated(),
          NONE,
          "Resource attributes that get a column of their own; not with `parquet_export_path`.");
  static final ConfigKey<List<String>> PROMOTE_SCOPE_ATTRIBUTES =
      key(
          "promote_scope_attributes",
          ValueType.commaSeparated(),
          NONE,
          "Scope attributes that get a column of their own; not with `parquet_export_path`.");
  static final ConfigKey<ServerConfig.ResponseMode> RESPONSE_MODE =
      key(
          "response_mode",
          ValueType.choice(ServerConfig.ResponseMode.class),
          "buffered",
          "`buffered`: 202 with counts as JSON; `otlp`: 200 with an empty OTLP response in the request's type.");

  private ServerKeys() {}

  private static <T> ConfigKey<T> key(
      String name, ValueType<T> type, String defaultText, String description) {
    return key(name, type, defaultText, description, false);
  }

  private static <T> ConfigKey<T> key(
      String name, ValueType<T> type, String defaultText, String description, boolean fromFile) {
    ConfigKey<T> key =
        new ConfigKey<>("servers[*]." + name, type, defaultText, description, fromFile);
    TABLE.add(key);
    return key;
  }
}
