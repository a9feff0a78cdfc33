package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the check of a Parquet root can tell, by names alone. */
final class ParquetCheckTest {
  private static final String SPOOL = "0123456789abcdef0123456789abcdef";
  private static final String DAY = "year=2026/month=01/day=02/";

  @TempDir Path root;

  private Connection stored;

  @BeforeEach
  void storeTwoSeals() throws SQLException, IOException {
    stored = DriverManager.getConnection("jdbc:duckdb:");
    try (Statement statement = stored.createStatement()) {
      statement.execute("CREATE TABLE duckspool_ledger AS SELECT '" + SPOOL + "' AS spool_id");
      statement.execute(
          """
          CREATE TABLE duckspool_seals AS FROM (VALUES
            (10, 20, '{"otlp_logs":1,"otlp_traces":1}'), (20, 30, '{"otlp_logs":1}'))
            t(first_index, next_index, rows_by_table)
          """);
    }
    add("_duckspool/format.json");
    add("_duckspool/" + SPOOL + ".ledger.json");
    add("otlp_logs/_schema.parquet-empty");
    add("otlp_logs/" + DAY + "01234567-10-20-0.parquet");
    add("otlp_traces/" + DAY + "01234567-10-20-1.parquet");
    add("otlp_logs/" + DAY + "01234567-20-30-0.parquet");
    add("otlp_logs/year=2026/month=01/day=03/01234567-20-30-1.parquet");
  }

  @AfterEach
  void close() throws SQLException {
    stored.close();
  }

  @Test
  void aFileForEachSealTableAndDay_isRight() throws SQLException, IOException {
    add("_duckspool/" + SPOOL + ".intent.json");
    check();
  }

  @ParameterizedTest
  @CsvSource({
    "otlp_logs/year=2026/month=01/day=02/01234567-20-30-2.parquet, a second file of its seal",
    "otlp_logs/year=2026/month=01/day=04/01234567-20-30-1.parquet, a name twice",
    "otlp_logs/year=2026/month=01/day=02/01234567-30-40-0.parquet, tables of each seal",
    "otlp_traces/year=2026/month=01/day=02/01234567-20-30-2.parquet, tables of each seal",
    "otlp_logs/year=2026/month=01/day=04/76543210-20-30-2.parquet, 76543210",
    "otlp_logs/year=2026/month=01/day=02/01234567-20-30-2.parquet.tmp, a file that is no data",
  })
  void aFileTooMuch_isFound(String file, String message) throws IOException {
    add(file);
    assertFails(message);
  }

  @Test
  void aMissingFile_isFound() throws IOException {
    Files.delete(root.resolve("otlp_traces/" + DAY + "01234567-10-20-1.parquet"));
    assertFails("tables of each seal");
  }

  @Test
  void anIntentThatIsLeft_isFound() throws IOException {
    Files.writeString(root.resolve("_duckspool/" + SPOOL + ".intent.json"), "{}");
    assertFails(".intent.json");
  }

  private void assertFails(String message) {
    AssertionError e = assertThrows(AssertionError.class, this::check);
    assertTrue(e.getMessage().contains(message), e::getMessage);
  }

  private void check() throws SQLException {
    ParquetCheck.assertOneFileForSealTableAndDay(stored, root.toString());
  }

  private void add(String file) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.createFile(path);
  }
}
