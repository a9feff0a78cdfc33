package io.duckspool.common.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Checks and concludes the {@code catalogs} map. */
final class CatalogSection {
  private static final Map<CatalogKeys.Type, List<ConfigKey<?>>> KEYS =
      Map.of(
          CatalogKeys.Type.DUCKDB,
          List.of(CatalogKeys.PATH),
          CatalogKeys.Type.DUCKLAKE,
          List.of(CatalogKeys.METADATA, CatalogKeys.DATA_PATH, CatalogKeys.SECRET),
          CatalogKeys.Type.ICEBERG,
          List.of(
              CatalogKeys.ENDPOINT,
              CatalogKeys.WAREHOUSE,
              CatalogKeys.AUTHORIZATION,
              CatalogKeys.ACCESS_DELEGATION,
              CatalogKeys.SECRET));

  private final Values values;
  private final Map<String, SecretConfig> secrets;

  CatalogSection(Values values, Map<String, SecretConfig> secrets) {
    this.values = values;
    this.secrets = secrets;
  }

  Map<String, CatalogConfig> conclude() {
    Map<String, CatalogConfig> catalogs = new TreeMap<>();
    for (String name : values.firstPartsBelow(CatalogKeys.TABLE)) {
      Object[] at = {name};
      Optional<CatalogKeys.Type> type = values.find(CatalogKeys.TYPE, at);
      if (type.isEmpty()) {
        if (!values.isGiven(CatalogKeys.TYPE, at)) {
          values.problem(CatalogKeys.TYPE, at, "is required");
        }
        continue;
      }
      values.refuseKeysOfOtherTypes(CatalogKeys.TABLE, KEYS, type.get(), at);
      checkSecret(type.get(), at);
      catalogs.put(name, catalog(type.get(), at));
    }
    return catalogs;
  }

  private CatalogConfig catalog(CatalogKeys.Type type, Object[] at) {
    Map<String, String> options = values.freeNames(CatalogKeys.OPTIONS, at[0]);
    return switch (type) {
      case DUCKDB -> {
        values.require(CatalogKeys.PATH, at);
        yield new CatalogConfig.DuckDb(values.path(CatalogKeys.PATH, Path.of(""), at), options);
      }
      case DUCKLAKE ->
          new CatalogConfig.DuckLake(
              values.require(CatalogKeys.METADATA, at),
              values.find(CatalogKeys.DATA_PATH, at),
              values.find(CatalogKeys.SECRET, at),
              options);
      case ICEBERG ->
          new CatalogConfig.Iceberg(
              values.require(CatalogKeys.ENDPOINT, at),
              values.find(CatalogKeys.WAREHOUSE, at),
              values.get(CatalogKeys.AUTHORIZATION, CatalogConfig.Authorization.NONE, at),
              values.get(CatalogKeys.ACCESS_DELEGATION, CatalogConfig.AccessDelegation.NONE, at),
              values.find(CatalogKeys.SECRET, at),
              options);
    };
  }

  private void checkSecret(CatalogKeys.Type type, Object[] at) {
    Optional<String> name = values.find(CatalogKeys.SECRET, at);
    if (type == CatalogKeys.Type.DUCKLAKE
        && name.isEmpty()
        && values.find(CatalogKeys.METADATA, at).filter("postgres:"::equals).isPresent()) {
      values.problem(CatalogKeys.SECRET, at, "is required where metadata is postgres:");
    }
    if (name.isPresent() && !secrets.containsKey(name.get())) {
      values.problem(CatalogKeys.SECRET, at, "the secrets section has no \"" + name.get() + "\"");
    }
  }
}
