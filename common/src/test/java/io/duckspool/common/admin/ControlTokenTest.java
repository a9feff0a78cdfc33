package io.duckspool.common.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlTokenTest {

  @TempDir Path folder;

  @Test
  void readOrCreate_makesAFileForItsOwnerAlone() throws Exception {
    Path file = folder.resolve("data/control.token");
    ControlToken made = ControlToken.readOrCreate(file);
    assertTrue(made.reveal().matches("[0-9a-f]{32}"));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(made.reveal(), ControlToken.readOrCreate(file).reveal());
    try (var files = Files.list(folder.resolve("data"))) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void readOrCreate_givesAllThatStartAtOnceTheSameToken() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 20; round++) {
        Path file = folder.resolve("round" + round);
        Callable<String> task = () -> ControlToken.readOrCreate(file).reveal();
        Set<String> seen = new HashSet<>();
        for (Future<String> future : threads.invokeAll(List.of(task, task, task, task))) {
          seen.add(future.get());
        }
        assertEquals(1, seen.size());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void read_namesTheFile_whenItIsEmpty() throws Exception {
    Path file = Files.writeString(folder.resolve("empty"), " \n");
    assertTrue(
        assertThrows(IOException.class, () -> ControlToken.read(file))
            .getMessage()
            .contains("empty"));
  }

  @Test
  void matches_onlyTheWholeToken_andNeverPrintsIt() {
    ControlToken token = ControlToken.of("0123456789abcdef");
    assertTrue(token.matches("0123456789abcdef"));
    assertFalse(token.matches("0123456789abcdeF"));
    assertFalse(token.matches("0123456789abcde"));
    assertFalse(token.matches(""));
    assertFalse(token.toString().contains("0123"));
  }
}
