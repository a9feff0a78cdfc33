package io.duckspool.writer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminException;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ServerState;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Targets that are refused when a server is made, each with what is wrong, and nothing made. */
final class PrepareTest {

  private static final String TABLES =
      "SELECT count(*) AS n FROM duckdb_tables() WHERE table_name NOT LIKE 'given%'";

  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CREATE TABLE otlp_logs (body VARCHAR)"
            + "|table main.otlp_logs, column trace_id: expected VARCHAR, found no such column",
        "CREATE TABLE otlp_logs (trace_id BLOB)"
            + "|table main.otlp_logs, column trace_id: expected VARCHAR, found BLOB",
        "CREATE TABLE duckspool_ledger (next_index INTEGER)"
            + "|table main.duckspool_ledger, column next_index: expected BIGINT, found INTEGER",
        "CREATE TABLE duckspool_seals (seal_id VARCHAR)"
            + "|table main.duckspool_seals, column seal_id: expected BIGINT, found VARCHAR",
        "CREATE TABLE otlp_traces (own VARCHAR NOT NULL)"
            + "|table main.otlp_traces, column own: expected an extra column to be nullable or to"
            + " have a default, found VARCHAR NOT NULL",
        "CREATE VIEW otlp_logs AS SELECT 1 AS i|table main.otlp_logs is a view, expected a table",
      })
  void whatDoesNotFit_isNamed(String sql, String message) throws Exception {
    String once = sql.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS");
    once = once.replace("CREATE VIEW", "CREATE VIEW IF NOT EXISTS");
    try (WriterHarness writer = WriterHarness.open(temp, Map.of("duckdb.init_sql", once))) {
      String before = writer.sql(TABLES);
      String refusal = refusal(writer, config -> config);
      assertTrue(refusal.contains(message), refusal);
      assertEquals(before, writer.sql(TABLES), "nothing was made");
      assertEquals(0, writer.pipelineCount());
    }
  }

  @Test
  void withoutCreateTables_whatIsMissingIsNamed_theLedgerAndTheSealsToo() throws Exception {
    try (WriterHarness writer = WriterHarness.open(temp)) {
      String refusal = refusal(writer, PrepareTest::withoutCreateTables);
      for (String table :
          new String[] {
            "otlp_logs",
            "otlp_traces",
            "otlp_metrics_gauge",
            "otlp_metrics_sum",
            "otlp_metrics_histogram",
            "otlp_metrics_exp_histogram",
            "otlp_metrics_summary",
            "duckspool_seals",
            "duckspool_ledger"
          }) {
        assertTrue(
            refusal.contains("table main." + table + " does not exist, and create_tables is false"),
            refusal);
      }
      String schema =
          refusal(
              writer,
              config ->
                  withoutCreateTables(
                      config.withTarget(Optional.empty(), "absent", Optional.empty())));
      assertEquals(
          "schema absent does not exist in catalog otlp, and create_tables is false", schema);
      assertEquals("[{\"n\":0}]", writer.sql(TABLES));
    }
  }

  @Test
  void tablesWithExtraColumnsInAnotherOrder_areTaken() throws Exception {
    String table =
        "CREATE TABLE IF NOT EXISTS duckspool_seals (committed_at TIMESTAMP, own VARCHAR,"
            + " started_at TIMESTAMP, rows_by_table VARCHAR, \"trigger\" VARCHAR,"
            + " next_index BIGINT, first_index BIGINT, seal_id BIGINT, listen_uri VARCHAR,"
            + " spool_id VARCHAR, tenant VARCHAR NOT NULL DEFAULT 'acme')";
    try (WriterHarness writer = WriterHarness.open(temp, Map.of("duckdb.init_sql", table))) {
      WriterHarness.Server server = writer.serve(4318, 60_000);
      writer.prepare(server);
      server.file(ServerState.SERVING).write(server.folder());
      server.append("a");
      assertEquals(
          "sealed", writer.client.seal(server.seal("flush"), WriterHarness.TIMEOUT).status());
      assertEquals(
          "[{\"own\":null,\"tenant\":\"acme\",\"seal_id\":1}]",
          writer.sql("SELECT own, tenant, seal_id FROM duckspool_seals"));
    }
  }

  private static String refusal(WriterHarness writer, UnaryOperator<ServerConfig> changed)
      throws Exception {
    WriterHarness.Server server = writer.serve(4318, 60_000, changed);
    try {
      AdminException refused = assertThrows(AdminException.class, () -> writer.prepare(server));
      assertEquals(400, refused.status());
      return String.valueOf(refused.getMessage());
    } finally {
      server.spool().close();
    }
  }

  private static ServerConfig withoutCreateTables(ServerConfig config) {
    return ChangedConfig.of(config, Map.of("createTables", false));
  }
}
