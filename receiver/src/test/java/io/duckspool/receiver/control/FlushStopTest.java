package io.duckspool.receiver.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.FakeWriter;
import io.duckspool.receiver.control.ControlRig.Reply;
import io.duckspool.receiver.http.RawClient;
import io.duckspool.receiver.http.TestServer;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls otlp_flush and otlp_stop over real HTTP, with real spools. */
class FlushStopTest {

  private static final String TOKEN = "0123456789abcdef";

  @TempDir Path temp;
  private ControlRig rig;
  private FakeWriter writer;
  private ListenUri uri;

  @BeforeEach
  void start() throws Exception {
    uri = new ListenUri("localhost", FreePort.take());
    rig = new ControlRig(temp);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private ServerFile serve() throws Exception {
    rig.start();
    writer = rig.startWriter();
    Reply reply = serve(Map.of());
    assertEquals(200, reply.status(), reply.json().toString());
    return rig.file(uri);
  }

  private Reply serve(Map<String, ?> more) throws Exception {
    Map<String, Object> parameters = new java.util.HashMap<>(more);
    parameters.put("uri", uri.toString());
    parameters.putIfAbsent("token", TOKEN);
    return rig.post("/admin/otlp_serve", parameters);
  }

  private Reply flush(Map<String, ?> more) throws Exception {
    Map<String, Object> parameters = new java.util.HashMap<>(more);
    parameters.put("uri", "otlp://LOCALHOST:" + uri.port());
    return rig.post("/admin/otlp_flush", parameters);
  }

  private int post() {
    return ControlRig.postLog("127.0.0.1", uri.port(), TOKEN);
  }

  private DurableMark mark() {
    try {
      return CheckpointFile.durable(rig.folder(uri).path(), false).readDurable().orElseThrow();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The writer publishes that everything durable is committed, and removes a stopped server. */
  private AdminApi.Sealed commit(AdminApi.Seal request) {
    if (request.trigger().equals("stop")) {
      FakeWriter.remove(rig.folder(uri));
    }
    return new AdminApi.Sealed("sealed", 0, 1, null);
  }

  private static <T> CompletableFuture<T> inBackground(java.util.concurrent.Callable<T> call) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return call.call();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        },
        task -> new Thread(task).start());
  }

  @Test
  void aFlush_asksForEverythingAccepted_andSaysWhatTheWriterDid() throws Exception {
    String spoolId = serve().spoolId();
    assertEquals(202, post());
    assertEquals(202, post());
    writer.answerSeals(request -> new AdminApi.Sealed("sealed", 2, 7, null));
    Reply reply = flush(Map.of("timeout_ms", 1234));
    assertEquals(
        "{\"status\":\"sealed\",\"sealed_rows\":2,\"seals_total\":7,\"error\":null}",
        reply.json().toString());
    AdminApi.Seal asked = writer.seals().get(0);
    assertEquals(
        new AdminApi.Seal(spoolId, mark().position().next().toString(), "flush", 1234L), asked);
    assertTrue(asked.index().endsWith("-3"), asked.index());

    writer.answerSeals(request -> new AdminApi.Sealed("error", 0, 8, "the disk is full"));
    assertEquals(
        "{\"status\":\"error\",\"sealed_rows\":0,\"seals_total\":8,\"error\":\"the disk is full\"}",
        flush(Map.of()).json().toString());
    assertNull(writer.seals().get(1).timeoutMs(), "as long as it takes");
    writer.answerSeals(request -> new AdminApi.Sealed("unknown", 0, 0, "no pipeline"));
    assertEquals("error", flush(Map.of()).text("status"));
  }

  @Test
  void aFlush_ofNoServer_isNoError_andOneWithoutTheWriterIs() throws Exception {
    serve();
    assertEquals(
        "{\"status\":\"No server found listening on otlp:localhost:1\",\"sealed_rows\":0,"
            + "\"seals_total\":0,\"error\":null}",
        rig.post("/admin/otlp_flush", Map.of("uri", "otlp://LocalHost:1")).json().toString());
    rig.stopWriter();
    assertEquals(
        "503 unavailable: the writer doesn't answer on 127.0.0.1:" + rig.writerPort,
        flush(Map.of()).error());
  }

