package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.SecretConfig;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the configuration declares beside the default database, by name.
 *
 * @param catalogs databases to attach
 * @param secrets keys to storage, databases and catalogs
 * @param notes folder in which a lake is noted that is being made; empty: none is
 */
public record Declared(
    SortedMap<String, CatalogConfig> catalogs,
    SortedMap<String, SecretConfig> secrets,
    Optional<Path> notes) {

  public static final Declared NOTHING = new Declared(Map.of(), Map.of());

  public Declared {
    catalogs = Collections.unmodifiableSortedMap(new TreeMap<>(catalogs));
    secrets = Collections.unmodifiableSortedMap(new TreeMap<>(secrets));
  }

  public Declared(Map<String, CatalogConfig> catalogs, Map<String, SecretConfig> secrets) {
    this(new TreeMap<>(catalogs), new TreeMap<>(secrets), Optional.empty());
  }

  /** The same with a folder for notes on lakes that are being made. */
  public Declared notedIn(Path folder) {
    return new Declared(catalogs, secrets, Optional.of(folder));
  }

  /** Catalogs that need no secret. */
  public static Declared catalogs(Map<String, CatalogConfig> catalogs) {
    return new Declared(catalogs, Map.of());
  }

  /** One catalog alone, with all secrets. */
  Declared only(String catalog) {
    CatalogConfig config = catalogs.get(catalog);
    return new Declared(
        new TreeMap<>(config == null ? Map.of() : Map.of(catalog, config)), secrets, notes);
  }
}
