package io.duckspool.writer.sink;

import io.duckspool.common.config.Secret;
import io.duckspool.common.config.SecretConfig;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * CREATE SECRET of the declared secrets. They live in the instance's memory alone. The text holds
 * the secrets themselves: never for a log or a message.
 */
final class SecretStatements {

  private final StringJoiner options = new StringJoiner(", ", " (", ")");

  private SecretStatements() {}

  /**
   * The statement that makes a login to an Iceberg catalog. Without a server for tokens the catalog
   * is asked, by a name that DuckDB has to be told: else it trades the login once, and not again
   * when the token expires.
   *
   * @param endpoint of the catalog
   */
  static String create(String name, SecretConfig.Iceberg login, String endpoint) {
    return create(
        name,
        new SecretConfig.Iceberg(
            login.clientId(),
            login.clientSecret(),
            login
                .oauth2ServerUri()
                .or(() -> Optional.of(endpoint.replaceAll("/+$", "") + "/v1/oauth/tokens")),
            login.oauth2Scope(),
            login.token()));
  }

  /** The statement that makes, or makes anew, one secret. */
  static String create(String name, SecretConfig secret) {
    SecretStatements statement = new SecretStatements();
    if (secret instanceof SecretConfig.S3 s3) {
      statement.s3(s3);
    } else if (secret instanceof SecretConfig.Postgres postgres) {
      statement.postgres(postgres);
    } else if (secret instanceof SecretConfig.Iceberg iceberg) {
      statement.iceberg(iceberg);
    }
    return "CREATE OR REPLACE SECRET " + Identifiers.quote(name) + statement.options;
  }

  private void s3(SecretConfig.S3 s3) {
    options.add("TYPE s3");
    options.add("PROVIDER " + s3.provider().name().toLowerCase(Locale.ROOT));
    if (s3.provider() == SecretConfig.Provider.CREDENTIAL_CHAIN) {
      // The keys that a chain finds expire, a writer does not.
      options.add("REFRESH auto");
    }
    hidden("KEY_ID", s3.keyId());
    hidden("SECRET", s3.secret());
    hidden("SESSION_TOKEN", s3.sessionToken());
    text("REGION", s3.region());
    text("ENDPOINT", s3.endpoint());
    text("URL_STYLE", s3.urlStyle());
    s3.useSsl().ifPresent(ssl -> options.add("USE_SSL " + ssl));
    text("SCOPE", s3.scope());
  }

  private void postgres(SecretConfig.Postgres postgres) {
    options.add("TYPE postgres");
    text("HOST", postgres.host());
    postgres.port().ifPresent(port -> options.add("PORT " + port));
    text("DATABASE", postgres.database());
    text("USER", postgres.user());
    hidden("PASSWORD", postgres.password());
  }

  private void iceberg(SecretConfig.Iceberg iceberg) {
    options.add("TYPE iceberg");
    hidden("CLIENT_ID", iceberg.clientId());
    hidden("CLIENT_SECRET", iceberg.clientSecret());
    text("OAUTH2_SERVER_URI", iceberg.oauth2ServerUri());
    text("OAUTH2_SCOPE", iceberg.oauth2Scope());
    hidden("TOKEN", iceberg.token());
  }

  private void hidden(String option, Optional<Secret> value) {
    text(option, value.map(Secret::reveal));
  }

  private void text(String option, Optional<String> value) {
    value.ifPresent(text -> options.add(option + " " + Identifiers.literal(text)));
  }
}
