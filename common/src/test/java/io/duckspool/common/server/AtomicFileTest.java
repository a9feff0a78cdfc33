package io.duckspool.common.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

  @TempDir Path folder;

  @Test
  void replace_overwritesALongerLeftover() throws Exception {
    Path file = folder.resolve("a.json");
    Files.write(folder.resolve("a.json.tmp"), new byte[100]);
    AtomicFile.replace(file, new byte[] {1, 2});
    AtomicFile.replace(file, new byte[] {3});
    assertArrayEquals(new byte[] {3}, Files.readAllBytes(file));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void createFolder_makesParentsForTheOwnerAlone_andKeepsWhatIsThere() throws Exception {
    Path deep = folder.resolve("x/y");
    AtomicFile.createFolder(deep);
    Files.writeString(deep.resolve("kept"), "1");
    AtomicFile.createFolder(deep);
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(deep)));
    assertEquals("1", Files.readString(deep.resolve("kept")));
  }

  @Test
  void createFolder_isRefused_whereAFileHasTheName() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThrows(IOException.class, () -> AtomicFile.createFolder(file));
  }
}
