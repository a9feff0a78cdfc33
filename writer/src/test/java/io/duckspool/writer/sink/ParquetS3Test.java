package io.duckspool.writer.sink;

import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.sink.store.ObjectStore;
import io.duckspool.writer.sink.store.S3Clients;
import io.duckspool.writer.sink.store.S3Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The contract, kept by Parquet files in a bucket of a real S3 server. */
final class ParquetS3Test extends ParquetContract {

  private static final String PREFIX = "some prefix/otlp";

  private S3Server server;
  private ObjectStore store;

  @BeforeEach
  void startServer() throws Exception {
    server = S3Server.start(folder.resolve("s3"));
    server.createBucket("bucket");
    store = new S3Store(S3Clients.open(server.secret()), "bucket", PREFIX, steps.io());
  }

  @AfterEach
  void stopServer() throws Exception {
    closeTarget();
    store.close();
    server.close();
  }

  @Override
  String root() {
    return "s3://bucket/" + PREFIX;
  }

  @Override
  ObjectStore store() {
    return store;
  }

  @Override
  List<String> names() throws Exception {
    List<String> names = new ArrayList<>();
    for (String key : server.keys("bucket", PREFIX + "/")) {
      if (server.get("bucket", key).length > 0) { // An intent that is no more.
        names.add(key.substring(PREFIX.length() + 1));
      }
    }
    return names;
  }

  @Override
  DuckDbSettings settings() {
    DuckDbSettings own = DuckDbRows.settings(folder);
    return new DuckDbSettings(
        own.database(),
        own.memoryLimitBytes(),
        own.threads(),
        own.tempDirectory(),
        Optional.of(DuckDbExtensions.folder()),
        false,
        Optional.empty(),
        new Declared(Map.of(), Map.of("s3", server.secret())),
        ParquetSettings.NONE);
  }
}