  @Test
  void aFlush_thatAStopOvertook_isSealed() throws Exception {
    serve();
    assertEquals(202, post());
    writer.answerSeals(
        request -> {
          FakeWriter.remove(rig.folder(uri));
          return new AdminApi.Sealed("unknown", 0, 0, "no pipeline");
        });
    assertEquals(
        "{\"status\":\"sealed\",\"sealed_rows\":1,\"seals_total\":0,\"error\":null}",
        flush(Map.of()).json().toString());
  }

  @Test
  void aStop_waitsUntilTheWriterHasRemovedTheServer() throws Exception {
    String spoolId = serve().spoolId();
    assertEquals(202, post());
    String end = mark().position().next().toString();
    AtomicBoolean isFreeFirst = new AtomicBoolean();
    writer.onSeal(() -> isFreeFirst.set(ControlRig.isFree("127.0.0.1", uri.port())));
    writer.answerSeals(this::commit);
    Reply reply = rig.stop(uri, 20_000);
    assertEquals("{\"status\":\"Stopped listening on " + uri + "\"}", reply.json().toString());
    assertEquals(spoolId, writer.seals().get(0).spoolId());
    assertEquals(end, writer.seals().get(0).index());
    assertEquals("stop", writer.seals().get(0).trigger());
    assertEquals(List.of(), rig.leftBehind());
    assertTrue(rig.get("/admin/otlp_server_list").json().isEmpty());
    assertEquals(
        "{\"status\":\"No server found listening on " + uri + "\"}",
        rig.stop(uri, 1_000).json().toString());
    assertEquals(200, serve(Map.of()).status());
    assertNotEquals(spoolId, rig.file(uri).spoolId());
  }

  @Test
  void aStop_withoutTheWriter_freesThePort_andKeepsTheSpool_whichIsServedAgain() throws Exception {
    ServerFile before = serve();
    assertEquals(202, post());
    assertEquals(202, post());
    rig.stopWriter();
    Reply reply = rig.stop(uri, 60_000);
    assertEquals(List.of("status", "pending_rows", "error"), reply.keys());
    assertEquals("Stopped listening on " + uri, reply.text("status"));
    assertEquals("2", reply.json().get("pending_rows").toString());
    assertTrue(
        reply.text("error").startsWith("the writer doesn't answer on 127.0.0.1:"),
        reply.text("error"));
    assertTrue(ControlRig.isFree("127.0.0.1", uri.port()));
    assertEquals(before.with(ServerState.STOPPING), rig.file(uri));
    JsonNode row = rig.row();
    assertEquals("false", row.get("is_listening").toString());
    assertEquals(2, row.get("buffered_rows").asLong());
    assertTrue(row.get("last_error").asText().startsWith("stopped; "), row.toString());

    assertEquals(
        "503 unavailable: the writer doesn't answer on 127.0.0.1:" + rig.writerPort,
        serve(Map.of()).error());
    assertTrue(ControlRig.isFree("127.0.0.1", uri.port()));
    assertEquals(ServerState.STOPPING, rig.file(uri).state());

    writer = rig.startWriter();
    writer.answerSeals(request -> new AdminApi.Sealed("error", 0, 0, "the target is away"));
    Reply other = serve(Map.of("schema", "elsewhere"));
    assertEquals(
        "409 conflict: "
            + uri
            + " has a kept spool with 2 rows for schema main of the default database, not schema"
            + " elsewhere of the default database: serve it with that target, or give the rows"
            + " another one with `duckspool spool replay "
            + uri
            + "`, or drop them with `duckspool spool discard --yes "
            + uri
            + "`",
        other.error());
    assertEquals(List.of(), writer.takenUp());

    writer.answerTakeUps(
        request -> {
          handBack(Optional.empty());
          return new AdminApi.TakenUp("taken");
        });
    Reply again =
        serve(Map.of("token", "another-token-of-mine", "max_body_bytes", 4096, "uri", "ignored"));
    assertEquals(200, again.status(), again.json().toString());
    assertEquals("another-token-of-mine", again.text("auth_token"));
    ServerFile after = rig.file(uri);
    assertEquals(before.spoolId(), after.spoolId());
    assertEquals(4096, after.config().maxBodyBytes().bytes());
    assertEquals(ServerState.SERVING, after.state());
    assertEquals(
        new AdminApi.TakeUp(rig.folder(uri).name(), before.spoolId()), writer.takenUp().get(0));
    assertEquals(202, ControlRig.postLog("::1", uri.port(), "another-token-of-mine"));
    assertEquals(3, rig.row().get("total_rows").asLong());
  }

