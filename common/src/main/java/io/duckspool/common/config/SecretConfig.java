package io.duckspool.common.config;

import java.util.Optional;

/** One entry of the {@code secrets} section; each value may have come from a file. */
public sealed interface SecretConfig {

  /**
   * Keys of an S3 storage.
   *
   * @param provider where the keys come from
   * @param scope the prefix the secret is for, such as {@code s3://bucket/}
   */
  record S3(
      Provider provider,
      Optional<Secret> keyId,
      Optional<Secret> secret,
      Optional<Secret> sessionToken,
      Optional<String> region,
      Optional<String> endpoint,
      Optional<String> urlStyle,
      Optional<Boolean> useSsl,
      Optional<String> scope)
      implements SecretConfig {}

  /** How to reach a PostgreSQL database. */
  record Postgres(
      Optional<String> host,
      Optional<Integer> port,
      Optional<String> database,
      Optional<String> user,
      Optional<Secret> password)
      implements SecretConfig {}

  /** How to log in to an Iceberg REST catalog. */
  record Iceberg(
      Optional<Secret> clientId,
      Optional<Secret> clientSecret,
      Optional<String> oauth2ServerUri,
      Optional<String> oauth2Scope,
      Optional<Secret> token)
      implements SecretConfig {}

  /** Where S3 keys come from. */
  enum Provider {
    /** From {@code key_id} and {@code secret}. */
    CONFIG,
    /** From the environment of the process, as AWS's tools find them. */
    CREDENTIAL_CHAIN
  }
}
