package io.duckspool.deploy.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code duckspool quarantine}: list, show and export look at files only; replay and drop ask the
 * writer.
 */
@Command(
    name = "quarantine",
    description =
        "Looks at what could not be stored, gives it out as OTLP/JSON or as it was received, stores"
            + " it after a fix, or gives it up.",
    mixinStandardHelpOptions = true,
    subcommands = {
      QuarantineListCommand.class,
      QuarantineShowCommand.class,
      QuarantineExportCommand.class,
      QuarantineReplayCommand.class,
      QuarantineDropCommand.class
    })
final class QuarantineCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  QuarantineCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "list, show, export, replay or drop?");
  }
}
