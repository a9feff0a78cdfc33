package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The write-ahead log of a real DuckDB file on a disk that has forgotten some of its bytes. */
final class DamagedLogTest {

  private static final int COMMITS = 4;
  private static final int ROWS = 3000;

  @TempDir Path folder;

  private byte[] database = {};

  /** Where the log ends after each commit; {@code ends[COMMITS + 1]}. */
  private final List<Integer> ends = new ArrayList<>();

  private byte[] whole = {};

  @BeforeEach
  void commitSomeTransactions() throws Exception {
    Path origin = Files.createDirectory(folder.resolve("origin"));
    try (DuckDbDatabase writer = open(origin);
        Session session = writer.openSession()) {
      database = Files.readAllBytes(origin.resolve("otlp.duckdb"));
      session.execute("CREATE TABLE t (i INTEGER, text VARCHAR)");
      for (int commit = 0; commit <= COMMITS; commit++) {
        if (commit > 0) {
          session.execute(
              "INSERT INTO t SELECT "
                  + commit
                  + ", repeat(md5(range::VARCHAR), 3) FROM range("
                  + ROWS
                  + ")");
        }
        whole = Files.readAllBytes(log(origin));
        ends.add(whole.length);
      }
    }
  }

  @Test
  void aLogThatIsWhole_orNotThere_isNotDamaged() throws Exception {
    assertEquals(List.of(), DamagedLog.of(copyWith(whole).resolve("otlp.duckdb")));
    for (int at = 0; at < 60; at++) {
      assertEquals(Optional.empty(), scan(Arrays.copyOf(whole, at)), "cut off at " + at);
    }
    assertEquals(List.of(), DamagedLog.of(folder.resolve("nothing.duckdb")));
  }

  @Test
  void damageOfAnyByte_isFound_whereCommitsFollow() throws Exception {
    Random random = new Random(1);
    for (int commit = 0; commit < COMMITS; commit++) {
      int from = commit == 0 ? headerEnd() : ends.get(commit - 1);
      for (int i = 0; i < 150; i++) {
        // The first entries and the last one whole, and places between.
        int at = i < 50 ? from + i : ends.get(commit) - 1 - random.nextInt(i < 80 ? 30 : 2000);
        at = Math.max(at, from);
        byte[] damaged = whole.clone();
        damaged[at] ^= (byte) (1 << random.nextInt(8));
        Optional<LogScan.Damage> damage = scan(damaged);
        String what = "byte " + at + " of commit " + commit;
        assertTrue(damage.isPresent(), what);
        assertTrue(damage.get().at() <= at && damage.get().at() >= from, what + damage);
        assertEquals(COMMITS - commit, damage.get().laterCommits(), what);
      }
    }
  }

  @Test
  void damageOfTheLastCommit_isNotToldFromATornEnd() throws Exception {
    Random random = new Random(2);
    int from = ends.get(COMMITS - 1);
    for (int i = 0; i < 200; i++) {
      byte[] damaged = whole.clone();
      int at = from + random.nextInt(whole.length - from);
      // A page that was not written, and the ones behind it that were.
      Arrays.fill(damaged, at, Math.min((at | 4095) + 1, damaged.length), (byte) 0);
      assertEquals(Optional.empty(), scan(damaged), "zeros from " + at);
    }
    byte[] damaged = whole.clone();
    Arrays.fill(damaged, from + 5000, from + 5100, (byte) 0);
    Path copy = copyWith(damaged);
    try (DuckDbDatabase opened = open(copy)) {
      assertEquals(COMMITS - 1, commitsIn(opened));
    }
    assertEquals(1, kept(copy).size());
  }

  /** Why DuckDB is not asked first. */
  @Test
  void duckDbItself_forgetsTheCommitsBehindAWrongSize_withoutAWord() throws Exception {
    Path copy = copyWith(withWrongSize());
    try (Connection plain =
            DriverManager.getConnection("jdbc:duckdb:" + copy.resolve("otlp.duckdb"));
        Statement statement = plain.createStatement();
        ResultSet result = statement.executeQuery("SELECT max(i) FROM t")) {
      assertTrue(result.next());
      assertEquals(1, result.getInt(1));
    }
  }

