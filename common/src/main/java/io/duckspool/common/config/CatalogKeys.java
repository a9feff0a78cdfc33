package io.duckspool.common.config;

import java.util.ArrayList;
import java.util.List;

/** The keys of the {@code catalogs} map. */
final class CatalogKeys {
  static final List<ConfigKey<?>> TABLE = new ArrayList<>();

  private static final String NONE = "none";

  static final ConfigKey<Type> TYPE =
      key("type", ValueType.choice(Type.class), "required", "What kind of catalog it is.");
  static final ConfigKey<String> PATH =
      key("path", ValueType.path(), "required", "`duckdb`: the file.");
  static final ConfigKey<String> METADATA =
      key(
          "metadata",
          ValueType.string(),
          "required",
          "`ducklake`: a path, `sqlite:<path>`, or `postgres:` with `secret`.");
  static final ConfigKey<String> DATA_PATH =
      key("data_path", ValueType.string(), NONE, "`ducklake`: a path or `s3://bucket/prefix`.");
  static final ConfigKey<String> ENDPOINT =
      key("endpoint", ValueType.string(), "required", "`iceberg`: the URL of the REST catalog.");
  static final ConfigKey<String> WAREHOUSE =
      key("warehouse", ValueType.string(), NONE, "`iceberg`: the warehouse.");
  static final ConfigKey<CatalogConfig.Authorization> AUTHORIZATION =
      key(
          "authorization",
          ValueType.choice(CatalogConfig.Authorization.class),
          "none",
          "`iceberg`: how the writer proves who it is.");
  static final ConfigKey<CatalogConfig.AccessDelegation> ACCESS_DELEGATION =
      key(
          "access_delegation",
          ValueType.choice(CatalogConfig.AccessDelegation.class),
          "none",
          "`iceberg`: who hands out the keys of the storage.");
  static final ConfigKey<String> SECRET =
      key(
          "secret",
          ValueType.string(),
          NONE,
          "`ducklake`, `iceberg`: a name of the `secrets` section.");
  static final ConfigKey<String> OPTIONS =
      key("options.**", ValueType.optionalString(), NONE, "Passed to ATTACH as they are.");

  /** The kinds of catalogs. */
  enum Type {
    DUCKDB,
    DUCKLAKE,
    ICEBERG
  }

  private CatalogKeys() {}

  private static <T> ConfigKey<T> key(
      String name, ValueType<T> type, String defaultText, String description) {
    ConfigKey<T> key = new ConfigKey<>("catalogs.*." + name, type, defaultText, description, false);
    TABLE.add(key);
    return key;
  }
}
