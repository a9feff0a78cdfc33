package io.duckspool.common.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProcessLockTest {

  @TempDir Path folder;

  @Test
  void take_namesThePidThatHoldsIt_inThisProcess() throws Exception {
    Path file = folder.resolve("writer.lock");
    ProcessLock lock = ProcessLock.take(file, "writer", "run1");
    var e =
        assertThrows(
            ProcessLock.LockedException.class, () -> ProcessLock.take(file, "writer", "run2"));
    assertTrue(e.getMessage().contains("another writer (pid " + ProcessHandle.current().pid()));
    assertEquals("run1", ProcessLock.holder(file).orElseThrow().runId());
    lock.close();
    lock.close();
    assertEquals(Optional.empty(), ProcessLock.holder(file));
    ProcessLock.take(file, "writer", "run3").close();
  }

  @Test
  void holder_isEmpty_whenTheFileIsMissing() throws Exception {
    assertEquals(Optional.empty(), ProcessLock.holder(folder.resolve("none")));
  }

  @Test
  void take_isRefused_whileAnotherProcessHoldsIt_andWorks_onceThatIsKilled() throws Exception {
    Path file = folder.resolve("receiver.lock");
    Process other =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                ProcessLockTest.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = new BufferedReader(new InputStreamReader(other.getInputStream()))) {
      assertEquals("locked", out.readLine());
      // Asking must not free the lock of this process' own files, nor the other's.
      for (int i = 0; i < 2; i++) {
        ProcessLock.Holder holder = ProcessLock.holder(file).orElseThrow();
        assertEquals(new ProcessLock.Holder(other.pid(), "other-run"), holder);
        var e =
            assertThrows(
                ProcessLock.LockedException.class, () -> ProcessLock.take(file, "receiver", "r"));
        assertTrue(e.getMessage().contains("pid " + other.pid()), e.getMessage());
      }
    } finally {
      other.destroyForcibly();
    }
    assertTrue(other.waitFor(30, TimeUnit.SECONDS));
    assertFalse(ProcessLock.holder(file).isPresent());
    ProcessLock.take(file, "receiver", "r").close();
  }

  @Test
  void take_isNotRefused_whileAnotherProcessAsks() throws Exception {
    Path file = folder.resolve("receiver.lock");
    ProcessLock.take(file, "receiver", "r").close();
    Process other =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                ProcessLockTest.class.getName(),
                file.toString(),
                "ask")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = new BufferedReader(new InputStreamReader(other.getInputStream()))) {
      assertEquals("asking", out.readLine());
      for (int i = 0; i < 2000; i++) {
        ProcessLock.take(file, "receiver", "r" + i).close();
      }
    } finally {
      other.destroyForcibly();
    }
    assertTrue(other.waitFor(30, TimeUnit.SECONDS));
  }

  /** The other process: takes the lock and waits to be killed, or asks who holds it until then. */
  public static void main(String[] args) throws Exception {
    if (args.length > 1) {
      System.out.println("asking");
      while (true) {
        ProcessLock.holder(Path.of(args[0]));
      }
    }
    ProcessLock.take(Path.of(args[0]), "receiver", "other-run");
    System.out.println("locked");
    System.in.read();
  }
}
