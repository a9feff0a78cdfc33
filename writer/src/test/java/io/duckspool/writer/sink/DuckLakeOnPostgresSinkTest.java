package io.duckspool.writer.sink;

import io.duckspool.writer.servers.PostgresServer;
import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A lake whose metadata is in PostgreSQL, and whose data is in S3. */
final class DuckLakeOnPostgresSinkTest extends LakeSinkContract {

  @TempDir static Path objects;

  private static PostgresServer postgres;
  private static S3Server s3;

  @BeforeAll
  static void startServers() throws Exception {
    postgres = PostgresServer.start();
    s3 = S3Server.start(objects);
    s3.createBucket("lake");
  }

  @AfterAll
  static void stopServers() throws Exception {
    postgres.close();
    s3.close();
  }

  @BeforeEach
  void emptyLake() throws Exception {
    postgres.createDatabase("lake");
    s3.keys("lake", "").forEach(key -> s3.delete("lake", key));
  }

  @Override
  Declared declared() {
    return Lakes.onPostgres(postgres.port(), "lake", "s3://lake/a", Optional.of(s3));
  }
}
