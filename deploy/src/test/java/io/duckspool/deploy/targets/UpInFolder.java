package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.duckspool.common.net.FreePort;
import io.duckspool.deploy.harness.Distribution;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.ReadyLine;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import io.duckspool.deploy.load.HttpConnection;
import io.duckspool.writer.servers.DuckDbExtensions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code duckspool up} in a folder of its own, with what a user gives it and nothing else but
 * control ports of its own. Used by one test thread, which closes it.
 */
final class UpInFolder implements AutoCloseable {
  private final Path folder;
  private final List<String> configuration;
  private final Map<String, String> environment;
  private final DuckspoolProcess up;

  private UpInFolder(
      Path folder,
      List<String> configuration,
      Map<String, String> environment,
      DuckspoolProcess up) {
    this.folder = folder;
    this.configuration = configuration;
    this.environment = environment;
    this.up = up;
  }

  /**
   * Starts it.
   *
   * @param configuration flags for all commands
   * @param variables of the environment
   */
  static UpInFolder start(Path folder, List<String> configuration, Map<String, String> variables) {
    Map<String, String> environment = new HashMap<>(Distribution.environment(Distribution.QUICK));
    environment.put("DUCKSPOOL_RECEIVER_CONTROL", "127.0.0.1:" + FreePort.take());
    environment.put("DUCKSPOOL_WRITER_CONTROL", "127.0.0.1:" + FreePort.take());
    environment.put("DUCKSPOOL_DUCKDB_EXTENSION_DIRECTORY", DuckDbExtensions.folder().toString());
    environment.putAll(variables);
    List<String> command = new ArrayList<>(List.of(Distribution.launcher().toString(), "up"));
    command.addAll(configuration);
    return new UpInFolder(
        folder,
        configuration,
        environment,
        DuckspoolProcess.start("up", command, environment, folder, folder.resolve("up.log")));
  }

  /** Sends a log record with this text as its body, once requests are taken. */
  void send(String text) throws IOException {
    ReadyLine ready = ReadyLine.await(up);
    String token = Files.readString(folder.resolve(ready.tokenFile())).strip();
    byte[] body =
        """
        {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"%s"}}]}]}]}
        """
            .formatted(text)
            .getBytes(StandardCharsets.UTF_8);
    int port = ready.listenUrl().getPort();
    try (HttpConnection connection = HttpConnection.open("localhost", port, false, Rig.LIMIT)) {
      Map<String, String> headers =
          Map.of("Content-Type", "application/json", "Authorization", "Bearer " + token);
      byte[] head = HttpConnection.head("POST", "/v1/logs", "localhost", headers, body.length);
      assertEquals(202, connection.exchange(head, body).status(), up::logTail);
    }
  }

  /** Runs a command of the launcher to its good end and returns what it prints. */
  String run(String... arguments) {
    List<String> command = new ArrayList<>(List.of("bash", "-c", "cd \"$0\" && exec \"$@\""));
    command.addAll(List.of(folder.toString(), Distribution.launcher().toString()));
    command.addAll(List.of(arguments));
    command.addAll(configuration);
    Shell.Outcome outcome = Shell.outcome(command, environment);
    assertEquals(
        0, outcome.exitCode(), () -> command + "\n" + outcome.output() + "\n" + up.logTail());
    return outcome.output();
  }

  /** Stops both processes in the good way. */
  void stop() {
    assertEquals(0, up.terminate(Rig.LIMIT), up::logTail);
  }

  @Override
  public void close() {
    up.close();
  }
}
