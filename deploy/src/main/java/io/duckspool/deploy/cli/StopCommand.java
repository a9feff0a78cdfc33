package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code duckspool stop}. */
@Command(
    name = "stop",
    description = {
      "Stops a server for good: frees its port, commits what it accepted, forgets it.",
      "What can't be committed in time is kept, and goes on draining; the command then ends with 1."
    },
    mixinStandardHelpOptions = true)
final class StopCommand extends DrainCommand<AdminApi.Stopped> {

  private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(1);

  @Option(
      names = "--timeout-ms",
      paramLabel = "MS",
      description = "How long to wait for the commit; default: 60000.")
  private @Nullable Long timeoutMs;

  StopCommand() {
    super(AdminApi.STOP, AdminApi.Stopped.class);
  }

  @Override
  Object request(String server) {
    return new AdminApi.Stop(server, timeoutMs);
  }

  @Override
  Duration timeout() {
    return given(timeoutMs, DEFAULT_TIMEOUT);
  }

  @Override
  void print(AdminApi.Stopped stopped, PrintWriter out) {
    out.println(stopped.status());
    if (stopped.error() != null) {
      out.println(
          "%,d rows are not committed yet, and kept: %s"
              .formatted(
                  stopped.pendingRows() == null ? 0 : stopped.pendingRows(), stopped.error()));
    }
  }

  @Override
  int exitCode(AdminApi.Stopped stopped) {
    boolean isDone = stopped.error() == null && stopped.status().startsWith("Stopped");
    return isDone ? ExitCode.DONE : ExitCode.FAILED;
  }
}
