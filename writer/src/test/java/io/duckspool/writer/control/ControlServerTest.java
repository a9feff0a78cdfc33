package io.duckspool.writer.control;

import static io.duckspool.writer.control.ControlPortRig.AUTHORIZED;
import static io.duckspool.writer.control.ControlPortRig.JSON;
import static io.duckspool.writer.control.ControlPortRig.TOKEN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may call the writer's control port, in bytes on a socket. */
final class ControlServerTest {

  @TempDir Path temp;
  private ControlPortRig rig;

  @BeforeEach
  void open() throws Exception {
    rig = ControlPortRig.open(temp);
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/healthz", "/readyz", "/admin/pipelines", "/admin/seal", "/admin/x", "/metrics"})
  void aNameThatIsNotThisMachines_isRefusedOnEveryPath(String path) throws Exception {
    String answer = get(path, "Host: evil.example:" + rig.port + "\r\n" + AUTHORIZED);
    assertAnswer(403, "forbidden", answer);
    answer = get(path, host() + "Origin: http://evil.example\r\n" + AUTHORIZED);
    assertAnswer(403, "forbidden", answer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "LOCALHOST", "[::1]"})
  void itsOwnNamesAreTaken(String name) throws Exception {
    String answer = get("/admin/pipelines", "Host: " + name + ":" + rig.port + "\r\n" + AUTHORIZED);
    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    assertTrue(answer.endsWith("\r\n\r\n[]"), answer);
  }

  @Test
  void healthAndReadinessNeedNoToken_allElseDoes() throws Exception {
    assertTrue(get("/healthz", host()).startsWith("HTTP/1.1 200 "));
    assertTrue(get("/readyz", host()).startsWith("HTTP/1.1 200 "));
    assertAnswer(401, "unauthorized", get("/admin/pipelines", host()));
    assertAnswer(401, "unauthorized", post("/admin/seal", host() + JSON, "{}"));
    String other = "Authorization: Bearer " + TOKEN + "0\r\n";
    assertAnswer(401, "unauthorized", get("/admin/pipelines", host() + other));
  }

  @ParameterizedTest
  @CsvSource({
    "text/plain, 415, unsupported_media_type",
    "application/x-www-form-urlencoded, 415, unsupported_media_type",
    "application/json, 400, bad_request",
    "application/json; charset=utf-8, 400, bad_request"
  })
  void aBodyIsJsonOnly(String type, int status, String code) throws Exception {
    String header = "Content-Type: " + type + "\r\n";
    assertAnswer(status, code, post("/admin/seal", host() + AUTHORIZED + header, "{}"));
  }

  @Test
  void aBodyWithoutType_isRefused() throws Exception {
    String answer = post("/admin/seal", host() + AUTHORIZED, "{}");
    assertAnswer(415, "unsupported_media_type", answer);
  }

  @Test
  void aBodyAtItsBoundIsRead_andOneByteMoreIsNot() throws Exception {
    String fits = " ".repeat((1 << 20) - 2) + "{}";
    assertAnswer(400, "bad_request", post("/admin/seal", host() + AUTHORIZED + JSON, fits));
    String answer = post("/admin/seal", host() + AUTHORIZED + JSON, " " + fits);
    assertAnswer(413, "payload_too_large", answer);
    assertTrue(answer.contains("1048576 bytes"), answer);
  }

  @Test
  void theConfigurationIsShownWithItsOrigins() throws Exception {
    String answer = get("/admin/config", host() + AUTHORIZED);
    assertTrue(
        answer.endsWith("[{\"key\":\"data\",\"value\":\"./data\",\"origin\":\"default\"}]"),
        answer);
    assertAnswer(401, "unauthorized", get("/admin/config", host()));
  }

  @Test
  void aWrongParameterIsNamed() throws Exception {
    String answer = post("/admin/seal", host() + AUTHORIZED + JSON, "{\"spool\":1}");
    assertAnswer(400, "bad_request", answer);
    assertTrue(
        answer.contains(
            "unknown parameter \\\"spool\\\", known are spool_id, index, trigger, timeout_ms"),
        answer);
  }

  private String host() {
    return rig.host();
  }

  private String get(String path, String headers) throws Exception {
    return rig.get(path, headers);
  }

  private String post(String path, String headers, String body) throws Exception {
    return rig.post(path, headers, body);
  }

  private static void assertAnswer(int status, String code, String answer) {
    assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
    assertTrue(body.startsWith("{\"error\":\"" + code + "\",\"message\":\""), answer);
    assertEquals('}', body.charAt(body.length() - 1));
  }
}
