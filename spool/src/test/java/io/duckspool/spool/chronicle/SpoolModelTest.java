package io.duckspool.spool.chronicle;

import static io.duckspool.spool.TestSpools.SPOOL_ID;
import static io.duckspool.spool.TestSpools.await;
import static io.duckspool.spool.TestSpools.meta;
import static io.duckspool.spool.TestSpools.newRunId;
import static io.duckspool.spool.TestSpools.payload;
import static io.duckspool.spool.TestSpools.payloadOf;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolStore;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.spool.SyncMode;
import io.duckspool.spool.TestSpools;
import io.duckspool.spool.TestSpools.Ack;
import io.duckspool.spool.TestSpools.Ticker;
import io.duckspool.spool.journal.FileJournalStore;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * Random appends, rolls, syncs, crashes, reads, commits and retention against a list in memory. A
 * crash copies the folder away while the spool is open; a power cut moreover tears what lies behind
 * the durable mark, and may take the mark itself.
 */
class SpoolModelTest {

  private static final SpoolOptions OPTIONS =
      new SpoolOptions(SyncMode.GROUP, 4096, Duration.ofSeconds(60), 0, 32 << 10);

  @Property(tries = 40, edgeCases = net.jqwik.api.EdgeCasesMode.NONE)
  void theSpoolDoesWhatTheModelSays(
      @ForAll @Size(min = 10, max = 40) List<@IntRange(max = 99) Integer> steps, @ForAll long seed)
      throws Exception {
    Path base = Files.createTempDirectory("spool-model");
    try (Run run = new Run(base, new Random(seed), true)) {
      for (int step : steps) {
        run.step(step);
      }
      run.finish();
    } finally {
      Folders.delete(base);
    }
  }

  /** Without faults the journal and the spool say the same of the same steps. */
  @Property(tries = 10, edgeCases = net.jqwik.api.EdgeCasesMode.NONE)
  void theJournalDoesTheSame(
      @ForAll @Size(min = 10, max = 40) List<@IntRange(max = 74) Integer> steps, @ForAll long seed)
      throws Exception {
    List<List<Long>> seen = new ArrayList<>();
    for (boolean isChronicle : new boolean[] {true, false}) {
      Path base = Files.createTempDirectory("spool-model");
      try (Run run = new Run(base, new Random(seed), isChronicle)) {
        for (int step : steps) {
          run.step(step);
        }
        run.finish();
        seen.add(run.read);
      } finally {
        Folders.delete(base);
      }
    }
    assertEquals(seen.get(0), seen.get(1));
  }

  /** The system under test beside its model. */
  private static final class Run implements AutoCloseable {

    private final Path base;
    private final Random random;
    private final Ticker ticker = new Ticker();
    private final boolean isChronicle;
    private final SpoolStore store;

    /** Payload seeds in the order of their appends; a crash may cut those not acked. */
    private final List<Long> appended = new ArrayList<>();

    private final List<Ack> acks = new ArrayList<>();
    private final List<Long> read = new ArrayList<>();
    private long nextSeed;
    private int folderNumber;
    private Path folder;
    private Spool spool;
    private SpoolTailer tailer;
    private SpoolPosition ledger;
    private long seals;

    Run(Path base, Random random, boolean isChronicle) throws Exception {
      this.base = base;
      this.random = random;
      this.isChronicle = isChronicle;
      this.store =
          isChronicle
              ? new ChronicleSpoolStore(TestSpools.clock(), ticker)
              : new FileJournalStore(TestSpools.clock(), ticker);
      this.folder = Files.createDirectory(base.resolve("0"));
      open();
      ledger = spool.head();
    }

    void step(int step) throws Exception {
      if (step < 40) {
        append(1 + random.nextInt(5));
      } else if (step < 50) {
        awaitAcks();
      } else if (step < 60) {
        readSome(random.nextInt(10));
      } else if (step < 66) {
        commit();
      } else if (step < 70) {
        roll();
      } else if (step < 75) {
        restart();
      } else {
        crash(step >= 85);
      }
    }

    /** Everything acked was read once, in order, and nothing else. */
    void finish() throws Exception {
      awaitAcks();
      readSome(Integer.MAX_VALUE);
      assertEquals(appended, read);
      commit();
      assertEquals(0, spool.backlogBytes());
      // A new segment is there before its header, which says that the one before has ended.
      await("one segment is left", this::isOneSegmentLeft);
      if (isChronicle) {
        assertTrue(SpoolInspection.of(folder).verify().isSound());
      }
    }

    private boolean isOneSegmentLeft() {
      try {
        tailer.deleteBelow(ledger.next());
        return tailer.segments().size() == 1;
      } catch (io.duckspool.spool.SpoolException e) {
        throw new AssertionError(e);
      }
    }

    private void append(int count) throws Exception {
      for (int i = 0; i < count; i++) {
        long seed = nextSeed++;
        Ack ack = new Ack();
        byte[] payload = payload(seed, sizeOf(seed));
        spool.append(meta(seed), ByteBuffer.wrap(payload), ack);
        appended.add(seed);
        acks.add(ack);
      }
      assertEquals(appended.size(), spool.head().entries());
    }

