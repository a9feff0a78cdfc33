package io.duckspool.deploy.faults;

import io.duckspool.deploy.harness.Rig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/** Looks at the spool's files from outside, as a disk would. */
final class Segments {
  private Segments() {}

  /** The segment number of a file: Chronicle names a MINUTELY cycle by its minute. */
  static long numberOf(Path file) {
    String name = file.getFileName().toString();
    LocalDateTime minute =
        LocalDateTime.parse(
            name.substring(0, name.indexOf('.')), DateTimeFormatter.ofPattern("yyyyMMdd-HHmm"));
    return Duration.between(LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC), minute).toMinutes();
  }

  /** Where the last byte that isn't zero stands, plus one. */
  static long usedBytes(FileChannel channel) throws IOException {
    byte[] bytes = read(channel);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }

  /** Flips a bit in the text of a stamped record near the middle. */
  static void flipBitInPayload(FileChannel channel, long used) throws IOException {
    byte[] bytes = read(channel);
    byte[] mark = "load-test-".getBytes(StandardCharsets.US_ASCII);
    for (int at = (int) (used / 2); at + mark.length < used; at++) {
      if (Arrays.equals(bytes, at, at + mark.length, mark, 0, mark.length)) {
        channel.write(ByteBuffer.wrap(new byte[] {(byte) (bytes[at + 20] ^ 4)}), at + 20);
        return;
      }
    }
    throw new AssertionError("no stamp in the second half");
  }

  /** What the writer says about its pipelines, without blanks. */
  static String pipelines(Rig rig) {
    try {
      return rig.pipelines().replaceAll("\\s", "");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static byte[] read(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate((int) channel.size());
    while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) >= 0) {
      // Read on until the end of the file.
    }
    return buffer.array();
  }
}
