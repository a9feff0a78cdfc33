package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The write-ahead log of a real DuckDB file as a power cut may leave it: what was synced is there,
 * behind it stand parts of the commit that was under way, zeros, or nothing.
 */
final class TornLogTest {

  private static final int COMMITS = 3;
  private static final int ROWS = 500;

  @TempDir Path folder;

  /** The database file, and its log after each commit; {@code logs[commits]}. */
  private byte[] database = {};

  private final List<byte[]> logs = new ArrayList<>();

  @BeforeEach
  void commitSomeTransactions() throws Exception {
    Path origin = Files.createDirectory(folder.resolve("origin"));
    try (DuckDbDatabase writer = open(origin)) {
      logs.add(new byte[0]);
      database = Files.readAllBytes(origin.resolve("otlp.duckdb"));
      try (Session session = writer.openSession()) {
        session.execute("CREATE TABLE t (i INTEGER, text VARCHAR)");
        logs.add(Files.readAllBytes(log(origin)));
        for (int commit = 1; commit < COMMITS; commit++) {
          session.execute(
              "INSERT INTO t SELECT "
                  + commit
                  + ", repeat(md5(range::VARCHAR), 3) FROM range("
                  + ROWS
                  + ")");
          logs.add(Files.readAllBytes(log(origin)));
        }
      }
    }
  }

  @Test
  void aCommitThatWasUnderWay_isNotThere_andThoseBeforeItAre_whereverItIsTorn() throws Exception {
    for (int commit : new int[] {1, COMMITS}) {
      byte[] log = logs.get(commit);
      for (int at : places(logs.get(commit - 1).length, log.length)) {
        byte[] torn = Arrays.copyOf(log, at);
        // The size was on the disk before the bytes were.
        byte[] zeros = Arrays.copyOf(torn, at % 2 == 0 ? log.length : (log.length | 4095) + 1);
        assertCommits(commit - 1, zeros, "zeros from " + at + " to " + zeros.length);
        if (at % 4 == 0) {
          assertCommits(commit - 1, torn, "cut off at " + at);
        }
      }
    }
  }

  @Test
  void zerosBehindTheLastCommit_loseNothing() throws Exception {
    byte[] whole = logs.get(COMMITS);
    for (int zeros : new int[] {1, 7, 8, 15, 16, 17, 4096}) {
      assertCommits(COMMITS, Arrays.copyOf(whole, whole.length + zeros), zeros + " zeros");
    }
  }

  @Test
  void whatIsCutOff_isKept_forItsOwnerAlone() throws Exception {
    byte[] whole = logs.get(COMMITS);
    int start = logs.get(COMMITS - 1).length;
    byte[] torn = Arrays.copyOf(Arrays.copyOf(whole, start + 2000), whole.length);
    Path copy = copyWith(torn);
    open(copy).close();
    try (DuckDbDatabase again = open(copy)) {
      assertEquals(COMMITS - 1, commitsIn(again));
    }
    List<Path> kept = kept(copy);
    assertEquals(1, kept.size(), kept.toString());
    String name = kept.get(0).getFileName().toString();
    int cut = Integer.parseInt(name.substring("otlp.duckdb.wal.torn-at-".length()));
    assertTrue(cut >= start && cut <= start + 2000, name);
    assertArrayEquals(
        Arrays.copyOfRange(torn, cut, torn.length), Files.readAllBytes(kept.get(0)), name);
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept.get(0))));
  }

  @Test
  void aTornLog_isLeftAlone_byWhoOnlyReads() throws Exception {
    byte[] whole = logs.get(COMMITS);
    byte[] torn = Arrays.copyOf(Arrays.copyOf(whole, whole.length - 100), whole.length);
    Path copy = copyWith(torn);
    SinkException e =
        assertThrows(
            SinkException.Unavailable.class,
            () -> DuckDbDatabase.openReadOnly(DuckDbRows.settings(copy), System::nanoTime).close());
    assertTrue(e.reason().contains("Corrupt WAL file"), e.reason());
    assertArrayEquals(torn, Files.readAllBytes(log(copy)));
    assertTrue(kept(copy).isEmpty());
  }

  /** Each byte of the first headers, the last bytes, and some between. */
  private static TreeSet<Integer> places(int from, int to) {
    TreeSet<Integer> places = new TreeSet<>();
    Random random = new Random(from);
    for (int i = 0; i < 26; i++) {
      places.add(from + i);
    }
    for (int i = 1; i <= 8; i++) {
      places.add(to - i);
      places.add(from + random.nextInt(to - from));
    }
    return places;
  }

  private void assertCommits(int commits, byte[] log, String what) throws Exception {
    Path copy = copyWith(log);
    try (DuckDbDatabase opened = open(copy)) {
      assertEquals(commits, commitsIn(opened), what);
    } catch (SinkException e) {
      throw new AssertionError(what, e);
    }
  }

  private static int commitsIn(DuckDbDatabase opened) throws Exception {
    if (DuckDbRows.query(opened, "FROM duckdb_tables() WHERE table_name = 't'").isEmpty()) {
      return 0;
    }
    List<String> rows = DuckDbRows.query(opened, "SELECT i, count(*) FROM t GROUP BY i ORDER BY i");
    for (int commit = 1; commit <= rows.size(); commit++) {
      assertEquals("[" + commit + ", " + ROWS + "]", rows.get(commit - 1));
    }
    return 1 + rows.size();
  }

  private Path copyWith(byte[] log) throws IOException {
    Path copy = Files.createTempDirectory(folder, "copy");
    Files.write(copy.resolve("otlp.duckdb"), database);
    Files.write(log(copy), log);
    return copy;
  }

  private static List<Path> kept(Path copy) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(copy, "*.torn-at-*")) {
      List<Path> kept = new ArrayList<>();
      files.forEach(kept::add);
      return kept;
    }
  }

  private static Path log(Path folder) {
    return folder.resolve("otlp.duckdb.wal");
  }

  private static DuckDbDatabase open(Path folder) throws SinkException {
    return DuckDbDatabase.open(
        DuckDbRows.settings(folder), InstantSource.system(), System::nanoTime);
  }
}
