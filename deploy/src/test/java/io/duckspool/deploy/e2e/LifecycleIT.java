package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.server.DataFolder;
import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Balance;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.HttpConnection;
import io.duckspool.deploy.load.StampedRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that are made, flushed, listed and stopped at run time, over the control ports. */
@Tag("e2e")
final class LifecycleIT {
  private static final int RECORDS = 10;

  private final AckLog log = new AckLog(RECORDS);
  private final StampedRequest logs = Stamped.logs(RECORDS);

  @TempDir Path folder;

  @Test
  void twoServers_intoTwoSchemas_areRememberedWithTheirTokens_untilTheyAreStopped()
      throws Exception {
    try (Rig rig = Rig.in(folder).startWithoutServers()) {
      Control control = new Control(rig);
      assertEquals(List.of(), control.servers());
      String first = "otlp:localhost:" + FreePort.take();
      String second = "otlp:[::1]:" + FreePort.take();
      AdminApi.Served one = control.serve(Map.of("uri", first, "schema", "one"));
      AdminApi.Served two =
          control.serve(Map.of("uri", second, "schema", "two", "token", Rig.TOKEN));
      assertEquals(32, one.authToken().length());
      assertEquals(Rig.TOKEN, two.authToken());
      assertEquals("", one.catalogName());
      assertEquals("two", two.schemaName());
      AdminException again =
          assertThrows(AdminException.class, () -> control.serve(Map.of("uri", first)));
      assertEquals(409, again.status());
      assertTrue(again.getMessage().contains("OTLP server already exists"), again::getMessage);

      assertEquals(202, post(one, 3));
      assertEquals(202, post(two, 5));
      assertEquals(3, control.flush(first).sealedRows());
      assertEquals(5, control.flush(second).sealedRows());

      rig.stop();
      rig.startReceiver();
      rig.startWriter();
      rig.awaitReceiverControl();
      rig.awaitWriter();
      Await.until("both listen", Rig.LIMIT, () -> allListen(control, 2), rig::logs);
      assertEquals(202, post(one, 7));
      assertEquals("sealed", control.flush(first).status());
      assertEquals(10, rows(rig, "one"));
      assertEquals(5, rows(rig, "two"));
      assertEquals(10, control.server(first).orElseThrow().committedRowsTotal());
      assertEquals(10, control.server(first).orElseThrow().totalRows());
      List<AdminApi.SealRow> seals = control.seals();
      assertTrue(seals.stream().anyMatch(seal -> seal.rows() == 3), "kept over the restart");

      assertNull(control.stop(first, null).error());
      assertEquals(List.of(second), control.servers().stream().map(r -> r.listenUri()).toList());
      assertFree(first);
      assertEquals("No server found listening on " + first, control.stop(first, null).status());
      assertEquals("No server found listening on " + first, control.flush(first).status());
      assertEquals(202, post(two, 1));
      assertNull(control.stop(second, null).error());
      assertEquals(List.of(), new DataFolder(rig.data()).listServers());
      assertEquals(6, rows(rig, "two"));
      rig.stop();
    }
  }

  @Test
  void stopUnderFullLoad_losesNothing_andHangsNobody() throws Exception {
    try (Rig rig = Rig.in(folder).start()) {
      Control control = new Control(rig);
      try (LoadClient load = LoadClient.start(rig.load(8, logs), log)) {
        load.awaitMoreAcks(500, Rig.LIMIT);
        String uri = control.servers().get(0).listenUri();
        AdminApi.Stopped stopped = control.stop(uri, null);
        assertEquals("Stopped listening on " + uri, stopped.status());
        assertNull(stopped.error());
      }
      rig.stop();
      try (Connection connection = rig.openDatabase()) {
        Balance.of(log, connection).assertExact();
      }
    }
  }

  @Test
  void flushesAndStopsThatRace_allAnswer_andNothingIsLostOrDoubled() throws Exception {
    try (Rig rig = Rig.in(folder).server("seal_max_age_ms", "60000").start()) {
      Control control = new Control(rig);
      String uri = control.servers().get(0).listenUri();
      try (LoadClient load = LoadClient.start(rig.load(4, logs), log)) {
        load.awaitMoreAcks(200, Rig.LIMIT);
        List<CompletableFuture<String>> answers =
            List.of(
                async(() -> control.flush(uri).status()),
                async(() -> control.flush(uri).status()),
                async(() -> control.stop(uri, null).status()),
                async(() -> control.flush(uri).status()),
                async(() -> control.stop(uri, null).status()));
        for (CompletableFuture<String> answer : answers) {
          assertNotNull(answer.get(Rig.LIMIT.toSeconds(), TimeUnit.SECONDS));
        }
      }
      assertEquals(List.of(), control.servers());
      rig.stop();
      try (Connection connection = rig.openDatabase()) {
        Balance.of(log, connection).assertExact();
      }
    }
  }

