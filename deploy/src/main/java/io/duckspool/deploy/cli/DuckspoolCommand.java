package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command without a word: names the others. */
@Command(
    name = "duckspool",
    description =
        "Lands OpenTelemetry data in DuckDB: what is acknowledged is on disk, and in the table, once.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.Provider.class,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:wrong usage or configuration",
      "3:not reachable",
    })
public final class DuckspoolCommand implements Runnable {
  private static final List<Class<?>> COMMANDS =
      List.of(
          UpCommand.class,
          ReceiverCommand.class,
          WriterCommand.class,
          ServeCommand.class,
          FlushCommand.class,
          StopCommand.class,
          ListCommand.class,
          SealsCommand.class,
          PipelineStateCommand.Pause.class,
          PipelineStateCommand.Resume.class,
          TopCommand.class,
          SqlCommand.class,
          VerifyCommand.class,
          DdlCommand.class,
          SpoolCommand.class,
          QuarantineCommand.class,
          LedgerCommand.class,
          WalCommand.class,
          HealthcheckCommand.class,
          LoadCommand.class,
          ReconcileCommand.class,
          CompletionCommand.class,
          VersionCommand.class);

  @Spec private CommandSpec spec;

  /** Made by {@link #commandLine}. */
  @SuppressWarnings("NullAway.Init") // picocli sets the field
  public DuckspoolCommand() {}

  /**
   * Runs one command.
   *
   * @return an {@link ExitCode}
   */
  public static int execute(String... arguments) {
    return commandLine(arguments).execute(arguments);
  }

  /**
   * With the command that the arguments begin with, alone: to make the others takes a tenth of the
   * time of a start. With all of them where the first word is none of theirs.
   */
  static CommandLine commandLine(String... arguments) {
    String word = arguments.length == 0 ? "" : arguments[0];
    List<Class<?>> asked =
        COMMANDS.stream()
            .filter(command -> command.getAnnotation(Command.class).name().equals(word))
            .toList();
    CommandLine commandLine = new CommandLine(new DuckspoolCommand());
    (asked.isEmpty() ? COMMANDS : asked).forEach(commandLine::addSubcommand);
    return commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (exception, line, result) -> failed(exception, line.getErr()));
  }

  private static int failed(Exception exception, PrintWriter err) {
    if (exception instanceof CommandFailedException failure) {
      err.println("duckspool: " + failure.getMessage());
      return failure.exitCode();
    }
    if (exception instanceof ConfigException) {
      err.println("duckspool: " + exception.getMessage());
      return ExitCode.USAGE;
    }
    err.println("duckspool: a bug, please report it:");
    exception.printStackTrace(err);
    return ExitCode.FAILED;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }
}
