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

/** {@code duckspool flush}. */
@Command(
    name = "flush",
    description = "Commits everything that a server accepted before, and waits for it.",
    mixinStandardHelpOptions = true)
final class FlushCommand implements Callable<Integer> {
  /** How much longer than the endpoint the command waits for its answer. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  private static final Duration NO_END = Duration.ofDays(365);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "URI", description = "The server, as otlp:host:port.")
  private String uri;

  @Option(
      names = "--timeout-ms",
      paramLabel = "MS",
      description = "Gives up after that time; default: never.")
  private @Nullable Long timeoutMs;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  FlushCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException {
    String server = ControlCall.canonical(uri);
    DuckspoolConfig config = common.load();
    ControlCall receiver = ControlCall.toReceiver(config);
    String answer;
    try (DrainProgress progress =
        DrainProgress.start(config, server, spec.commandLine().getErr(), !json.isSet())) {
      answer =
          receiver.post(
              AdminApi.FLUSH,
              new AdminApi.Flush(server, timeoutMs),
              timeoutMs == null || timeoutMs <= 0
                  ? NO_END
                  : Duration.ofMillis(timeoutMs).plus(GRACE));
    }
    AdminApi.Flushed flushed = receiver.read(answer, AdminApi.Flushed.class);
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(answer);
    } else if (flushed.status().equals("sealed")) {
      out.println("sealed %,d rows".formatted(flushed.sealedRows()));
    } else {
      out.println(
          flushed.error() == null ? flushed.status() : flushed.status() + ": " + flushed.error());
    }
    return flushed.status().equals("sealed") ? ExitCode.DONE : ExitCode.FAILED;
  }
}
