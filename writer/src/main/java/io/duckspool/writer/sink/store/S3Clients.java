package io.duckspool.writer.sink.store;

import io.duckspool.common.config.Secret;
import io.duckspool.common.config.SecretConfig;
import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** Clients for S3, by the same keys that DuckDB's secrets have. */
public final class S3Clients {

  private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(10);

  /** Without a byte from the storage. A guess: large uploads are answered late. */
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(60);

  /** What DuckDB takes where a secret has no region. */
  private static final String DEFAULT_REGION = "us-east-1";

  private S3Clients() {}

  /** A client; nothing is asked yet. Closed by the caller. */
  public static S3Client open(SecretConfig.S3 secret) {
    return open(secret, SOCKET_TIMEOUT);
  }

  /**
   * The same with another patience.
   *
   * @param socketTimeout without a byte from the storage
   */
  public static S3Client open(SecretConfig.S3 secret, Duration socketTimeout) {
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClientBuilder(
                Apache5HttpClient.builder()
                    .connectionTimeout(CONNECTION_TIMEOUT)
                    .socketTimeout(socketTimeout))
            // Other storages than Amazon's don't all know the newer checksums.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .credentialsProvider(credentials(secret));
    boolean isChain = secret.provider() == SecretConfig.Provider.CREDENTIAL_CHAIN;
    if (secret.region().isPresent() || !isChain) {
      builder.region(Region.of(secret.region().orElse(DEFAULT_REGION)));
    }
    secret.urlStyle().ifPresent(style -> builder.forcePathStyle(style.equals("path")));
    secret
        .endpoint()
        .ifPresent(
            endpoint -> builder.endpointOverride(uri(endpoint, secret.useSsl().orElse(true))));
    return builder.build();
  }

  private static URI uri(String endpoint, boolean useSsl) {
    return URI.create(
        endpoint.contains("://") ? endpoint : (useSsl ? "https://" : "http://") + endpoint);
  }

  private static AwsCredentialsProvider credentials(SecretConfig.S3 secret) {
    if (secret.provider() == SecretConfig.Provider.CREDENTIAL_CHAIN) {
      return DefaultCredentialsProvider.builder().build();
    }
    String keyId = secret.keyId().map(Secret::reveal).orElse("");
    String key = secret.secret().map(Secret::reveal).orElse("");
    return StaticCredentialsProvider.create(
        secret.sessionToken().isPresent()
            ? AwsSessionCredentials.create(keyId, key, secret.sessionToken().get().reveal())
            : AwsBasicCredentials.create(keyId, key));
  }
}
