package io.duckspool.spool.chronicle;

import static io.duckspool.spool.TestSpools.SPOOL_ID;
import static io.duckspool.spool.TestSpools.append;
import static io.duckspool.spool.TestSpools.await;
import static io.duckspool.spool.TestSpools.meta;
import static io.duckspool.spool.TestSpools.newRunId;
import static io.duckspool.spool.TestSpools.payload;
import static io.duckspool.spool.TestSpools.readAll;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolFullException;
import io.duckspool.spool.SpoolOpenException;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.spool.TestSpools;
import io.duckspool.spool.TestSpools.Ack;
import io.duckspool.spool.TestSpools.Ticker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the spool takes of the disk, and what it does when there is none left. */
class SpoolSpaceTest {

  private static final int MAX_BODY_BYTES = 16 << 20;

  @TempDir Path temp;
  private final Ticker ticker = new Ticker();

  private ChronicleSpoolStore store() {
    return new ChronicleSpoolStore(TestSpools.clock(), ticker);
  }

  private SpoolTailer tailer(Path folder) throws SpoolException {
    return store().openForRead(folder, SPOOL_ID, runId -> false);
  }

  @Test
  void aHundredStartsAndATrickleOf120SegmentsStayUnder64MiB_andADrainGivesItBack()
      throws Exception {
    SpoolOptions options = SpoolOptions.defaults(MAX_BODY_BYTES);
    for (int start = 0; start < 100; start++) {
      try (Spool spool = store().openForAppend(temp, SPOOL_ID, newRunId(), options)) {
        append(spool, payload(start, 500), 1);
      }
    }
    try (Spool spool = store().openForAppend(temp, SPOOL_ID, newRunId(), options);
        SpoolTailer tailer = tailer(temp)) {
      for (int minute = 0; minute < 120; minute++) {
        append(spool, payload(minute, 500), 1);
        ticker.advanceMillis(60_001);
        int segments = 102 + minute;
        await("the roll of minute " + minute, () -> count(tailer) == segments);
      }
      append(spool, payload(1, 500), 1);
      long used = diskUse(temp);
      assertTrue(used < 64 << 20, "du: " + used);
      assertTrue(spool.diskBytes() >= used / 2 && spool.diskBytes() < 64 << 20);

      List<SpoolRead> reads = readAll(tailer);
      assertEquals(221, reads.stream().filter(SpoolEntry.class::isInstance).count());
      ticker.advanceMillis(60_001);
      await("the last roll", () -> count(tailer) == 222);
      tailer.publishCommitted(new CommittedMark(tailer.position(), 1));
      assertEquals(221, tailer.deleteBelow(tailer.position().next()));
      assertEquals(0, spool.backlogBytes());
      long left = diskUse(temp);
      assertTrue(left < 1 << 20, "du after the drain: " + left);
    }
  }

  @Test
  void aFullDiskRefusesAppends_keepsEverythingReadable_andRecovers() throws Exception {
    assumeRoot();
    Path image = temp.resolve("image");
    Path mount = Files.createDirectory(temp.resolve("mount"));
    run("truncate", "-s", "160M", image.toString());
    run("mkfs.ext4", "-q", "-F", image.toString());
    run("mount", "-o", "loop", image.toString(), mount.toString());
    try {
      Path folder = Files.createDirectory(mount.resolve("server"));
      fillDrainAndFillAgain(folder);
    } finally {
      // Lazily: the collector decides when the maps of closed checkpoints go.
      run("umount", "--lazy", mount.toString());
    }
  }

  /** The writer takes the mark of a stopped server for the end, and then removes the server. */
  @Test
  void theMarkOfAClosedSpoolSurvivesAPowerCut() throws Exception {
    assumeRoot();
    Path image = temp.resolve("image");
    Path cut = temp.resolve("cut");
    Path mount = Files.createDirectory(temp.resolve("mount"));
    Path mountOfCut = Files.createDirectory(temp.resolve("mount-of-cut"));
    run("truncate", "-s", "160M", image.toString());
    run("mkfs.ext4", "-q", "-F", image.toString());
    run("mount", "-o", "loop", image.toString(), mount.toString());
    try {
      Path folder = Files.createDirectory(mount.resolve("server"));
      SpoolOptions options = SpoolOptions.defaults(1 << 20).withDiskReserveBytes(0);
      try (Spool spool = store().openForAppend(folder, SPOOL_ID, newRunId(), options)) {
        append(spool, payload(1, 500), 1);
      }
      // What the device holds at this moment, without what the kernel still has in memory.
      run("cp", image.toString(), cut.toString());
      run("mount", "-o", "loop", cut.toString(), mountOfCut.toString());
      try (SpoolTailer tailer = tailer(mountOfCut.resolve("server"))) {
        assertEquals(1, tailer.durableMark().orElseThrow().position().entries());
        assertEquals(1, readAll(tailer).size());
      } finally {
        run("umount", "--lazy", mountOfCut.toString());
      }
    } finally {
      run("umount", "--lazy", mount.toString());
    }
  }

