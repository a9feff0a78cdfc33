package io.duckspool.writer.sink;

import static io.duckspool.writer.sink.SinkContract.SPOOL;
import static io.duckspool.writer.sink.SinkContract.commitUntilDone;
import static io.duckspool.writer.sink.SinkContract.first;
import static io.duckspool.writer.sink.SinkContract.index;
import static io.duckspool.writer.sink.SinkContract.move;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.servers.S3Server;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the network before an S3 storage, and one that fails, can do to a seal into Parquet files:
 * no row is lost, none doubled.
 */
final class ParquetS3NetworkTest {

  private static final int ROWS = 2;

  @TempDir(factory = MemoryDiskFactory.class)
  Path folder;

  private ParquetS3Rig rig;
  private S3Server server;
  private Sink sink;
  private int seals;

  @BeforeEach
  void open() throws Exception {
    rig = ParquetS3Rig.open(folder);
    server = rig.server();
    sink = rig.behindTheNetwork();
    sink.prepare(first());
    seal();
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {".intent.json", ".parquet", ".ledger.json"})
  void aPutThatWasApplied_andWhoseAnswerIsCutOff_isFoundOut(String end) throws Exception {
    sealWhile(end, () -> rig.network().cut());
  }

  @ParameterizedTest
  @ValueSource(strings = {".intent.json", ".parquet", ".ledger.json"})
  void aPutThatWasApplied_andThatNobodyAnswers_isFoundOut(String end) throws Exception {
    sealWhile(end, () -> rig.network().mute());
  }

  /** A gateway gave up on it, the storage did not. */
  @ParameterizedTest
  @ValueSource(strings = {".parquet", ".ledger.json"})
  void aPutThatArrivesLate_changesNothing(String end) throws Exception {
    S3Server.Held late = server.holdPut(end);
    seal();
    assertTrue(late.isMet());
    assertFalse(late.apply(), "after the seal");
    seal();
    assertFalse(late.apply(), "after the next one");
    seal();
    assertAllOnce();
  }

  /** There it may stand again as it was before: the ledger tells that its seal is done. */
  @Test
  void anIntentThatArrivesLate_isOfASealThatIsDone() throws Exception {
    S3Server.Held late = server.holdPut(".intent.json");
    seal();
    assertTrue(late.isMet());
    assertTrue(late.apply(), "what ended the seal's intent is what was there before it");
    seal();
    assertTrue(late.apply());
    assertAllOnce();
    seal();
    assertAllOnce();
  }

  /** It is no other writer's, whom the pipeline would yield to for good. */
  @Test
  void anIntentThatArrivesLate_asTheNextSealIsDecided_isOfASealThatIsDone() throws Exception {
    S3Server.Held late = server.holdPut(".intent.json");
    seal();
    AtomicBoolean isApplied = new AtomicBoolean();
    sink =
        rig.sink(
            "one",
            step -> {
              if (step.startsWith("length of ") && !isApplied.getAndSet(true)) {
                assertTrue(late.apply(), "between the look at the ledger and the new intent");
              }
            });
    try (SealedBatch batch = rig.batch(seals, ROWS)) {
      commitUntilDone(sink, batch, move(seals, seals + 1));
    }
    seals++;
    assertTrue(isApplied.get());
    assertAllOnce();
    seal();
    assertAllOnce();
  }

  @Test
  void aStorageThatFails_fromAnyRequestOn_isTriedAgain() throws Exception {
    int failures = failFromAnyRequestOn("before", S3Server::internalError);
    assertEquals(seals - 2, failures, "all but the last one");
  }

  @Test
  void aStorageThatFails_fromAnyRequestOn_thoughItDoesWhatItIsAsked_isTriedAgain()
      throws Exception {
    int failures = failFromAnyRequestOn("after", S3Server::unavailable);
    assertEquals(0, failures, "what is asked again is found done");
  }

  private int failFromAnyRequestOn(String moment, Supplier<RuntimeException> failure)
      throws Exception {
    int failures = 0;
    boolean isMet = true;
    for (int at = 1; isMet; at++) {
      int from = at;
      AtomicInteger requests = new AtomicInteger();
      server.watch(
          (now, key) -> {
            if (now.equals(moment) && requests.incrementAndGet() >= from) {
              throw failure.get();
            }
          });
      try (SealedBatch batch = rig.batch(seals, ROWS)) {
        LedgerMove move = move(seals, seals + 1);
        try {
          sink.commit(batch, move);
        } catch (SinkException.UnknownOutcome | SinkException.Unavailable e) {
          assertTrue(e.reason().contains(ParquetS3Rig.ROOT), e.reason());
          failures++;
        }
        isMet = requests.get() >= from;
        server.watch(S3Server.Watch.NONE);
        if (!sink.readLedger(SPOOL).orElseThrow().position().equals(move.next())) {
          commitUntilDone(sink, batch, move);
        }
      }
      seals++;
      assertAllOnce();
    }
    assertTrue(seals > 4, "seals: " + seals);
    return failures;
  }

  /** Seals; something happens when the storage has done the first PUT of such a file. */
  private void sealWhile(String end, Runnable event) throws Exception {
    AtomicInteger puts = new AtomicInteger();
    server.watch(
        (moment, key) -> {
          if (moment.equals("after") && key.endsWith(end) && puts.getAndIncrement() == 0) {
            event.run();
          }
        });
    seal();
    assertTrue(puts.get() > 0, "nothing happened");
    assertAllOnce();
  }

  private void seal() throws Exception {
    rig.commit(sink, seals, seals + 1, ROWS);
    seals++;
  }

  private void assertAllOnce() throws Exception {
    rig.assertRows(seals * ROWS);
    LedgerRow row = sink.readLedger(SPOOL).orElseThrow();
    assertEquals(index(seals), row.position().next());
    assertEquals(seals, row.seals());
    assertEquals(0, server.get("bucket", ParquetS3Rig.INTENT).length, "an intent is left");
  }
}
