package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.Payloads.PROTOBUF;
import static io.duckspool.receiver.http.TestServer.head;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedOutputStream;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpSamples;
import io.duckspool.common.otlp.PayloadFormat;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** 32 requests of 16 MiB at a time on a heap of 256 MiB: 202 or 503, and never out of memory. */
class MemoryTest {

  private static final int BODY_BYTES = 16 << 20;
  private static final int CLIENTS = 32;
  private static final String JSON = "Content-Type: application/json";

  private Process process;
  private BufferedReader output;
  private int port;

  @BeforeEach
  void start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElseThrow(),
            "-Xmx256m",
            "-XX:+ExitOnOutOfMemoryError",
            "-cp",
            System.getProperty("java.class.path"),
            SmallHeapServer.class.getName());
    process = builder.redirectErrorStream(true).start();
    output = process.inputReader(StandardCharsets.UTF_8);
    String line = output.readLine();
    while (line != null && !line.startsWith("port ")) {
      line = output.readLine();
    }
    port = Integer.parseInt(String.valueOf(line).substring(5));
  }

  @AfterEach
  void stop() {
    process.destroyForcibly();
  }

  /** Sends the body from all clients at once, this often each; the count of each status. */
  private Map<Integer, Integer> sendAll(byte[] body, int times, String... headers) {
    return sendAll("/v1/logs", body, times, headers);
  }

  private Map<Integer, Integer> sendAll(String path, byte[] body, int times, String... headers) {
    byte[] head =
        (head(headers).replace("/v1/logs", path) + "Content-Length: " + body.length + "\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    List<CompletableFuture<List<Integer>>> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(
          CompletableFuture.supplyAsync(
              () -> sendFrom(head, body, times), task -> new Thread(task).start()));
    }
    Map<Integer, Integer> counts = new TreeMap<>();
    clients.forEach(
        client -> client.join().forEach(status -> counts.merge(status, 1, Integer::sum)));
    return counts;
  }

  private List<Integer> sendFrom(byte[] head, byte[] body, int times) {
    List<Integer> statuses = new ArrayList<>();
    for (int n = 0; n < times; n++) {
      try (RawClient client = new RawClient("127.0.0.1", port)) {
        client.send(head);
        client.trySend(body);
        statuses.add(client.reply().status());
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    return statuses;
  }

  /** Every client was told something, and the server is as before. */
  private void assertNeverOutOfMemory(Map<Integer, Integer> counts, int times) throws IOException {
    assertTrue(process.isAlive(), () -> "the server died: " + output.lines().toList());
    assertEquals(CLIENTS * times, counts.values().stream().mapToInt(Integer::intValue).sum());
    assertEquals(0, counts.getOrDefault(500, 0), counts.toString());
    process.getOutputStream().close();
    assertTrue(output.lines().anyMatch("nothing left"::equals));
  }

  private void assertOnlyAcceptedOrBusy(Map<Integer, Integer> counts, int times)
      throws IOException {
    assertTrue(process.isAlive(), () -> "the server died: " + output.lines().toList());
    assertEquals(CLIENTS * times, counts.values().stream().mapToInt(Integer::intValue).sum());
    int served = counts.getOrDefault(202, 0) + counts.getOrDefault(503, 0);
    assertEquals(CLIENTS * times, served, counts.toString());
    assertTrue(counts.getOrDefault(202, 0) > 0, counts.toString());
    process.getOutputStream().close();
    assertTrue(output.lines().anyMatch("nothing left"::equals));
  }

  @Test
  void protobuf() throws IOException {
    assertOnlyAcceptedOrBusy(sendAll(Payloads.logOfSize(BODY_BYTES), 2, PROTOBUF), 2);
  }

  @Test
  void json_ofOneHugeString() throws IOException {
    String start =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"";
    String end = "\"}}]}]}]}";
    byte[] body = new byte[BODY_BYTES];
    Arrays.fill(body, (byte) 'x');
    System.arraycopy(start.getBytes(), 0, body, 0, start.length());
    System.arraycopy(end.getBytes(), 0, body, BODY_BYTES - end.length(), end.length());
    assertOnlyAcceptedOrBusy(sendAll(body, 2, JSON), 2);
  }

  @Test
  void json_ofManyRecords() throws IOException {
    byte[] body = OtlpSamples.write(OtlpSamples.typicalLogs(15_000, 1), PayloadFormat.JSON);
    assertTrue(body.length > BODY_BYTES / 2 && body.length <= BODY_BYTES, "" + body.length);
    assertOnlyAcceptedOrBusy(sendAll(body, 2, JSON), 2);
  }

  @Test
  void json_thatBecomesLargerProtobuf() throws IOException {
    String start =
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\","
            + "\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[0";
    String end = "]}]}}]}]}]}";
    byte[] body = new byte[BODY_BYTES];
    for (int i = 0; i < body.length; i += 2) {
      body[i] = ',';
      body[i + 1] = '0';
    }
    System.arraycopy(start.getBytes(), 0, body, 0, start.length());
    Arrays.fill(body, BODY_BYTES - 64, BODY_BYTES, (byte) ' ');
    System.arraycopy(end.getBytes(), 0, body, BODY_BYTES - end.length(), end.length());
    assertEquals(',', body[start.length()]);
    assertNeverOutOfMemory(sendAll("/v1/metrics", body, 1, JSON), 1);
  }

  @Test
  void json_ofAHugeName() throws IOException {
    byte[] body = new byte[BODY_BYTES];
    Arrays.fill(body, (byte) 'n');
    System.arraycopy("{\"".getBytes(), 0, body, 0, 2);
    System.arraycopy("\":1}".getBytes(), 0, body, BODY_BYTES - 4, 4);
    assertNeverOutOfMemory(sendAll("/v1/logs", body, 1, JSON), 1);
  }

  @Test
  void aResource_ofMillionsOfAttributes() throws IOException {
    byte[] attribute = {0x0A, 4, 0x12, 2, 0x18, 0};
    int count = (BODY_BYTES - 64) / attribute.length;
    ByteArrayOutputStream body = new ByteArrayOutputStream(BODY_BYTES);
    CodedOutputStream out = CodedOutputStream.newInstance(body);
    int attributesBytes = count * attribute.length;
    out.writeTag(1, 2);
    out.writeUInt32NoTag(
        1 + CodedOutputStream.computeUInt32SizeNoTag(attributesBytes) + attributesBytes);
    out.writeTag(1, 2);
    out.writeUInt32NoTag(attributesBytes);
    out.flush();
    for (int i = 0; i < count; i++) {
      body.write(attribute, 0, attribute.length);
    }
    assertNeverOutOfMemory(sendAll("/v1/logs", body.toByteArray(), 1, PROTOBUF), 1);
  }

  @Test
  void gzip_thatInflatesToTheLimit() throws IOException {
    byte[] body = Payloads.encode(ContentCoding.GZIP, Payloads.logOfSize(BODY_BYTES));
    assertOnlyAcceptedOrBusy(sendAll(body, 2, PROTOBUF, "Content-Encoding: gzip"), 2);
  }

  /** With what Jetty remembers of the fields of each, these would take 300 MB. */
  @Test
  void keptConnections_thatSendRequestAfterRequest() throws IOException {
    List<RawClient> kept = new ArrayList<>();
    try {
      for (int i = 0; i < 3_000; i++) {
        RawClient client = new RawClient("127.0.0.1", port);
        kept.add(client);
        client.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n".repeat(3));
        for (int n = 0; n < 3; n++) {
          assertEquals(404, client.reply().status(), "connection " + i);
        }
      }
      assertTrue(process.isAlive(), () -> "the server died: " + output.lines().toList());
    } finally {
      for (RawClient client : kept) {
        client.close();
      }
    }
  }
}
