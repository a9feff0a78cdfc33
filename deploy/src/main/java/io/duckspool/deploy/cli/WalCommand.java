package io.duckspool.deploy.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code duckspool wal}. */
@Command(
    name = "wal",
    description = "Clears up a write-ahead log of DuckDB that a disk has damaged.",
    mixinStandardHelpOptions = true,
    subcommands = WalCutCommand.class)
final class WalCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  WalCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "cut?");
  }
}
