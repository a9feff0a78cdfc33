package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool spool discard}. */
@Command(
    name = "discard",
    description = {
      "Removes the kept spool of a stopped server, and with it what was not committed.",
      "Needs the running writer. A quarantine is moved, never deleted."
    },
    mixinStandardHelpOptions = true)
final class SpoolDiscardCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "URI", description = "The stopped server, as otlp:host:port.")
  private String uri;

  @Option(names = "--yes", description = "Really: accepted rows are lost.")
  private boolean isSure;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SpoolDiscardCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException {
    String server = ControlCall.canonical(uri);
    if (!isSure) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "the rows of %s that are not committed would be lost: say --yes".formatted(server));
    }
    ControlCall writer = ControlCall.toWriter(common.load());
    String answer = writer.post(AdminApi.DISCARD, new AdminApi.ServerUri(server), TIMEOUT);
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(answer);
    } else {
      AdminApi.Discarded discarded = writer.read(answer, AdminApi.Discarded.class);
      out.println(
          "discarded %,d entries with %,d rows"
              .formatted(discarded.discardedEntries(), discarded.discardedRows()));
    }
    return ExitCode.DONE;
  }
}
