package io.duckspool.spool;

import static io.duckspool.spool.TestSpools.SPOOL_ID;
import static io.duckspool.spool.TestSpools.append;
import static io.duckspool.spool.TestSpools.await;
import static io.duckspool.spool.TestSpools.meta;
import static io.duckspool.spool.TestSpools.newRunId;
import static io.duckspool.spool.TestSpools.payload;
import static io.duckspool.spool.TestSpools.payloadOf;
import static io.duckspool.spool.TestSpools.readAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.TestSpools.Ack;
import io.duckspool.spool.TestSpools.Ticker;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every spool must do, whatever its files look like. */
public abstract class SpoolContract {

  private static final int MAX_ENTRY_BYTES = 1 << 20;

  protected final Ticker ticker = new Ticker();
  protected SpoolStore store;
  @TempDir protected Path folder;

  protected abstract SpoolStore newStore(InstantSource clock, LongSupplier ticker);

  @BeforeEach
  void makeStore() {
    store = newStore(TestSpools.clock(), ticker);
  }

  protected SpoolOptions options() {
    return new SpoolOptions(SyncMode.GROUP, 512L << 20, Duration.ofSeconds(60), 0, MAX_ENTRY_BYTES);
  }

  protected Spool open(SpoolOptions options) throws SpoolException {
    return store.openForAppend(folder, SPOOL_ID, newRunId(), options);
  }

  protected SpoolTailer tailer() throws SpoolException {
    return store.openForRead(folder, SPOOL_ID, runId -> false);
  }

