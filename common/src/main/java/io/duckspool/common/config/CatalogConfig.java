package io.duckspool.common.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** One attached database of the {@code catalogs} section. */
public sealed interface CatalogConfig {
  /** Passed to ATTACH as they are. */
  Map<String, String> options();

  /** True for a place in object storage, false for a path on this machine. */
  static boolean isRemote(String place) {
    return place.startsWith("s3://");
  }

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
   * @param metadata an absolute path, {@code sqlite:} and one, or {@code postgres:} with a secret
   * @param dataPath an absolute path or {@code s3://bucket/prefix}
   * @param secret the name of a secret
   */
  record DuckLake(
      String metadata,
      Optional<String> dataPath,
      Optional<String> secret,
      Map<String, String> options)
      implements CatalogConfig {
    public static final String SQLITE = "sqlite:";
    public static final String POSTGRES = "postgres:";

    /** Freezes the options. */
    public DuckLake {
      options = Map.copyOf(options);
    }

    /** True where a PostgreSQL server keeps the metadata. */
    public boolean isOnPostgres() {
      return metadata.equals(POSTGRES);
    }

    /** True where a SQLite file keeps the metadata. */
    public boolean isOnSqlite() {
      return metadata.startsWith(SQLITE);
    }

    /** The file of the metadata; empty where a server keeps it. */
    public Optional<Path> metadataFile() {
      return isOnPostgres()
          ? Optional.empty()
          : Optional.of(Path.of(isOnSqlite() ? metadata.substring(SQLITE.length()) : metadata));
    }

    /** The local folder of the data, if it is one and is given. */
    public Optional<Path> dataFolder() {
      return dataPath.filter(place -> !isRemote(place)).map(Path::of);
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
