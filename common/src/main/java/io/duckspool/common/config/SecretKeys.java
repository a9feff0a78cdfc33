package io.duckspool.common.config;

import java.util.ArrayList;
import java.util.List;

/** The keys of the {@code secrets} map; each value may come from a file. */
final class SecretKeys {
  static final List<ConfigKey<?>> TABLE = new ArrayList<>();

  private static final String NONE = "none";

  static final ConfigKey<Type> TYPE =
      new ConfigKey<>(
          "secrets.*.type",
          ValueType.choice(Type.class),
          "required",
          "What kind of secret it is.",
          false);

  static {
    TABLE.add(TYPE);
  }

  static final ConfigKey<SecretConfig.Provider> PROVIDER =
      key(
          "provider",
          ValueType.choice(SecretConfig.Provider.class),
          "config",
          "`s3`: `config` takes the keys from here, `credential_chain` as AWS's tools find them.");
  static final ConfigKey<Secret> KEY_ID =
      key("key_id", ValueType.secret(1), NONE, "`s3`: the key.");
  static final ConfigKey<Secret> SECRET =
      key("secret", ValueType.secret(1), NONE, "`s3`: the key's secret.");
  static final ConfigKey<Secret> SESSION_TOKEN =
      key("session_token", ValueType.secret(1), NONE, "`s3`: of a temporary key.");
  static final ConfigKey<String> REGION =
      key("region", ValueType.string(), NONE, "`s3`: the region.");
  static final ConfigKey<String> ENDPOINT =
      key("endpoint", ValueType.string(), NONE, "`s3`: `host:port` of another server than AWS.");
  static final ConfigKey<UrlStyle> URL_STYLE =
      key("url_style", ValueType.choice(UrlStyle.class), NONE, "`s3`: how buckets are addressed.");
  static final ConfigKey<Boolean> USE_SSL =
      key("use_ssl", ValueType.bool(), NONE, "`s3`: whether to speak TLS.");
  static final ConfigKey<String> SCOPE =
      key("scope", ValueType.string(), NONE, "`s3`: the prefix it is for, such as `s3://bucket/`.");

  static final ConfigKey<String> HOST =
      key("host", ValueType.string(), NONE, "`postgres`: the host.");
  static final ConfigKey<Integer> PORT =
      key("port", ValueType.integer(1, 65_535), NONE, "`postgres`: the port.");
  static final ConfigKey<String> DATABASE =
      key("database", ValueType.string(), NONE, "`postgres`: the database.");
  static final ConfigKey<String> USER =
      key("user", ValueType.string(), NONE, "`postgres`: the user.");
  static final ConfigKey<Secret> PASSWORD =
      key("password", ValueType.secret(1), NONE, "`postgres`: the password.");

  static final ConfigKey<Secret> CLIENT_ID =
      key("client_id", ValueType.secret(1), NONE, "`iceberg`: for `oauth2`.");
  static final ConfigKey<Secret> CLIENT_SECRET =
      key("client_secret", ValueType.secret(1), NONE, "`iceberg`: for `oauth2`.");
  static final ConfigKey<String> OAUTH2_SERVER_URI =
      key(
          "oauth2_server_uri",
          ValueType.string(),
          NONE,
          "`iceberg`: where `oauth2` gets its token.");
  static final ConfigKey<String> OAUTH2_SCOPE =
      key("oauth2_scope", ValueType.string(), NONE, "`iceberg`: the scope asked for.");
  static final ConfigKey<Secret> TOKEN =
      key("token", ValueType.secret(1), NONE, "`iceberg`: for `bearer`.");

  /** The kinds of secrets. */
  enum Type {
    S3,
    POSTGRES,
    ICEBERG
  }

  /** How a bucket is named in an URL. */
  enum UrlStyle {
    PATH,
    VHOST
  }

  private SecretKeys() {}

  private static <T> ConfigKey<T> key(
      String name, ValueType<T> type, String defaultText, String description) {
    ConfigKey<T> key = new ConfigKey<>("secrets.*." + name, type, defaultText, description, true);
    TABLE.add(key);
    return key;
  }
}
