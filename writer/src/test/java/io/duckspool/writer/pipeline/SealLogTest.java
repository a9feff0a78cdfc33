package io.duckspool.writer.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi.SealRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SealLogTest {

  @TempDir Path temp;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = temp.resolve("seals");
  }

  @Test
  void theLastThousandAreKeptOverRestarts_newestFirst_inABoundedFile() throws IOException {
    SealLog log = SealLog.open(file);
    long largest = 0;
    for (int i = 1; i <= 4_500; i++) {
      log.add(seal(i));
      largest = Math.max(largest, Files.size(file));
    }
    assertEquals(log.newestFirst(), SealLog.open(file).newestFirst());
    assertEquals(1_000, log.newestFirst().size());
    assertEquals(4_500, log.newestFirst().get(0).sealId());
    assertEquals(3_501, log.newestFirst().get(999).sealId());
    assertTrue(largest < 2_100 * 400, "largest file: " + largest);
  }

  @Test
  void aTornLineIsLeftOut_andTheNextSealIsStillReadable() throws IOException {
    SealLog.open(file).add(seal(1));
    Files.writeString(file, "\n{\"seal_id\": 2, \"trig", StandardOpenOption.APPEND);
    SealLog.open(file).add(seal(3));
    SealLog.open(file).add(seal(4));

    assertEquals(
        java.util.List.of(4L, 3L, 1L),
        SealLog.open(file).newestFirst().stream().map(SealRow::sealId).toList());
  }

  @Test
  void whatCantBeWritten_isKept_andWrittenWithALaterSeal() throws IOException {
    SealLog log = SealLog.open(file);
    log.add(seal(1));
    Path aside = temp.resolve("aside");
    Files.move(file, aside);
    Files.createDirectory(file);
    log.add(seal(2));
    log.add(seal(3));
    Files.delete(file);
    Files.move(aside, file);
    log.add(seal(4));
    assertEquals(
        java.util.List.of(4L, 3L, 2L, 1L),
        log.newestFirst().stream().map(SealRow::sealId).toList());
    assertEquals(log.newestFirst(), SealLog.open(file).newestFirst());
  }

  @Test
  void theFileIsItsOwnersAlone() throws IOException {
    SealLog.open(file).add(seal(1));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  private static SealRow seal(long id) {
    return new SealRow(
        "otlp:localhost:4318",
        "0".repeat(32),
        id,
        "size",
        "2026-01-01T00:00:00Z",
        5,
        1,
        2,
        2,
        10,
        100,
        1_000,
        0,
        "1-1",
        "1-11",
        "committed",
        null);
  }
}
