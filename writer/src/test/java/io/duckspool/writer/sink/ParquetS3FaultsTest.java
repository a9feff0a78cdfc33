package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.NOW;
import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.config.Secret;
import io.duckspool.common.config.SecretConfig;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.SampleRows;
import io.duckspool.writer.batch.Batch;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.DuckDbExtensions;
import io.duckspool.writer.servers.S3Server;
import io.duckspool.writer.sink.store.IoGate;
import io.duckspool.writer.sink.store.ObjectStore;
import io.duckspool.writer.sink.store.S3Clients;
import io.duckspool.writer.sink.store.S3Store;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can become of a Parquet root in S3, and of two writers on it, which no lock keeps apart. */
final class ParquetS3FaultsTest {

  private static final String ROOT = "s3://bucket/otlp";
  private static final String INTENT = "otlp/_duckspool/" + SPOOL + ".intent.json";

  @TempDir(factory = MemoryDiskFactory.class)
  Path folder;

  private final BatchMemory memory = new BatchMemory(64 << 20, 0);
  private final List<ObjectStore> stores = new ArrayList<>();
  private S3Server server;
  private DuckDbDatabase database;
  private Sink sink;

  @BeforeEach
  void open() throws Exception {
    server = S3Server.start(folder.resolve("s3"));
    server.createBucket("bucket");
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
                    new Declared(Map.of(), Map.of("s3", secret(S3Server.SECRET))))
                .with(
                    new ParquetSettings(
                        Optional.of(folder.resolve("staging")), new TreeSet<>(Set.of(ROOT)))),
            InstantSource.fixed(NOW),
            System::nanoTime);
    sink = sink("one", S3Server.SECRET, step -> {});
    sink.prepare(first());
  }

  @AfterEach
  void close() throws Exception {
    database.close();
    stores.forEach(ObjectStore::close);
    server.close();
    memory.close();
  }

  private SecretConfig.S3 secret(String key) {
    return new SecretConfig.S3(
        SecretConfig.Provider.CONFIG,
        Optional.of(new Secret(S3Server.KEY_ID)),
        Optional.of(new Secret(key)),
        Optional.empty(),
        Optional.of(S3Server.REGION),
        Optional.of(server.endpoint()),
        Optional.of("path"),
        Optional.of(false),
        Optional.empty());
  }

  /** A sink of a writer with a data folder of its own, as far as the root is concerned. */
  private Sink sink(String data, String key, IoGate gate) {
    return sink(data, "bucket", "main", key, gate);
  }

  private Sink sink(String data, String bucket, String schema, String key, IoGate gate) {
    ObjectStore store = new S3Store(S3Clients.open(secret(key)), bucket, "otlp", gate);
    stores.add(store);
    return new ParquetSink(
        database,
        new Target("", schema, true, true, Optional.of("s3://" + bucket + "/otlp")),
        "otlp",
        store,
        folder.resolve("staging").resolve(data),
        gate);
  }

  private void commit(Sink to, long from, long until, int rows) throws SinkException {
    try (Batch batch = memory.openBatch()) {
      batch.add(
          1, v -> SampleRows.write(OtlpTable.LOGS, (int) from * 10, (int) from * 10 + rows, v));
      try (SealedBatch sealed = batch.seal()) {
        to.commit(sealed, move(from, until));
      }
    }
  }

  private void assertRows(int expected) throws Exception {
    List<List<Object>> found = DuckDbRows.read(database, "main", OtlpTable.LOGS);
    assertEquals(expected, found.stream().distinct().count());
    assertEquals(expected, found.size());
  }

  @Test
  void aStorageThatIsAway_isWaitedFor() throws Exception {
    commit(sink, 0, 1, 3);
    server.stop();
    SinkException e = assertThrows(SinkException.Unavailable.class, () -> commit(sink, 1, 2, 3));
    assertTrue(e.reason().contains(ROOT), e.reason());
    assertThrows(SinkException.Unavailable.class, () -> sink.readLedger(SPOOL));
    server.restart();
    commit(sink, 1, 2, 3);
    assertRows(6);
  }

  @Test
  void wrongKeys_andABucketThatIsNotThere_areRefusedWhenATargetIsMade() {
    SinkException keys =
        assertThrows(
            SinkException.Refused.class, () -> sink("two", "wrong", step -> {}).prepare(first()));
    assertTrue(keys.reason().contains("403 SignatureDoesNotMatch"), keys.reason());
    assertFalse(keys.reason().contains("wrong"), keys.reason());
    SinkException bucket =
        assertThrows(
            SinkException.Refused.class,
            () ->
                sink("two", "none-of-that-name", "other", S3Server.SECRET, step -> {})
                    .prepare(first()));
    assertTrue(bucket.reason().contains("404 NoSuchBucket"), bucket.reason());
  }

  @Test
  void answersThatAreLost_atEachRequest_loseAndDoubleNothing() throws Exception {
    for (String moment : new String[] {"before", "after"}) {
      AtomicInteger requests = new AtomicInteger();
      int from = moment.equals("before") ? 0 : 1;
      server.watch(
          (now, key) -> {
            // Every request fails once; the client asks again by itself.
            if (now.equals(moment) && requests.incrementAndGet() % 2 == 1) {
              throw S3Server.unavailable();
            }
          });
      commit(sink, from, from + 1, 9);
      assertTrue(requests.get() >= 6, "requests: " + requests);
      server.watch(S3Server.Watch.NONE);
      assertRows((from + 1) * 9);
    }
    assertEquals(2, sink.readLedger(SPOOL).orElseThrow().seals());
  }

  @Test
  void aSecondWriter_takesASealThatIsInWorkForOneThatBrokeOff_andTheFirstIsFenced()
      throws Exception {
    AtomicInteger placed = new AtomicInteger();
    Sink copy = sink("two", S3Server.SECRET, step -> {});
    // In the middle of the first one's seal the second one, from a copied data folder, looks.
    Sink first =
        sink(
            "one",
            S3Server.SECRET,
            step -> {
              if (step.startsWith("placed ") && placed.incrementAndGet() == 2) {
                readLedger(copy);
              }
            });
    SinkException e = assertThrows(SinkException.Fenced.class, () -> commit(first, 0, 1, 9));
    assertTrue(e.reason().endsWith("; its files were taken back"), e.reason());
    assertRows(0);
    commit(copy, 0, 1, 9);
    assertRows(9);
    assertThrows(SinkException.Fenced.class, () -> commit(first, 0, 1, 9));
    assertRows(9);
  }

  private static void readLedger(Sink sink) {
    try {
      assertEquals(index(0), sink.readLedger(SPOOL).orElseThrow().position().next());
    } catch (SinkException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aSecondWriter_finishesASealWhoseFilesAllHaveTheirPlaces_andTheFirstSeesIt()
      throws Exception {
    Sink copy = sink("two", S3Server.SECRET, step -> {});
    Sink first =
        sink(
            "one",
            S3Server.SECRET,
            step -> {
              if (step.startsWith("replace ")) {
                try {
                  assertEquals(index(1), copy.readLedger(SPOOL).orElseThrow().position().next());
                } catch (SinkException e) {
                  throw new IllegalStateException(e);
                }
              }
            });
    commit(first, 0, 1, 9);
    assertRows(9);
    assertEquals(index(1), first.readLedger(SPOOL).orElseThrow().position().next());
  }

  @Test
  void twoWritersAtOnce_storeEachRowOnce_whereverTheOtherComesInBetween() throws Exception {
    int rounds =
        sweep(
            (second, from) -> {
              try {
                commit(second, from, from + 1, 9);
              } catch (SinkException e) {
                // It came too late, or into the other's work.
                assertTrue(
                    e instanceof SinkException.Fenced || e instanceof SinkException.Overtaken,
                    e.reason());
              }
            });
    assertTrue(rounds > 15, "rounds: " + rounds);
  }

  @Test
  void aSecondWriterThatOnlyLooks_losesAndDoublesNothing_whereverItComesInBetween()
      throws Exception {
    int rounds =
        sweep(
            (second, from) -> {
              LedgerRow row = second.readLedger(SPOOL).orElseThrow();
              assertTrue(row.position().next().compareTo(index(from)) >= 0);
            });
    assertTrue(rounds > 15, "rounds: " + rounds);
  }

  /** What the second writer does in the middle of a step of the first. */
  @FunctionalInterface
  interface InBetween {
    void run(Sink second, long from) throws SinkException;
  }

  /** The second writer comes in at the Nth step of the first, for N = 1, 2, 3 … */
  private int sweep(InBetween act) throws Exception {
    int round = 0;
    boolean isMet = true;
    for (int at = 1; isMet; at++) {
      AtomicInteger left = new AtomicInteger(at);
      long from = round;
      Sink second = sink("two", S3Server.SECRET, step -> {});
      Sink first =
          sink(
              "one",
              S3Server.SECRET,
              step -> {
                if (left.decrementAndGet() == 0) {
                  try {
                    act.run(second, from);
                  } catch (SinkException e) {
                    throw new IllegalStateException(e);
                  }
                }
              });
      try {
        commit(first, from, from + 1, 9);
      } catch (SinkException.Fenced e) {
        assertTrue(e.reason().startsWith("another writer commits this spool"), e.reason());
        if (first.readLedger(SPOOL).orElseThrow().position().next().equals(index(from))) {
          commit(second, from, from + 1, 9); // The first has stopped; the other goes on.
        }
      }
      isMet = left.get() <= 0;
      round++;
      assertEquals(index(round), sink.readLedger(SPOOL).orElseThrow().position().next());
      assertRows(round * 9);
      assertEquals(0, server.get("bucket", INTENT).length);
    }
    return round;
  }

  @Test
  void aStorageWithoutConditions_isFoundOut_andWrittenToAllTheSame() throws Exception {
    server.ignoreConditions();
    sink.check();
    commit(sink, 0, 1, 9);
    commit(sink, 1, 2, 0);
    commit(sink("one", S3Server.SECRET, step -> {}), 2, 3, 9);
    assertRows(18);
    assertThrows(SinkException.Fenced.class, () -> commit(sink, 0, 1, 9));
    assertRows(18);
  }
}
