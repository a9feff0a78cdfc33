package io.duckspool.common.config;

import io.duckspool.common.admin.ListenUri;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Checks and concludes the {@code servers} list. */
final class ServerSection {
  static final DataSize MAX_BODY_BYTES = DataSize.ofMebibytes(16);
  static final DataSize SEAL_TARGET_BYTES = DataSize.ofMebibytes(64);

  private static final Duration SEAL_MAX_AGE = Duration.ofSeconds(5);
  // An Iceberg snapshot a seal, and nobody expires them but the catalog.
  private static final Duration ICEBERG_SEAL_MAX_AGE = Duration.ofMinutes(1);

  private final Values values;
  private final Machine machine;
  private final Map<String, CatalogConfig> catalogs;
  private final Optional<DataSize> maxInFlightBytes;

  ServerSection(
      Values values,
      Machine machine,
      Map<String, CatalogConfig> catalogs,
      Optional<DataSize> maxInFlightBytes) {
    this.values = values;
    this.machine = machine;
    this.catalogs = catalogs;
    this.maxInFlightBytes = maxInFlightBytes;
  }

  List<ServerConfig> conclude() {
    TreeSet<Integer> positions = new TreeSet<>();
    values.firstPartsBelow(ServerKeys.TABLE).forEach(text -> positions.add(Integer.valueOf(text)));
    List<ServerConfig> servers = new ArrayList<>();
    Map<ListenUri, Integer> seen = new HashMap<>();
    for (int position : positions) {
      Object[] at = {position};
      if (position != servers.size()) {
        values.problem(ServerKeys.URI, at, "there is no servers[" + servers.size() + "]");
      }
      ServerConfig server = server(at);
      checkUri(server, at, seen);
      checkCatalog(server, at);
      checkTarget(server, at);
      checkBounds(server, at);
      servers.add(server);
    }
    return servers;
  }

  /** One server that a call makes, with the keys of an entry at this position. */
  ServerConfig concludeCalled(int position) {
    Object[] at = {position};
    ServerConfig server = server(at);
    checkUri(server, at, new HashMap<>());
    checkTarget(server, at);
    checkBounds(server, at);
    return server;
  }

  private ServerConfig server(Object[] at) {
    Optional<String> catalog = values.find(ServerKeys.CATALOG, at).filter(name -> !name.isBlank());
    boolean isIceberg =
        catalog
            .map(name -> catalogs.get(name.toLowerCase(Locale.ROOT)))
            .filter(CatalogConfig.Iceberg.class::isInstance)
            .isPresent();
    boolean isOpen = values.get(ServerKeys.DISABLE_AUTH, false, at);
    return new ServerConfig(
        values.get(ServerKeys.URI, "otlp:localhost:4318", at),
        catalog,
        values.get(ServerKeys.SCHEMA, "main", at),
        isOpen ? Optional.empty() : values.find(ServerKeys.TOKEN, at),
        isOpen,
        values.find(ServerKeys.PARQUET_EXPORT_PATH, at),
        values.get(ServerKeys.CREATE_TABLES, true, at),
        values.get(ServerKeys.ALLOW_OTHER_HOSTNAME, false, at),
        values.get(ServerKeys.MAX_BODY_BYTES, MAX_BODY_BYTES, at),
        values.get(ServerKeys.HTTP_THREADS, Math.min(32, Math.max(4, 4 * machine.cores())), at),
        values.find(ServerKeys.MAX_BUFFERED_BYTES, at),
        values.get(ServerKeys.SEAL_TARGET_BYTES, SEAL_TARGET_BYTES, at),
        values.get(ServerKeys.SEAL_MAX_AGE_MS, isIceberg ? ICEBERG_SEAL_MAX_AGE : SEAL_MAX_AGE, at),
        values.get(ServerKeys.TARGET_FILE_SIZE, DataSize.ofMebibytes(256), at),
        values.find(ServerKeys.MAINTENANCE_RETENTION_MS, at),
        values.get(ServerKeys.PROMOTE_RESOURCE_ATTRIBUTES, List.of(), at),
        values.get(ServerKeys.PROMOTE_SCOPE_ATTRIBUTES, List.of(), at),
        values.get(ServerKeys.RESPONSE_MODE, ServerConfig.ResponseMode.BUFFERED, at));
  }

  private void checkUri(ServerConfig server, Object[] at, Map<ListenUri, Integer> seen) {
    ListenUri uri;
    try {
      uri = ListenUri.parse(server.uri());
    } catch (IllegalArgumentException e) {
      values.problem(ServerKeys.URI, at, e.getMessage() == null ? e.toString() : e.getMessage());
      return;
    }
    if (!server.allowOtherHostname() && !uri.isLocal()) {
      values.problem(
          ServerKeys.URI,
          at,
          "listens on "
              + uri.host()
              + ", which is not localhost: that needs allow_other_hostname: true");
    }
    Integer earlier = seen.putIfAbsent(uri, (Integer) at[0]);
    if (earlier != null) {
      values.problem(ServerKeys.URI, at, uri + " is declared by servers[" + earlier + "], too");
    }
  }

  private void checkCatalog(ServerConfig server, Object[] at) {
    if (server.catalog().isPresent() && !catalogs.containsKey(server.catalog().get())) {
      values.problem(
          ServerKeys.CATALOG, at, "the catalogs section has no \"" + server.catalog().get() + "\"");
    }
  }

  private void checkTarget(ServerConfig server, Object[] at) {
    checkPromoted(ServerKeys.PROMOTE_RESOURCE_ATTRIBUTES, server.promoteResourceAttributes(), at);
    checkPromoted(ServerKeys.PROMOTE_SCOPE_ATTRIBUTES, server.promoteScopeAttributes(), at);
    if (server.parquetExportPath().isPresent()) {
      if (server.catalog().isPresent()) {
        values.problem(ServerKeys.PARQUET_EXPORT_PATH, at, "can't be given together with catalog");
      }
      refuseWithParquet(
          ServerKeys.PROMOTE_RESOURCE_ATTRIBUTES, server.promoteResourceAttributes(), at);
      refuseWithParquet(ServerKeys.PROMOTE_SCOPE_ATTRIBUTES, server.promoteScopeAttributes(), at);
    }
  }

  private void checkPromoted(ConfigKey<?> key, List<String> attributes, Object[] at) {
    PromotedAttributes.collision(attributes)
        .ifPresent(collision -> values.problem(key, at, collision));
  }

  private void refuseWithParquet(ConfigKey<?> key, List<String> attributes, Object[] at) {
    if (!attributes.isEmpty()) {
      values.problem(key, at, "can't be given together with parquet_export_path");
    }
  }

  private void checkBounds(ServerConfig server, Object[] at) {
    DataSize body = server.maxBodyBytes();
    if (maxInFlightBytes.isPresent() && 2 * body.bytes() > maxInFlightBytes.get().bytes()) {
      values.problem(
          ServerKeys.MAX_BODY_BYTES,
          at,
          "twice "
              + body
              + " must fit receiver.max_in_flight_bytes, which is "
              + maxInFlightBytes.get());
    }
    Optional<DataSize> buffered = server.maxBufferedBytes();
    if (buffered.isPresent() && body.compareTo(buffered.get()) > 0) {
      values.problem(
          ServerKeys.MAX_BODY_BYTES,
          at,
          body + " must fit max_buffered_bytes, which is " + buffered.get());
    }
  }
}
