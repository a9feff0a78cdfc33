package io.duckspool.writer.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The instance keeps to its own files, whoever asks; statements here pass no other check. */
final class ConfinementTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FROM read_text('{f}/control.token')",
        "FROM read_csv('{f}/control.token', header = false)",
        "FROM read_text('/proc/self/environ')",
        "FROM glob('{f}/*')",
        "COPY (SELECT 1) TO '{f}/out.csv'",
        "ATTACH '{f}/other.duckdb' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{f}/control.token'",
        "EXPORT DATABASE '{f}/export'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET lock_configuration = false",
        "SET GLOBAL threads = 9",
        "SET temp_directory = '{f}'",
        "RESET enable_external_access",
        "PRAGMA memory_limit = '1GB'"
      })
  void whatLiesOutside_isRefused(String sql) throws Exception {
    Files.writeString(folder.resolve("control.token"), "hidden-0123456789");
    try (DuckDbDatabase database = open("SELECT 1");
        Session session = database.openSession()) {
      SQLException e =
          assertThrows(
              SQLException.class, () -> session.execute(sql.replace("{f}", folder.toString())));
      assertFalse(String.valueOf(e.getMessage()).contains("hidden-"), e.getMessage());
    }
    assertFalse(Files.exists(folder.resolve("out.csv")));
    assertFalse(Files.exists(folder.resolve("other.duckdb")));
    assertFalse(Files.exists(folder.resolve("export")));
  }

  @Test
  void whatTheWriterItselfDoes_goesOn() throws Exception {
    try (DuckDbDatabase database = open("SELECT 1");
        Session session = database.openSession()) {
      session.execute(
          "CREATE TABLE t AS SELECT range AS i, range::VARCHAR AS s FROM range(100000)");
      session.execute("CHECKPOINT");
      // Larger than the memory limit: it spills.
      session.execute(
          "CREATE TABLE u AS SELECT range AS i, repeat('x', 100) || hash(range) AS s"
              + " FROM range(1500000) ORDER BY hash(range)");
      session.execute("INSERT INTO t FROM u");
      session.execute("FORCE CHECKPOINT");
      session.execute("INSERT INTO t VALUES (-1, 'in the log')");
    }
    try (DuckDbDatabase again = open("SELECT 1")) {
      assertEquals(List.of("[1600001]"), DuckDbRows.query(again, "SELECT count(*) FROM t"));
    }
  }

  @Test
  void whatInitSqlAllows_staysAllowed() throws Exception {
    Path shared = Files.createDirectory(folder.resolve("shared"));
    Files.writeString(shared.resolve("a.csv"), "a\n42\n");
    try (DuckDbDatabase database = open("SET GLOBAL allowed_directories = ['" + shared + "']")) {
      assertEquals(
          List.of("[42]"), DuckDbRows.query(database, "FROM read_csv('" + shared + "/a.csv')"));
    }
  }

  @Test
  void anInstanceThatCantBeConfined_isNotOpened() {
    SinkException e =
        assertThrows(SinkException.class, () -> open("SET GLOBAL lock_configuration = true"));
    assertTrue(e.reason().contains("DuckDB can't be confined to its files"), e.reason());
    assertTrue(e.reason().contains("duckdb.init_sql"), e.reason());
  }

  private DuckDbDatabase open(String initSql) throws SinkException {
    return DuckDbDatabase.open(
        new DuckDbSettings(
            Optional.of(folder.resolve("otlp.duckdb")),
            128L << 20,
            2,
            folder.resolve("tmp"),
            Optional.empty(),
            false,
            Optional.of(initSql)),
        InstantSource.system(),
        System::nanoTime);
  }
}
