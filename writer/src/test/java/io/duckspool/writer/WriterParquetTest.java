package io.duckspool.writer;

import static io.duckspool.writer.WriterHarness.TIMEOUT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole writer whose servers store in Parquet files. */
final class WriterParquetTest {

  private static final String COUNT = "SELECT count(*) AS n FROM ";

  @TempDir Path temp;
  private WriterHarness writer;

  @AfterEach
  void close() throws Exception {
    if (writer != null) {
      writer.close();
    }
  }

  @Test
  void aServer_storesInARootThatIsMadeAtRunTime_alsoAfterARestart() throws Exception {
    writer = WriterHarness.open(temp);
    WriterHarness.Server server = server(4318, "files", "one");
    assertEquals("otlp", writer.prepare(server).catalogName());
    assertEquals("[{\"n\":0}]", writer.sql(COUNT + "one.otlp_logs"));
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    server.append("b");
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    assertEquals("[{\"n\":2}]", writer.sql(COUNT + "one.otlp_logs"));
    assertEquals(1, dataFiles("files").size());
    writer.stopWriter();
    server.append("c");
    writer.startWriter();
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    assertEquals("[{\"n\":3}]", writer.sql(COUNT + "one.otlp_logs"));
    assertEquals(
        "[{\"trigger\":\"flush\",\"n\":2},\n{\"trigger\":\"flush\",\"n\":1}]".replace("\n", ""),
        writer.sql(
            "SELECT \"trigger\", CAST(rows_by_table->>'otlp_logs' AS INTEGER) AS n"
                + " FROM one.duckspool_seals ORDER BY seal_id"));
  }

  @Test
  void twoServers_storeInOneRoot_andNothingIsOverwritten() throws Exception {
    writer = WriterHarness.open(temp);
    WriterHarness.Server one = server(4318, "shared", "one");
    WriterHarness.Server two = server(4319, "shared", "two");
    writer.prepare(one);
    writer.prepare(two);
    for (WriterHarness.Server server : List.of(one, two)) {
      server.file(ServerState.SERVING).write(server.folder());
      server.append("a");
      assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    }
    assertEquals(2, dataFiles("shared").size());
    for (String schema : List.of("one", "two")) {
      assertEquals("[{\"n\":2}]", writer.sql(COUNT + schema + ".otlp_logs"));
    }
  }

  @Test
  void aRootThatIsNotThere_isWaitedFor_andNeverMadeAnew() throws Exception {
    writer = WriterHarness.open(temp);
    WriterHarness.Server server = server(4318, "files", "one");
    writer.prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    writer.stopWriter();
    Files.move(temp.resolve("files"), temp.resolve("unmounted"));
    server.append("b");
    writer.startWriter();
    WriterHarness.await("refused", () -> writer.pipelineState().equals("target_refused"));
    String error = writer.pipelines().get(0).lastError();
    assertTrue(error.contains("its disk is not mounted, or it was emptied"), error);
    assertFalse(Files.exists(temp.resolve("files")));
    Files.move(temp.resolve("unmounted"), temp.resolve("files"));
    assertEquals("sealed", sealedWithin(server));
    assertEquals("[{\"n\":2}]", writer.sql(COUNT + "one.otlp_logs"));
  }

  private String sealedWithin(WriterHarness.Server server) {
    WriterHarness.await("running", () -> writer.pipelineState().equals("running"));
    return writer.seal(server.seal("flush")).status();
  }

  @Test
  void namesThatAreTaken_areAConflict_andNothingIsLeftBehind() throws Exception {
    writer =
        WriterHarness.open(
            temp,
            Map.of(
                "duckdb.init_sql",
                "CREATE SCHEMA IF NOT EXISTS taken;"
                    + " CREATE TABLE IF NOT EXISTS taken.otlp_logs (i INTEGER);"
                    + " CREATE VIEW IF NOT EXISTS taken.otlp_traces AS SELECT 1 AS i"));
    WriterHarness.Server first = server(4318, "first", "one");
    writer.prepare(first);
    String root = temp.toRealPath().toString();
    assertEquals(
        "the views over "
            + root
            + "/second can't be in schema one of the default database, where otlp_logs, otlp_traces,"
            + " otlp_metrics_gauge, otlp_metrics_sum, otlp_metrics_histogram,"
            + " otlp_metrics_exp_histogram, otlp_metrics_summary, duckspool_seals are views over "
            + root
            + "/first: give another schema",
        conflict(server(4319, "second", "one")).getMessage());
    assertEquals(
        "the views over "
            + root
            + "/second can't be in schema taken of the default database, where otlp_logs are"
            + " tables; otlp_traces are views of something else: give another schema",
        conflict(server(4320, "second", "taken")).getMessage());
    assertFalse(Files.exists(temp.resolve("second")));
    assertEquals(1, writer.pipelineCount());
  }