  @Test
  void aDamagedLog_isRefused_andLeftAsItIs() throws Exception {
    int at = ends.get(0) + 2000;
    Map<String, byte[]> logs = Map.of("text", withByte(at, 0x55), "size", withWrongSize());
    for (Map.Entry<String, byte[]> log : logs.entrySet()) {
      Path copy = copyWith(log.getValue());
      for (boolean readOnly : new boolean[] {false, true}) {
        SinkException e =
            assertThrows(
                SinkException.Unavailable.class,
                () ->
                    (readOnly
                            ? DuckDbDatabase.openReadOnly(
                                DuckDbRows.settings(copy), System::nanoTime)
                            : open(copy))
                        .close(),
                log.getKey());
        String expected = log(copy) + " is damaged at byte ";
        assertTrue(e.reason().contains(expected), e.reason());
        assertTrue(e.reason().contains("duckspool wal cut --yes"), e.reason());
      }
      assertArrayEquals(log.getValue(), Files.readAllBytes(log(copy)));
      assertTrue(kept(copy).isEmpty());
    }
  }

  @Test
  void aCut_leavesTheCommitsBeforeTheDamage_andKeepsTheRest() throws Exception {
    byte[] damaged = withByte(ends.get(1) + 2000, 0x55);
    Path copy = copyWith(damaged);
    List<DamagedLog> logs = DamagedLog.of(copy.resolve("otlp.duckdb"));
    assertEquals(1, logs.size());
    DamagedLog found = logs.get(0);
    assertEquals(COMMITS - 2, found.laterCommits());
    assertEquals(damaged.length - found.at(), found.bytesBehind());
    Path kept = found.cut();
    assertArrayEquals(
        Arrays.copyOfRange(damaged, (int) found.at(), damaged.length), Files.readAllBytes(kept));
    assertEquals(List.of(), DamagedLog.of(copy.resolve("otlp.duckdb")));
    try (DuckDbDatabase opened = open(copy)) {
      assertEquals(1, commitsIn(opened));
    }
  }

  @Test
  void theLogOfACheckpointUnderWay_isLookedAt_too() throws Exception {
    Path copy = copyWith(whole);
    byte[] damaged = withByte(ends.get(0) + 2000, 0x55);
    Path second = copy.resolve("otlp.duckdb.wal.checkpoint");
    Files.write(second, damaged);
    List<DamagedLog> logs = DamagedLog.of(copy.resolve("otlp.duckdb"));
    assertEquals(List.of(second), logs.stream().map(DamagedLog::log).toList());
  }

  @Test
  void anotherVersion_isNotJudged() throws Exception {
    byte[] other = withByte(ends.get(0) + 2000, 0x55);
    // Field 100 and its type, field 101 and the version.
    assertEquals(2, other[5]);
    other[5] = 4;
    assertEquals(Optional.empty(), scan(other));
  }

  private int headerEnd() {
    int at = 0;
    while ((whole[at] & 0xFF) != 0xFF || (whole[at + 1] & 0xFF) != 0xFF) {
      at++;
    }
    return at + 2;
  }

  /** The first entry of the second commit of rows seems to end far behind the log. */
  private byte[] withWrongSize() {
    return withByte(ends.get(1) + 6, 0x10);
  }

  private byte[] withByte(int at, int change) {
    byte[] damaged = whole.clone();
    damaged[at] ^= (byte) change;
    return damaged;
  }

  private Optional<LogScan.Damage> scan(byte[] log) throws IOException {
    Path file = Files.write(folder.resolve("scanned.wal"), log);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return LogScan.damage(channel);
    }
  }

  private static int commitsIn(DuckDbDatabase opened) throws Exception {
    List<String> rows = DuckDbRows.query(opened, "SELECT i, count(*) FROM t GROUP BY i ORDER BY i");
    for (int commit = 1; commit <= rows.size(); commit++) {
      assertEquals("[" + commit + ", " + ROWS + "]", rows.get(commit - 1));
    }
    return rows.size();
  }

  private Path copyWith(byte[] log) throws IOException {
    Path copy = Files.createTempDirectory(folder, "copy");
    Files.write(copy.resolve("otlp.duckdb"), database);
    Files.write(log(copy), log);
    return copy;
  }

  private static List<Path> kept(Path copy) throws IOException {
    try (Stream<Path> files = Files.list(copy)) {
      return files.filter(file -> file.toString().contains(".torn")).toList();
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
