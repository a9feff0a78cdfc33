package io.duckspool.writer;

import static io.duckspool.writer.WriterHarness.TIMEOUT;
import static io.duckspool.writer.WriterHarness.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Server files that change, or break, while the writer runs. */
final class ChangedServerTest {

  private static final String HOSTS =
      "SELECT body, resource_attr_host_name AS host FROM otlp_logs ORDER BY 1";

  @TempDir Path temp;
  private WriterHarness writer;

  @BeforeEach
  void open() throws Exception {
    writer = WriterHarness.open(temp);
  }

  @AfterEach
  void close() throws Exception {
    writer.close();
  }

  private WriterHarness.Server served(int port) throws Exception {
    WriterHarness.Server server = writer.serve(port, 60_000);
    writer.prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    return server;
  }

  private static ServerFile promoting(ServerFile file, boolean createTables) {
    ServerConfig changed =
        ChangedConfig.of(
            file.config(),
            Map.of(
                "createTables", createTables, "promoteResourceAttributes", List.of("host.name")));
    return file.with(changed);
  }

  private void flush(WriterHarness.Server server) throws Exception {
    AdminApi.Sealed sealed = writer.client.seal(server.seal("flush"), TIMEOUT);
    assertEquals("sealed", sealed.status(), sealed.error());
  }

  /** As a receiver does that takes a kept spool up with other parameters. */
  @Test
  void otherPromotedKeys_areTakenUp_atTheNextPrepare_andTheOldRowsHaveNone() throws Exception {
    WriterHarness.Server server = served(4318);
    server.append("a");
    flush(server);
    server.append("b");
    ServerFile changed = promoting(server.file(ServerState.SERVING), true);
    changed.write(server.folder());
    writer.prepare(server);
    flush(server);
    assertEquals(
        "[{\"body\":\"a\",\"host\":null},{\"body\":\"b\",\"host\":\"host of b\"}]",
        writer.sql(HOSTS));
    assertEquals(1, writer.pipelines().get(0).promotedColumnsTotal());
    server.append("c");
    flush(server);
    server.file(ServerState.SERVING).write(server.folder());
    await("the keys are gone again", () -> writer.pipelines().get(0).promotedColumnsTotal() == 0);
    server.append("d");
    flush(server);
    assertEquals(
        "[{\"body\":\"c\",\"host\":\"host of c\"},{\"body\":\"d\",\"host\":null}]",
        writer.sql(HOSTS.replace("ORDER", "WHERE body > 'b' ORDER")));
  }

  /** As a receiver does at a restart, after the configuration was changed. */
  @Test
  void otherPromotedKeys_ofADeclaredServer_areSeenByTheScan() throws Exception {
    WriterHarness.Server server = served(4318);
    promoting(server.file(ServerState.SERVING), true).write(server.folder());
    await("the keys", () -> writer.pipelines().get(0).promotedColumnsTotal() == 1);
    server.append("a");
    flush(server);
    assertEquals("[{\"body\":\"a\",\"host\":\"host of a\"}]", writer.sql(HOSTS));
  }

  @Test
  void columnsThatMustExist_andDont_areNamed_andThePipelineGoesOnAsBefore() throws Exception {
    WriterHarness.Server server = served(4318);
    promoting(server.file(ServerState.SERVING), false).write(server.folder());
    AdminException refused = assertThrows(AdminException.class, () -> writer.prepare(server));
    assertEquals(400, refused.status());
    assertTrue(refused.getMessage().contains("resource_attr_host_name"), refused.getMessage());
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    await("it runs", () -> writer.pipelineState().equals("running"));
    await("it seals", () -> writer.seal(server.seal("flush")).status().equals("sealed"));
    assertEquals("[{\"n\":1}]", writer.sql("SELECT count(*) AS n FROM otlp_logs"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "?",
        "{\"version\": 2}",
        "\u0000\u0000",
      })
  void aFileThatCantBeRead_keepsOnlyItsOwnServerDown(String content) throws Exception {
    WriterHarness.Server broken = served(4318);
    byte[] before = Files.readAllBytes(broken.folder().serverFile());
    WriterHarness.Server whole = served(4319);
    WriterHarness.Server leaving = served(4320);
    broken.append("a");
    whole.append("b");
    writer.stopWriter();
    Files.writeString(broken.folder().serverFile(), content);
    writer.startWriter();
    flush(whole);
    assertEquals("unknown", writer.client.seal(broken.seal("flush"), TIMEOUT).status());

    // What goes meanwhile is not mistaken for it, nor kept for its sake.
    leaving.spool().close();
    leaving.file(ServerState.STOPPING).write(leaving.folder());
    assertEquals("sealed", writer.seal(leaving.seal("stop")).status());
    await("the server that stopped is gone", () -> writer.pipelineCount() == 1);

    Files.write(broken.folder().serverFile(), before);
    await("it is looked after", () -> writer.pipelineCount() == 2);
    flush(broken);
    assertEquals("[{\"n\":2}]", writer.sql("SELECT count(*) AS n FROM otlp_logs"));

    Files.writeString(broken.folder().serverFile(), content);
    broken.append("c");
    flush(broken);
    assertEquals(2, writer.pipelineCount(), "one that runs goes on");
    Files.write(broken.folder().serverFile(), before);
  }
}
