package io.duckspool.common.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The table of all keys, in the order of the manual: the one place that knows their names, types,
 * bounds, defaults and descriptions. What a default depends on is worked out in {@link Conclusion}.
 */
public final class ConfigKeys {
  private static final List<ConfigKey<?>> TABLE = new ArrayList<>();
  private static final DataSize ONE_BYTE = DataSize.ofBytes(1);
  private static final DataSize NO_MAX = DataSize.ofBytes(Long.MAX_VALUE);
  private static final Duration DAY = Duration.ofDays(1);
  private static final String NONE = "none";

  static final ConfigKey<String> DATA =
      key(
          "data",
          ValueType.path(),
          "./data",
          "The data folder. Relative paths start at the working directory.");

  static final ConfigKey<HostPort> RECEIVER_CONTROL =
      key(
          "receiver.control",
          ValueType.hostPort(),
          "127.0.0.1:4319",
          "The receiver's control port.");
  static final ConfigKey<DataSize> RECEIVER_MAX_IN_FLIGHT_BYTES =
      key(
          "receiver.max_in_flight_bytes",
          ValueType.size(ONE_BYTE, NO_MAX),
          "a quarter of the heap",
          "Bodies being read, inflated, validated or awaiting their sync, over all servers. A request that would pass it gets a 503.");
  static final ConfigKey<Integer> RECEIVER_MAX_REQUEST_ROWS =
      key(
          "receiver.max_request_rows",
          ValueType.integer(1, Integer.MAX_VALUE),
          "1000000",
          "Rows that one request may become.");
  static final ConfigKey<DataSize> RECEIVER_MAX_EXPANDED_BYTES =
      key(
          "receiver.max_expanded_bytes",
          ValueType.size(ONE_BYTE, NO_MAX),
          "1GiB",
          "Rows times their resource and scope text that one request may become.");
  static final ConfigKey<Duration> RECEIVER_BODY_TIMEOUT =
      key(
          "receiver.body_timeout",
          ValueType.duration(Duration.ofMillis(1), DAY),
          "30s",
          "How long a body may take to arrive, and so may the head before it; a body must also come at 1 KiB/s or more.");

  static final ConfigKey<Integer> RECEIVER_MAX_CONNECTIONS =
      key(
          "receiver.max_connections",
          ValueType.integer(1, Integer.MAX_VALUE),
          "10000",
          "Connections that all servers together keep open, and never more than three quarters of the process's file descriptors. One more is closed at once; from seven eighths on, a connection may be idle for a second only.");

  static final ConfigKey<HostPort> WRITER_CONTROL =
      key("writer.control", ValueType.hostPort(), "127.0.0.1:4320", "The writer's control port.");
  static final ConfigKey<DataSize> WRITER_MAX_BATCH_BYTES =
      key(
          "writer.max_batch_bytes",
          ValueType.size(ONE_BYTE, NO_MAX),
          "a quarter of `duckdb.memory_limit`",
          "What one seal may hold, decoded.");
  static final ConfigKey<Integer> WRITER_MAX_BATCH_ROWS =
      key(
          "writer.max_batch_rows",
          ValueType.integer(1, Integer.MAX_VALUE),
          "500000",
          "Rows that one seal may hold.");
  static final ConfigKey<Boolean> WRITER_PROVENANCE =
      key(
          "writer.provenance",
          ValueType.bool(),
          "`true` (Iceberg: `false`)",
          "Whether each seal writes a row to the `duckspool_seals` table.");

  static final ConfigKey<String> CONTROL_TOKEN_FILE =
      key(
          "control.token_file",
          ValueType.path(),
          "<data>/control.token",
          "The token of both control ports; made on the first start, readable by its owner only.");
  static final ConfigKey<Boolean> CONTROL_ALLOW_OTHER_HOSTNAME =
      key(
          "control.allow_other_hostname",
          ValueType.bool(),
          "false",
          "Whether a control port may listen on another host than loopback.");

