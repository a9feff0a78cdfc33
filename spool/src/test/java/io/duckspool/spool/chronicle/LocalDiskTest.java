package io.duckspool.spool.chronicle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another program does to the disk for us, and what it can do to us. */
final class LocalDiskTest {

  private static final long LENGTH = 1 << 20;

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void create() throws IOException {
    file = Files.createFile(folder.resolve("file"));
  }

  @Test
  void aFallocateThatHangs_isEndedAfterAWhile() throws Exception {
    LocalDisk disk = disk("exec tail -f /dev/null", Duration.ofMillis(200));
    IOException e =
        assertTimeoutPreemptively(
            Duration.ofSeconds(30),
            () -> assertThrows(IOException.class, () -> disk.reserve(file, 0, LENGTH)));
    assertEquals("fallocate took over PT0.2S for " + file, e.getMessage());
  }

  @Test
  void whatAFallocateThatFailsSays_isPassedOn() throws Exception {
    LocalDisk disk =
        disk("echo 'fallocate failed: No space left' >&2; exit 1", Duration.ofMinutes(1));
    IOException e = assertThrows(IOException.class, () -> disk.reserve(file, 0, LENGTH));
    assertTrue(String.valueOf(e.getMessage()).endsWith("failed: No space left"), e::toString);
    assertEquals(0, Files.size(file));
  }

  @Test
  void withoutFallocate_zerosAreWritten() throws Exception {
    LocalDisk disk =
        disk("echo 'fallocate failed: Operation not supported'; exit 1", Duration.ofMinutes(1));
    disk.reserve(file, 0, LENGTH);
    assertEquals(LENGTH, Files.size(file));
  }

  private LocalDisk disk(String script, Duration timeout) throws IOException {
    Path program =
        Files.createFile(
            folder.resolve("fallocate"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(program, "#!/bin/sh\n" + script + "\n");
    return new LocalDisk(program.toString(), timeout);
  }
}