  private AdminException conflict(WriterHarness.Server server) {
    AdminException e = assertThrows(AdminException.class, () -> writer.prepare(server));
    assertEquals(409, e.status());
    assertEquals("conflict", e.code());
    return e;
  }

  @Test
  void filesAreReadByTheViewsAlone() throws Exception {
    writer = WriterHarness.open(temp);
    writer.prepare(server(4318, "files", "one"));
    Path file = temp.toRealPath().resolve("files/otlp_logs/_schema.parquet-empty");
    assertTrue(Files.exists(file));
    for (String sql :
        List.of(
            "FROM read_parquet('" + file + "')",
            "FROM '" + file + "'",
            "FROM parquet_kv_metadata('" + file + "')")) {
      AdminException e = assertThrows(AdminException.class, () -> writer.sql(sql));
      assertEquals(400, e.status(), sql);
    }
    assertEquals("[]", writer.sql("FROM one.otlp_traces"));
    assertEquals("[{\"n\":18}]", writer.sql(COUNT + "(DESCRIBE one.otlp_logs)"));
  }

  @Test
  void inMemory_onlyRootsThatAreKnownAtTheStart_canBeServed() throws Exception {
    writer = WriterHarness.open(temp, Map.of("duckdb.database", ":memory:"));
    WriterHarness.Server server = server(4318, "files", "one");
    AdminException e = assertThrows(AdminException.class, () -> writer.prepare(server));
    assertEquals(400, e.status());
    assertTrue(e.getMessage().contains("declare the server in duckspool.yaml"), e.getMessage());
    // The server file is what the receiver remembers: the next start knows its root.
    writer.stopWriter();
    writer.startWriter();
    writer.prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    assertEquals("[{\"n\":1}]", writer.sql(COUNT + "one.otlp_logs"));
    // Files and ledger are on disk, whatever the database is.
    writer.stopWriter();
    writer.startWriter();
    server.append("b");
    assertEquals("sealed", sealedWithin(server));
    assertEquals("[{\"n\":2}]", writer.sql(COUNT + "one.otlp_logs"));
  }

  @Test
  void aStoppedServersRoot_takesTheNextServer() throws Exception {
    writer = WriterHarness.open(temp);
    WriterHarness.Server server = server(4318, "files", "one");
    writer.prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    server.spool().close();
    server.file(ServerState.STOPPING).write(server.folder());
    assertEquals("sealed", writer.client.seal(server.seal("stop"), TIMEOUT).status());
    WriterHarness.await("gone", () -> !Files.exists(server.folder().path()));
    WriterHarness.Server next = server(4321, "files", "one");
    writer.prepare(next);
    next.file(ServerState.SERVING).write(next.folder());
    next.append("b");
    assertEquals("sealed", writer.client.seal(next.seal("flush"), TIMEOUT).status());
    assertEquals("[{\"n\":2}]", writer.sql(COUNT + "one.otlp_logs"));
    try (Stream<Path> files = Files.list(temp.resolve("files/_duckspool"))) {
      assertEquals(
          List.of(next.spoolId() + ".ledger.json", next.spoolId() + ".lock", "format.json"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void aKeptSpool_isReplayedIntoFiles_andBack() throws Exception {
    writer = WriterHarness.open(temp);
    WriterHarness.Server server = writer.serve(4318, 60_000);
    writer.prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    String uri = "otlp:localhost:4318";
    writer.post(AdminApi.PAUSE, new AdminApi.ServerUri(uri), AdminApi.PipelineAt.class);
    server.append("b");
    server.spool().close();
    server.file(ServerState.STOPPING).write(server.folder());
    String root = temp.toRealPath().resolve("files").toString();
    AdminApi.Replayed replayed =
        writer.post(
            AdminApi.REPLAY,
            new AdminApi.Replay(uri, null, "one", root + "/"),
            AdminApi.Replayed.class);
    assertEquals(1, replayed.pendingRows());
    assertEquals(Optional.of(root), ServerFile.read(server.folder()).config().parquetExportPath());
    assertEquals("sealed", writer.client.seal(server.seal("stop"), TIMEOUT).status());
    WriterHarness.await("gone", () -> !Files.exists(server.folder().path()));
    assertEquals("[{\"body\":\"a\"}]", writer.sql("SELECT body FROM main.otlp_logs"));
    assertEquals("[{\"body\":\"b\"}]", writer.sql("SELECT body FROM one.otlp_logs"));
  }

  private WriterHarness.Server server(int port, String root, String schema) throws Exception {
    Path path = temp.toRealPath().resolve(root);
    return writer.serve(
        port,
        60_000,
        config -> config.withTarget(Optional.empty(), schema, Optional.of(path.toString())));
  }

  private List<Path> dataFiles(String root) throws Exception {
    try (Stream<Path> all = Files.walk(temp.resolve(root))) {
      return all.filter(file -> file.toString().endsWith(".parquet")).toList();
    }
  }
}
