package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.net.FreePort;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Distribution;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.ReadyLine;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Tables;
import io.duckspool.deploy.load.HttpConnection;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code duckspool up}: both processes in the foreground. */
@Tag("e2e")
final class UpIT {
  @TempDir Path folder;

  @Test
  void up_servesUntilInterrupted_andHasCommittedAllByThen() throws IOException, SQLException {
    int port = FreePort.take();
    try (DuckspoolProcess up = start(port)) {
      ReadyLine ready = ReadyLine.await(up);
      assertEquals(URI.create("http://localhost:" + port), ready.listenUrl());
      for (int i = 0; i < 20; i++) {
        assertEquals(202, post(port, ready.tokenFile()).status());
      }
      up.interrupt();
      assertEquals(0, up.awaitExit(Rig.LIMIT), up::logTail);
      try (Connection connection = Tables.open(ready.database())) {
        assertEquals(20, Tables.number(connection, "SELECT count(*) FROM otlp_logs"));
      }
    }
  }

  @Test
  void up_saysWhichProcessDied_andRestartsIt() throws IOException, SQLException {
    int port = FreePort.take();
    try (DuckspoolProcess up = start(port)) {
      ReadyLine ready = ReadyLine.await(up);
      assertEquals(202, post(port, ready.tokenFile()).status());
      for (String name : List.of("receiver", "writer")) {
        ProcessHandle child = child(up, name);
        child.destroyForcibly();
        Await.until(
            name + " was restarted",
            Rig.LIMIT,
            () ->
                up.output().contains("the " + name + " died: killed by SIGKILL")
                    && child(up, name).pid() != child.pid(),
            up::logTail);
      }
      Await.until(
          "accepted again",
          Rig.LIMIT,
          () -> post(port, ready.tokenFile()).status() == 202,
          up::logTail);
      assertEquals(0, up.terminate(Rig.LIMIT), up::logTail);
      try (Connection connection = Tables.open(ready.database())) {
        assertEquals(2, Tables.number(connection, "SELECT count(*) FROM otlp_logs"));
      }
    }
  }

  private DuckspoolProcess start(int port) throws IOException {
    Path config = folder.resolve("duckspool.yaml");
    Files.writeString(
        config,
        """
        receiver:
          control: 127.0.0.1:%d
        writer:
          control: 127.0.0.1:%d
        """
            .formatted(FreePort.take(), FreePort.take()));
    return DuckspoolProcess.start(
        "up",
        List.of(
            Distribution.launcher().toString(),
            "up",
            "--config",
            config.toString(),
            "--data",
            folder.resolve("data").toString(),
            "--uri",
            "otlp:localhost:" + port),
        Distribution.environment(Distribution.QUICK),
        folder,
        folder.resolve("up.log"));
  }

  private static HttpConnection.Reply post(int port, Path tokenFile) throws IOException {
    byte[] body =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"up\"}}]}]}]}"
            .getBytes(StandardCharsets.UTF_8);
    try (HttpConnection connection = HttpConnection.open(Rig.HOST, port, false, Rig.LIMIT)) {
      return connection.exchange(
          HttpConnection.head(
              "POST",
              "/v1/logs",
              Rig.HOST,
              Map.of(
                  "Content-Type",
                  "application/json",
                  "x-api-key",
                  Files.readString(tokenFile).strip()),
              body.length),
          body);
    }
  }

  private static ProcessHandle child(DuckspoolProcess up, String name) {
    return ProcessHandle.of(up.pid())
        .orElseThrow()
        .descendants()
        .filter(
            child ->
                child
                    .info()
                    .arguments()
                    .map(arguments -> List.of(arguments).contains(name))
                    .orElse(false))
        .reduce((first, second) -> second)
        .orElseThrow(() -> new IllegalStateException("no child " + name + " yet"));
  }
}