  @Test
  void anEntryReadsBackAsItWasAppended() throws Exception {
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      byte[] payload = payload(1, 1000);
      SpoolIndex index = append(spool, payload, 7);
      assertEquals(new SpoolIndex(spool.firstIndex().segment(), 1), index);

      SpoolEntry entry = assertInstanceOf(SpoolEntry.class, tailer.read());
      assertEquals(index, entry.index());
      assertEquals(meta(7), entry.meta());
      assertArrayEquals(payload, payloadOf(entry));
      assertEquals(
          new SpoolPosition(new SpoolIndex(index.segment(), 2), 1, 7, 1000), entry.after());
      assertEquals(entry.after(), tailer.position());
      assertEquals(entry.after(), spool.head());
      assertInstanceOf(SpoolRead.AtDurableMark.class, tailer.read());
    }
  }

  @Test
  void aNewSpoolBeginsAtSequence0OfItsFirstSegment() throws Exception {
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      assertEquals(SpoolPosition.startOf(spool.firstIndex().segment()), spool.head());
      assertEquals(spool.head(), spool.durable());
      assertEquals(0, spool.firstIndex().sequence());
      tailer.moveTo(spool.head());
      assertInstanceOf(SpoolRead.AtDurableMark.class, tailer.read());
      append(spool, payload(1, 10), 1);
      assertInstanceOf(SpoolEntry.class, tailer.read());
    }
  }

  @Test
  void everySizeOfPayloadIsKept() throws Exception {
    int[] sizes = {0, 1, 2, 3, 4, 5, 63, 4003, 4004, 4005, 65_536, MAX_ENTRY_BYTES};
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      for (int size : sizes) {
        append(spool, payload(size, size), 1);
      }
      for (int size : sizes) {
        SpoolEntry entry = assertInstanceOf(SpoolEntry.class, tailer.read());
        assertArrayEquals(payload(size, size), payloadOf(entry));
      }
    }
  }

  @Test
  void aPayloadIsReadFromPositionToLimit_andItsPositionIsLeftAlone() throws Exception {
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      ByteBuffer direct =
          ByteBuffer.allocateDirect(100).put(payload(3, 100)).position(10).limit(90);
      Ack ack = new Ack();
      spool.append(meta(1), direct, ack);
      ack.await();
      assertEquals(10, direct.position());
      assertEquals(90, direct.limit());
      SpoolEntry entry = assertInstanceOf(SpoolEntry.class, tailer.read());
      byte[] expected = new byte[80];
      direct.get(10, expected);
      assertArrayEquals(expected, payloadOf(entry));
    }
  }

  @Test
  void aPayloadOverTheLimitIsRefused_andNothingIsAppended() throws Exception {
    try (Spool spool = open(options())) {
      byte[] tooLarge = new byte[MAX_ENTRY_BYTES + 1];
      assertThrows(
          IllegalArgumentException.class,
          () -> spool.append(meta(1), ByteBuffer.wrap(tooLarge), new Ack()));
      assertEquals(0, spool.head().entries());
    }
  }

  @Test
  void aListenerHearsOnce_whenTheMarkCoversItsEntry() throws Exception {
    try (Spool spool = open(options())) {
      List<Ack> acks = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Ack ack = new Ack();
        SpoolIndex index = spool.append(meta(1), ByteBuffer.wrap(payload(i, 50)), ack);
        ack.thenAccept(
            told -> {
              assertEquals(index, told);
              assertTrue(spool.durable().next().compareTo(index) > 0);
            });
        acks.add(ack);
      }
      for (Ack ack : acks) {
        ack.await();
      }
      for (Ack ack : acks) {
        assertEquals(1, ack.calls());
      }
    }
  }

  @Test
  void inOsModeAnAppendIsAckedBeforeItReturns() throws Exception {
    try (Spool spool = open(options().withSyncMode(SyncMode.OS));
        SpoolTailer tailer = tailer()) {
      Ack ack = new Ack();
      spool.append(meta(1), ByteBuffer.wrap(payload(1, 9)), ack);
      assertTrue(ack.isDone());
      assertEquals(1, spool.durable().entries());
      assertInstanceOf(SpoolEntry.class, tailer.read());
    }
  }

  @Test
  void eachStartBeginsANewSegment_andTheCountersGoOn() throws Exception {
    SpoolPosition end = SpoolPosition.startOf(0);
    List<Long> segments = new ArrayList<>();
    for (int run = 0; run < 4; run++) {
      try (Spool spool = open(options())) {
        segments.add(spool.firstIndex().segment());
        if (run > 0) {
          assertEquals(end, spool.head());
        }
        append(spool, payload(run, 100), 10);
        append(spool, payload(run, 100), 10);
        end = spool.head();
        assertEquals(
            new SpoolPosition(end.next(), 2L * run + 2, 20L * run + 20, 200L * run + 200), end);
      }
    }
    assertEquals(4, Set.copyOf(segments).size());
    assertEquals(segments.stream().sorted().toList(), segments);
    try (SpoolTailer tailer = tailer()) {
      assertEquals(segments, tailer.segments());
      assertEquals(8, readAll(tailer).size());
      assertEquals(end, tailer.position());
    }
  }

  @Test
  void anUnusedSegmentOfAnEarlierStartIsRemoved() throws Exception {
    for (int run = 0; run < 5; run++) {
      open(options()).close();
    }
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      assertEquals(List.of(spool.firstIndex().segment()), tailer.segments());
      append(spool, payload(1, 10), 1);
      assertEquals(1, readAll(tailer).size());
    }
  }

  @Test
  void aLedgerThatStandsAtARemovedUnusedSegmentGoesOn() throws Exception {
    SpoolPosition ledger;
    try (Spool spool = open(options())) {
      ledger = spool.head();
    }
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      append(spool, payload(1, 10), 1);
      tailer.moveTo(ledger);
      assertEquals(1, readAll(tailer).stream().filter(SpoolEntry.class::isInstance).count());
    }
  }

  @Test
  void aFullSegmentEnds_andTheChainNamesItsEnd() throws Exception {
    try (Spool spool = open(options().withSegmentBytes(8192));
        SpoolTailer tailer = tailer()) {
      for (int i = 0; i < 60; i++) {
        append(spool, payload(i, 1000), 2);
      }
      List<Long> segments = tailer.segments();
      assertTrue(segments.size() >= 5, "segments: " + segments);
      List<SpoolRead> reads = readAll(tailer);
      assertEquals(60, reads.size());
      for (int i = 0; i < 60; i++) {
        assertArrayEquals(payload(i, 1000), payloadOf((SpoolEntry) reads.get(i)));
      }
      SegmentHeader last = tailer.header(segments.get(segments.size() - 1)).orElseThrow();
      assertEquals(SPOOL_ID, last.spoolId());
      assertEquals(spool.runId(), last.runId());
      assertEquals(segments.get(segments.size() - 2), last.previousSegment());
      assertTrue(last.start().hasCountersOf(last.previousEnd()));
      assertTrue(tailer.header(segments.get(0)).orElseThrow().isFirst());
      assertEquals(spool.head(), tailer.position());
    }
  }

  @Test
  void anOldSegmentEnds_onlyWhenItHoldsEntries() throws Exception {
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      ticker.advanceMillis(120_000);
      append(spool, payload(1, 10), 1);
      assertEquals(1, tailer.segments().size());
      ticker.advanceMillis(60_001);
      await("the second segment", () -> segmentCount(tailer) == 2);
      SpoolPosition head = spool.head();
      ticker.advanceMillis(600_000);
      SpoolIndex next = append(spool, payload(2, 10), 1);
      assertEquals(tailer.segments().get(1), next.segment());
      assertEquals(2, segmentCount(tailer));
      assertEquals(head.entries() + 1, spool.head().entries());
      assertEquals(2, readAll(tailer).size());
    }
  }

  @Test
  void backlogIsExact_overRollsAndRestarts() throws Exception {
    long bytes = 0;
    for (int run = 0; run < 3; run++) {
      try (Spool spool = open(options().withSegmentBytes(4096))) {
        for (int i = 0; i < 20; i++) {
          append(spool, payload(i, 300 + i), 1);
          bytes += 300 + i;
        }
        assertEquals(bytes, spool.backlogBytes());
      }
    }
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      for (int i = 0; i < 25; i++) {
        bytes -= assertInstanceOf(SpoolEntry.class, tailer.read()).payloadLength();
      }
      tailer.publishCommitted(new CommittedMark(tailer.position(), 3));
      assertEquals(bytes, spool.backlogBytes());
      assertEquals(new CommittedMark(tailer.position(), 3), spool.committed());
      readAll(tailer);
      tailer.publishCommitted(new CommittedMark(tailer.position(), 4));
      assertEquals(0, spool.backlogBytes());
      assertEquals(OptionalLong.empty(), spool.oldestUncommittedAgeMillis(TestSpools.clock()));
    }
  }

  @Test
  void theAgeOfTheOldestUncommittedEntryIsKnown() throws Exception {
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      InstantSource later = InstantSource.fixed(TestSpools.START.plusSeconds(42));
      assertEquals(OptionalLong.empty(), spool.oldestUncommittedAgeMillis(later));
      append(spool, payload(1, 10), 1);
      assertEquals(OptionalLong.of(42_000), spool.oldestUncommittedAgeMillis(later));
      readAll(tailer);
      tailer.publishCommitted(new CommittedMark(tailer.position(), 1));
      assertEquals(OptionalLong.empty(), spool.oldestUncommittedAgeMillis(later));
    }
  }

  @Test
  void aTailerGoesToAnyPosition_andKnowsTheCountersThere() throws Exception {
    try (Spool spool = open(options().withSegmentBytes(4096));
        SpoolTailer tailer = tailer()) {
      for (int i = 0; i < 30; i++) {
        append(spool, payload(i, 500), i);
      }
      List<SpoolRead> reads = readAll(tailer);
      for (int i = 0; i < 30; i++) {
        SpoolEntry entry = (SpoolEntry) reads.get(i);
        assertEquals(Optional.of(entry.after()), tailer.positionAt(entry.after().next()));
        tailer.moveTo(entry.after());
        assertEquals(29 - i, readAll(tailer).size());
      }
      SpoolIndex first = spool.firstIndex();
      assertEquals(Optional.of(SpoolPosition.startOf(first.segment())), tailer.positionAt(first));
      assertEquals(Optional.empty(), tailer.positionAt(new SpoolIndex(first.segment(), 4_000_000)));
      assertEquals(Optional.empty(), tailer.positionAt(new SpoolIndex(first.segment() - 1, 5)));
    }
  }

  @Test
  void aTailerGoesBackOneEntry_andDeliversItAgain_asOftenAsItTakes() throws Exception {
    try (Spool spool = open(options().withSegmentBytes(4096));
        SpoolTailer tailer = tailer()) {
      for (int i = 0; i < 30; i++) {
        append(spool, payload(i, 500), 1);
      }
      SpoolPosition before = tailer.position();
      for (int i = 0; i < 30; i++) {
        for (int time = 0; time < 3; time++) {
          SpoolEntry entry = (SpoolEntry) tailer.read();
          assertArrayEquals(payload(i, 500), payloadOf(entry));
          assertEquals(entry.after(), tailer.position());
          tailer.moveTo(before);
          assertEquals(before, tailer.position());
        }
        before = ((SpoolEntry) tailer.read()).after();
      }
      assertInstanceOf(SpoolRead.AtDurableMark.class, tailer.read());
    }
  }

  @Test
  void onlyWhollyCommittedSegmentsAreDeleted() throws Exception {
    try (Spool spool = open(options().withSegmentBytes(4096));
        SpoolTailer tailer = tailer()) {
      for (int i = 0; i < 40; i++) {
        append(spool, payload(i, 500), 1);
      }
      List<Long> segments = tailer.segments();
      for (int i = 0; i < 40; i++) {
        SpoolEntry entry = assertInstanceOf(SpoolEntry.class, tailer.read());
        tailer.deleteBelow(entry.after().next());
        long oldest = tailer.segments().get(0);
        assertTrue(oldest <= spool.head().next().segment());
        SpoolPosition after = tailer.position();
        if (i < 39) {
          // Whatever was deleted, the next entry must still be there.
          assertInstanceOf(SpoolEntry.class, tailer.read());
          tailer.moveTo(after);
        }
      }
      assertEquals(List.of(segments.get(segments.size() - 1)), tailer.segments());
    }
  }

  @Test
  void afterADrainAnEndedSegmentIsDeleted_thoughTheLedgerStandsAtItsEnd() throws Exception {
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      append(spool, payload(1, 10), 1);
      ticker.advanceMillis(60_001);
      await("the second segment", () -> segmentCount(tailer) == 2);
      readAll(tailer);
      SpoolPosition ledger = tailer.position();
      assertEquals(spool.head(), ledger);
      assertEquals(1, tailer.deleteBelow(ledger.next()));
      append(spool, payload(2, 10), 1);
      assertEquals(1, readAll(tailer).size());
      tailer.moveTo(ledger);
      assertEquals(1, readAll(tailer).size());
    }
  }

  @Test
  void countersGoOn_whenEverythingWasCommittedAndDeleted() throws Exception {
    SpoolPosition ledger;
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      append(spool, payload(1, 10), 5);
      ticker.advanceMillis(60_001);
      await("the second segment", () -> segmentCount(tailer) == 2);
      readAll(tailer);
      ledger = tailer.position();
      tailer.deleteBelow(ledger.next());
    }
    for (int run = 0; run < 3; run++) {
      try (Spool spool = open(options())) {
        assertTrue(spool.head().hasCountersOf(ledger));
      }
    }
    Files.delete(folder.resolve("durable.ckpt"));
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      assertTrue(spool.head().hasCountersOf(ledger));
      append(spool, payload(2, 10), 1);
      tailer.moveTo(ledger);
      assertEquals(1, readAll(tailer).size());
      assertEquals(ledger.entries() + 1, tailer.position().entries());
    }
  }

  @Test
  void aReaderWaits_whenThereIsNoMark_orItIsBehind() throws Exception {
    try (SpoolTailer tailer = tailer()) {
      assertInstanceOf(SpoolRead.WaitingForReceiver.class, tailer.read());
    }
    try (Spool spool = open(options());
        SpoolTailer stranger = tailer();
        SpoolTailer friend =
            store.openForRead(folder, SPOOL_ID, runId -> runId.equals(spool.runId()))) {
      append(spool, payload(1, 10), 1);
      SpoolIndex next = spool.head().next();
      SpoolPosition ahead =
          new SpoolPosition(new SpoolIndex(next.segment(), next.sequence() + 10), 11, 11, 110);
      stranger.moveTo(ahead);
      assertInstanceOf(SpoolRead.WaitingForReceiver.class, stranger.read());
      friend.moveTo(ahead);
      assertInstanceOf(SpoolRead.AtDurableMark.class, friend.read());
    }
  }

  @Test
  void aReaderGoesOnAfterARelease() throws Exception {
    try (Spool spool = open(options());
        SpoolTailer tailer = tailer()) {
      append(spool, payload(1, 10), 1);
      append(spool, payload(2, 10), 1);
      assertInstanceOf(SpoolEntry.class, tailer.read());
      tailer.release();
      tailer.release();
      SpoolEntry second = assertInstanceOf(SpoolEntry.class, tailer.read());
      assertArrayEquals(payload(2, 10), payloadOf(second));
    }
  }

  @Test
  void aClosedSpoolTakesNothing() throws Exception {
    Spool spool = open(options());
    append(spool, payload(1, 10), 1);
    spool.close();
    spool.close();
    assertThrows(
        SpoolClosedException.class,
        () -> spool.append(meta(1), ByteBuffer.wrap(payload(1, 1)), new Ack()));
  }

  @Test
  void closingSyncsWhatWasAppended() throws Exception {
    List<Ack> acks = new ArrayList<>();
    try (Spool spool = open(options())) {
      for (int i = 0; i < 100; i++) {
        Ack ack = new Ack();
        spool.append(meta(1), ByteBuffer.wrap(payload(i, 100)), ack);
        acks.add(ack);
      }
    }
    for (Ack ack : acks) {
      assertTrue(ack.isDone() && !ack.isCompletedExceptionally());
    }
  }

  @Test
  void anotherSpoolsFilesAreRefused() throws Exception {
    try (Spool spool = open(options())) {
      append(spool, payload(1, 10), 1);
    }
    String other = "f".repeat(32);
    SpoolOpenException e =
        assertThrows(
            SpoolOpenException.class,
            () -> store.openForAppend(folder, other, newRunId(), options()));
    assertTrue(e.getMessage().contains(SPOOL_ID) && e.getMessage().contains(other));
  }

  @Test
  void theDiskGuardRefusesBelowItsReserve() throws Exception {
    try (Spool spool = open(options().withDiskReserveBytes(Long.MAX_VALUE / 2))) {
      assertThrows(SpoolFullException.class, () -> spool.checkRoom(0));
    }
    try (Spool spool = open(options().withDiskReserveBytes(0))) {
      spool.checkRoom(1);
      assertThrows(SpoolFullException.class, () -> spool.checkRoom(Long.MAX_VALUE / 2));
    }
  }

  @Test
  void manyAppendersLoseAndDoubleNothing() throws Exception {
    int threads = 8;
    int each = 300;
    Set<SpoolIndex> told = ConcurrentHashMap.newKeySet();
    try (Spool spool = open(options().withSegmentBytes(64 << 10));
        SpoolTailer tailer = tailer()) {
      List<Thread> appenders = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        Thread appender =
            new Thread(
                () -> {
                  List<Ack> acks = new ArrayList<>();
                  try {
                    for (int i = 0; i < each; i++) {
                      Ack ack = new Ack();
                      byte[] payload = payload(thread * 1000L + i, 200 + i);
                      spool.append(meta(thread * 1000L + i), ByteBuffer.wrap(payload), ack);
                      acks.add(ack);
                    }
                    for (Ack ack : acks) {
                      told.add(ack.await());
                    }
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                });
        appender.start();
        appenders.add(appender);
      }
      for (Thread appender : appenders) {
        appender.join();
      }
      assertEquals(threads * each, told.size());
      List<SpoolRead> reads = readAll(tailer);
      assertEquals(threads * each, reads.size());
      Set<Long> seeds = new java.util.HashSet<>();
      for (SpoolRead read : reads) {
        SpoolEntry entry = (SpoolEntry) read;
        long seed = entry.meta().rows();
        assertTrue(seeds.add(seed));
        assertTrue(told.contains(entry.index()));
        assertArrayEquals(payload(seed, 200 + (int) (seed % 1000)), payloadOf(entry));
      }
    }
  }

  private static int segmentCount(SpoolTailer tailer) {
    try {
      return tailer.segments().size();
    } catch (SpoolException e) {
      throw new AssertionError(e);
    }
  }
}
