package io.duckspool.common.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One declared server: the parameters of {@code otlp_serve}, with defaults filled in.
 *
 * @param uri the listen URI as it was written, checked but not canonical
 * @param catalog an attached catalog; empty = the writer's default database
 * @param schema where the tables are
 * @param token at least 16 characters; empty = one is made; from {@code token} or {@code
 *     token_file}
 * @param disableAuth no token is made or checked
 * @param parquetExportPath a Parquet root instead of a catalog
 * @param createTables whether missing schema and tables are created
 * @param allowOtherHostname whether another host than loopback may be bound
 * @param maxBodyBytes the encoded body, and the decoded one: 1 to 256 MiB
 * @param httpThreads threads of the HTTP server
 * @param maxBufferedBytes payload bytes in flight plus accepted but not committed; empty = as far
 *     as the disk guard allows
 * @param sealTargetBytes payload bytes at which a batch is sealed
 * @param sealMaxAge age at which a batch is sealed
 * @param targetFileSize size of a DuckLake data file
 * @param maintenanceRetention DuckLake snapshot retention; empty = not given, so that only lakes
 *     that duckspool made are expired, after {@link #DEFAULT_MAINTENANCE_RETENTION}
 * @param promoteResourceAttributes resource attributes that get a column of their own
 * @param promoteScopeAttributes scope attributes that get a column of their own
 * @param responseMode what the replies look like
 */
public record ServerConfig(
    String uri,
    Optional<String> catalog,
    String schema,
    Optional<Secret> token,
    boolean disableAuth,
    Optional<String> parquetExportPath,
    boolean createTables,
    boolean allowOtherHostname,
    DataSize maxBodyBytes,
    int httpThreads,
    Optional<DataSize> maxBufferedBytes,
    DataSize sealTargetBytes,
    Duration sealMaxAge,
    DataSize targetFileSize,
    Optional<Duration> maintenanceRetention,
    List<String> promoteResourceAttributes,
    List<String> promoteScopeAttributes,
    ResponseMode responseMode) {
  /** Bound of {@code max_body_bytes}. */
  public static final long MAX_BODY_BYTES = 256L << 20;

  /** Bound of times: a hundred years, for the arithmetic on them in long milliseconds. */
  public static final long MAX_MILLIS = Duration.ofDays(36_500).toMillis();

  /** What {@code maintenance_retention_ms} means where it is not given. */
  public static final Duration DEFAULT_MAINTENANCE_RETENTION = Duration.ofMinutes(15);

  /** Freezes the lists. */
  public ServerConfig {
    promoteResourceAttributes = List.copyOf(promoteResourceAttributes);
    promoteScopeAttributes = List.copyOf(promoteScopeAttributes);
  }

  /** The same parameters on another listen URI, or on the same one in another form. */
  public ServerConfig withUri(String otherUri) {
    return with(otherUri, token, catalog, schema, parquetExportPath);
  }

  /** The same parameters with another token, or none. */
  public ServerConfig withToken(Optional<Secret> otherToken) {
    return with(uri, otherToken, catalog, schema, parquetExportPath);
  }

  /** The same parameters with another target. */
  public ServerConfig withTarget(
      Optional<String> otherCatalog, String otherSchema, Optional<String> otherParquetExportPath) {
    return with(uri, token, otherCatalog, otherSchema, otherParquetExportPath);
  }

  private ServerConfig with(
      String otherUri,
      Optional<Secret> otherToken,
      Optional<String> otherCatalog,
      String otherSchema,
      Optional<String> otherParquetExportPath) {
    return new ServerConfig(
        otherUri,
        otherCatalog,
        otherSchema,
        otherToken,
        disableAuth,
        otherParquetExportPath,
        createTables,
        allowOtherHostname,
        maxBodyBytes,
        httpThreads,
        maxBufferedBytes,
        sealTargetBytes,
        sealMaxAge,
        targetFileSize,
        maintenanceRetention,
        promoteResourceAttributes,
        promoteScopeAttributes,
        responseMode);
  }

  /** What the replies of the ingest endpoints look like. */
  public enum ResponseMode {
    /** 202 with {@code status}, {@code rows} and {@code batches} as JSON. */
    BUFFERED,
    /** 200 with an empty {@code Export*ServiceResponse} in the request's own type. */
    OTLP
  }
}