  static final ConfigKey<SpoolConfig.Sync> SPOOL_SYNC =
      key(
          "spool.sync",
          ValueType.choice(SpoolConfig.Sync.class),
          "group",
          "When a request is acknowledged: `group` after an fsync that covers it, `os` once the kernel has it (survives the death of any process, not a power cut).");
  static final ConfigKey<DataSize> SPOOL_SEGMENT_BYTES =
      key(
          "spool.segment_bytes",
          ValueType.size(DataSize.ofKibibytes(64), DataSize.ofGibibytes(1024)),
          "512MiB",
          "A segment that holds entries ends at this size.");
  static final ConfigKey<Duration> SPOOL_SEGMENT_AGE =
      key(
          "spool.segment_age",
          ValueType.duration(Duration.ofMillis(10), DAY),
          "60s",
          "A segment that holds entries ends at this age.");
  static final ConfigKey<DataSize> SPOOL_DISK_RESERVE =
      key(
          "spool.disk_reserve",
          ValueType.size(ONE_BYTE, NO_MAX),
          "1GiB; the larger of that and 4 x `seal_target_bytes` where the database or DuckDB's temporary folder share the file system",
          "Free space below which requests are rejected; at least twice the largest `max_body_bytes`.");

  static final ConfigKey<String> DUCKDB_DATABASE =
      key(
          "duckdb.database",
          ValueType.path(),
          "<data>/otlp.duckdb",
          "The default database. `:memory:` is allowed and promises nothing past the writer's exit.");
  static final ConfigKey<String> DUCKDB_EXTENSION_DIRECTORY =
      key(
          "duckdb.extension_directory",
          ValueType.path(),
          "<data>/extensions",
          "Where extensions are found.");
  static final ConfigKey<Boolean> DUCKDB_INSTALL_EXTENSIONS =
      key(
          "duckdb.install_extensions",
          ValueType.bool(),
          "true",
          "Whether a missing extension is installed.");
  static final ConfigKey<DataSize> DUCKDB_MEMORY_LIMIT =
      key(
          "duckdb.memory_limit",
          ValueType.size(DataSize.ofMebibytes(64), NO_MAX),
          "half of the memory left beside the heap",
          "What DuckDB may use.");
  static final ConfigKey<Integer> DUCKDB_THREADS =
      key("duckdb.threads", ValueType.integer(1, 1024), "the number of cores", "DuckDB's threads.");
  static final ConfigKey<String> DUCKDB_TEMP_DIRECTORY =
      key("duckdb.temp_directory", ValueType.path(), "<data>/tmp", "Where DuckDB spills to.");
  static final ConfigKey<String> DUCKDB_INIT_SQL =
      key(
          "duckdb.init_sql",
          ValueType.statements(),
          NONE,
          "Statements run once when the database is opened.");

  static final ConfigKey<LogConfig.Format> LOG_FORMAT =
      key(
          "log.format",
          ValueType.choice(LogConfig.Format.class),
          "text",
          "Lines for people, or a JSON object a line.");
  static final ConfigKey<LogConfig.Level> LOG_LEVEL =
      key(
          "log.level",
          ValueType.choice(LogConfig.Level.class),
          "info",
          "The least severe level that is logged.");

  private ConfigKeys() {}

  /** Every key, in the order of the manual. */
  public static List<ConfigKey<?>> all() {
    return Collections.unmodifiableList(Tables.ALL);
  }

  /** The key that a name with its positions and names filled in belongs to. */
  static Optional<ConfigKey<?>> find(String key) {
    return all().stream().filter(candidate -> candidate.matches(key)).findFirst();
  }

  private static <T> ConfigKey<T> key(
      String name, ValueType<T> type, String defaultText, String description) {
    ConfigKey<T> key = new ConfigKey<>(name, type, defaultText, description, false);
    TABLE.add(key);
    return key;
  }

  /** Joined on first use, when the other tables are there. */
  private static final class Tables {
    private static final List<ConfigKey<?>> ALL = new ArrayList<>(TABLE);

    static {
      ALL.addAll(ServerKeys.TABLE);
      ALL.addAll(CatalogKeys.TABLE);
      ALL.addAll(SecretKeys.TABLE);
    }
  }
}
