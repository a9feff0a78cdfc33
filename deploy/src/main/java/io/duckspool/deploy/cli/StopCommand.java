package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool stop}. */
@Command(
    name = "stop",
    description = {
      "Stops a server for good: frees its port, commits what it accepted, forgets it.",
      "What can't be committed in time is kept, and goes on draining; the command then ends with 1."
    },
    mixinStandardHelpOptions = true)
final class StopCommand implements Callable<Integer> {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(1);
  private static final Duration GRACE = Duration.ofSeconds(60);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "URI", description = "The server, as otlp:host:port.")
  private String uri;

  @Option(
      names = "--timeout-ms",
      paramLabel = "MS",
      description = "How long to wait for the commit; default: 60000.")
  private @Nullable Long timeoutMs;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  StopCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException {
    String server = ControlCall.canonical(uri);
    DuckspoolConfig config = common.load();
    ControlCall receiver = ControlCall.toReceiver(config);
    Duration wait =
        timeoutMs == null || timeoutMs <= 0 ? DEFAULT_TIMEOUT : Duration.ofMillis(timeoutMs);
    String answer;
    try (DrainProgress progress =
        DrainProgress.start(config, server, spec.commandLine().getErr(), !json.isSet())) {
      answer = receiver.post(AdminApi.STOP, new AdminApi.Stop(server, timeoutMs), wait.plus(GRACE));
    }
    AdminApi.Stopped stopped = receiver.read(answer, AdminApi.Stopped.class);
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(answer);
    } else {
      out.println(stopped.status());
      if (stopped.error() != null) {
        out.println(
            "%,d rows are not committed yet, and kept: %s"
                .formatted(
                    stopped.pendingRows() == null ? 0 : stopped.pendingRows(), stopped.error()));
      }
    }
    boolean isDone = stopped.error() == null && stopped.status().startsWith("Stopped");
    return isDone ? ExitCode.DONE : ExitCode.FAILED;
  }
}
