package io.duckspool.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.admin.ControlToken;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * What the commands send, print and end with; the real processes answer in the end-to-end tests.
 */
final class ControlCommandsTest {

  private static final String SERVER = "otlp:localhost:4318";

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final Map<String, String> requests = new ConcurrentHashMap<>();
  private HttpServer port;
  private Path config;

  private record Answer(int status, String body) {}

  @BeforeEach
  void start() throws IOException {
    Path data = folder.resolve("d");
    String bearer = "Bearer " + ControlToken.readOrCreate(data.resolve("control.token")).reveal();
    port = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    port.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          byte[] body = exchange.getRequestBody().readAllBytes();
          requests.put(path, new String(body, StandardCharsets.UTF_8));
          Answer answer =
              bearer.equals(exchange.getRequestHeaders().getFirst("Authorization"))
                  ? answers.getOrDefault(path, new Answer(404, failure("not_found", "no " + path)))
                  : new Answer(401, failure("unauthorized", "no token"));
          byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(answer.status(), bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    port.start();
    config = folder.resolve("c.yaml");
    Files.writeString(
        config,
        "data: '%s'\nreceiver: {control: '127.0.0.1:%d'}\nwriter: {control: 'localhost:%d'}\n"
            .formatted(data, port.getAddress().getPort(), port.getAddress().getPort()));
  }

  @AfterEach
  void stop() {
    port.stop(0);
  }

  @Test
  void serve_sendsWhatIsGiven_inTheTypesOfTheParameters() throws IOException {
    Path tokenFile = folder.resolve("token");
    Files.writeString(tokenFile, "0123456789abcdef\n");
    answers.put(AdminApi.SERVE, new Answer(200, served("0123456789abcdef", "lake")));
    assertEquals(
        0,
        run(
            "serve",
            "otlp:localhost:4318",
            "--catalog=lake",
            "--schema=otel",
            "--token-file=" + tokenFile,
            "--create-tables=false",
            "--allow-other-hostname",
            "--disable-auth=false",
            "--max-body-bytes=1MiB",
            "--http-threads=3",
            "--max-buffered-bytes=2GiB",
            "--seal-target-bytes=12",
            "--seal-max-age-ms=200",
            "--target-file-size=1KiB",
            "--maintenance-retention-ms=7",
            "--promote-resource-attributes=a,b",
            "--promote-scope-attributes=c",
            "--response-mode=otlp"),
        err::toString);
    assertEquals(
        new ObjectMapper()
            .readTree(
                """
                {"uri":"otlp:localhost:4318","catalog":"lake","schema":"otel",
                 "token":"0123456789abcdef","disable_auth":false,"create_tables":false,
                 "allow_other_hostname":true,"max_body_bytes":1048576,"http_threads":3,
                 "max_buffered_bytes":2147483648,"seal_target_bytes":12,"seal_max_age_ms":200,
                 "target_file_size":1024,"maintenance_retention_ms":7,
                 "promote_resource_attributes":"a,b","promote_scope_attributes":"c",
                 "response_mode":"otlp"}
                """),
        new ObjectMapper().readTree(requests.get(AdminApi.SERVE)));
    assertTrue(out.toString().contains("http://localhost:4318"), out::toString);
    assertTrue(out.toString().contains("lake.otel"), out::toString);
    assertTrue(out.toString().contains("0123456789abcdef"), out::toString);
  }

  @Test
  void serve_withoutOptions_sendsNothing_andPrintsTheAnswerAsItCame() {
    String answer = served("", "");
    answers.put(AdminApi.SERVE, new Answer(200, answer));
    assertEquals(0, run("serve", "--json"), err::toString);
    assertEquals("{}", requests.get(AdminApi.SERVE));
    assertEquals(answer, out.toString().strip());
  }

  @Test
  void serve_withTwoTokens_orASizeThatIsNone_isWrongUsage() {
    assertEquals(2, run("serve", "--token=x", "--token-file=" + folder.resolve("t")));
    assertEquals(2, run("serve", "--token-file=" + folder.resolve("missing")));
    assertEquals(2, run("serve", "--max-body-bytes=1MB"));
    assertEquals(2, run("serve", "--http-threads=many"));
    assertTrue(requests.isEmpty());
  }

  @Test
  void errorsOfThePort_becomeExitCodes() {
    Map<Integer, Integer> codes = Map.of(400, 2, 409, 1, 503, 3, 500, 1);
    codes.forEach(
        (status, code) -> {
          err.getBuffer().setLength(0);
          answers.put(AdminApi.SERVE, new Answer(status, failure("code", "what is wrong")));
          assertEquals(code, run("serve"), "status " + status);
          assertEquals("duckspool: what is wrong", err.toString().strip());
        });
  }

  @Test
  void aProcessThatIsNotThere_endsWith3() {
    port.stop(0);
    for (String[] command :
        new String[][] {
          {"serve"},
          {"flush", SERVER},
          {"stop", SERVER},
          {"list"},
          {"seals"},
          {"pause", SERVER},
          {"resume", SERVER},
          {"top"},
          {"spool", "replay", SERVER},
          {"spool", "discard", SERVER, "--yes"},
          {"verify", SERVER},
          {"verify"}
        }) {
      assertEquals(3, run(command), () -> String.join(" ", command));
    }
  }

  @Test
  void withoutADataFolder_nothingWasEverStarted() {
    err.getBuffer().setLength(0);
    CommandLine commandLine = commandLine();
    assertEquals(3, commandLine.execute("list", "--data", folder.resolve("none").toString()));
    assertTrue(err.toString().contains("no receiver was ever started"), err::toString);
  }

  @Test
  void aUriThatIsNone_isWrongUsage_andNotSent() {
    for (String[] command :
        new String[][] {
          {"flush", "http://x"},
          {"stop", "x:1"},
          {"pause", "otlp:h:0"},
          {"resume", "otlp:h:65536"},
          {"seals", "otlp:h:1/p"},
          {"spool", "replay", "x"},
          {"spool", "discard", "x", "--yes"},
          {"verify", "x"}
        }) {
      assertEquals(2, run(command), () -> String.join(" ", command));
    }
    assertTrue(requests.isEmpty(), requests::toString);
  }

  @Test
  void flush_saysWhatWasSealed_andFailsWhenNothingCouldBe() throws IOException {
    answers.put(
        AdminApi.FLUSH, new Answer(200, json(new AdminApi.Flushed("sealed", 1234, 7, null))));
    assertEquals(0, run("flush", "otlp:LOCALHOST"), err::toString);
    assertEquals("sealed 1,234 rows", out.toString().strip());
    assertEquals(
        "{\"uri\":\"otlp:localhost:4318\",\"timeout_ms\":null}", requests.get(AdminApi.FLUSH));
    answers.put(
        AdminApi.FLUSH, new Answer(200, json(new AdminApi.Flushed("error", 0, 7, "disk full"))));
    assertEquals(1, run("flush", SERVER, "--timeout-ms=50"));
    assertTrue(out.toString().contains("error: disk full"), out::toString);
    assertTrue(requests.get(AdminApi.FLUSH).contains("\"timeout_ms\":50"));
  }

  @Test
  void stop_ends1_whenTheSpoolIsKept() throws IOException {
    String status = "Stopped listening on " + SERVER;
    answers.put(AdminApi.STOP, new Answer(200, json(new AdminApi.Stopped(status, null, null))));
    assertEquals(0, run("stop", SERVER), err::toString);
    assertEquals(status, out.toString().strip());
    answers.put(
        AdminApi.STOP, new Answer(200, json(new AdminApi.Stopped(status, 12L, "writer away"))));
    assertEquals(1, run("stop", SERVER, "--timeout-ms=1"));
    assertTrue(
        out.toString().contains("12 rows are not committed yet, and kept: writer away"),
        out::toString);
    String none = "No server found listening on " + SERVER;
    answers.put(AdminApi.STOP, new Answer(200, json(new AdminApi.Stopped(none, null, null))));
    assertEquals(1, run("stop", SERVER));
  }

  @Test
  void list_hasATable_andAllColumnsAsJson() throws IOException {
    String rows = json(List.of(row(true, 100, 40)));
    answers.put(AdminApi.SERVER_LIST, new Answer(200, rows));
    assertEquals(0, run("list"), err::toString);
    assertTrue(out.toString().contains("otlp:localhost:4318 | lake.otel | true"), out::toString);
    assertFalse(out.toString().contains("last known"), out::toString);
    out.getBuffer().setLength(0);
    assertEquals(0, run("list", "--json"));
    assertEquals(rows, out.toString().strip());
    answers.put(AdminApi.SERVER_LIST, new Answer(200, json(List.of(row(false, 100, 40)))));
    assertEquals(0, run("list"));
    assertTrue(out.toString().contains("the writer doesn't answer"), out::toString);
  }

  @Test
  void seals_areFilteredAndLimited() throws IOException {
    List<AdminApi.SealRow> seals = new ArrayList<>();
    for (int i = 30; i > 0; i--) {
      seals.add(seal(SERVER, "a", i));
      seals.add(seal("otlp:localhost:4400", "b", i));
    }
    answers.put(AdminApi.SEAL_LIST, new Answer(200, json(seals)));
    assertEquals(0, run("seals", "otlp:localhost", "--limit=3", "--json"), err::toString);
    AdminApi.SealRow[] printed =
        AdminJson.MAPPER.readValue(out.toString(), AdminApi.SealRow[].class);
    assertEquals(
        List.of(seal(SERVER, "a", 30), seal(SERVER, "a", 29), seal(SERVER, "a", 28)),
        List.of(printed));
    out.getBuffer().setLength(0);
    assertEquals(0, run("seals"));
    assertTrue(out.toString().contains("(40 rows)"), out::toString);
    assertEquals(2, run("seals", "--limit=0"));
  }

  @Test
  void pauseAndResume_sayTheState() throws IOException {
    answers.put(AdminApi.PAUSE, new Answer(200, json(new AdminApi.PipelineAt(SERVER, "paused"))));
    answers.put(AdminApi.RESUME, new Answer(200, json(new AdminApi.PipelineAt(SERVER, "running"))));
    assertEquals(0, run("pause", "otlp:"), err::toString);
    assertEquals(0, run("resume", SERVER, "--json"), err::toString);
    assertEquals("{\"uri\":\"otlp:localhost:4318\"}", requests.get(AdminApi.PAUSE));
    assertTrue(out.toString().startsWith(SERVER + " is paused\n{\"listen_uri\":"), out::toString);
  }

  @Test
  void verify_asksForAllServers_andFailsForWhatIsBroken_strictlyForDifferencesToo()
      throws IOException {
    AdminApi.PipelineStatus pipeline =
        new AdminApi.PipelineStatus(
            "ab", SERVER, "running", "5-3", 2, 12, 900, 0, 0, 0, null, null, 2, 0, false, null,
            null, 0, 0, null, null, 0);
    answers.put(AdminApi.PIPELINES, new Answer(200, "[" + json(pipeline) + "]"));
    answers.put(AdminApi.VERIFY, new Answer(200, json(verified("ok"))));
    assertEquals(0, run("verify"), err::toString);
    assertTrue(out.toString().contains(SERVER + ": ok"), out::toString);
    assertTrue(out.toString().contains("ledger at 5-3, spool durable up to 5-4"), out::toString);
    assertTrue(out.toString().contains("otlp_logs | 12          | 11"), out::toString);
    answers.put(AdminApi.VERIFY, new Answer(200, json(verified("different"))));
    assertEquals(0, run("verify", SERVER));
    assertTrue(out.toString().contains("difference: fewer"), out::toString);
    assertEquals(1, run("verify", SERVER, "--strict"));
    answers.put(AdminApi.VERIFY, new Answer(200, json(verified("broken"))));
    out.getBuffer().setLength(0);
    assertEquals(1, run("verify", SERVER, "--json"));
    assertEquals(
        "broken", new ObjectMapper().readTree(out.toString()).get(0).get("status").asText());
  }

  private static AdminApi.Verified verified(String status) {
    return new AdminApi.Verified(
        SERVER,
        "ab",
        status,
        "5-3",
        "5-4",
        1L,
        7L,
        2L,
        "5-0",
        "5-3",
        List.of(new AdminApi.VerifiedTable("otlp_logs", 12, 11)),
        List.of(),
        status.equals("ok") ? List.of() : List.of("fewer"));
  }

  @Test
  void discard_needsYes_andSaysWhatWentAway() throws IOException {
    answers.put(
        AdminApi.DISCARD, new Answer(200, json(new AdminApi.Discarded(SERVER, "ab", 3, 1500))));
    assertEquals(2, run("spool", "discard", SERVER));
    assertTrue(err.toString().contains("say --yes"), err::toString);
    assertTrue(requests.isEmpty());
    assertEquals(0, run("spool", "discard", SERVER, "--yes"));
    assertEquals("discarded 3 entries with 1,500 rows", out.toString().strip());
  }

  @Test
  void replay_saysWhatMayBeThereTwice() throws IOException {
    answers.put(
        AdminApi.REPLAY,
        new Answer(200, json(new AdminApi.Replayed(SERVER, "ab", "5-2", 10, 20, 0))));
    assertEquals(0, run("spool", "replay", SERVER, "--schema=other"));
    assertEquals(
        "10 entries with 20 rows go to the new target, from 5-2 on", out.toString().strip());
    assertEquals(
        "{\"uri\":\"otlp:localhost:4318\",\"catalog\":null,\"schema\":\"other\","
            + "\"parquet_export_path\":null}",
        requests.get(AdminApi.REPLAY));
    answers.put(
        AdminApi.REPLAY,
        new Answer(200, json(new AdminApi.Replayed(SERVER, "ab", "5-2", 10, 20, 4))));
    assertEquals(0, run("spool", "replay", SERVER));
    assertTrue(out.toString().contains("it may have up to 4 of these entries"), out::toString);
  }

  @Test
  void top_showsRatesFromTheSecondLookOn() throws IOException {
    answers.put(AdminApi.SERVER_LIST, new Answer(200, json(List.of(row(true, 100, 40)))));
    answers.put(AdminApi.SEAL_LIST, new Answer(200, json(List.of(seal(SERVER, "ab", 9)))));
    assertEquals(0, run("top", "--count=1"), err::toString);
    assertTrue(out.toString().contains("rows/s in"), out::toString);
    assertTrue(out.toString().contains("9 rows in 2 ms (size)"), out::toString);
    assertTrue(out.toString().contains("free on the data folder's disk: "), out::toString);
    assertEquals(2, run("top", "--interval=0"));
    assertEquals(2, run("top", "--count=-1"));
    // Without the writer there are no seals to show.
    answers.put(AdminApi.SEAL_LIST, new Answer(503, failure("unavailable", "no writer")));
    assertEquals(0, run("top", "--count=1", "--json"), err::toString);
  }

  @Test
  void top_ratesAreDifferencesByTime_andARestartCountsFromZero() {
    TopScreen first = new TopScreen(1_000_000_000L, List.of(row(true, 100, 40)), Map.of());
    TopScreen second = new TopScreen(3_000_000_000L, List.of(row(true, 2100, 10)), Map.of());
    Map<String, Object> row = second.rows(first).get(0);
    assertEquals("1,000", row.get("rows/s in"));
    assertEquals("5", row.get("rows/s out"), "the counter fell from 40 to 10");
    assertEquals("-", first.rows(null).get(0).get("rows/s in"));
  }

  @Test
  void aLineOfProgress_isBounded() {
    assertEquals("", DrainProgress.line(0, 0));
    assertEquals("[--------------------] 0%  0 of 2,000 rows", DrainProgress.line(-1, 2000));
    assertEquals("[##########----------] 50%  1,000 of 2,000 rows", DrainProgress.line(1000, 2000));
    assertEquals(
        "[####################] 100%  2,000 of 2,000 rows", DrainProgress.line(2001, 2000));
  }

  @Test
  void amounts_readWell() {
    assertEquals("0 B", AmountText.bytes(0));
    assertEquals("1023 B", AmountText.bytes(1023));
    assertEquals("1.0 KiB", AmountText.bytes(1024));
    assertEquals("1023.9 KiB", AmountText.bytes((1 << 20) - 1));
    assertEquals("64.0 MiB", AmountText.bytes(64 << 20));
    assertEquals("4.0 EiB", AmountText.bytes(1L << 62));
    assertEquals("-", AmountText.age(null));
    assertEquals("999 ms", AmountText.age(999L));
    assertEquals("1.0 s", AmountText.age(1000L));
    assertEquals("59.9 s", AmountText.age(59_999L));
    assertEquals("1m00s", AmountText.age(60_000L));
    assertEquals("2h30m", AmountText.age(9_000_000L));
    assertEquals("3d04h", AmountText.age(76 * 3_600_000L));
  }

  @Test
  void completion_knowsTheCommands() {
    assertEquals(0, run("completion"));
    assertTrue(out.toString().contains("#!/usr/bin/env bash"), out::toString);
    assertTrue(out.toString().contains("--seal-max-age-ms"));
  }

  @Test
  void ddl_printsTheViewsOverParquetFiles() {
    assertEquals(
        0, run("ddl", "--parquet-export-path=/srv/otlp/", "--schema=files"), err::toString);
    List<String> lines = out.toString().lines().toList();
    assertEquals("-- The folders must be there:", lines.get(0));
    assertEquals("--   /srv/otlp/otlp_logs", lines.get(1));
    assertTrue(lines.contains("CREATE SCHEMA IF NOT EXISTS \"files\";"), out::toString);
    assertTrue(
        out.toString()
            .contains(
                "FROM read_parquet('/srv/otlp/otlp_logs/**/*.parquet*', hive_partitioning = false,"
                    + " union_by_name = false);"),
        out::toString);
    assertEquals(2, run("ddl", "--parquet-export-path=gs://b/x"));
    assertEquals(2, run("ddl", "--parquet-export-path=/x", "--catalog=lake"));
  }

  @Test
  void ddl_printsStatements() {
    assertEquals(0, run("ddl", "--catalog=lake", "--schema=otel"), err::toString);
    assertTrue(out.toString().startsWith("CREATE SCHEMA IF NOT EXISTS "), out::toString);
    assertTrue(out.toString().contains("duckspool_ledger"), out::toString);
    assertTrue(out.toString().strip().endsWith(");"), out::toString);
  }

  private static AdminApi.SealRow seal(String uri, String spoolId, long id) {
    return new AdminApi.SealRow(
        uri,
        spoolId,
        id,
        "size",
        "2026-01-01T00:00:00Z",
        2,
        1,
        1,
        0,
        3,
        id,
        5,
        0,
        "1-1",
        "1-4",
        "committed",
        null);
  }

  private static AdminApi.ServerRow row(boolean isWriterConnected, long rows, long committed) {
    return new AdminApi.ServerRow(
        SERVER,
        "http://localhost:4318",
        "localhost",
        4318,
        "lake",
        "otel",
        0,
        10,
        rows,
        rows - committed,
        0,
        0,
        1,
        5000,
        null,
        1500L,
        1,
        committed,
        0,
        true,
        null,
        null,
        0,
        0,
        null,
        null,
        0,
        "ab",
        1024,
        "1-2",
        "1-2",
        "1-1",
        0,
        isWriterConnected);
  }

  private static String served(String token, String catalog) {
    return json(
        new AdminApi.Served(
            SERVER,
            "http://localhost:4318",
            token,
            "otel",
            "otlp_logs",
            "otlp_traces",
            "otlp_metrics_gauge",
            "otlp_metrics_sum",
            "otlp_metrics_histogram",
            "otlp_metrics_exp_histogram",
            "otlp_metrics_summary",
            catalog));
  }

  private static String failure(String code, String message) {
    return json(new AdminApi.Failure(code, message));
  }

  private static String json(Object value) {
    try {
      return AdminJson.MAPPER.writeValueAsString(value);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private int run(String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    if (!all.contains("completion")) {
      all.addAll(List.of("--config", config.toString()));
    }
    return commandLine().execute(all.toArray(new String[0]));
  }

  private CommandLine commandLine() {
    return DuckspoolCommand.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true));
  }
}
