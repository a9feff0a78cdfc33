package io.duckspool.common.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

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

  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://");

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
              metadata(at),
              values.find(CatalogKeys.DATA_PATH, at).map(place -> dataPath(place, at)),
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

  private String metadata(Object[] at) {
    String text = values.require(CatalogKeys.METADATA, at);
    if (text.isEmpty() || text.equals(CatalogConfig.DuckLake.POSTGRES)) {
      return text;
    }
    if (text.startsWith(CatalogConfig.DuckLake.POSTGRES)) {
      values.problem(
          CatalogKeys.METADATA, at, "postgres: alone, its connection comes from the secret");
      return CatalogConfig.DuckLake.POSTGRES;
    }
    boolean isSqlite = text.startsWith(CatalogConfig.DuckLake.SQLITE);
    String prefix = isSqlite ? CatalogConfig.DuckLake.SQLITE : "";
    return absolute(CatalogKeys.METADATA, prefix, text.substring(prefix.length()), at);
  }

  private String dataPath(String place, Object[] at) {
    if (CatalogConfig.isRemote(place)) {
      return place;
    }
    if (SCHEME.matcher(place).lookingAt()) {
      values.problem(
          CatalogKeys.DATA_PATH, at, "a path or s3://bucket/prefix, got \"" + place + "\"");
      return place;
    }
    return absolute(CatalogKeys.DATA_PATH, "", place, at);
  }

  /** A path counts from the working folder, which must not change where a lake is. */
  private String absolute(ConfigKey<?> key, String prefix, String path, Object[] at) {
    try {
      String whole = prefix + Path.of(path).toAbsolutePath().normalize();
      values.conclude(key, whole, at);
      return whole;
    } catch (InvalidPathException e) {
      values.problem(key, at, "a path, got \"" + path + "\"");
      return prefix + path;
    }
  }

  private void checkSecret(CatalogKeys.Type type, Object[] at) {
    if (type == CatalogKeys.Type.DUCKDB) {
      return;
    }
    Optional<String> name = values.find(CatalogKeys.SECRET, at);
    if (name.isEmpty()) {
      whatNeedsASecret(type, at)
          .ifPresent(what -> values.problem(CatalogKeys.SECRET, at, "is required where " + what));
      return;
    }
    SecretConfig secret = secrets.get(name.get());
    if (secret == null) {
      values.problem(CatalogKeys.SECRET, at, "the secrets section has no \"" + name.get() + "\"");
      return;
    }
    Class<? extends SecretConfig> wanted = wantedSecret(type, at);
    if (!wanted.isInstance(secret)) {
      values.problem(
          CatalogKeys.SECRET,
          at,
          "secret "
              + name.get()
              + " is of type "
              + typeName(secret.getClass())
              + ", expected "
              + typeName(wanted));
    }
  }

  private Optional<String> whatNeedsASecret(CatalogKeys.Type type, Object[] at) {
    if (type == CatalogKeys.Type.DUCKLAKE) {
      return values
          .find(CatalogKeys.METADATA, at)
          .filter(CatalogConfig.DuckLake.POSTGRES::equals)
          .map(metadata -> "metadata is " + metadata);
    }
    return values
        .find(CatalogKeys.AUTHORIZATION, at)
        .filter(authorization -> authorization != CatalogConfig.Authorization.NONE)
        .map(authorization -> "authorization is " + ValueType.nameOf(authorization));
  }

  /** The kind of secret that a catalog logs in with. */
  private Class<? extends SecretConfig> wantedSecret(CatalogKeys.Type type, Object[] at) {
    if (type == CatalogKeys.Type.DUCKLAKE) {
      boolean isPostgres =
          values
              .find(CatalogKeys.METADATA, at)
              .filter(text -> text.startsWith(CatalogConfig.DuckLake.POSTGRES))
              .isPresent();
      return isPostgres ? SecretConfig.Postgres.class : SecretConfig.S3.class;
    }
    boolean isSigned =
        values.get(CatalogKeys.AUTHORIZATION, CatalogConfig.Authorization.NONE, at)
            == CatalogConfig.Authorization.SIGV4;
    return isSigned ? SecretConfig.S3.class : SecretConfig.Iceberg.class;
  }

  private static String typeName(Class<?> secret) {
    return secret.getSimpleName().toLowerCase(Locale.ROOT);
  }
}
