package io.duckspool.spool.chronicle;

import static io.duckspool.spool.TestSpools.SPOOL_ID;
import static io.duckspool.spool.TestSpools.append;
import static io.duckspool.spool.TestSpools.newRunId;
import static io.duckspool.spool.TestSpools.payload;
import static io.duckspool.spool.TestSpools.payloadOf;
import static io.duckspool.spool.TestSpools.readAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.spool.SyncMode;
import io.duckspool.spool.TestSpools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LegacyRollCycles;
import net.openhft.chronicle.wire.DocumentContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What we rely on of Chronicle Queue, and what of it must not be here. */
class ChronicleBorderTest {

  @TempDir Path temp;

  /** Our own reading of the files must not drift from Chronicle's. */
  @Test
  void aChronicleTailerReadsTheSameEntriesAtTheSameIndices() throws Exception {
    SpoolOptions options =
        new SpoolOptions(SyncMode.GROUP, 40_000, Duration.ofSeconds(60), 0, 1 << 20);
    ChronicleSpoolStore store = new ChronicleSpoolStore(TestSpools.clock(), () -> 0);
    for (int run = 0; run < 2; run++) {
      try (Spool spool = store.openForAppend(temp, SPOOL_ID, newRunId(), options)) {
        for (int i = 0; i < 150; i++) {
          append(spool, payload(i, i * 13), 1);
        }
      }
    }
    List<SpoolRead> ours;
    try (SpoolTailer tailer = store.openForRead(temp, SPOOL_ID, runId -> false)) {
      ours = readAll(tailer);
    }
    assertEquals(300, ours.size());
    Path copy = temp.resolve("copy");
    Folders.copy(temp, copy);
    try (ChronicleQueue queue =
            SingleChronicleQueueBuilder.binary(copy.resolve("spool"))
                .rollCycle(LegacyRollCycles.MINUTELY)
                .build();
        ExcerptTailer tailer = queue.createTailer()) {
      int next = 0;
      for (long segment : SegmentFolder.of(copy).segments()) {
        assertEquals(true, tailer.moveToIndex(queue.rollCycle().toIndex((int) segment, 1)));
        while (next < ours.size() && ((SpoolEntry) ours.get(next)).index().segment() == segment) {
          try (DocumentContext document = tailer.readingDocument()) {
            assertEquals(true, document.isPresent());
            SpoolEntry entry = (SpoolEntry) ours.get(next++);
            assertEquals(
                queue.rollCycle().toIndex((int) segment, entry.index().sequence()),
                document.index());
            byte[] bytes = new byte[document.wire().bytes().length()];
            document.wire().bytes().read(bytes);
            assertArrayEquals(payloadOf(entry), Arrays.copyOfRange(bytes, 92, bytes.length));
          }
        }
      }
      assertEquals(ours.size(), next);
    }
  }

  /** Chronicle refuses what is over a quarter of its block; blocks must be large enough. */
  @Test
  void theLargestPayloadIsTaken_whereverItComesToStandInABlock() throws Exception {
    int largest = 16 << 20;
    SpoolOptions options = SpoolOptions.defaults(largest).withDiskReserveBytes(0);
    ChronicleSpoolStore store = new ChronicleSpoolStore(TestSpools.clock(), () -> 0);
    byte[] payload = payload(1, largest);
    try (Spool spool = store.openForAppend(temp, SPOOL_ID, newRunId(), options);
        SpoolTailer tailer = store.openForRead(temp, SPOOL_ID, runId -> false)) {
      for (int i = 0; i < 12; i++) {
        append(spool, payload, 1);
        append(spool, payload(i, 1_000_003), 1);
      }
      for (int i = 0; i < 12; i++) {
        assertArrayEquals(payload, payloadOf((SpoolEntry) tailer.read()));
        assertArrayEquals(payload(i, 1_000_003), payloadOf((SpoolEntry) tailer.read()));
      }
    }
  }

  /** A spool must not send anything anywhere: the jar that does is not on the class path. */
  @Test
  void nothingThatCallsHomeIsOnTheClassPath() {
    for (String name :
        List.of(
            "net.openhft.chronicle.analytics.Analytics",
            "net.openhft.chronicle.analytics.AnalyticsFacade",
            "com.sun.jna.Native",
            "jnr.ffi.LibraryLoader",
            "net.openhft.compiler.CompilerUtils")) {
      assertThrows(ClassNotFoundException.class, () -> Class.forName(name), name);
    }
    assertEquals("true", System.getProperty("chronicle.analytics.disable"));
  }

  /** The kernel's list of this process's sockets, while a spool is in use. */
  @Test
  void aSpoolInUseOpensNoConnection() throws Exception {
    SpoolOptions options = SpoolOptions.defaults(1 << 20).withDiskReserveBytes(0);
    ChronicleSpoolStore store = new ChronicleSpoolStore(TestSpools.clock(), () -> 0);
    List<String> before = sockets();
    try (Spool spool = store.openForAppend(temp, SPOOL_ID, newRunId(), options)) {
      append(spool, payload(1, 1000), 1);
      for (String socket : sockets()) {
        assertFalse(!before.contains(socket), "a new socket: " + socket);
      }
    }
  }

  private static List<String> sockets() throws Exception {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors
          .map(ChronicleBorderTest::target)
          .filter(target -> target.startsWith("socket:"))
          .sorted()
          .toList();
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (java.io.IOException e) {
      return "closed meanwhile";
    }
  }
}
