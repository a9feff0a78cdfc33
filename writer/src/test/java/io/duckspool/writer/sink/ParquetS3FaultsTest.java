package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can become of a Parquet root in S3, and of two writers on it, which no lock keeps apart. */
final class ParquetS3FaultsTest {

  private static final String ROOT = ParquetS3Rig.ROOT;
  private static final String INTENT = ParquetS3Rig.INTENT;

  @TempDir(factory = MemoryDiskFactory.class)
  Path folder;

  private ParquetS3Rig rig;
  private S3Server server;
  private Sink sink;

  @BeforeEach
  void open() throws Exception {
    rig = ParquetS3Rig.open(folder);
    server = rig.server();
    sink = rig.sink("one", step -> {});
    sink.prepare(first());
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
  }

  @Test
  void aStorageThatIsAway_isWaitedFor() throws Exception {
    rig.commit(sink, 0, 1, 3);
    server.stop();
    SinkException e =
        assertThrows(SinkException.Unavailable.class, () -> rig.commit(sink, 1, 2, 3));
    assertTrue(e.reason().contains(ROOT), e.reason());
    assertThrows(SinkException.Unavailable.class, () -> sink.readLedger(SPOOL));
    server.restart();
    rig.commit(sink, 1, 2, 3);
    rig.assertRows(6);
  }

  @Test
  void wrongKeys_andABucketThatIsNotThere_areRefusedWhenATargetIsMade() {
    SinkException keys =
        assertThrows(SinkException.Refused.class, () -> rig.sinkWithKey("wrong").prepare(first()));
    assertTrue(keys.reason().contains("403 SignatureDoesNotMatch"), keys.reason());
    assertFalse(keys.reason().contains("wrong"), keys.reason());
    SinkException bucket =
        assertThrows(
            SinkException.Refused.class,
            () -> rig.sinkOfBucket("none-of-that-name").prepare(first()));
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
      rig.commit(sink, from, from + 1, 9);
      assertTrue(requests.get() >= 6, "requests: " + requests);
      server.watch(S3Server.Watch.NONE);
      rig.assertRows((from + 1) * 9);
    }
    assertEquals(2, sink.readLedger(SPOOL).orElseThrow().seals());
  }

  @Test
  void aSecondWriter_takesASealThatIsInWorkForOneThatBrokeOff_andTheFirstIsFenced()
      throws Exception {
    AtomicInteger placed = new AtomicInteger();
    Sink copy = rig.sink("two", step -> {});
    // In the middle of the first one's seal the second one, from a copied data folder, looks.
    Sink first =
        rig.sink(
            "one",
            step -> {
              if (step.startsWith("placed ") && placed.incrementAndGet() == 2) {
                readLedger(copy);
              }
            });
    SinkException e = assertThrows(SinkException.Fenced.class, () -> rig.commit(first, 0, 1, 9));
    assertTrue(e.reason().endsWith("; its files were taken back"), e.reason());
    rig.assertRows(0);
    rig.commit(copy, 0, 1, 9);
    rig.assertRows(9);
    assertThrows(SinkException.Fenced.class, () -> rig.commit(first, 0, 1, 9));
    rig.assertRows(9);
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
    Sink copy = rig.sink("two", step -> {});
    Sink first =
        rig.sink(
            "one",
            step -> {
              if (step.startsWith("replace ")) {
                try {
                  assertEquals(index(1), copy.readLedger(SPOOL).orElseThrow().position().next());
                } catch (SinkException e) {
                  throw new IllegalStateException(e);
                }
              }
            });
    rig.commit(first, 0, 1, 9);
    rig.assertRows(9);
    assertEquals(index(1), first.readLedger(SPOOL).orElseThrow().position().next());
  }

  @Test
  void twoWritersAtOnce_storeEachRowOnce_whereverTheOtherComesInBetween() throws Exception {
    int rounds =
        sweep(
            (second, from) -> {
              try {
                rig.commit(second, from, from + 1, 9);
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
      Sink second = rig.sink("two", step -> {});
      Sink first =
          rig.sink(
              "one",
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
        rig.commit(first, from, from + 1, 9);
      } catch (SinkException.Fenced e) {
        assertTrue(e.reason().startsWith("another writer commits this spool"), e.reason());
        if (first.readLedger(SPOOL).orElseThrow().position().next().equals(index(from))) {
          rig.commit(second, from, from + 1, 9); // The first has stopped; the other goes on.
        }
      }
      isMet = left.get() <= 0;
      round++;
      assertEquals(index(round), sink.readLedger(SPOOL).orElseThrow().position().next());
      rig.assertRows(round * 9);
      assertEquals(0, server.get("bucket", INTENT).length);
    }
    return round;
  }

  @Test
  void aStorageWithoutConditions_isFoundOut_andWrittenToAllTheSame() throws Exception {
    server.ignoreConditions();
    sink.check();
    rig.commit(sink, 0, 1, 9);
    rig.commit(sink, 1, 2, 0);
    rig.commit(rig.sink("one", step -> {}), 2, 3, 9);
    rig.assertRows(18);
    assertThrows(SinkException.Fenced.class, () -> rig.commit(sink, 0, 1, 9));
    rig.assertRows(18);
  }
}