  @Test
  void aKeptSpool_thatIsAllCommitted_isNoObstacle_forAnotherTarget() throws Exception {
    ServerFile before = serve();
    assertEquals(202, post());
    rig.stopWriter();
    assertEquals("1", rig.stop(uri, 1_000).json().get("pending_rows").toString());
    try {
      CheckpointFile.committed(rig.folder(uri).path(), true)
          .publish(new CommittedMark(mark().position(), 1));
    } finally {
      writer = rig.startWriter();
    }
    writer.answerSeals(this::commit);
    Reply reply = serve(Map.of("schema", "elsewhere"));
    assertEquals(200, reply.status(), reply.json().toString());
    assertNotEquals(before.spoolId(), rig.file(uri).spoolId());
  }

  @Test
  void aKeptSpool_thatHoldsNothing_namesTheWaysOut_whereTheWriterCanNotRemoveIt() throws Exception {
    ServerFile before = serve();
    writer.answerSeals(request -> new AdminApi.Sealed("error", 0, 0, "paused by an operator"));
    Reply stopped = rig.stop(uri, 60_000);
    assertEquals("0", stopped.json().get("pending_rows").toString());
    assertEquals("paused by an operator", stopped.text("error"));
    Reply other = serve(Map.of("schema", "elsewhere"));
    assertTrue(
        other.error().startsWith("409 conflict: " + uri + " has a kept spool with 0 rows"),
        other.error());
    assertTrue(other.error().contains("`duckspool spool discard --yes " + uri), other.error());
    assertEquals(before.spoolId(), rig.file(uri).spoolId());
  }

  @Test
  void aSpoolThatWasGoneMeanwhile_isMadeAnew() throws Exception {
    ServerFile before = serve();
    assertEquals(202, post());
    rig.stopWriter();
    rig.stop(uri, 1_000);
    writer = rig.startWriter();
    writer.answerSeals(request -> new AdminApi.Sealed("error", 0, 0, "not yet"));
    writer.answerTakeUps(
        request -> {
          FakeWriter.remove(rig.folder(uri));
          return new AdminApi.TakenUp("gone");
        });
    assertEquals(200, serve(Map.of()).status());
    assertNotEquals(before.spoolId(), rig.file(uri).spoolId());
  }

  @Test
  void aWriterThatDoesNotHandTheSpoolBack_isSaid_andTheDrainGoesOn() throws Exception {
    serve();
    assertEquals(202, post());
    rig.stopWriter();
    rig.stop(uri, 1_000);
    writer = rig.startWriter();
    writer.refuse(503, "unavailable", "the pipeline is busy");
    assertEquals("503 unavailable: the writer: the pipeline is busy", serve(Map.of()).error());
    assertTrue(ControlRig.isFree("127.0.0.1", uri.port()));
    assertEquals(ServerState.STOPPING, rig.file(uri).state());
    int told = writer.seals().size();
    TestServer.await("the writer is told again", () -> writer.seals().size() > told);
  }

