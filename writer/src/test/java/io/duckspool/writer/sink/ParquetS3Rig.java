package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.NOW;
import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.config.SecretConfig;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.servers.TcpProxy;
import io.duckspool.writer.sink.store.IoGate;
import io.duckspool.writer.sink.store.ObjectStore;
import io.duckspool.writer.sink.store.S3Clients;
import io.duckspool.writer.sink.store.S3Store;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import software.amazon.awssdk.services.s3.S3Client;

/** A Parquet root in a real S3 server, a network before it, and sinks on it. Closed by its test. */
final class ParquetS3Rig implements AutoCloseable {

  static final String ROOT = "s3://bucket/otlp";
  static final String INTENT = "otlp/_duckspool/" + SPOOL + ".intent.json";

  /** So long a client of {@link #behindTheNetwork} waits for an answer. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private final Path folder;
  private final S3Server server;
  private final TcpProxy network;
  private final DuckDbDatabase database;
  private final BatchMemory memory = new BatchMemory(64 << 20, 0);
  private final List<ObjectStore> stores = new ArrayList<>();

  private ParquetS3Rig(Path folder, S3Server server, TcpProxy network) throws SinkException {
    this.folder = folder;
    this.server = server;
    this.network = network;
    DuckDbSettings own = DuckDbRows.settings(folder);
    database =
        DuckDbDatabase.open(
            new DuckDbSettings(
                    own.database(),
                    own.memoryLimitBytes(),
                    own.threads(),
                    own.tempDirectory(),
                    Optional.of(DuckDbExtensions.folder()),
                    false,
                    Optional.empty(),
                    new Declared(Map.of(), Map.of("s3", server.secret())))
                .with(
                    new ParquetSettings(
                        Optional.of(folder.resolve("staging")), new TreeSet<>(Set.of(ROOT)))),
            InstantSource.fixed(NOW),
            System::nanoTime);
  }

  static ParquetS3Rig open(Path folder) throws Exception {
    S3Server server = S3Server.start(folder.resolve("s3"));
    server.createBucket("bucket");
    return new ParquetS3Rig(folder, server, TcpProxy.to("127.0.0.1", server.port()));
  }

  S3Server server() {
    return server;
  }

  /** Before the server, for {@link #behindTheNetwork}. */
  TcpProxy network() {
    return network;
  }

  /**
   * A sink of a writer with a data folder of its own, as far as the root is concerned.
   *
   * @param gate sees each step
   */
  Sink sink(String data, IoGate gate) {
    return sink(data, "bucket", "main", S3Clients.open(server.secret()), gate);
  }

  Sink sinkWithKey(String key) {
    SecretConfig.S3 secret = S3Server.secret(server.endpoint(), key);
    return sink("other", "bucket", "main", S3Clients.open(secret), step -> {});
  }

  Sink sinkOfBucket(String bucket) {
    return sink("other", bucket, "other", S3Clients.open(server.secret()), step -> {});
  }

  /** A sink whose requests go through {@link #network}, and which doesn't wait for long. */
  Sink behindTheNetwork() {
    SecretConfig.S3 secret = S3Server.secret("127.0.0.1:" + network.port(), S3Server.SECRET);
    return sink("one", "bucket", "main", S3Clients.open(secret, PATIENCE), step -> {});
  }

  private Sink sink(String data, String bucket, String schema, S3Client client, IoGate gate) {
    ObjectStore store = new S3Store(client, bucket, "otlp", gate);
    stores.add(store);
    return new ParquetSink(
        database,
        new Target("", schema, true, true, Optional.of("s3://" + bucket + "/otlp")),
        "otlp",
        store,
        folder.resolve("staging").resolve(data),
        gate);
  }

  /** Logs whose rows are those that {@link #assertRows} looks for, of up to ten rows an entry. */
  SealedBatch batch(long from, int rows) {
    try (Batch batch = memory.openBatch()) {
      batch.add(
          1, v -> SampleRows.write(OtlpTable.LOGS, (int) from * 10, (int) from * 10 + rows, v));
      return batch.seal();
    }
  }

  void commit(Sink to, long from, long until, int rows) throws SinkException {
    try (SealedBatch sealed = batch(from, rows)) {
      to.commit(sealed, move(from, until));
    }
  }

  void assertRows(int expected) throws Exception {
    List<List<Object>> found = DuckDbRows.read(database, "main", OtlpTable.LOGS);
    assertEquals(expected, found.stream().distinct().count());
    assertEquals(expected, found.size());
  }

  @Override
  public void close() throws Exception {
    database.close();
    stores.forEach(ObjectStore::close);
    network.close();
    server.close();
    memory.close();
  }
}
