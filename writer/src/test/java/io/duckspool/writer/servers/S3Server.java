package io.duckspool.writer.servers;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
  private final AtomicBoolean ignoresConditions = new AtomicBoolean();
  private final BlobStore store;
  private S3Proxy proxy;
  private int port;

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
            .blobStore(new Watched(store, watch, ignoresConditions))
            .endpoint(URI.create("http://127.0.0.1:" + port))
            .awsAuthentication(AuthenticationType.AWS_V4, KEY_ID, SECRET)
            .ignoreUnknownHeaders(true)
            .build();
    proxy.start();
    port = proxy.getPort();
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

  /** From now on If-Match and If-None-Match are taken no notice of, as by some storages. */
  public void ignoreConditions() {
    ignoresConditions.set(true);
  }

  /** What a {@link Watch} throws so that the client gets a 503. */
  public static RuntimeException unavailable() {
    return S3Exception.builder()
        .statusCode(503)
        .message("Please reduce your request rate.")
        .awsErrorDetails(
            AwsErrorDetails.builder()
                .errorCode("SlowDown")
                .errorMessage("Please reduce your request rate.")
                .build())
        .build();
  }

  /** The store, with a look at what changes objects. */
  private static final class Watched extends ForwardingBlobStore {

    private final AtomicReference<Watch> watch;
    private final AtomicBoolean ignoresConditions;

    Watched(BlobStore store, AtomicReference<Watch> watch, AtomicBoolean ignoresConditions) {
      super(store);
      this.watch = watch;
      this.ignoresConditions = ignoresConditions;
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream content) {
      watch.get().see("before", request.key());
      PutObjectRequest asked =
          ignoresConditions.get()
              ? request.toBuilder().ifMatch(null).ifNoneMatch(null).build()
              : request;
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
