package io.duckspool.receiver.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.net.FreePort;
import io.duckspool.receiver.http.TestServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A server whose folder can't be understood is kept down, loudly, and alone. */
class UnreadableServerTest {

  private static final String TOKEN = "0123456789abcdef";

  @TempDir Path temp;
  private ControlRig rig;
  private ListenUri broken;
  private ListenUri whole;

  @BeforeEach
  void start() throws Exception {
    rig = new ControlRig(temp).start();
    rig.startWriter();
    broken = new ListenUri("::1", FreePort.take());
    whole = new ListenUri("localhost", FreePort.take());
    for (ListenUri uri : new ListenUri[] {broken, whole}) {
      assertEquals(
          200, rig.post("/admin/otlp_serve", Map.of("uri", "" + uri, "token", TOKEN)).status());
      assertEquals(202, post(uri));
    }
    rig.stop();
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  static Stream<Arguments> damage() {
    return Stream.of(
        Arguments.of("{ \"version\": 1, \"state\": \"ser", "not JSON, at line 1"),
        Arguments.of("", "no field \"version\""),
        Arguments.of("\u0000\u0000\u0000\u0000", "not JSON, at line 1"),
        Arguments.of("[]", "no field \"version\""),
        Arguments.of("{\"version\": 99}", "written by a newer duckspool (version 99"));
  }

  @ParameterizedTest
  @MethodSource("damage")
  void theOthersServe_andTheListSaysWhatIsWrong(String content, String reason) throws Exception {
    Path file = rig.folder(broken).serverFile();
    byte[] before = Files.readAllBytes(file);
    Files.writeString(file, content);
    rig.start();
    TestServer.await("the other one serves", () -> post(whole) == 202);
    assertEquals(-1, post(broken));

    JsonNode row = row(broken);
    assertEquals("otlp:[::1]:" + broken.port(), row.get("listen_uri").asText());
    assertEquals("false", row.get("is_listening").toString());
    assertEquals(1, row.get("buffered_rows").asLong());
    assertTrue(row.get("spool_bytes").asLong() > 0, row.toString());
    String error = row.get("last_error").asText();
    assertTrue(error.contains(reason), error);
    assertTrue(
        error.endsWith(
            ": "
                + file
                + "; put the file back from a backup, or move the folder "
                + rig.folder(broken).path()
                + " away, with all that is not committed"),
        error);
    assertEquals("true", row(whole).get("is_listening").toString());
    assertEquals("503 degraded not_listening", readiness());

    String refusal = "409 conflict: " + broken + " is kept down: " + error;
    assertEquals(refusal, rig.serve(broken).error());
    assertEquals(refusal, rig.stop(broken, 1_000).error());
    assertEquals(refusal, rig.post("/admin/otlp_flush", Map.of("uri", "" + broken)).error());
    assertArrayEquals(content.getBytes(StandardCharsets.UTF_8), Files.readAllBytes(file));

    Files.write(file, before);
    TestServer.await("it serves without a restart", () -> post(broken) == 202);
    assertEquals(2, row(broken).get("total_rows").asLong());
    assertEquals("200 ready null", readiness());
  }

  @Test
  void onceItsFolderIsMovedAway_itCanBeServedAnew() throws Exception {
    Files.writeString(rig.folder(broken).serverFile(), "?");
    rig.start();
    assertEquals(409, rig.serve(broken).status());
    Files.move(rig.folder(broken).path(), temp.resolve("kept"));
    TestServer.await("it is forgotten", () -> listed() == 1);
    assertEquals(200, rig.serve(broken).status());
  }

  @Test
  void aDeclaredOne_isNotMadeAnew() throws Exception {
    Files.writeString(rig.folder(broken).serverFile(), "?");
    rig.environment.put("DUCKSPOOL_SERVERS_0_URI", broken.toString());
    rig.start();
    assertEquals(409, rig.serve(broken).status());
    assertEquals("?", Files.readString(rig.folder(broken).serverFile()));
    assertEquals("false", row(broken).get("is_listening").toString());
  }

  @Test
  void aCopyOfAFolder_isNoServer_andServesNothing() throws Exception {
    Path copy = rig.data.servers().resolve("localhost_1");
    Files.createDirectory(copy);
    Files.copy(rig.folder(whole).serverFile(), copy.resolve("server.json"));
    rig.start();
    TestServer.await("the real one serves", () -> post(whole) == 202);
    JsonNode row = row(new ListenUri("localhost", 1));
    assertTrue(
        row.get("last_error").asText().contains("is the file of " + whole + ", which has another"),
        row.toString());
  }

  private String readiness() throws Exception {
    ControlRig.Reply reply = rig.get("/readyz");
    return reply.status()
        + " "
        + reply.text("status")
        + " "
        + reply.json().path("reason").asText("null");
  }

  private int listed() {
    try {
      return rig.get("/admin/otlp_server_list").json().size();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private JsonNode row(ListenUri uri) throws Exception {
    for (JsonNode row : rig.get("/admin/otlp_server_list").json()) {
      if (row.get("listen_uri").asText().equals(uri.toString())) {
        return row;
      }
    }
    throw new AssertionError(uri + " is not listed");
  }

  private static int post(ListenUri uri) {
    return ControlRig.postLog(uri.host(), uri.port(), TOKEN);
  }
}
