package io.duckspool.deploy.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code duckspool ledger}. */
@Command(
    name = "ledger",
    description = "Changes how far a spool counts as committed.",
    mixinStandardHelpOptions = true,
    subcommands = LedgerSetCommand.class)
final class LedgerCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  LedgerCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "set?");
  }
}
