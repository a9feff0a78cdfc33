package io.duckspool.receiver.lifecycle;

import static io.duckspool.receiver.http.TestServer.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.net.FreePort;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.FakeWriter;
import io.duckspool.receiver.Receiver;
import io.duckspool.receiver.http.RawClient;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.DurableMark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a stopped server's spool after a power cut that set its mark back. */
class StoppingSpoolTest {

  private static final byte[] BODY =
      "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"x\"}}]}]}]}"
          .getBytes(StandardCharsets.UTF_8);

  @TempDir Path temp;

  private Receiver start(ListenUri uri, int control, int writerPort) throws IOException {
    try {
      return Receiver.start(
          new ConfigLoader(ConfigLoader.Role.RECEIVER)
              .environment(
                  Map.of(
                      "DUCKSPOOL_SERVERS_0_URI", uri.toString(),
                      "DUCKSPOOL_SERVERS_0_DISABLE_AUTH", "true",
                      "DUCKSPOOL_SPOOL_DISK_RESERVE", "64MiB"))
              .flag("data", temp.toString(), "--data")
              .flag("receiver.control", "127.0.0.1:" + control, "--control")
              .flag("writer.control", "127.0.0.1:" + writerPort, "--writer")
              .loadWithOrigins());
    } catch (io.duckspool.common.config.ConfigException e) {
      throw new IOException(e);
    }
  }

  private static int post(int port) {
    try (RawClient client = new RawClient("127.0.0.1", port)) {
      client.send("POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n");
      return client.send("Content-Length: " + BODY.length + "\r\n\r\n").send(BODY).reply().status();
    } catch (IOException e) {
      return -1;
    }
  }

  private static DurableMark mark(ServerFolder folder) {
    try {
      return CheckpointFile.durable(folder.path(), false).readDurable().orElseThrow();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void entriesBehindTheMark_areFound_beforeTheWriterIsToldWhereTheSpoolEnds() throws Exception {
    ListenUri uri = new ListenUri("localhost", FreePort.take());
    int control = FreePort.take();
    ServerFolder folder = new DataFolder(temp).server(uri);
    Path markFile = folder.path().resolve("durable.ckpt");
    try (FakeWriter writer = new FakeWriter(FreePort.take())) {
      byte[] markBefore;
      try (Receiver first = start(uri, control, writer.port())) {
        await("an entry is accepted by " + first, () -> post(uri.port()) == 202);
        markBefore = Files.readAllBytes(markFile);
        assertEquals(202, post(uri.port()));
      }
      DurableMark end = mark(folder);
      assertEquals(2, end.position().entries());
      Files.write(markFile, markBefore);
      assertEquals(1, mark(folder).position().entries(), "as a power cut may leave it");
      ServerFile.read(folder).with(ServerState.STOPPING).write(folder);

      AtomicReference<DurableMark> toldAt = new AtomicReference<>();
      writer.onSeal(() -> toldAt.compareAndSet(null, mark(folder)));
      try (Receiver second = start(uri, control, writer.port())) {
        await("the writer is told by " + second, () -> toldAt.get() != null);
        assertEquals(end.position().next().toString(), writer.seals().get(0).index());
        assertEquals(end.position(), toldAt.get().position());
        assertTrue(post(uri.port()) < 0, "the port stays free");
      }
    }
  }
}
