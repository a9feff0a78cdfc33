package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.writer.servers.DuckDbExtensions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A catalog that is away when the writer starts holds up nobody, and is attached when it's back.
 */
final class ReattachmentTest {

  private static final long PAST_THE_PAUSE = TimeUnit.SECONDS.toNanos(6);

  @TempDir Path folder;
  private final AtomicLong nanos = new AtomicLong();
  private DuckDbDatabase database;

  @BeforeEach
  void openWithoutTheLake() throws Exception {
    // Text where the metadata should be: as good as a server that does not answer.
    Files.writeString(metadata(), "not a lake");
    database = open(Optional.of(folder.resolve("otlp.duckdb")));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void theOthersGoOn_andThisOneSaysWhy() throws Exception {
    assertEquals(List.of("[1]"), DuckDbRows.query(database, "SELECT 1"));
    String reason = reason(database);
    assertTrue(
        reason.startsWith(
            "catalog lake, the DuckLake with its metadata in "
                + metadata()
                + ", can't be attached: "),
        reason);
  }

  @Test
  void whenItIsBack_itIsAttached_andWhatWasCommittedIsThere() throws Exception {
    try (Session session = database.openSession()) {
      session.execute("CREATE TABLE t AS SELECT 42 AS i");
    }
    assertTrue(reason(database).contains("can't be attached"));
    Files.delete(metadata());
    assertTrue(reason(database).contains("can't be attached"), "it isn't tried each time");
    nanos.addAndGet(PAST_THE_PAUSE);
    try (Session session = database.openSession("lake")) {
      session.execute("CREATE TABLE lake.main.u AS SELECT i FROM otlp.main.t");
    }
    assertEquals(List.of("[42]"), DuckDbRows.query(database, "FROM lake.main.u"));
  }

  @Test
  void aTaskThatHoldsTheDatabase_isWaitedFor() throws Exception {
    Files.delete(metadata());
    CompletableFuture<Session> attached;
    try (Session busy = database.openSession()) {
      attached =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return database.openSession("lake");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThrows(
          java.util.concurrent.TimeoutException.class, () -> attached.get(1, TimeUnit.SECONDS));
      busy.execute("CREATE TABLE t AS SELECT 1");
    }
    try (Session session = attached.get(30, TimeUnit.SECONDS)) {
      session.execute("CREATE TABLE lake.main.u AS FROM otlp.main.t");
    }
  }

  @Test
  void aDatabaseInMemory_isNotOpenedAnew_itWouldLoseAll() throws Exception {
    database.close();
    database = open(Optional.empty());
    Files.delete(metadata());
    String reason = reason(database);
    assertTrue(reason.contains("it is tried again when the writer starts"), reason);
  }

  private static String reason(DuckDbDatabase database) {
    return String.valueOf(
        assertThrows(SQLException.class, () -> database.openSession("lake").close()).getMessage());
  }

  private Path metadata() {
    return folder.resolve("m.ducklake");
  }

  private DuckDbDatabase open(Optional<Path> file) throws SinkException {
    return DuckDbDatabase.open(
        new DuckDbSettings(
            file,
            256L << 20,
            2,
            folder.resolve("tmp"),
            Optional.of(DuckDbExtensions.folder()),
            false,
            Optional.empty(),
            Declared.catalogs(
                Map.of(
                    "lake",
                    new CatalogConfig.DuckLake(
                        metadata().toString(),
                        Optional.of(folder.resolve("data").toString()),
                        Optional.empty(),
                        Map.of())))),
        InstantSource.system(),
        nanos::get);
  }
}