    private void awaitAcks() throws Exception {
      for (Ack ack : acks) {
        ack.await();
        assertEquals(1, ack.calls());
      }
      assertEquals(spool.head(), spool.durable());
    }

    private void readSome(int max) throws Exception {
      for (int i = 0; i < max; i++) {
        SpoolRead next = tailer.read();
        if (next instanceof SpoolRead.AtDurableMark) {
          return;
        }
        SpoolEntry entry = assertInstanceOf(SpoolEntry.class, next, next.toString());
        long seed = entry.meta().rows();
        assertEquals(appended.get(read.size()), seed);
        assertArrayEquals(payload(seed, sizeOf(seed)), payloadOf(entry));
        read.add(seed);
        assertEquals(read.size(), entry.after().entries());
      }
    }

    /** What was read is committed: the ledger moves, the checkpoint says so, segments go. */
    private void commit() throws Exception {
      ledger = tailer.position();
      tailer.publishCommitted(new CommittedMark(ledger, ++seals));
      long backlog = 0;
      for (long seed : appended.subList(read.size(), appended.size())) {
        backlog += sizeOf(seed);
      }
      assertEquals(backlog, spool.backlogBytes());
      tailer.deleteBelow(ledger.next());
    }

    private void roll() throws Exception {
      long before = tailer.segments().size();
      long newest = tailer.segments().get((int) before - 1);
      SpoolIndex head = spool.head().next();
      boolean holdsEntries = head.segment() == newest && head.sequence() > 1;
      ticker.advanceMillis(60_001);
      if (holdsEntries) {
        await("a roll", () -> newestSegment() > newest);
      }
      awaitAcks();
    }

    private void restart() throws Exception {
      close();
      acks.clear();
      open();
      assertEquals(appended.size(), spool.head().entries());
      resumeAtLedger();
    }

    private void crash(boolean isPowerCut) throws Exception {
      Path copy = Files.createDirectory(base.resolve(String.valueOf(++folderNumber)));
      // A crash is an instant: which acks were heard is asked before the copy is taken.
      long acked = appended.size() - acks.size() + acks.stream().filter(Ack::isDone).count();
      Folders.copy(folder, copy);
      close();
      folder = copy;
      if (isPowerCut) {
        // The copy took a while: the mark may have moved on, and what it covers was synced.
        SpoolInspection copied = SpoolInspection.of(folder);
        acked = Math.max(acked, copied.durableMark().orElseThrow().position().entries());
        tearBehind(acked);
        if (random.nextInt(3) == 0) {
          Files.deleteIfExists(folder.resolve("durable.ckpt"));
        }
      }
      acks.clear();
      open();
      long survived = spool.head().entries();
      assertTrue(survived >= acked, survived + " survived of " + acked + " acked");
      assertTrue(survived <= appended.size());
      appended.subList((int) survived, appended.size()).clear();
      resumeAtLedger();
    }

    /** Zeroes, scrambles or cuts what follows the entries that were acked. */
    private void tearBehind(long acked) throws Exception {
      SpoolInspection inspection = SpoolInspection.of(folder);
      for (SpoolInspection.Segment segment : inspection.segments()) {
        long[] keep = {0};
        boolean[] isTorn = {false};
        inspection.entries(
            segment.number(),
            entry -> {
              if (entry.after().entries() <= acked) {
                keep[0] = (entry.payloadOffset() + entry.payloadBytes() + 3) & ~3L;
              } else {
                isTorn[0] = true;
              }
            });
        if (isTorn[0] && keep[0] > 0) {
          tear(segment.file(), keep[0]);
          // Later segments held nothing that was acked.
          for (long later : SegmentFolder.of(folder).segments()) {
            if (later > segment.number()) {
              Files.delete(SegmentFolder.of(folder).file(later));
            }
          }
          return;
        }
      }
    }

    private void tear(Path file, long keep) throws Exception {
      try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
        long tail = open.length() - keep;
        if (tail <= 0) {
          return;
        }
        switch (random.nextInt(3)) {
          case 0 -> open.setLength(keep);
          case 1 -> {
            open.setLength(keep);
            open.setLength(keep + tail);
          }
          default -> {
            // Whole entries behind a hole would be kept, and the hole reported: SpoolDamageTest.
            long garbage = keep + random.nextInt((int) Math.min(tail, 500));
            open.setLength(garbage);
            open.seek(garbage);
            open.write(payload(keep, 300));
          }
        }
      }
    }

    private void resumeAtLedger() throws Exception {
      tailer.moveTo(ledger);
      read.subList((int) ledger.entries(), read.size()).clear();
    }

    private void open() throws Exception {
      spool = store.openForAppend(folder, SPOOL_ID, newRunId(), OPTIONS);
      tailer = store.openForRead(folder, SPOOL_ID, runId -> runId.equals(spool.runId()));
    }

    private long newestSegment() {
      try {
        List<Long> segments = tailer.segments();
        return segments.get(segments.size() - 1);
      } catch (io.duckspool.spool.SpoolException e) {
        throw new AssertionError(e);
      }
    }

    private static int sizeOf(long seed) {
      return (int) (seed * 131 % 900);
    }

    @Override
    public void close() {
      tailer.close();
      spool.close();
    }
  }
}
