package io.duckspool.spool;

import io.duckspool.common.fuzz.FuzzCorpus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Fuzzes both checkpoint files: what is damaged counts for nothing. */
public class CheckpointFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, CheckpointFuzzTest::take);
  }

  private static final Path FOLDER = folder();

  private static Path folder() {
    try {
      return Files.createTempDirectory("fuzz");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void take(byte[] input) throws Exception {
    // New files: those of the last input are still mapped.
    Files.deleteIfExists(FOLDER.resolve("durable.ckpt"));
    Files.write(FOLDER.resolve("durable.ckpt"), repaired(input, 0x4344));
    Files.deleteIfExists(FOLDER.resolve("committed.ckpt"));
    Files.write(FOLDER.resolve("committed.ckpt"), repaired(input, 0x4343));
    CheckpointFile.durable(FOLDER, false).readDurable();
    CheckpointFile.committed(FOLDER, false).readCommitted();
  }

  /** A checksum that holds for each whole slot of 64 bytes, unless the input begins with 0xFF. */
  private static byte[] repaired(byte[] input, int magic) {
    ByteBuffer slots = ByteBuffer.wrap(input.clone()).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at + 64 <= input.length && input[0] != -1; at += 64) {
      CRC32C crc = new CRC32C();
      crc.update(input, at + 8, 56);
      slots.putShort(at, (short) magic).putShort(at + 2, (short) 1);
      slots.putInt(at + 4, (int) crc.getValue());
    }
    return slots.array();
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("checkpoint", CheckpointFuzzTest::take);
  }
}
