package io.duckspool.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.common.net.FreePort;
import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Distribution;
import io.duckspool.deploy.harness.DuckspoolProcess;
import io.duckspool.deploy.harness.ReadyLine;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README tells a new user to type, taken from the README itself; only ports differ. */
@Tag("e2e")
final class ReadmeIT {
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```(sh|python)\n(.*?)^```$");

  @TempDir Path folder;

  @Test
  void theReadmesCurlSdkAndQuery_doWhatTheReadmeSays() throws IOException {
    int port = FreePort.take();
    Map<String, String> environment = new HashMap<>(Distribution.environment(""));
    environment.put("DUCKSPOOL_RECEIVER_CONTROL", "127.0.0.1:" + FreePort.take());
    environment.put("DUCKSPOOL_WRITER_CONTROL", "127.0.0.1:" + FreePort.take());
    List<String> command =
        List.of(Distribution.launcher().toString(), "up", "--uri", "otlp:localhost:" + port);
    try (DuckspoolProcess up =
        DuckspoolProcess.start("up", command, environment, folder, folder.resolve("up.log"))) {
      ReadyLine unused = ReadyLine.await(up);

      String reply = bash(block("sh", "curl -i", port), environment);
      assertTrue(reply.contains(" 202 "), reply);
      assertTrue(reply.contains("{\"status\":\"buffered\",\"rows\":1,\"batches\":1}"), reply);

      Path sample = folder.resolve("sample.py");
      Files.writeString(sample, block("python", "OTLPSpanExporter", port));
      String exported =
          bash(
              block("sh", "OTEL_EXPORTER", port) + Distribution.python() + " " + sample + "\n",
              environment);
      assertEquals("", exported.strip(), "the SDK reports an export that failed");

      String query = block("sh", "duckspool sql", port);
      Await.until(
          "the log record is in the table",
          Rig.LIMIT,
          () -> bash(query, environment).lines().anyMatch(ReadmeIT::isTheRow),
          up::logTail);
      String spans =
          "deploy/bin/duckspool sql --csv \"SELECT name, service_name FROM otlp_traces\"\n";
      Await.until(
          "the span is in the table",
          Rig.LIMIT,
          () -> bash(spans, environment).contains("checkout,shop"),
          up::logTail);

      String servers =
          block("sh", "duckspool serve", port)
              .replace("localhost:4400", "localhost:" + FreePort.take());
      String said = bash(servers, environment);
      assertTrue(said.contains("payments"), said);
      assertTrue(said.contains("Stopped listening on otlp:localhost:"), said);
    }
  }

  private static boolean isTheRow(String line) {
    return line.contains("2026-01-01")
        && line.contains("shop")
        && line.contains("INFO")
        && line.contains("hello");
  }

  private String bash(String script, Map<String, String> environment) {
    String inFolder =
        "set -e; cd "
            + folder
            + "\n"
            + script.replace("deploy/bin/duckspool", Distribution.launcher().toString());
    Shell.Outcome outcome = Shell.outcome(List.of("bash", "-c", inFolder), environment);
    assertEquals(0, outcome.exitCode(), script + "\n" + outcome.output());
    return outcome.output();
  }

  /** The only block of the language with these words in it. */
  private static String block(String language, String words, int port) throws IOException {
    Matcher blocks =
        BLOCK.matcher(Files.readString(Distribution.module().resolveSibling("README.md")));
    List<String> found = new ArrayList<>();
    while (blocks.find()) {
      if (blocks.group(1).equals(language) && blocks.group(2).contains(words)) {
        found.add(blocks.group(2));
      }
    }
    assertEquals(1, found.size(), "blocks of the README with: " + words);
    return found.get(0).replace("localhost:4318", "localhost:" + port).replace("_4318", "_" + port);
  }
}
