package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.HostPort;
import io.duckspool.common.process.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code duckspool healthcheck}. */
@Command(
    name = "healthcheck",
    description = {
      "Asks the control ports of both processes, or of one, whether they are ready.",
      "Ends with 0 when all asked are, 1 when one answers that it isn't, 3 when one doesn't answer."
    },
    mixinStandardHelpOptions = true)
final class HealthcheckCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Option(names = "--receiver", description = "Ask the receiver only.")
  private boolean onlyReceiver;

  @Option(names = "--writer", description = "Ask the writer only.")
  private boolean onlyWriter;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  HealthcheckCommand() {}

  @Override
  public Integer call() throws ConfigException, IOException {
    DuckspoolConfig config = common.load();
    Map<String, Answer> answers = new LinkedHashMap<>();
    if (onlyReceiver || !onlyWriter) {
      answers.put("receiver", ask(config.receiver().control(), config));
    }
    if (onlyWriter || !onlyReceiver) {
      answers.put("writer", ask(config.writer().control(), config));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode replies = mapper.createObjectNode();
      answers.forEach((name, answer) -> replies.set(name, answer.toJson(mapper)));
      out.println(mapper.writeValueAsString(replies));
    } else {
      answers.forEach((name, answer) -> out.println(name + ": " + answer.text()));
    }
    return answers.values().stream().mapToInt(Answer::exitCode).max().orElse(ExitCode.DONE);
  }

  private static Answer ask(HostPort port, DuckspoolConfig config) {
    try {
      HttpResponse<byte[]> reply =
          new AdminClient(port, config.control().tokenFile()).probe("/readyz", TIMEOUT);
      String text = new String(reply.body(), StandardCharsets.UTF_8).strip();
      return new Answer(reply.statusCode() == 200 ? ExitCode.DONE : ExitCode.FAILED, text);
    } catch (IOException e) {
      return new Answer(ExitCode.UNREACHABLE, "not reachable on " + port);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer(ExitCode.UNREACHABLE, "interrupted");
    }
  }

  /** What one process said. */
  private record Answer(int exitCode, String text) {

    /** The reply as it came; what is no JSON, as text. */
    JsonNode toJson(ObjectMapper mapper) {
      try {
        return exitCode == ExitCode.UNREACHABLE ? new TextNode(text) : mapper.readTree(text);
      } catch (JsonProcessingException e) {
        return new TextNode(text);
      }
    }
  }
}