  @Test
  void aSpoolThatIsHandedBackTooLate_isStoppedAgain_andCanBeServedThen() throws Exception {
    ServerFile before = serve();
    assertEquals(202, post());
    rig.stopWriter();
    rig.stop(uri, 1_000);
    writer = rig.startWriter();
    writer.answerSeals(request -> new AdminApi.Sealed("error", 0, 0, "not yet"));
    writer.answerTakeUps(
        request -> {
          handBack(Optional.empty());
          throw new IllegalStateException("the answer is lost");
        });
    assertEquals(503, serve(Map.of()).status());
    TestServer.await("stopped again", () -> state() == ServerState.STOPPING);
    assertTrue(ControlRig.isFree("127.0.0.1", uri.port()));

    writer.answerTakeUps(
        request -> {
          handBack(Optional.empty());
          return new AdminApi.TakenUp("taken");
        });
    assertEquals(200, serve(Map.of()).status());
    assertEquals(before.spoolId(), rig.file(uri).spoolId());
    assertEquals(ServerState.SERVING, rig.file(uri).state());
  }

  @Test
  void aSpoolThatIsReplayedMeanwhile_isNotServedWithItsOldTarget() throws Exception {
    ServerFile before = serve();
    assertEquals(202, post());
    rig.stopWriter();
    rig.stop(uri, 1_000);
    writer = rig.startWriter();
    writer.answerSeals(request -> new AdminApi.Sealed("error", 0, 0, "not yet"));
    ServerFile replayed =
        before.with(before.config().withTarget(Optional.empty(), "elsewhere", Optional.empty()));
    writer.answerTakeUps(
        request -> {
          handBack(Optional.of(replayed));
          return new AdminApi.TakenUp("taken");
        });
    Reply reply = serve(Map.of());
    assertEquals(409, reply.status());
    assertTrue(reply.error().contains("is being replayed to schema elsewhere"), reply.error());
    assertEquals(replayed.with(ServerState.STOPPING), rig.file(uri));
    assertTrue(ControlRig.isFree("127.0.0.1", uri.port()));
  }

  @Test
  void aKeptSpool_thatIsServedWithOtherPromotedKeys_isCheckedByTheWriterFirst() throws Exception {
    ServerFile before = serve();
    assertEquals(202, post());
    rig.stopWriter();
    rig.stop(uri, 1_000);
    writer = rig.startWriter();
    writer.answerSeals(request -> new AdminApi.Sealed("error", 0, 0, "not yet"));
    writer.answerTakeUps(
        request -> {
          handBack(Optional.empty());
          return new AdminApi.TakenUp("taken");
        });
    Map<String, Object> promoting =
        Map.of("promote_resource_attributes", "host.name", "max_body_bytes", 4096);
    writer.refusePrepares("table main.otlp_logs, column resource_attr_host_name: no such column");
    assertEquals(
        "400 bad_request: table main.otlp_logs, column resource_attr_host_name: no such column",
        serve(promoting).error());
    assertEquals(before.with(ServerState.STOPPING), rig.file(uri), "with its limits of before");
    assertTrue(ControlRig.isFree("127.0.0.1", uri.port()));

    writer.accept();
    assertEquals(200, serve(promoting).status());
    assertEquals(
        new AdminApi.Prepare(rig.folder(uri).name(), before.spoolId()), writer.prepared().get(0));
    assertEquals(List.of("host.name"), rig.file(uri).config().promoteResourceAttributes());
    assertEquals(202, post());
  }

