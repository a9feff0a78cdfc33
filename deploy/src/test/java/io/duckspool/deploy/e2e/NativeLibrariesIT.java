package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.github.luben.zstd.Zstd;
import io.duckspool.deploy.harness.AckLog;
import io.duckspool.deploy.harness.LoadClient;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Stamped;
import io.duckspool.deploy.load.HttpConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The native libraries stay in the distribution: nothing is unpacked, so nothing is left behind.
 */
@Tag("e2e")
final class NativeLibrariesIT {
  private static final int KILLS = 3;

  private final AckLog log = new AckLog(10);

  @TempDir Path folder;

  @Test
  void killedProcesses_leaveNoLibraryInTheTemporaryFolder() throws SQLException, IOException {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    try (Rig rig = rigWithTemporaryFolder(temporary).start()) {
      for (int i = 0; i < KILLS; i++) {
        send(rig);
        rig.awaitCommitted();
        rig.killAll();
        assertEquals(List.of(), filesIn(temporary), "after kill " + i);
        rig.startReceiver();
        rig.startWriter();
        rig.awaitServing();
      }
      rig.settle(log).assertExact();
    }
    assertEquals(List.of(), filesIn(temporary));
  }

  /** As where it is read-only, or mounted noexec. */
  @Test
  void bothProcesses_doWithoutATemporaryFolder() throws SQLException, IOException {
    // Below a file no folder can be made, not even by root.
    Path nowhere = Files.createFile(folder.resolve("file")).resolve("nowhere");
    try (Rig rig = rigWithTemporaryFolder(nowhere).start()) {
      send(rig);
      rig.settle(log).assertExact();
    }
  }

  private Rig rigWithTemporaryFolder(Path temporary) {
    String option = "-Djava.io.tmpdir=" + temporary;
    return Rig.in(folder).receiverOptions(option).writerOptions(option);
  }

  /** Some load, and one request that both processes decompress with a native library. */
  private void send(Rig rig) throws IOException {
    byte[] body =
        Zstd.compress(
            """
            {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"zstd"}}]}]}]}
            """
                .getBytes(StandardCharsets.UTF_8));
    try (HttpConnection connection =
        HttpConnection.open(Rig.HOST, rig.port(), false, Duration.ofSeconds(30))) {
      byte[] head =
          HttpConnection.head(
              "POST",
              "/v1/logs",
              Rig.HOST,
              Map.of(
                  "Content-Type",
                  "application/json",
                  "Content-Encoding",
                  "zstd",
                  "Authorization",
                  "Bearer " + Rig.TOKEN),
              body.length);
      assertEquals(202, connection.exchange(head, body).status(), rig::logs);
    }
    try (LoadClient load =
        LoadClient.start(rig.load(2, 20, 0, Stamped.logs(10), Stamped.metrics(10)), log)) {
      load.awaitEnd(Rig.LIMIT);
    }
  }

  private static List<Path> filesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
