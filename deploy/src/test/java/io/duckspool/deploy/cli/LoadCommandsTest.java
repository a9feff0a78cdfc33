package io.duckspool.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.duckspool.common.net.FreePort;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code load} and {@code reconcile}: what they say to wrong words, and how they end. */
final class LoadCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private HttpServer server;
  private volatile int status = 200;

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
  }

  @Test
  void load_printsOneLineOfJson() throws IOException {
    assertEquals(
        0,
        load(
            "--requests",
            "6",
            "--records",
            "2",
            "--signal",
            "logs,sum",
            "--run",
            "r7",
            "--pid",
            "" + ProcessHandle.current().pid()),
        err::toString);
    assertEquals(1, out.toString().lines().count());
    JsonNode line = JSON.readTree(out.toString());
    List<String> keys = new ArrayList<>();
    line.fieldNames().forEachRemaining(keys::add);
    assertEquals(
        List.of(
            "run",
            "url",
            "signals",
            "format",
            "gzip",
            "connections",
            "records_per_request",
            "seconds",
            "requests",
            "accepted_requests",
            "accepted_rows",
            "rows_per_s",
            "requests_per_s",
            "mb_per_s",
            "decoded_mb_per_s",
            "latency_ms",
            "answers",
            "resends",
            "connects",
            "refused_connects",
            "processes"),
        keys);
    assertEquals("r7", line.path("run").asText());
    assertEquals("[\"logs\",\"sum\"]", line.path("signals").toString());
    assertEquals("{\"200\":6}", line.path("answers").toString());
    assertEquals(12, line.path("accepted_rows").asInt());
    assertTrue(line.path("processes").path(0).path("peak_rss_bytes").asLong() > 0);
  }

  @Test
  void load_endsWith1_whenNothingIsAccepted_and3_whenNobodyListens() {
    status = 503;
    assertEquals(1, load("--requests", "2", "--records", "1"), err::toString);
    server.stop(0);
    assertEquals(3, load("--requests", "2", "--records", "1"));
    assertTrue(err.toString().contains("nobody answers on http://127.0.0.1:"), err::toString);
  }

  @Test
  void wrongWords_areToldWithValueAndBound() throws IOException {
    assertWrong("records must be in [1, 100000], got 0", "--records", "0");
    assertWrong("bodyBytes must be in [64, 65536], got 63", "--body-bytes", "63");
    assertWrong("connections must be in [1, 1000], got 1001", "--connections", "1001");
    assertWrong("maxRequests must be > 0, got 0", "--requests", "0");
    assertWrong("duration must be in (0, 365 d], got 0 ms", "--duration", "0s");
    assertWrong("a time such as 250ms, 5s, 2m, 1h or 1d, got \"soon\"", "--duration", "soon");
    assertWrong("requestsPerSecond must be in [0, 1000000.0], got -1.0", "--rate", "-1");
    assertWrong("timeout must be in [1 ms, 1 h], got 7200000 ms", "--timeout", "2h");
    assertWrong("limit must be in [0, 365 d]", "--retry", "--retry-limit", "366d");
    assertWrong("badTokenEvery must be >= 0, got -1", "--bad-token-every", "-1");
    assertWrong("got \"ftp://x\"", "--url", "ftp://x");
    assertWrong("got \"spans\"", "--signal", "logs,spans");
    assertWrong("run must be 1 to 32 of a-z and 0-9, got \"A\"", "--run", "A");
    assertWrong("--pid: there is no process 999999999 in /proc", "--pid", "999999999");
    assertWrong("can't be read", "--token-file", folder.resolve("none").toString());
    Path file = folder.resolve("file");
    Files.writeString(file, "two\nlines");
    assertWrong("must hold one line of printable ASCII", "--token-file", file.toString());
    assertFalse(err.toString().contains("lines"), err::toString);
    assertWrong("is there already; name a new file", "--ack-log", file.toString());
    assertWrong("can't be written", "--ack-log", folder.resolve("no/file").toString());
    assertWrong("records", "--records", "many");
  }

  @Test
  void reconcile_needsAnAckLog_andATarget() throws IOException {
    assertEquals(2, run("reconcile"));
    Path config = folder.resolve("c.yaml");
    Path data = folder.resolve("data");
    Files.writeString(
        config, "data: '%s'\nwriter: {control: '127.0.0.1:%d'}\n".formatted(data, FreePort.take()));
    Path log = folder.resolve("acks");
    assertEquals(
        0, load("--requests", "1", "--records", "1", "--ack-log", log.toString()), err::toString);
    assertEquals(1, run("reconcile", "--config", config.toString(), log.toString()));
    assertTrue(err.toString().contains("there is no data folder"), err::toString);
    assertEquals(2, run("reconcile", "--config", config.toString(), "--wait", "x", log.toString()));
    assertTrue(err.toString().contains("--wait: a time such as"), err::toString);
  }

  private void assertWrong(String message, String... options) {
    err.getBuffer().setLength(0);
    assertEquals(2, load(options), err::toString);
    assertTrue(err.toString().contains(message), err::toString);
  }

  private int load(String... options) {
    List<String> words = new ArrayList<>(List.of("load"));
    if (!List.of(options).contains("--url")) {
      words.addAll(List.of("--url", "http://127.0.0.1:" + server.getAddress().getPort()));
    }
    words.addAll(List.of(options));
    return run(words.toArray(String[]::new));
  }

  private int run(String... arguments) {
    CommandLine commandLine = DuckspoolCommand.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(arguments);
  }
}
