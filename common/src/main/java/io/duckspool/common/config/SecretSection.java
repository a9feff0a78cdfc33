package io.duckspool.common.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Checks and concludes the {@code secrets} map. */
final class SecretSection {
  private static final Map<SecretKeys.Type, List<ConfigKey<?>>> KEYS =
      Map.of(
          SecretKeys.Type.S3,
          List.of(
              SecretKeys.PROVIDER,
              SecretKeys.KEY_ID,
              SecretKeys.SECRET,
              SecretKeys.SESSION_TOKEN,
              SecretKeys.REGION,
              SecretKeys.ENDPOINT,
              SecretKeys.URL_STYLE,
              SecretKeys.USE_SSL,
              SecretKeys.SCOPE),
          SecretKeys.Type.POSTGRES,
          List.of(
              SecretKeys.HOST,
              SecretKeys.PORT,
              SecretKeys.DATABASE,
              SecretKeys.USER,
              SecretKeys.PASSWORD),
          SecretKeys.Type.ICEBERG,
          List.of(
              SecretKeys.CLIENT_ID,
              SecretKeys.CLIENT_SECRET,
              SecretKeys.OAUTH2_SERVER_URI,
              SecretKeys.OAUTH2_SCOPE,
              SecretKeys.TOKEN));

  private final Values values;

  SecretSection(Values values) {
    this.values = values;
  }

  Map<String, SecretConfig> conclude() {
    Map<String, SecretConfig> secrets = new TreeMap<>();
    for (String name : values.firstPartsBelow(SecretKeys.TABLE)) {
      Object[] at = {name};
      Optional<SecretKeys.Type> type = values.find(SecretKeys.TYPE, at);
      if (type.isEmpty()) {
        if (!values.isGiven(SecretKeys.TYPE, at)) {
          values.problem(SecretKeys.TYPE, at, "is required");
        }
        continue;
      }
      values.refuseKeysOfOtherTypes(SecretKeys.TABLE, KEYS, type.get(), at);
      secrets.put(name, secret(type.get(), at));
    }
    return secrets;
  }

  private SecretConfig secret(SecretKeys.Type type, Object[] at) {
    return switch (type) {
      case S3 ->
          new SecretConfig.S3(
              values.get(SecretKeys.PROVIDER, SecretConfig.Provider.CONFIG, at),
              values.find(SecretKeys.KEY_ID, at),
              values.find(SecretKeys.SECRET, at),
              values.find(SecretKeys.SESSION_TOKEN, at),
              values.find(SecretKeys.REGION, at),
              values.find(SecretKeys.ENDPOINT, at),
              values.find(SecretKeys.URL_STYLE, at).map(s -> s.name().toLowerCase(Locale.ROOT)),
              values.find(SecretKeys.USE_SSL, at),
              values.find(SecretKeys.SCOPE, at));
      case POSTGRES ->
          new SecretConfig.Postgres(
              values.find(SecretKeys.HOST, at),
              values.find(SecretKeys.PORT, at),
              values.find(SecretKeys.DATABASE, at),
              values.find(SecretKeys.USER, at),
              values.find(SecretKeys.PASSWORD, at));
      case ICEBERG ->
          new SecretConfig.Iceberg(
              values.find(SecretKeys.CLIENT_ID, at),
              values.find(SecretKeys.CLIENT_SECRET, at),
              values.find(SecretKeys.OAUTH2_SERVER_URI, at),
              values.find(SecretKeys.OAUTH2_SCOPE, at),
              values.find(SecretKeys.TOKEN, at));
    };
  }
}
