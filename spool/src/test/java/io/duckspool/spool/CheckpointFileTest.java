package io.duckspool.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFileTest {

  private static final String RUN = TestSpools.newRunId();

  @TempDir Path folder;

  private static SpoolPosition position(long n) {
    return new SpoolPosition(new SpoolIndex(5, n), n, 2 * n, 3 * n);
  }

  @Test
  void aMissingFileIsNothing() throws Exception {
    assertEquals(Optional.empty(), CheckpointFile.durable(folder, false).readDurable());
    assertEquals(CommittedMark.NONE, CheckpointFile.committed(folder, false).readCommitted());
  }

  @Test
  void theLastPublishedIsRead_byOthersAndAfterAReopen() throws Exception {
    CheckpointFile publisher = CheckpointFile.durable(folder, true);
    CheckpointFile reader = CheckpointFile.durable(folder, false);
    assertEquals(Optional.empty(), reader.readDurable());
    for (int n = 1; n < 10; n++) {
      publisher.publish(new DurableMark(RUN, position(n)));
      assertEquals(Optional.of(new DurableMark(RUN, position(n))), reader.readDurable());
    }
    CheckpointFile again = CheckpointFile.durable(folder, true);
    assertEquals(Optional.of(new DurableMark(RUN, position(9))), again.readDurable());
    again.publish(new DurableMark(RUN, position(10)));
    assertEquals(Optional.of(new DurableMark(RUN, position(10))), reader.readDurable());
  }

  @Test
  void whatIsInQuarantine_isReadByOthers() throws Exception {
    CheckpointFile publisher = CheckpointFile.committed(folder, true);
    for (long rows : new long[] {7, 0, 9}) {
      CommittedMark mark = new CommittedMark(position(5), 2, rows);
      publisher.publish(mark);
      assertEquals(mark, CheckpointFile.committed(folder, false).readCommitted());
    }
  }

  @Test
  void aDamagedSlotLeavesTheOtherOne_twoDamagedSlotsNothing() throws Exception {
    CheckpointFile publisher = CheckpointFile.committed(folder, true);
    publisher.publish(new CommittedMark(position(1), 1));
    publisher.publish(new CommittedMark(position(2), 2));
    Path file = folder.resolve("committed.ckpt");
    byte[] bytes = Files.readAllBytes(file);
    assertEquals(128, bytes.length);
    for (int bit = 0; bit < 64 * 8; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, flipped);
      CheckpointFile reader = CheckpointFile.committed(folder, false);
      assertEquals(new CommittedMark(position(1), 1), reader.readCommitted(), "bit " + bit);
      flipped[64 + bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, flipped);
      assertEquals(CommittedMark.NONE, CheckpointFile.committed(folder, false).readCommitted());
    }
  }

  @Test
  void truncationAtAnyByteIsNothing_andIsRepairedByThePublisher() throws Exception {
    CheckpointFile publisher = CheckpointFile.durable(folder, true);
    publisher.publish(new DurableMark(RUN, position(1)));
    Path file = folder.resolve("durable.ckpt");
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length; length++) {
      Path other = Files.createDirectories(folder.resolve("cut" + length));
      Files.write(other.resolve("durable.ckpt"), java.util.Arrays.copyOf(bytes, length));
      assertEquals(Optional.empty(), CheckpointFile.durable(other, false).readDurable());
      CheckpointFile repaired = CheckpointFile.durable(other, true);
      assertEquals(Optional.empty(), repaired.readDurable());
      repaired.publish(new DurableMark(RUN, position(7)));
      assertEquals(
          Optional.of(new DurableMark(RUN, position(7))),
          CheckpointFile.durable(other, false).readDurable());
    }
  }

  @Test
  void filesAreForTheirOwnerAlone() throws Exception {
    CheckpointFile.durable(folder, true);
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder.resolve("durable.ckpt"))));
  }

  @Test
  void aReaderNeverSeesAMixture() throws Exception {
    CheckpointFile publisher = CheckpointFile.durable(folder, true);
    CheckpointFile reader = CheckpointFile.durable(folder, false);
    AtomicBoolean isDone = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              for (int n = 1; n <= 200_000; n++) {
                publisher.publish(new DurableMark(RUN, position(n)));
              }
              isDone.set(true);
            });
    writer.start();
    long last = 0;
    while (!isDone.get()) {
      Optional<DurableMark> mark = reader.readDurable();
      if (mark.isPresent()) {
        long n = mark.get().position().entries();
        assertEquals(position(n), mark.get().position());
        assertTrue(n >= last);
        last = n;
      }
    }
    writer.join();
    assertEquals(position(200_000), reader.readDurable().orElseThrow().position());
  }
}
