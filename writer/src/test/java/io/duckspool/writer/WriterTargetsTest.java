package io.duckspool.writer;

import static io.duckspool.writer.WriterHarness.TIMEOUT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.duckspool.common.admin.AdminException;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ServerState;
import io.duckspool.writer.servers.DuckDbExtensions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where servers of one writer may put their rows. */
final class WriterTargetsTest {

  @TempDir Path temp;
  private WriterHarness writer;

  @BeforeEach
  void open() throws Exception {
    writer =
        WriterHarness.open(
            temp,
            Map.of(
                "catalogs.other.type",
                "duckdb",
                "catalogs.other.path",
                temp.resolve("not yet/other.duckdb").toString(),
                "catalogs.lake.type",
                "ducklake",
                "catalogs.lake.metadata",
                temp.resolve("lake.db").toString(),
                "duckdb.extension_directory",
                DuckDbExtensions.folder().toString()));
  }

  @AfterEach
  void close() throws Exception {
    writer.close();
  }

  @Test
  void serversOfTwoCatalogs_storeEachInItsOwn_alsoAfterARestart() throws Exception {
    WriterHarness.Server named = server(4318, "other");
    WriterHarness.Server plain = writer.serve(4319, 60_000);
    assertEquals("other", writer.prepare(named).catalogName());
    assertEquals("otlp", writer.prepare(plain).catalogName());
    for (WriterHarness.Server server : new WriterHarness.Server[] {named, plain}) {
      server.file(ServerState.SERVING).write(server.folder());
      server.append("a");
    }
    named.append("b");
    assertEquals("sealed", writer.client.seal(named.seal("flush"), TIMEOUT).status());
    assertEquals("sealed", writer.client.seal(plain.seal("flush"), TIMEOUT).status());
    assertRows(2, 1);
    writer.stopWriter();
    named.append("c");
    writer.startWriter();
    assertEquals("sealed", writer.client.seal(named.seal("flush"), TIMEOUT).status());
    assertRows(3, 1);
  }

  @Test
  void aCatalogThatCantBeATarget_isABadRequestThatSaysWhy() throws Exception {
    assertRefused(
        "catalog nope is not attached: the catalogs of the configuration are lake, other",
        server(4318, "nope"));
    assertEquals(0, writer.pipelineCount());
  }

  @Test
  void promotedAttributes_haveColumns_andAreCounted() throws Exception {
    WriterHarness.Server server =
        writer.serve(
            4318,
            60_000,
            config -> promoting(config, List.of("host.name", "host.name", "b"), List.of("c")));
    writer.prepare(server);
    server.file(ServerState.SERVING).write(server.folder());
    server.append("a");
    assertEquals("sealed", writer.client.seal(server.seal("flush"), TIMEOUT).status());
    assertEquals(
        "[{\"resource_attr_host_name\":\"host of a\",\"resource_attr_b\":null,\"scope_attr_c\":null}]",
        writer.sql("SELECT COLUMNS(c -> contains(c, '_attr_')) FROM otlp_logs"));
    assertEquals(3, writer.pipelines().get(0).promotedColumnsTotal());
  }

  private static ServerConfig promoting(
      ServerConfig config, List<String> resource, List<String> scope) {
    return ChangedConfig.of(
        config, Map.of("promoteResourceAttributes", resource, "promoteScopeAttributes", scope));
  }

  private WriterHarness.Server server(int port, String catalog) throws Exception {
    return writer.serve(
        port, 60_000, config -> config.withTarget(Optional.of(catalog), "main", Optional.empty()));
  }

  private void assertRows(int named, int plain) throws Exception {
    assertEquals(
        "[{\"n\":" + named + ",\"l\":1}]",
        writer.sql(
            "SELECT count(*) AS n, (SELECT count(*) FROM other.main.duckspool_ledger) AS l"
                + " FROM other.otlp_logs"));
    assertEquals(
        "[{\"n\":" + plain + ",\"l\":1}]",
        writer.sql(
            "SELECT count(*) AS n, (SELECT count(*) FROM duckspool_ledger) AS l FROM otlp_logs"));
  }

  private void assertRefused(String message, WriterHarness.Server server) {
    AdminException e = assertThrows(AdminException.class, () -> writer.prepare(server));
    assertEquals(400, e.status());
    assertEquals(message, e.getMessage());
  }
}
