package io.duckspool.writer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.spool.SpoolIndex;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a verification finds in Parquet files, by what each says of itself. */
final class ParquetVerifyTest {

  @TempDir Path temp;
  private WriterHarness writer;
  private WriterHarness.Server server;

  @BeforeEach
  void sealThreeTimes() throws Exception {
    open(temp, Map.of());
  }

  private void open(Path folder, Map<String, String> keys) throws Exception {
    Path root = Files.createDirectories(folder).toRealPath().resolve("files");
    writer = WriterHarness.open(folder, keys);
    server =
        writer.serve(
            4318,
            60_000,
            config -> config.withTarget(Optional.empty(), "one", Optional.of(root.toString())));
    writer.sealEach(server, "a", "b", "c");
  }

  @AfterEach
  void close() throws Exception {
    writer.close();
  }

  @Test
  void whatIsWhole_isOk_andSaysWhatIsPending() throws Exception {
    server.append("d");
    AdminApi.Verified verified = verify();
    assertEquals("ok", verified.status(), verified::toString);
    assertEquals(3L, verified.seals());
    assertEquals(verified.nextIndex(), verified.ledgerIndex());
    assertEquals(server.spool().firstIndex().toString(), verified.firstIndex());
    assertEquals(1L, verified.pendingEntries());
    assertEquals(new AdminApi.VerifiedTable("otlp_logs", 3, 3), verified.tables().get(0));
    assertEquals(7, verified.tables().size());
  }

  @Test
  void aRemovedFile_isAGap() throws Exception {
    Files.delete(file(2));
    AdminApi.Verified verified = verify();
    assertEquals("broken", verified.status());
    assertEquals(
        List.of(
            "a gap before seal 3: it begins at %s, the one before ended at %s"
                .formatted(index(3), index(2))),
        verified.problems());
    assertEquals(new AdminApi.VerifiedTable("otlp_logs", 2, 2), verified.tables().get(0));
  }

  @Test
  void theLastFile_isMissedToo() throws Exception {
    Files.delete(file(3));
    assertEquals(
        List.of("the last seal ends at %s, the ledger stands at %s".formatted(index(3), index(4))),
        verify().problems());
  }

  @Test
  void aCopyOfAFile_isRowsThatNobodySealed() throws Exception {
    Files.copy(file(2), file(2).resolveSibling("copy.parquet"));
    AdminApi.Verified verified = verify();
    assertEquals("broken", verified.status());
    assertEquals(List.of("otlp_logs has 4 rows, 1 more than were sealed"), verified.problems());
  }

  /** As a second writer leaves them, which took the same entries in other portions. */
  @Test
  void entriesThatAreInTwoSeals_areAnOverlap() throws Exception {
    rewrite(
        file(3),
        "",
        file(3).resolveSibling("other.parquet"),
        Map.of("seal_id", "4", "files_index", number(2), "first_index", number(2)));
    AdminApi.Verified verified = verify();
    assertEquals("broken", verified.status());
    assertEquals(
        List.of(
            "an overlap before seal 4: it begins at %s, the one before ended at %s"
                .formatted(index(2), index(4))),
        verified.problems());
  }

  @Test
  void rowsThatAreGone_areADifference() throws Exception {
    Path old = file(2);
    rewrite(old, " WHERE false", old.resolveSibling("rewritten.parquet"), Map.of());
    Files.delete(old);
    AdminApi.Verified verified = verify();
    assertEquals("different", verified.status(), verified::toString);
    assertEquals(
        List.of("otlp_logs has 2 rows, 1 fewer than were sealed: they were deleted, or are lost"),
        verified.differences());
  }

  @Test
  void whetherAnEntryIsIn_isOneStatement() throws Exception {
    server.append("d");
    for (int entry = 1; entry <= 4; entry++) {
      String at = number(entry);
      assertEquals(
          entry < 4 ? "[{\"seal_id\":" + entry + ",\"trigger\":\"flush\"}]" : "[]",
          writer.sql(
              "SELECT seal_id, \"trigger\" FROM one.duckspool_seals WHERE spool_id = '"
                  + server.spoolId()
                  + "' AND first_index <= "
                  + at
                  + " AND next_index > "
                  + at));
    }
  }

  @Test
  void withoutProvenance_ledgerAndSpoolAreComparedAlone() throws Exception {
    writer.close();
    open(temp.resolve("other"), Map.of("writer.provenance", "false"));
    AdminApi.Verified verified = verify();
    assertEquals("ok", verified.status(), verified::toString);
    assertEquals(null, verified.seals());
    assertEquals(List.of(), verified.tables());
  }

  private AdminApi.Verified verify() throws Exception {
    return writer.verify(server);
  }

  /** Where an entry stands, counted from one: a seal of one entry ends at the next. */
  private SpoolIndex index(int entry) {
    return new SpoolIndex(server.spool().firstIndex().segment(), entry);
  }

  private String number(int entry) {
    return Long.toString(index(entry).toLong());
  }

  /** The file of a seal: each holds one entry, the first seal the header of the segment, too. */
  private Path file(int seal) throws Exception {
    Path root = Path.of(server.config().parquetExportPath().orElseThrow());
    String next = "-" + index(seal + 1).toLong() + "-";
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(file -> file.getFileName().toString().contains(next))
          .filter(file -> file.getFileName().toString().matches(".*" + next + "\\d+\\.parquet"))
          .findFirst()
          .orElseThrow();
    }
  }

  /** Copies a file row by row, with some of what it says of itself changed. */
  private static void rewrite(Path from, String where, Path to, Map<String, String> changed)
      throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      StringBuilder metadata = new StringBuilder();
      try (var rows =
          statement.executeQuery(
              "SELECT decode(key), decode(value) FROM parquet_kv_metadata('"
                  + from
                  + "') WHERE decode(key) LIKE 'duckspool.%'")) {
        while (rows.next()) {
          String key = rows.getString(1);
          String name = key.substring("duckspool.".length());
          String value = changed.getOrDefault(name, rows.getString(2));
          metadata.append(metadata.isEmpty() ? "" : ", ");
          metadata.append("'" + key + "': '" + value.replace("'", "''") + "'");
        }
      }
      statement.execute(
          "COPY (FROM '"
              + from
              + "'"
              + where
              + ") TO '"
              + to
              + "' (FORMAT parquet, KV_METADATA {"
              + metadata
              + "})");
    }
  }
}
