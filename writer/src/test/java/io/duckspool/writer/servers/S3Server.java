package io.duckspool.writer.servers;

import io.duckspool.common.config.Secret;
import io.duckspool.common.config.SecretConfig;
import io.duckspool.common.net.FreePort;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A real S3 server on a free port of 127.0.0.1, over plain HTTP: it takes requests signed with
 * {@link #KEY_ID} and {@link #SECRET} (Signature Version 4) alone, paths hold the bucket, and
 * conditional writes work. Objects are files in a folder, so that they outlive {@link #stop}.
 *
 * <p>Started and closed by one test; thread-safe otherwise.
 */
public final class S3Server implements AutoCloseable {

  public static final String KEY_ID = "duckspool-test";
  public static final String SECRET = "no-secret-at-all";
  public static final String REGION = "us-east-1";

  /** Looks at a request that changes an object, or fails it. */
  @FunctionalInterface
  public interface Watch {

    Watch NONE = (moment, key) -> {};

    /**
     * @param moment {@code before} or {@code after} the store has done it
     * @param key of the object, without the bucket
     * @throws RuntimeException the client gets it as an error, {@link #unavailable} as a 503
     */
    void see(String moment, String key);
  }

  private final AtomicReference<Watch> watch = new AtomicReference<>(Watch.NONE);
  private final AtomicReference<Held> hold = new AtomicReference<>();
  private final AtomicBoolean ignoresConditions = new AtomicBoolean();
  private final BlobStore store;
  private S3Proxy proxy;
  private final int port = FreePort.take();

  private S3Server(Path folder) {
    store = new FilesystemNio2BlobStore(folder.toString());
  }

  /**
   * Starts a server.
   *
   * @param folder existing; keeps the objects
   */
  public static S3Server start(Path folder) throws Exception {
    S3Server server = new S3Server(Files.createDirectories(folder));
    server.restart();
    return server;
  }

  /** Serves again after {@link #stop}, on the port of before. */
  public void restart() throws Exception {
    proxy =
        S3Proxy.builder()
            .blobStore(new Watched())
            .endpoint(URI.create("http://127.0.0.1:" + port))
            .awsAuthentication(AuthenticationType.AWS_V4, KEY_ID, SECRET)
            .ignoreUnknownHeaders(true)
            .build();
    proxy.start();
  }

  /** The server is away: connections are refused. The objects stay. */
  public void stop() throws Exception {
    proxy.stop();
  }

  @Override
  public void close() throws Exception {
    stop();
  }

  /** Host and port, as DuckDB's secrets have it. */
  public String endpoint() {
    return "127.0.0.1:" + port;
  }

  public int port() {
    return port;
  }

  /** Address, as other clients have it. */
  public URI uri() {
    return URI.create("http://" + endpoint());
  }

  /** What DuckDB needs for requests to this server. */
  public String createSecretSql(String name) {
    return "CREATE SECRET "
        + name
        + " (TYPE s3, KEY_ID '"
        + KEY_ID
        + "', SECRET '"
        + SECRET
        + "', REGION '"
        + REGION
        + "', ENDPOINT '"
        + endpoint()
        + "', URL_STYLE 'path', USE_SSL false)";
  }

  /** A secret of the configuration for requests to this server, by its keys. */
  public Map<String, String> secretKeys() {
    return Map.of(
        "type",
        "s3",
        "provider",
        "config",
        "key_id",
        KEY_ID,
        "secret",
        SECRET,
        "region",
        REGION,
        "endpoint",
        endpoint(),
        "url_style",
        "path",
        "use_ssl",
        "false");
  }

  /** The same as the writer has it once it has read its configuration. */
  public SecretConfig.S3 secret() {
    return secret(endpoint(), SECRET);
  }

  /**
   * Such a secret for any address, as of a proxy, and with any key.
   *
   * @param endpoint host and port
   */
  public static SecretConfig.S3 secret(String endpoint, String key) {
    return new SecretConfig.S3(
        SecretConfig.Provider.CONFIG,
        Optional.of(new Secret(KEY_ID)),
        Optional.of(new Secret(key)),
        Optional.empty(),
        Optional.of(REGION),
        Optional.of(endpoint),
        Optional.of("path"),
        Optional.of(false),
        Optional.empty());
  }

  public void createBucket(String bucket) {
    store.createContainer(CreateBucketRequest.builder().bucket(bucket).build());
  }

  /** All objects of a bucket whose keys begin so, sorted. */
  public List<String> keys(String bucket, String prefix) {
    return store
        .list(ListObjectsV2Request.builder().bucket(bucket).prefix(prefix).maxKeys(10_000).build())
        .contents()
        .stream()
        .map(S3Object::key)
        .sorted()
        .toList();
  }

  public byte[] get(String bucket, String key) throws IOException {
    try (InputStream in =
        store.getBlob(GetObjectRequest.builder().bucket(bucket).key(key).build())) {
      return in.readAllBytes();
    }
  }

  public void put(String bucket, String key, byte[] content) {
    store.putBlob(
        PutObjectRequest.builder()
            .bucket(bucket)
            .key(key)
            .contentLength((long) content.length)
            .build(),
        new ByteArrayInputStream(content));
  }

  public void delete(String bucket, String key) {
    store.removeBlob(DeleteObjectRequest.builder().bucket(bucket).key(key).build());
  }

  /**
   * From now on each PUT and DELETE of an object by a client is shown to this; replaces another.
   */
  public void watch(Watch other) {
    watch.set(other);
  }

  /**
   * The next PUT of an object whose key ends so is answered with a 503, though it will be applied:
   * when {@link Held#apply} says so.
   */
  public Held holdPut(String keyEnd) {
    Held held = new Held(keyEnd);
    hold.set(held);
    return held;
  }

  /** A PUT that the storage applies late. */
  public final class Held {

    private final String keyEnd;
    private final AtomicReference<PutObjectRequest> request = new AtomicReference<>();
    private volatile byte[] content;

    private Held(String keyEnd) {
      this.keyEnd = keyEnd;
    }

    /** Whether there was such a request. */
    public boolean isMet() {
      return request.get() != null;
    }

    /** Applies it; false when its condition doesn't hold. */
    public boolean apply() throws IOException {
      PutObjectRequest held = request.get();
      try {
        if (held.ifMatch() != null) { // Which the server looks after, not the store.
          store
              .getBlob(
                  GetObjectRequest.builder()
                      .bucket(held.bucket())
                      .key(held.key())
                      .ifMatch(held.ifMatch())
                      .build())
              .close();
        }
        store.putBlob(held, new ByteArrayInputStream(content));
        return true;
      } catch (S3Exception e) {
        if (e.statusCode() != 412) {
          throw e;
        }
        return false;
      }
    }

    private void take(PutObjectRequest taken, InputStream in) {
      try {
        content = in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      request.set(taken);
    }
  }

  /** From now on If-Match and If-None-Match are taken no notice of, as by some storages. */
  public void ignoreConditions() {
    ignoresConditions.set(true);
  }

  /** What a {@link Watch} throws so that the client gets a 503. */
  public static RuntimeException unavailable() {
    return failure(503, "SlowDown", "Please reduce your request rate.");
  }

  /** What a {@link Watch} throws so that the client gets a 500. */
  public static RuntimeException internalError() {
    return failure(500, "InternalError", "We encountered an internal error. Please try again.");
  }

  private static RuntimeException failure(int status, String code, String message) {
    return S3Exception.builder()
        .statusCode(status)
        .message(message)
        .awsErrorDetails(AwsErrorDetails.builder().errorCode(code).errorMessage(message).build())
        .build();
  }

  /** The store, with a look at what changes objects. */
  private final class Watched extends ForwardingBlobStore {

    Watched() {
      super(store);
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream content) {
      watch.get().see("before", request.key());
      PutObjectRequest asked =
          ignoresConditions.get()
              ? request.toBuilder().ifMatch(null).ifNoneMatch(null).build()
              : request;
      Held held = hold.get();
      if (held != null && request.key().endsWith(held.keyEnd) && hold.compareAndSet(held, null)) {
        held.take(asked, content);
        throw unavailable();
      }
      PutObjectResponse response = super.putBlob(asked, content);
      watch.get().see("after", request.key());
      return response;
    }

    @Override
    public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
      watch.get().see("before", request.key());
      DeleteObjectResponse response = super.removeBlob(request);
      watch.get().see("after", request.key());
      return response;
    }
  }
}