  @Test
  void withoutTheWriter_listsAnswer_newServersDoNot_andAStopKeepsTheSpool() throws Exception {
    try (Rig rig = Rig.in(folder).start()) {
      Control control = new Control(rig);
      String uri = control.servers().get(0).listenUri();
      rig.stopWriter();
      try (LoadClient load = LoadClient.start(rig.load(2, 50, 0, logs), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      Await.until(
          "the writer is known to be away",
          Rig.LIMIT,
          () -> !control.server(uri).orElseThrow().writerConnected(),
          rig::logs);
      AdminApi.ServerRow row = control.server(uri).orElseThrow();
      assertEquals(50 * RECORDS, row.bufferedRows());
      assertTrue(row.isListening());
      String other = "otlp:localhost:" + FreePort.take();
      assertStatus(503, () -> control.serve(Map.of("uri", other)));
      assertFree(other);
      assertStatus(503, () -> control.flush(uri));
      AdminApi.Stopped stopped = control.stop(uri, 2_000L);
      assertEquals("Stopped listening on " + uri, stopped.status());
      assertEquals(50L * RECORDS, stopped.pendingRows());
      assertNotNull(stopped.error());
      assertFree(uri);

      // Another target is refused as long as the spool holds rows for this one.
      rig.startWriter();
      rig.awaitWriter();
      Await.until(
          "drained and removed",
          Rig.LIMIT,
          () -> new DataFolder(rig.data()).listServers().isEmpty(),
          rig::logs);
      rig.stop();
      try (Connection connection = rig.openDatabase()) {
        Balance.of(log, connection).assertExact();
      }
    }
  }

  @Test
  void aKeptSpool_isTakenUpAgain_withTheSameTarget_only() throws Exception {
    try (Rig rig = Rig.in(folder).startWithoutServers()) {
      Control control = new Control(rig);
      String uri = "otlp:127.0.0.1:" + rig.port();
      Map<String, Object> parameters = Map.of("uri", uri, "token", Rig.TOKEN);
      control.serve(parameters);
      assertEquals("paused", control.pause(uri).state());
      try (LoadClient load = LoadClient.start(rig.load(2, 40, 0, logs), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      String spoolId = control.server(uri).orElseThrow().spoolId();
      assertNotNull(control.stop(uri, 1_000L).error());
      AdminException refused =
          assertThrows(
              AdminException.class, () -> control.serve(Map.of("uri", uri, "schema", "other")));
      assertEquals(409, refused.status());
      assertTrue(refused.getMessage().contains("spool replay"), refused::getMessage);
      assertTrue(refused.getMessage().contains("spool discard"), refused::getMessage);

      control.serve(parameters);
      AdminApi.ServerRow row = control.server(uri).orElseThrow();
      assertEquals(spoolId, row.spoolId());
      assertEquals(40 * RECORDS, row.totalRows());
      try (LoadClient load = LoadClient.start(rig.load(2, 40, 0, logs), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      control.resume(uri);
      assertNull(control.stop(uri, null).error());
      rig.stop();
      try (Connection connection = rig.openDatabase()) {
        Balance.of(log, connection).assertExact();
      }
    }
  }

  @Test
  void aKeptSpool_isReplayedElsewhere_orDiscarded() throws Exception {
    try (Rig rig = Rig.in(folder).startWithoutServers()) {
      Control control = new Control(rig);
      String uri = "otlp:127.0.0.1:" + rig.port();
      Map<String, Object> parameters = Map.of("uri", uri, "token", Rig.TOKEN);
      control.serve(parameters);
      assertStatus(400, () -> control.replay(uri, "elsewhere"));
      assertStatus(400, () -> control.discard(uri));
      control.pause(uri);
      try (LoadClient load = LoadClient.start(rig.load(2, 40, 0, logs), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      assertNotNull(control.stop(uri, 1_000L).error());
      AdminApi.Replayed replayed = control.replay(uri, "elsewhere");
      assertEquals(40 * RECORDS, replayed.pendingRows());
      assertEquals(0, replayed.mayDoubleEntries());
      Await.until(
          "replayed and removed",
          Rig.LIMIT,
          () -> new DataFolder(rig.data()).listServers().isEmpty(),
          rig::logs);

      AdminApi.Served served = control.serve(parameters);
      control.pause(uri);
      assertEquals(202, post(served, 4));
      assertNotNull(control.stop(uri, 1_000L).error());
      assertEquals(4, control.discard(uri).discardedRows());
      assertEquals(List.of(), new DataFolder(rig.data()).listServers());
      assertEquals(0, rows(rig, "main"));
      rig.stop();
      try (Connection connection = rig.openDatabase();
          Statement statement = connection.createStatement()) {
        statement.execute("USE elsewhere");
        Balance.of(log, connection).assertExact();
      }
    }
  }

  @Test
  void whatCannotBeBound_leavesNothingBehind() throws Exception {
    try (Rig rig = Rig.in(folder).startWithoutServers();
        ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      Control control = new Control(rig);
      String uri = "otlp:127.0.0.1:" + taken.getLocalPort();
      AdminException conflict =
          assertThrows(AdminException.class, () -> control.serve(Map.of("uri", uri)));
      assertEquals(409, conflict.status());
      assertTrue(
          conflict.getMessage().contains(String.valueOf(taken.getLocalPort())),
          conflict::getMessage);
      assertEquals(List.of(), control.servers());
      assertEquals(List.of(), new DataFolder(rig.data()).listServers());

      String elsewhere = "otlp:0.0.0.0:" + FreePort.take();
      assertStatus(400, () -> control.serve(Map.of("uri", elsewhere)));
      assertFree(elsewhere);
      String absent = "otlp:localhost:" + FreePort.take();
      assertStatus(400, () -> control.serve(Map.of("uri", absent, "catalog", "nowhere")));
      assertFree(absent);
      assertEquals(List.of(), new DataFolder(rig.data()).listServers());
      rig.stop();
    }
  }

  @Test
  void aPausedServer_goesOnAccepting_overARestart_andIsNotReady() throws Exception {
    try (Rig rig = Rig.in(folder).start()) {
      Control control = new Control(rig);
      String uri = control.servers().get(0).listenUri();
      control.pause(uri);
      rig.stopWriter();
      rig.startWriter();
      rig.awaitWriter();
      try (LoadClient load = LoadClient.start(rig.load(2, 20, 0, logs), log)) {
        load.awaitEnd(Rig.LIMIT);
      }
      assertEquals("error", control.flush(uri).status());
      Await.until(
          "says paused",
          Rig.LIMIT,
          () -> rig.get("/readyz").body().contains("\"reason\":\"paused\""),
          rig::logs);
      assertNotEquals("paused", control.resume(uri).state());
      assertEquals("sealed", control.flush(uri).status());
      rig.settle(log).assertExact();
    }
  }

  /** A call whose failure is a failure of the test that waits for it. */
  private interface Call {
    String answer() throws Exception;
  }

  private static CompletableFuture<String> async(Call call) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return call.answer();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** A call that has to be refused. */
  private interface Refused {
    Object call() throws Exception;
  }

  private static void assertStatus(int status, Refused refused) {
    AdminException e = assertThrows(AdminException.class, refused::call);
    assertEquals(status, e.status(), e::getMessage);
    assertFalse(e.getMessage().isBlank());
  }

  private static boolean allListen(Control control, int count) throws Exception {
    List<AdminApi.ServerRow> servers = control.servers();
    return servers.size() == count && servers.stream().allMatch(AdminApi.ServerRow::isListening);
  }

  private static void assertFree(String uri) throws IOException {
    int port = Integer.parseInt(uri.substring(uri.lastIndexOf(':') + 1));
    ServerSocket socket = new ServerSocket();
    try (socket) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress("127.0.0.1", port));
    }
  }

  /** Sends a request of so many records; the status of the reply. */
  private static int post(AdminApi.Served server, int records) throws IOException {
    String record = "{\"body\":{\"stringValue\":\"x\"}}";
    String body =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":["
            + String.join(",", Collections.nCopies(records, record))
            + "]}]}]}";
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String host = server.listenUri().contains("[") ? "::1" : "127.0.0.1";
    int port =
        Integer.parseInt(server.listenUri().substring(server.listenUri().lastIndexOf(':') + 1));
    try (HttpConnection connection = HttpConnection.open(host, port, false, Rig.LIMIT)) {
      byte[] head =
          HttpConnection.head(
              "POST",
              "/v1/logs",
              "localhost",
              Map.of(
                  "Content-Type",
                  "application/json",
                  "Authorization",
                  "Bearer " + server.authToken()),
              bytes.length);
      return connection.exchange(head, bytes).status();
    }
  }

  private static long rows(Rig rig, String schema) throws IOException, InterruptedException {
    String json = rig.sql("SELECT count(*) AS n FROM " + schema + ".otlp_logs");
    return Long.parseLong(json.replaceAll("\\D+", ""));
  }
}
