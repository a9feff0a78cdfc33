package io.duckspool.common.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The whole configuration, checked and concluded: every default is worked out, every path absolute,
 * every secret read from its file. Made by {@link ConfigLoader}, immutable, shown to all threads.
 *
 * @param data the data folder, absolute
 * @param receiver the {@code receiver} section
 * @param writer the {@code writer} section
 * @param control the {@code control} section
 * @param spool the {@code spool} section
 * @param duckdb the {@code duckdb} section
 * @param servers the declared servers, in order
 * @param catalogs the attached databases by name
 * @param secrets the secrets by name
 * @param log the {@code log} section
 */
public record DuckspoolConfig(
    Path data,
    ReceiverConfig receiver,
    WriterConfig writer,
    ControlConfig control,
    SpoolConfig spool,
    DuckDbConfig duckdb,
    List<ServerConfig> servers,
    Map<String, CatalogConfig> catalogs,
    Map<String, SecretConfig> secrets,
    LogConfig log) {

  /** Freezes the collections. */
  public DuckspoolConfig {
    servers = List.copyOf(servers);
    catalogs = Map.copyOf(catalogs);
    secrets = Map.copyOf(secrets);
  }

  /**
   * A declared catalog.
   *
   * @param name as a server has it, in any case; the default database's finds nothing
   */
  public Optional<CatalogConfig> catalog(String name) {
    return Optional.ofNullable(catalogs.get(name.toLowerCase(Locale.ROOT)));
  }
}
