package io.duckspool.writer.sink.store;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Objects below a prefix in an S3 bucket. There are no locks between processes; what is read and
 * then replaced is fenced by conditional requests ({@code If-Match}, {@code If-None-Match}), which
 * the storage applies or refuses in one step. A storage that takes no notice of them is found out
 * by {@link #probe}, and written to all the same: then two writers on one spool are told apart only
 * by what they read a moment before.
 *
 * <p>If the process dies here: a request was carried out whole or not at all.
 */
public final class S3Store implements ObjectStore {

  private static final Logger LOG = LoggerFactory.getLogger(S3Store.class);

  /** What S3 takes in one request. */
  private static final long MAX_OBJECT_BYTES = 5L << 30;

  private static final int NOT_FOUND = 404;
  private static final int PRECONDITION_FAILED = 412;
  private static final List<Integer> DENIED = List.of(301, 307, 400, 401, 403, NOT_FOUND);

  /** Conditions are not known to the storage, or not in this place. */
  private static final int NOT_IMPLEMENTED = 501;

  private static final String ANY = "*";

  private final S3Client client;
  private final String bucket;
  private final String prefix;
  private final IoGate gate;

  /** False once the storage was found to take no notice of conditions. */
  private volatile boolean isConditional = true;

  /**
   * @param client closed with this store
   * @param prefix without slashes at its ends; empty: the whole bucket
   */
  public S3Store(S3Client client, String bucket, String prefix, IoGate gate) {
    this.client = client;
    this.bucket = bucket;
    this.prefix = prefix;
    this.gate = gate;
  }

  /** A request to the storage. */
  @FunctionalInterface
  private interface Call<T> {
    T run();
  }

  @Override
  public String location() {
    return "s3://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
  }

  @Override
  public boolean hasLocks() {
    return false;
  }

  @Override
  public Lease lock(String spoolId) {
    ReentrantLock lock = ThreadLocks.of(location() + "/" + spoolId);
    lock.lock();
    return lock::unlock;
  }

  /** By a write whose condition is wrong, which must be refused. */
  @Override
  public void probe(String name, byte[] content) throws IOException {
    gate.pass("probe " + name);
    try {
      String unused =
          put(name, content, request -> request.ifMatch("\"00000000000000000000000000000000\""));
      isConditional = false;
    } catch (S3Exception e) {
      if (e.statusCode() != PRECONDITION_FAILED && e.statusCode() != NOT_IMPLEMENTED) {
        throw failure("PUT", name, e);
      }
      isConditional = e.statusCode() == PRECONDITION_FAILED;
    } catch (SdkException e) {
      throw failure("PUT", name, e);
    }
    if (!isConditional) {
      LOG.warn(
          "{}: the storage takes no notice of If-Match: a second writer on the same spool, as from a"
              + " copied data folder, may double rows before it is noticed",
          location());
    }
  }

  @Override
  public Optional<Stored> read(String name) throws IOException {
    return readAny(name).filter(stored -> stored.content().length > 0);
  }

  /** As {@link #read}, one without a byte, too. */
  private Optional<Stored> readAny(String name) throws IOException {
    gate.pass("read " + name);
    try {
      ResponseBytes<GetObjectResponse> object =
          client.getObjectAsBytes(request -> request.bucket(bucket).key(key(name)));
      return Optional.of(
          new Stored(name, object.asByteArray(), String.valueOf(object.response().eTag())));
    } catch (SdkException e) {
      if (isAbsent(e)) {
        return Optional.empty();
      }
      throw failure("GET", name, e);
    }
  }

  @Override
  public Optional<Stored> create(String name, byte[] content) throws IOException {
    Optional<Stored> present = readAny(name);
    if (present.isEmpty()) {
      return write(name, content, request -> request.ifNoneMatch(ANY));
    }
    return present.get().content().length == 0
        ? replacement(present.get(), content)
        : present.filter(other -> Arrays.equals(other.content(), content));
  }

  @Override
  public boolean replace(Stored seen, byte[] content) throws IOException {
    return replacement(seen, content).isPresent();
  }

  private Optional<Stored> replacement(Stored seen, byte[] content) throws IOException {
    if (!isConditional) {
      Optional<Stored> present = readAny(seen.name());
      if (present.isEmpty() || !present.get().version().equals(seen.version())) {
        return Optional.empty();
      }
    }
    return write(seen.name(), content, request -> request.ifMatch(seen.version()));
  }

  /** Not all storages delete on a condition; an object without a byte counts as none. */
  @Override
  public boolean clear(Stored seen) throws IOException {
    return replace(seen, new byte[0]);
  }

  /** Changes a request. */
  @FunctionalInterface
  private interface Condition {
    PutObjectRequest.Builder on(PutObjectRequest.Builder request);
  }

  /**
   * Writes on a condition.
   *
   * @return as it was written; empty when the condition doesn't hold, unless because an attempt of
   *     ours had no answer
   */
  private Optional<Stored> write(String name, byte[] content, Condition condition)
      throws IOException {
    gate.pass("write " + name);
    try {
      String version = put(name, content, isConditional ? condition : request -> request);
      gate.pass("written " + name);
      return Optional.of(new Stored(name, content, version));
    } catch (SdkException e) {
      boolean isRefused =
          e instanceof S3Exception answer
              && (answer.statusCode() == PRECONDITION_FAILED || isAbsent(answer));
      if (!isRefused) {
        throw failure("PUT", name, e);
      }
    }
    return readAny(name).filter(present -> Arrays.equals(present.content(), content));
  }

  private String put(String name, byte[] content, Condition condition) {
    PutObjectRequest.Builder request =
        PutObjectRequest.builder().bucket(bucket).key(key(name)).contentType("application/json");
    return String.valueOf(
        client.putObject(condition.on(request).build(), RequestBody.fromBytes(content)).eTag());
  }

  @Override
  public void delete(String name) throws IOException {
    gate.pass("delete " + name);
    run("DELETE", name, () -> client.deleteObject(r -> r.bucket(bucket).key(key(name))));
    gate.pass("deleted " + name);
  }

  @Override
  public OptionalLong length(String name) throws IOException {
    gate.pass("length of " + name);
    try {
      return OptionalLong.of(
          client.headObject(r -> r.bucket(bucket).key(key(name))).contentLength());
    } catch (SdkException e) {
      // A HEAD has no body that would tell a missing object from a missing bucket.
      if (e instanceof S3Exception answer && answer.statusCode() == NOT_FOUND) {
        return OptionalLong.empty();
      }
      throw failure("HEAD", name, e);
    }
  }

  @Override
  public void bring(List<Staged> files) {
    // There is room in a bucket.
  }

  @Override
  public void place(Staged file) throws IOException {
    gate.pass("place " + file.name());
    PutObjectRequest.Builder request =
        PutObjectRequest.builder().bucket(bucket).key(key(file.name()));
    if (isConditional) {
      request.ifNoneMatch(ANY);
    }
    try {
      client.putObject(request.build(), RequestBody.fromFile(file.file()));
    } catch (SdkException e) {
      boolean isThere =
          e instanceof S3Exception answer && answer.statusCode() == PRECONDITION_FAILED;
      if (!isThere) {
        throw failure("PUT", file.name(), e);
      }
      OptionalLong present = length(file.name());
      if (present.isEmpty() || present.getAsLong() != file.bytes()) {
        throw new IOException(
            location() + "/" + file.name() + " is there already, with other content", e);
      }
    }
    gate.pass("placed " + file.name());
  }

  @Override
  public void sync(Collection<String> names) {
    // An object is durable when its request is answered.
  }

  @Override
  public void prune(Collection<String> names) {
    // A bucket has no folders.
  }

  @Override
  public long maxFileBytes() {
    return MAX_OBJECT_BYTES;
  }

  @Override
  public void close() {
    client.close();
  }

  private <T> T run(String method, String name, Call<T> call) throws IOException {
    try {
      return call.run();
    } catch (SdkException e) {
      throw failure(method, name, e);
    }
  }

  private static boolean isAbsent(SdkException e) {
    return e instanceof S3Exception answer
        && answer.statusCode() == NOT_FOUND
        && "NoSuchKey".equals(code(answer));
  }

  private static String code(S3Exception e) {
    return e.awsErrorDetails() == null ? "" : String.valueOf(e.awsErrorDetails().errorCode());
  }

  /** What went wrong, without the request's signature, which the SDK's messages don't have. */
  private IOException failure(String method, String name, SdkException e) {
    String where = location() + ": " + method + " " + name + ": ";
    if (e instanceof S3Exception answer) {
      String what = where + answer.statusCode() + " " + code(answer) + ": " + answer.getMessage();
      return DENIED.contains(answer.statusCode())
          ? new DeniedException(what, e)
          : new IOException(what, e);
    }
    return new IOException(where + e.getMessage(), e);
  }

  private String key(String name) {
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }
}
