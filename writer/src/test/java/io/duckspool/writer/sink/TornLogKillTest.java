package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL of a real process that is cutting a torn log, again and again on the same file. */
final class TornLogKillTest {

  private static final int KILLS = 12;
  private static final int TORN_BYTES = 96 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder;

  /** Opens the database in a folder, as the writer does. */
  static final class Opener {
    private Opener() {}

    public static void main(String[] arguments) throws SinkException {
      open(Path.of(arguments[0])).close();
    }
  }

  @Test
  void aKilledCut_isMadeByTheNextOpening_andWhatIsCutOffIsKeptWhole() throws Exception {
    Path log = folder.resolve("otlp.duckdb.wal");
    byte[] intact = commitARow(log);
    byte[] torn = torn();
    byte[] whole = Arrays.copyOf(intact, intact.length + torn.length);
    System.arraycopy(torn, 0, whole, intact.length, torn.length);
    Random random = new Random();
    int killedUnfinished = 0;
    for (int i = 0; i < KILLS; i++) {
      Files.write(log, whole);
      killedUnfinished += killWhileItCuts(log, random.nextInt(60)) ? 1 : 0;
      byte[] left = Files.readAllBytes(log);
      assertTrue(
          Arrays.equals(whole, left) || Arrays.equals(intact, left),
          "kill " + i + ": the log has " + left.length + " bytes");
      assertKept(torn, i);
    }
    assertTrue(killedUnfinished > 0, "no kill hit a cut: the test is at fault");
    Files.write(log, whole);
    try (DuckDbDatabase database = open(folder)) {
      assertEquals(List.of("[7]"), DuckDbRows.query(database, "SELECT i FROM t"));
    }
    assertKept(torn, KILLS);
    assertEquals(List.of(), kept(".torn.part"));
  }

  /** Whether the kill came before the cut was done. */
  private boolean killWhileItCuts(Path log, int millisAfterItBegan) throws Exception {
    long torn = Files.size(log);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                Opener.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("opener.log").toFile())
            .start();
    try {
      Path begun = folder.resolve("otlp.duckdb.wal.torn.part");
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (process.isAlive() && !Files.exists(begun) && Files.size(log) == torn) {
        assertTrue(System.nanoTime() < deadline, "no cut began");
        Thread.onSpinWait();
      }
      long kill = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisAfterItBegan);
      while (System.nanoTime() < kill) {
        Thread.onSpinWait();
      }
    } finally {
      process.destroyForcibly();
      assertTrue(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS));
    }
    return Files.size(log) == torn;
  }

  /** A copy that has its name is whole. */
  private void assertKept(byte[] torn, int kills) throws IOException {
    for (Path kept : kept(".torn-at-")) {
      assertArrayEquals(torn, Files.readAllBytes(kept), kept + " after kill " + kills);
      Files.delete(kept);
    }
  }

  private List<Path> kept(String part) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().contains(part)).toList();
    }
  }

  private byte[] commitARow(Path log) throws Exception {
    byte[] bytes;
    Path database = folder.resolve("otlp.duckdb");
    byte[] before;
    try (DuckDbDatabase opened = open(folder);
        Session session = opened.openSession()) {
      before = Files.readAllBytes(database);
      session.execute("CREATE TABLE t AS SELECT 7 AS i");
      bytes = Files.readAllBytes(log);
    }
    // Closing has checkpointed: back to the state of a process that was killed.
    Files.write(database, before);
    return bytes;
  }

  /** An entry whose bytes never came to the disk. */
  private static byte[] torn() {
    byte[] torn = new byte[TORN_BYTES];
    // Size 64, any checksum.
    torn[0] = 64;
    torn[8] = 1;
    return torn;
  }

  private static DuckDbDatabase open(Path folder) throws SinkException {
    return DuckDbDatabase.open(
        DuckDbRows.settings(folder), InstantSource.system(), System::nanoTime);
  }
}
