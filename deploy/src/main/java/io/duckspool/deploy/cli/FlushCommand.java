package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code duckspool flush}. */
@Command(
    name = "flush",
    description = "Commits everything that a server accepted before, and waits for it.",
    mixinStandardHelpOptions = true)
final class FlushCommand extends DrainCommand<AdminApi.Flushed> {

  private static final Duration NO_END = Duration.ofDays(365);

  @Option(
      names = "--timeout-ms",
      paramLabel = "MS",
      description = "Gives up after that time; default: never.")
  private @Nullable Long timeoutMs;

  FlushCommand() {
    super(AdminApi.FLUSH, AdminApi.Flushed.class);
  }

  @Override
  Object request(String server) {
    return new AdminApi.Flush(server, timeoutMs);
  }

  @Override
  Duration timeout() {
    return given(timeoutMs, NO_END);
  }

  @Override
  void print(AdminApi.Flushed flushed, PrintWriter out) {
    if (flushed.status().equals("sealed")) {
      out.println("sealed %,d rows".formatted(flushed.sealedRows()));
    } else {
      out.println(
          flushed.error() == null ? flushed.status() : flushed.status() + ": " + flushed.error());
    }
  }

  @Override
  int exitCode(AdminApi.Flushed flushed) {
    return flushed.status().equals("sealed") ? ExitCode.DONE : ExitCode.FAILED;
  }
}
