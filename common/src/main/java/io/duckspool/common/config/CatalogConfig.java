package io.duckspool.common.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** One attached database of the {@code catalogs} section. */
public sealed interface CatalogConfig {
  /** Passed to ATTACH as they are. */
  Map<String, String> options();

  /**
   * Another DuckDB file.
   *
   * @param path the file, absolute
   */
  record DuckDb(Path path, Map<String, String> options) implements CatalogConfig {
    /** Freezes the options. */
    public DuckDb {
      options = Map.copyOf(options);
    }
  }

  /**
   * A DuckLake.
   *
   * @param metadata a path, {@code sqlite:<path>}, or {@code postgres:} with a secret
   * @param dataPath a path or {@code s3://bucket/prefix}
   * @param secret the name of a secret
   */
  record DuckLake(
      String metadata,
      Optional<String> dataPath,
      Optional<String> secret,
      Map<String, String> options)
      implements CatalogConfig {
    /** Freezes the options. */
    public DuckLake {
      options = Map.copyOf(options);
    }
  }

  /**
   * An Iceberg REST catalog.
   *
   * @param secret the name of a secret
   */
  record Iceberg(
      String endpoint,
      Optional<String> warehouse,
      Authorization authorization,
      AccessDelegation accessDelegation,
      Optional<String> secret,
      Map<String, String> options)
      implements CatalogConfig {
    /** Freezes the options. */
    public Iceberg {
      options = Map.copyOf(options);
    }
  }

  /** How the writer proves who it is to an Iceberg catalog. */
  enum Authorization {
    /** Not at all. */
    NONE,
    /** Client id and secret, traded for a token. */
    OAUTH2,
    /** A fixed token. */
    BEARER,
    /** AWS Signature Version 4. */
    SIGV4
  }

  /** Who hands out the keys of the storage. */
  enum AccessDelegation {
    /** The {@code secrets} section. */
    NONE,
    /** The catalog. */
    VENDED_CREDENTIALS
  }
}
