package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.Distribution;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hundreds of calls that Schemathesis makes of {@code docs/openapi.yaml}, right ones and wrong
 * ones, on both control ports: no status, type or body that the document doesn't have, and of 5xx
 * only the 503 of a process that is away or busy.
 */
@Tag("e2e")
final class SchemathesisIT {
  private static final String SEED = "4711";
  private static final int MAX_EXAMPLES = 8;

  /** Other methods than those of the document are tested elsewhere, and have a 405 in no place. */
  private static final String SETTINGS =
      """
      color = false
      [phases.coverage]
      unexpected-methods = []
      [checks]
      not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
      [warnings]
      display = ["missing_auth"]
      fail-on = ["missing_auth"]
      """;

  @TempDir Path folder;

  @Test
  void everyAnswer_isOneOfTheDocument() throws Exception {
    Files.writeString(folder.resolve("schemathesis.toml"), SETTINGS);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try (Rig rig = Rig.in(folder).start()) {
      rig.awaitWriter();
      Future<Shell.Outcome> receiver =
          threads.submit(() -> call(rig, ":4319", rig.receiverControlPort()));
      Future<Shell.Outcome> writer =
          threads.submit(() -> call(rig, ":4320", rig.writerControlPort()));
      for (Shell.Outcome outcome : List.of(receiver.get(), writer.get())) {
        System.out.println(outcome.output());
        assertEquals(0, outcome.exitCode(), () -> outcome.output() + rig.logs());
        // Some hundred for each port; far fewer would be a way around most calls.
        assertTrue(
            outcome.output().matches("(?s).*\\b[1-9][0-9]{2,} generated, .*"), outcome::output);
      }
      rig.awaitCommitted();
      assertFalse(rig.receiver().output().contains(" ERROR "), rig::logs);
      assertFalse(rig.writer().output().contains(" ERROR "), rig::logs);
      rig.stop();
    } finally {
      threads.shutdownNow();
    }
  }

  /** Runs Schemathesis on the paths that the document has on a port. */
  private Shell.Outcome call(Rig rig, String documented, int port) throws IOException {
    OpenApiDocument document = OpenApiDocument.read();
    String token = Files.readString(rig.data().resolve("control.token")).strip();
    List<String> command = new ArrayList<>();
    command.addAll(List.of(Distribution.python().toString(), "-m", "schemathesis.cli"));
    command.addAll(List.of("--config-file", folder.resolve("schemathesis.toml").toString()));
    command.addAll(List.of("run", OpenApiDocument.file().toRealPath().toString()));
    command.addAll(List.of("--url", "http://127.0.0.1:" + port));
    command.addAll(List.of("--header", "Authorization: Bearer " + token));
    command.addAll(List.of("--seed", SEED, "--max-examples", "" + MAX_EXAMPLES, "--no-shrink"));
    command.addAll(List.of("--phases", "coverage,fuzzing", "--continue-on-failure"));
    command.addAll(
        List.of(
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,"
                + "response_schema_conformance"));
    command.addAll(List.of("--request-timeout", "" + Rig.LIMIT.toSeconds()));
    // Where it keeps a cache of its own.
    command.addAll(0, List.of("env", "-C", folder.toString()));
    for (String path : document.paths()) {
      if (document.servers(path).stream().anyMatch(url -> url.endsWith(documented))) {
        command.addAll(List.of("--include-path", path));
      }
    }
    return Shell.outcome(command, Map.of());
  }
}
