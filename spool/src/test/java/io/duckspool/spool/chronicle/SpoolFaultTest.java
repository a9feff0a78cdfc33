package io.duckspool.spool.chronicle;

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
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolClosedException;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolFullException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOpenException;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolPoisonedException;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.spool.SyncMode;
import io.duckspool.spool.TestSpools;
import io.duckspool.spool.TestSpools.Ack;
import io.duckspool.spool.TestSpools.Ticker;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolFaultTest {

  private static final SpoolOptions OPTIONS =
      new SpoolOptions(SyncMode.GROUP, 4096, Duration.ofSeconds(60), 0, 64 << 10);

  @TempDir Path temp;
  private final FaultyDisk disk = new FaultyDisk();
  private final Ticker ticker = new Ticker();

  private ChronicleSpoolStore store() {
    return new ChronicleSpoolStore(TestSpools.clock(), ticker, disk);
  }

  private Spool open(Path folder) throws SpoolException {
    return store().openForAppend(folder, SPOOL_ID, newRunId(), OPTIONS);
  }

  private SpoolTailer tailer(Path folder) throws SpoolException {
    return store().openForRead(folder, SPOOL_ID, runId -> false);
  }

  @Test
  void aFailedForcePoisonsTheSpool_andIsNeverRepeated() throws Exception {
    Spool spool = open(temp);
    append(spool, payload(1, 10), 1);
    disk.forcesLeft.set(0);
    Ack ack = new Ack();
    spool.append(meta(1), ByteBuffer.wrap(payload(2, 10)), ack);
    ExecutionException e = assertThrows(ExecutionException.class, ack::await);
    assertInstanceOf(SpoolPoisonedException.class, e.getCause());
    await("the poison", spool::isPoisoned);
    assertThrows(
        SpoolPoisonedException.class,
        () -> spool.append(meta(1), ByteBuffer.wrap(payload(3, 10)), new Ack()));
    assertEquals(1, spool.durable().entries());
    spool.close();
    assertEquals(0, disk.forcesAfterFailure.get());
    assertEquals(1, ack.calls());
  }

  /**
   * Fails the Nth force for N = 0, 1, 2 ... until a run needs no more: nothing acked is ever lost.
   */
  @Test
  void whicheverForceFails_whatWasAckedIsReadOnce() throws Exception {
    boolean isComplete = false;
    for (int n = 0; !isComplete; n++) {
      assertTrue(n < 200, "no run completed");
      Path folder = Files.createDirectory(temp.resolve("force" + n));
      FaultyDisk faulty = new FaultyDisk();
      faulty.forcesLeft.set(n);
      Map<SpoolIndex, byte[]> acked = appendUntilRefused(folder, faulty);
      isComplete = faulty.forces.get() <= n;
      assertEquals(0, faulty.forcesAfterFailure.get());
      assertEachReadOnce(folder, acked);
    }
  }

  /** Likewise for the Nth reservation of disk space. */
  @Test
  void whicheverReservationFails_theSpoolIsFullButWell() throws Exception {
    boolean isComplete = false;
    for (int n = 0; !isComplete; n++) {
      assertTrue(n < 200, "no run completed");
      Path folder = Files.createDirectory(temp.resolve("reserve" + n));
      FaultyDisk faulty = new FaultyDisk();
      faulty.reservesLeft.set(n);
      Map<SpoolIndex, byte[]> acked = appendUntilRefused(folder, faulty);
      isComplete = acked.size() == 30;
      assertEachReadOnce(folder, acked);
    }
  }

  private Map<SpoolIndex, byte[]> appendUntilRefused(Path folder, FaultyDisk faulty)
      throws Exception {
    Map<SpoolIndex, byte[]> acked = new TreeMap<>();
    ChronicleSpoolStore store = new ChronicleSpoolStore(TestSpools.clock(), ticker, faulty);
    try (Spool spool = store.openForAppend(folder, SPOOL_ID, newRunId(), OPTIONS)) {
      for (int i = 0; i < 30; i++) {
        byte[] payload = payload(i, 400);
        Ack ack = new Ack();
        spool.append(meta(1), ByteBuffer.wrap(payload), ack);
        try {
          acked.put(ack.await(), payload);
        } catch (ExecutionException e) {
          assertInstanceOf(SpoolPoisonedException.class, e.getCause());
        }
      }
    } catch (SpoolFullException | SpoolPoisonedException | SpoolOpenException e) {
      assertFalse(String.valueOf(e.getMessage()).isEmpty());
    }
    return acked;
  }

  private void assertEachReadOnce(Path folder, Map<SpoolIndex, byte[]> acked) throws Exception {
    try (Spool spool = open(folder);
        SpoolTailer tailer = tailer(folder)) {
      assertTrue(spool.head().entries() >= acked.size());
      Map<SpoolIndex, byte[]> read = new TreeMap<>();
      for (SpoolRead each : readAll(tailer)) {
        SpoolEntry entry = assertInstanceOf(SpoolEntry.class, each, each.toString());
        assertEquals(null, read.put(entry.index(), payloadOf(entry)));
      }
      acked.forEach((index, payload) -> assertArrayEquals(payload, read.get(index)));
    }
  }

  @Test
  void whenThereIsRoomAgain_appendsGoOn() throws Exception {
    try (Spool spool = open(temp);
        SpoolTailer tailer = tailer(temp)) {
      append(spool, payload(0, 2000), 1);
      append(spool, payload(1, 2000), 1);
      disk.reservesLeft.set(0);
      for (int i = 0; i < 3; i++) {
        assertThrows(
            SpoolFullException.class,
            () -> spool.append(meta(1), ByteBuffer.wrap(payload(9, 10)), new Ack()));
      }
      assertFalse(spool.isPoisoned());
      assertEquals(2, spool.head().entries());
      disk.reservesLeft.set(FaultyDisk.NEVER);
      append(spool, payload(2, 10), 1);
      assertEquals(3, readAll(tailer).size());
    }
  }

  @Test
  void theDiskGuardCountsWhatIsInFlight() throws Exception {
    try (Spool spool =
        store().openForAppend(temp, SPOOL_ID, newRunId(), OPTIONS.withDiskReserveBytes(1000))) {
      disk.usableBytes = 1500;
      spool.checkRoom(500);
      SpoolFullException e = assertThrows(SpoolFullException.class, () -> spool.checkRoom(501));
      assertTrue(e.getMessage().contains("1500") && e.getMessage().contains("1000"));
    }
  }

  @Test
  void aListenerThatThrowsDoesNotHarmTheOthers() throws Exception {
    try (Spool spool = open(temp)) {
      spool.append(
          meta(1),
          ByteBuffer.wrap(payload(1, 1)),
          new io.duckspool.spool.AppendListener() {
            @Override
            public void onDurable(SpoolIndex index) {
              throw new IllegalStateException("a bug of the caller");
            }

            @Override
            public void onFailed(SpoolIndex index, SpoolException failure) {}
          });
      append(spool, payload(2, 1), 1);
      assertFalse(spool.isPoisoned());
    }
  }

  @Test
  void aSecondAppenderIsRefused_alsoInTheSameProcess() throws Exception {
    try (Spool spool = open(temp)) {
      assertThrows(SpoolOpenException.class, () -> open(temp));
      append(spool, payload(1, 1), 1);
    }
    open(temp).close();
  }

  @Test
  void anInspection_givesPayloadsFromAnIndexOn_overSegments_untilNothingMoreIsWanted()
      throws Exception {
    List<SpoolIndex> indices = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      try (Spool spool = open(temp)) {
        for (int i = 0; i < 3; i++) {
          indices.add(append(spool, payload(3L * run + i, 5_000 * i + 1), 1));
        }
      }
    }
    SpoolInspection inspection = SpoolInspection.of(temp);
    List<SpoolIndex> seen = new ArrayList<>();
    inspection.payloads(
        indices.get(1),
        (envelope, array) -> {
          int number = indices.indexOf(envelope.index());
          assertArrayEquals(
              payload(number, 5_000 * (number % 3) + 1),
              Arrays.copyOfRange(array, envelope.headerBytes(), envelope.totalBytes()));
          seen.add(envelope.index());
          return number < 4;
        });
    assertEquals(indices.subList(1, 5), seen);
    assertThrows(
        IOException.class,
        () ->
            inspection.payloads(
                indices.get(0),
                (envelope, array) -> {
                  throw new IOException("full");
                }));
  }

  @Test
  void aNewerFormatStopsReceiverAndWriter() throws Exception {
    try (Spool spool = open(temp)) {
      append(spool, payload(1, 100), 1);
    }
    SpoolInspection inspection = SpoolInspection.of(temp);
    SpoolInspection.Segment segment = inspection.segments().get(0);
    List<SpoolInspection.Entry> entries = new ArrayList<>();
    inspection.entries(segment.number(), entries::add);
    try (RandomAccessFile file = new RandomAccessFile(segment.file().toFile(), "rw")) {
      byte[] header = new byte[92];
      long at = entries.get(0).payloadOffset() - 92;
      file.seek(at);
      file.readFully(header);
      header[4] = 9;
      byte[] covered = new byte[88];
      System.arraycopy(header, 0, covered, 0, 84);
      System.arraycopy(header, 88, covered, 84, 4);
      ByteBuffer.wrap(header)
          .order(java.nio.ByteOrder.LITTLE_ENDIAN)
          .putInt(84, io.duckspool.spool.EntryCodec.crcOf(covered, 0, 88));
      file.seek(at);
      file.write(header);
    }
    try (SpoolTailer tailer = tailer(temp)) {
      SpoolRead.NewerFormat newer = assertInstanceOf(SpoolRead.NewerFormat.class, tailer.read());
      assertEquals(9, newer.version());
      assertInstanceOf(SpoolRead.NewerFormat.class, tailer.read());
    }
    SpoolOpenException e = assertThrows(SpoolOpenException.class, () -> open(temp));
    assertTrue(e.getMessage().contains("upgrade"));
    assertFalse(inspection.verify().isSound());
  }

  @Test
  void whatAKilledAppenderLeftInItsPrivateFolderIsRemoved() throws Exception {
    Path appending = temp.resolve("spool").resolve(SegmentAppender.FOLDER);
    try (Spool spool = open(temp)) {
      append(spool, payload(1, 10), 1);
      Files.createDirectories(temp.resolve("copy"));
      Folders.copy(temp, temp.resolve("copy"));
    }
    Path copied = temp.resolve("copy/spool").resolve(SegmentAppender.FOLDER);
    Files.createDirectories(copied);
    Files.write(copied.resolve("metadata.cq4t"), payload(7, 65_536));
    Files.write(copied.resolve("20260101-0000.cq4"), new byte[0]);
    try (Spool spool = open(temp.resolve("copy"));
        SpoolTailer tailer = tailer(temp.resolve("copy"))) {
      append(spool, payload(2, 10), 1);
      assertEquals(2, readAll(tailer).size());
    }
    assertFalse(Files.exists(appending));
    assertFalse(Files.exists(copied));
  }

  /** The zeros behind the last entry of a run are trimmed; those that belong to it are not lost. */
  @Test
  void aPayloadThatEndsInZerosIsReadWhole_afterACloseAndAfterACrash() throws Exception {
    byte[] payload = new byte[20_000];
    payload[0] = 7;
    Path crashed = temp.resolve("crashed");
    Path closed = Files.createDirectory(temp.resolve("closed"));
    try (Spool spool = open(closed)) {
      append(spool, payload, 1);
      Folders.copy(closed, crashed);
    }
    for (Path folder : List.of(closed, crashed)) {
      try (Spool spool = open(folder)) {
        assertEquals(1, spool.head().entries());
        append(spool, payload(1, 10), 1);
      }
      try (SpoolTailer tailer = tailer(folder)) {
        List<SpoolRead> reads = readAll(tailer);
        assertEquals(2, reads.size());
        assertArrayEquals(payload, payloadOf(assertInstanceOf(SpoolEntry.class, reads.get(0))));
      }
    }
  }

  @Test
  void everythingIsForItsOwnerAlone() throws Exception {
    try (Spool spool = open(temp)) {
      append(spool, payload(1, 10), 1);
      try (Stream<Path> all = Files.walk(temp)) {
        for (Path path : all.filter(p -> !p.equals(temp)).toList()) {
          String expected = Files.isDirectory(path) ? "rwx------" : "rw-------";
          assertEquals(
              expected,
              PosixFilePermissions.toString(Files.getPosixFilePermissions(path)),
              path.toString());
        }
      }
    }
  }

  @Test
  void segmentNumbersNeverRepeat_evenIfTheClockStepsBackAndAllFilesAreGone() throws Exception {
    long first;
    try (Spool spool = open(temp)) {
      first = spool.firstIndex().segment();
    }
    ChronicleSpoolStore past =
        new ChronicleSpoolStore(
            () -> java.time.Instant.parse("2025-01-01T00:00:00Z"), ticker, disk);
    Files.delete(temp.resolve("durable.ckpt"));
    Folders.delete(temp.resolve("spool"));
    try (Spool spool = past.openForAppend(temp, SPOOL_ID, newRunId(), OPTIONS)) {
      assertTrue(spool.firstIndex().segment() > first);
    }
    assertTrue(first > 60_000_000);
  }

  @Test
  void aClockThatIsFarAheadUsesUpNoSegmentNumbers() throws Exception {
    long before;
    try (Spool spool = open(temp)) {
      before = spool.firstIndex().segment();
      append(spool, payload(1, 10), 1);
    }
    InstantSource wrong = InstantSource.fixed(Instant.parse("2155-01-01T00:00:00Z"));
    try (Spool spool =
        new ChronicleSpoolStore(wrong, ticker, disk)
            .openForAppend(temp, SPOOL_ID, newRunId(), OPTIONS)) {
      assertEquals(before + 1, spool.firstIndex().segment());
      append(spool, payload(2, 10), 1);
    }
    try (Spool spool = open(temp)) {
      assertEquals(before + 2, spool.firstIndex().segment());
      assertEquals(2, spool.head().entries());
    }
  }

  @Test
  void appendsThatWaitForARollFail_whenTheSpoolIsClosed() throws Exception {
    Spool spool = open(temp);
    append(spool, payload(1, 10), 1);
    spool.close();
    assertThrows(
        SpoolClosedException.class,
        () -> spool.append(meta(1), ByteBuffer.wrap(payload(2, 10)), new Ack()));
  }
}