  private ServerState state() {
    try {
      return rig.file(uri).state();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the writer does with a server that is taken up, maybe with another target. */
  private void handBack(Optional<ServerFile> changed) {
    try {
      ServerFile file = changed.isPresent() ? changed.get() : rig.file(uri);
      file.with(ServerState.SERVING).write(rig.folder(uri));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aTargetThatCantBeCommittedTo_keepsTheSpool_whenTheTimeIsOver() throws Exception {
    serve();
    assertEquals(202, post());
    writer.answerSeals(request -> new AdminApi.Sealed("error", 0, 0, "catalog lake is away"));
    Reply reply = rig.stop(uri, 20_000);
    assertEquals("1", reply.json().get("pending_rows").toString());
    assertEquals("catalog lake is away", reply.text("error"));
    // Sealed, but not removed: that the time is over is the only thing to say.
    assertEquals(ServerState.STOPPING, rig.file(uri).state());
    int told = writer.seals().size();
    TestServer.await("the writer is told again", () -> writer.seals().size() > told);
  }

  @Test
  void aSecondStop_waitsForTheSameDrain() throws Exception {
    serve();
    assertEquals(202, post());
    CountDownLatch goOn = new CountDownLatch(1);
    writer.answerSeals(
        request -> {
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return commit(request);
        });
    CompletableFuture<Reply> first = inBackground(() -> rig.stop(uri, 30_000));
    TestServer.await("the first waits", () -> !writer.seals().isEmpty());
    CompletableFuture<Reply> second = inBackground(() -> rig.stop(uri, 30_000));
    CompletableFuture<Reply> flush = inBackground(() -> flush(Map.of()));
    assertEquals("No server found listening on " + uri, flush.get().text("status"));
    assertFalse(first.isDone());
    assertFalse(second.isDone());
    goOn.countDown();
    for (CompletableFuture<Reply> stop : List.of(first, second)) {
      assertEquals(
          "{\"status\":\"Stopped listening on " + uri + "\"}", stop.get().json().toString());
    }
  }

  @Test
  void aStop_underFullLoad_losesNothingThatWasAcked_andHangsNobody() throws Exception {
    serve();
    AtomicLong acked = new AtomicLong();
    List<CompletableFuture<List<Integer>>> clients = new ArrayList<>();
    for (int c = 0; c < 8; c++) {
      clients.add(
          inBackground(
              () -> {
                List<Integer> others = new ArrayList<>();
                int status = post();
                while (status == 202 || status == 503) {
                  if (status == 202) {
                    acked.incrementAndGet();
                  } else {
                    others.add(status);
                  }
                  status = post();
                }
                return others;
              }));
    }
    TestServer.await("the load is on", () -> acked.get() > 200);
    AtomicLong rows = new AtomicLong(-1);
    writer.answerSeals(
        request -> {
          if (request.trigger().equals("stop")) {
            rows.compareAndSet(-1, mark().position().rows());
          }
          return commit(request);
        });
    assertEquals(
        "{\"status\":\"Stopped listening on " + uri + "\"}",
        rig.stop(uri, 30_000).json().toString());
    for (CompletableFuture<List<Integer>> client : clients) {
      client.get();
    }
    assertEquals(acked.get(), rows.get());
  }

  @Test
  void aStop_whileTheServerStillWaits_leavesNothing() throws Exception {
    rig.environment.put("DUCKSPOOL_SERVERS_0_URI", uri.toString());
    rig.start();
    TestServer.await("its folder is made", () -> Files.exists(rig.folder(uri).serverFile()));
    writer = rig.startWriter();
    writer.refuse("no such schema");
    TestServer.await("the spool is made", () -> firstIndex() > 0);
    assertEquals(
        "{\"status\":\"Stopped listening on " + uri + "\"}",
        rig.stop(uri, 20_000).json().toString());
    assertEquals(List.of(), rig.leftBehind());
  }

  private long firstIndex() {
    try {
      return rig.file(uri).firstIndex();
    } catch (IOException e) {
      return 0;
    }
  }

  @Test
  void aDeclaredServer_staysStopped_untilItIsServed() throws Exception {
    rig.environment.put("DUCKSPOOL_SERVERS_0_URI", uri.toString());
    rig.environment.put("DUCKSPOOL_SERVERS_0_TOKEN", TOKEN);
    rig.start();
    writer = rig.startWriter();
    TestServer.await("it listens", () -> post() == 202);
    writer.answerSeals(this::commit);
    rig.stop(uri, 20_000);
    assertTrue(Files.readString(rig.data.stoppedFile()).contains(uri.toString()));
    rig.stop();
    rig.start();
    assertTrue(rig.get("/admin/otlp_server_list").json().isEmpty());
    assertEquals(List.of(), rig.leftBehind());

    assertEquals(200, serve(Map.of()).status());
    assertFalse(Files.readString(rig.data.stoppedFile()).contains(uri.toString()));
    rig.stop();
    rig.start();
    TestServer.await("it listens again", () -> post() == 202);
  }

  @Test
  void aRefusedDeclaration_isListed_andItsStopIsTheWayOut() throws Exception {
    rig.environment.put("DUCKSPOOL_SERVERS_0_URI", uri.toString());
    rig.environment.put("DUCKSPOOL_SERVERS_0_TOKEN", TOKEN);
    rig.start();
    writer = rig.startWriter();
    TestServer.await("it listens", () -> post() == 202);
    rig.stop();
    rig.environment.put("DUCKSPOOL_SERVERS_0_SCHEMA", "elsewhere");
    rig.start();
    JsonNode row = rig.row();
    assertEquals("false", row.get("is_listening").toString());
    assertTrue(
        row.get("last_error").asText().contains("`duckspool stop " + uri + "` and serve it again"),
        row.toString());
    assertEquals("409 conflict: OTLP server already exists", serve(Map.of()).error());

    writer.answerSeals(this::commit);
    rig.stop(uri, 20_000);
    assertEquals(List.of(), rig.leftBehind());
    assertEquals(200, serve(Map.of("schema", "elsewhere")).status());
  }

  /** Sends a call of the control port, and doesn't wait for its answer. */
  private RawClient begin(String path, String body) throws IOException {
    RawClient client = new RawClient("127.0.0.1", rig.control);
    String token = ControlToken.read(rig.data.root().resolve("control.token")).reveal();
    client.send(
        "POST "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Authorization: Bearer "
            + token
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
    return client;
  }

  @Test
  void flushesThatHang_areBounded_holdUpNothingElse_andGoWithTheirClients() throws Exception {
    serve();
    CountDownLatch goOn = new CountDownLatch(1);
    writer.answerSeals(
        request -> {
          if (request.trigger().equals("stop")) {
            return commit(request);
          }
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return new AdminApi.Sealed("sealed", 0, 0, null);
        });
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < ControlCalls.MAX_FLUSHES; i++) {
        clients.add(begin("/admin/otlp_flush", "{\"uri\":\"" + uri + "\"}"));
      }
      TestServer.await("all wait", () -> writer.seals().size() == ControlCalls.MAX_FLUSHES);
      Reply refused = flush(Map.of());
      assertEquals("503 unavailable: too many calls wait for an answer already", refused.error());
      assertEquals(200, rig.get("/healthz").status());
      assertEquals(200, rig.get("/admin/otlp_seal_list").status());
      assertTrue(rig.text("/metrics").contains("duckspool_receiver_listening"));
      assertEquals("true", rig.row().get("is_listening").toString());

      for (RawClient client : clients) {
        client.close();
      }
      writer.answerSeals(request -> new AdminApi.Sealed("sealed", 7, 0, null));
      TestServer.await("there is room again", () -> isSealed());
      writer.answerSeals(this::commit);
      assertEquals(
          "{\"status\":\"Stopped listening on " + uri + "\"}",
          rig.stop(uri, 20_000).json().toString());
    } finally {
      goOn.countDown();
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  private boolean isSealed() {
    try {
      return flush(Map.of()).status() == 200;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aStopWhoseClientIsGone_goesOn_andHoldsNoThread() throws Exception {
    serve();
    assertEquals(202, post());
    CountDownLatch goOn = new CountDownLatch(1);
    writer.answerSeals(
        request -> {
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return commit(request);
        });
    try (RawClient client =
        begin("/admin/otlp_stop", "{\"uri\":\"" + uri + "\",\"timeout_ms\":3600000}")) {
      TestServer.await("it waits", () -> !writer.seals().isEmpty());
      assertTrue(ControlRig.isFree("127.0.0.1", uri.port()));
    }
    TestServer.await("nobody waits", () -> threads("control-call") == 0);
    goOn.countDown();
    TestServer.await("it is gone", () -> !Files.exists(rig.folder(uri).path()));
  }

  /** Threads of a name that do something: an idle one waits for its next task. */
  private static long threads(String name) {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey().getName().equals(name))
        .filter(
            entry ->
                java.util.Arrays.stream(entry.getValue())
                    .anyMatch(frame -> frame.getClassName().endsWith(".Stopping")))
        .count();
  }
}