  /** Were a mapped page to find no block, the process would die of it. */
  @Test
  void aStartOnAFullDiskIsRefused_andWorksOnceThereIsRoom() throws Exception {
    assumeRoot();
    Path image = temp.resolve("image");
    Path mount = Files.createDirectory(temp.resolve("mount"));
    run("truncate", "-s", "64M", image.toString());
    run("mkfs.ext4", "-q", "-F", "-m", "0", image.toString());
    run("mount", "-o", "loop", image.toString(), mount.toString());
    try {
      Path folder = Files.createDirectory(mount.resolve("server"));
      SpoolOptions options = SpoolOptions.defaults(1 << 20).withDiskReserveBytes(0);
      try (Spool spool = store().openForAppend(folder, SPOOL_ID, newRunId(), options)) {
        append(spool, payload(1, 500), 1);
      }
      Path ballast = mount.resolve("ballast");
      fill(ballast);
      for (int kib = 0; kib <= 800; kib += 8) {
        // The more room there is, the further a start gets.
        try (Spool spool = store().openForAppend(folder, SPOOL_ID, newRunId(), options)) {
          assertEquals(1, spool.head().entries());
        } catch (SpoolOpenException e) {
          assertTrue(kib < 800, "refused with room: " + e);
        }
        giveBack(ballast, 8 << 10);
      }
    } finally {
      run("umount", "--lazy", mount.toString());
    }
  }

  private static void fill(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, CREATE_NEW, WRITE)) {
      for (int size = 1 << 20; size >= 1024; size /= 2) {
        ByteBuffer zeros = ByteBuffer.allocate(size);
        try {
          while (true) {
            channel.write(zeros.clear());
            channel.force(false);
          }
        } catch (IOException e) {
          // Full, for pieces of this size.
        }
      }
    }
  }

  private static void giveBack(Path file, long bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, WRITE)) {
      channel.truncate(Math.max(0, channel.size() - bytes));
      channel.force(true);
    }
  }

  private void fillDrainAndFillAgain(Path folder) throws Exception {
    SpoolOptions options =
        SpoolOptions.defaults(1 << 20).withSegmentBytes(20 << 20).withDiskReserveBytes(0);
    byte[] payload = payload(1, 1 << 20);
    try (Spool spool = store().openForAppend(folder, SPOOL_ID, newRunId(), options);
        SpoolTailer tailer = tailer(folder)) {
      for (int round = 0; round < 3; round++) {
        int accepted = 0;
        while (accepted < 1000) {
          Ack ack = new Ack();
          try {
            spool.append(meta(1), ByteBuffer.wrap(payload), ack);
          } catch (SpoolFullException e) {
            break;
          }
          ack.await();
          accepted++;
        }
        assertTrue(accepted >= 20 && accepted < 1000, "accepted: " + accepted);
        for (int i = 0; i < 5; i++) {
          assertThrows(
              SpoolFullException.class,
              () -> spool.append(meta(1), ByteBuffer.wrap(payload), new Ack()));
        }
        assertEquals(accepted, readAll(tailer).size());
        tailer.publishCommitted(new CommittedMark(tailer.position(), round));
        assertTrue(tailer.deleteBelow(tailer.position().next()) > 0);
      }
      assertTrue(!spool.isPoisoned());
    }
  }

  private static void assumeRoot() {
    boolean isRoot = "root".equals(System.getProperty("user.name"));
    if (!isRoot) {
      System.err.println("SKIPPED: not root, so no loop mount: a full disk was NOT tested");
    }
    assumeTrue(isRoot, "skipped: not root");
  }

  private static int count(SpoolTailer tailer) {
    try {
      return tailer.segments().size();
    } catch (SpoolException e) {
      throw new AssertionError(e);
    }
  }

  /** Bytes by {@code du}: what is allocated, not what the files' sizes say. */
  private static long diskUse(Path folder) throws Exception {
    String output = run("du", "-s", "--block-size=1", folder.toString());
    return Long.parseLong(output.substring(0, output.indexOf('\t')));
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), String.join(" ", command) + ": " + output);
    return output;
  }
}
