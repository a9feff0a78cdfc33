package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code duckspool load} and {@code duckspool reconcile}, as users run them. */
@Tag("e2e")
final class LoadIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ALL_SIGNALS =
      "logs,traces,metrics,gauge,sum,histogram,exponential-histogram,summary";

  @TempDir Path folder;

  @Test
  void everySignalInEveryEncoding_withMistakesMixedIn_isEven_untilARowIsMissingOrTwice()
      throws Exception {
    try (Rig rig = Rig.in(folder).start()) {
      List<Path> acks = new ArrayList<>();
      for (List<String> encoding :
          List.of(
              List.of("--run", "protobuf"),
              List.of("--run", "gzipped", "--gzip"),
              List.of("--run", "json", "--otlp-json"),
              List.of("--run", "jsongzipped", "--otlp-json", "--gzip"))) {
        Path log = folder.resolve(encoding.get(1));
        acks.add(log);
        List<String> arguments = new ArrayList<>(encoding);
        arguments.addAll(List.of("--signal", ALL_SIGNALS, "--requests", "80", "--records", "25"));
        arguments.addAll(List.of("--bad-token-every", "7", "--invalid-every", "5"));
        arguments.addAll(List.of("--pid", rig.receiver().pid() + "," + rig.writer().pid()));
        JsonNode report = load(rig, log, arguments);
        assertEquals(JSON.readTree("{\"202\":55,\"400\":14,\"401\":11}"), report.path("answers"));
        assertEquals(55 * 25, report.path("accepted_rows").asInt());
        assertTrue(report.path("latency_ms").path("p99.9").asDouble() > 0, report::toString);
        for (JsonNode process : report.path("processes")) {
          assertTrue(process.path("peak_rss_bytes").asLong() > 10_000_000, report::toString);
        }
        JsonNode balance = reconcile(rig, 0, log, "--wait", "60s");
        assertEquals(
            JSON.readTree(
                """
                {"received":2000,"accepted":1375,"rejected":{"400":350,"401":275},"committed":1375,
                 "quarantined":0,"pending":0,"lost":0,"doubled":0,"unexpected":0,
                 "stored_unanswered":0,"examples":[]}
                """),
            balance);
      }
      rig.stop();
      Path database = rig.data().resolve("otlp.duckdb");
      assertEachTableHasRowsOfEachRun(database, List.of("protobuf", "gzipped", "json"));
      assertEquals(1375, reconcile(rig, 0, acks.get(0)).path("committed").asInt());

      String one = "load-protobuf-000000000003";
      change(database, "DELETE FROM otlp_logs WHERE starts_with(body, '" + one + "')");
      JsonNode lost = reconcile(rig, 1, acks.get(0));
      assertEquals(1, lost.path("lost").asInt(), lost::toString);
      assertEquals(0, lost.path("doubled").asInt());
      change(
          database,
          "INSERT INTO otlp_traces SELECT * FROM otlp_traces"
              + " WHERE contains(span_attributes, 'load-gzipped-000000000026')");
      JsonNode doubled = reconcile(rig, 1, acks.get(1));
      assertEquals(1, doubled.path("doubled").asInt(), doubled::toString);
      assertEquals(0, doubled.path("lost").asInt());
      inventAnAck(acks.get(2));
      assertEquals(25, reconcile(rig, 1, acks.get(2)).path("lost").asInt());
      String table = run(rig, "reconcile", 0, acks.get(3).toString());
      assertTrue(table.contains("committed                      1,375\n"), table);
    }
  }

  @Test
  void whatALowBufferRefuses_isPendingThenCommitted_andRetriesGetThrough() throws Exception {
    Rig rig =
        Rig.in(folder).server("max_body_bytes", "65536").server("max_buffered_bytes", "1048576");
    try (rig) {
      rig.start();
      rig.awaitCommitted();
      rig.stopWriter();
      Path first = folder.resolve("first");
      JsonNode refused = load(rig, first, List.of("--requests", "60", "--records", "100"));
      int accepted = refused.path("answers").path("202").asInt();
      assertTrue(accepted >= 10 && accepted <= 18, refused::toString);
      assertEquals(60 - accepted, refused.path("answers").path("503").asInt());
      // Without a writer the ledger says how far it got: nothing of it is lost.
      JsonNode pending = reconcile(rig, 0, first);
      assertEquals(accepted * 100, pending.path("pending").asInt(), pending::toString);

      Path second = folder.resolve("second");
      DuckspoolProcess patient =
          start(
              rig,
              second,
              List.of("--requests", "60", "--records", "100", "--retry", "--retry-limit", "2m"));
      rig.startWriter();
      assertEquals(0, patient.awaitExit(Rig.LIMIT), patient::logTail);
      assertEquals(6000, lastLine(patient).path("accepted_rows").asInt());
      assertEquals(6000, reconcile(rig, 0, second, "--wait", "60s").path("committed").asInt());
      assertEquals(
          accepted * 100, reconcile(rig, 0, first, "--wait", "60s").path("committed").asInt());
    }
  }

  @Test
  void aReceiverStoppedUnderLoad_losesNothing_andCtrlCPrintsTheLine() throws Exception {
    try (Rig rig = Rig.in(folder).start()) {
      Path log = folder.resolve("acks");
      DuckspoolProcess load =
          start(
              rig,
              log,
              List.of(
                  "--signal", "metrics", "--duration", "1h", "--records", "10", "--rate", "500"));
      awaitLines(log, 100, load);
      rig.stopReceiver();
      rig.startReceiver();
      rig.awaitServing();
      awaitLines(log, lines(log) + 100, load);
      load.interrupt();
      load.awaitExit(Rig.LIMIT);
      JsonNode report = lastLine(load);
      assertTrue(report.path("connects").asInt() > 8, report::toString);
      assertTrue(report.path("refused_connects").asInt() > 0, report::toString);
      JsonNode balance = reconcile(rig, 0, log, "--wait", "60s");
      assertEquals(report.path("accepted_rows"), balance.path("committed"));
      assertEquals(0, balance.path("unexpected").asInt());
    }
  }

  private JsonNode load(Rig rig, Path log, List<String> arguments) throws IOException {
    DuckspoolProcess load = start(rig, log, arguments);
    assertEquals(0, load.awaitExit(Rig.LIMIT), load::logTail);
    return lastLine(load);
  }

  private DuckspoolProcess start(Rig rig, Path log, List<String> arguments) throws IOException {
    Path token = folder.resolve("token");
    Files.writeString(token, Rig.TOKEN + "\n");
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of("--url", "http://127.0.0.1:" + rig.port()));
    all.addAll(List.of("--token-file", token.toString(), "--ack-log", log.toString()));
    return rig.launch("load", "", Map.of(), all.toArray(String[]::new));
  }

  private JsonNode reconcile(Rig rig, int exitCode, Path log, String... options)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--json", log.toString()));
    arguments.addAll(List.of(options));
    return JSON.readTree(run(rig, "reconcile", exitCode, arguments.toArray(String[]::new)));
  }

  private static String run(Rig rig, String command, int exitCode, String... arguments) {
    DuckspoolProcess process = rig.launch(command, "", Map.of(), arguments);
    assertEquals(exitCode, process.awaitExit(Rig.LIMIT), process::logTail);
    return process.output();
  }

  private static JsonNode lastLine(DuckspoolProcess load) throws IOException {
    List<String> lines = load.output().lines().toList();
    return JSON.readTree(lines.get(lines.size() - 1));
  }

  private static void awaitLines(Path log, long count, DuckspoolProcess load) {
    Await.until(count + " answers", Rig.LIMIT, () -> lines(log) >= count, load::logTail);
  }

  private static long lines(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.count();
    }
  }

  private static void assertEachTableHasRowsOfEachRun(Path database, List<String> runs)
      throws SQLException {
    try (Connection connection = Tables.open(database)) {
      for (String table : Tables.signalTables()) {
        String column =
            table.equals("otlp_logs")
                ? "body"
                : table.equals("otlp_traces") ? "span_attributes" : "metric_attributes";
        for (String run : runs) {
          long count =
              Tables.number(
                  connection,
                  "SELECT count(*) FROM %s WHERE contains(%s, 'load-%s-')"
                      .formatted(table, column, run));
          assertTrue(count > 0, run + " in " + table);
        }
      }
    }
  }

  private static void inventAnAck(Path log) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(log));
    lines.add(lines.size() - 1, "{\"first\":2000,\"count\":25,\"status\":202,\"attempts\":1}");
    Files.write(log, lines);
  }

  private static void change(Path database, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + database);
        Statement statement = connection.createStatement()) {
      assertEquals(1, statement.executeUpdate(sql));
    }
  }
}
