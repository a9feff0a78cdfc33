package io.duckspool.deploy.cli;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFolder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code duckspool spool}: inspect, verify and export look at files only, so they work with and
 * without running processes; replay and discard ask the writer.
 */
@Command(
    name = "spool",
    description =
        "Looks at the journal of accepted requests, and clears up what a stop left of one.",
    mixinStandardHelpOptions = true,
    subcommands = {
      SpoolInspectCommand.class,
      SpoolVerifyCommand.class,
      SpoolExportCommand.class,
      SpoolReplayCommand.class,
      SpoolDiscardCommand.class
    })
final class SpoolCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  SpoolCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "inspect, verify, export, replay or discard?");
  }

  /** The folders of the server with this URI, or of all servers. */
  static List<ServerFolder> folders(DataFolder data, Optional<String> uri)
      throws CommandFailedException {
    try {
      List<ServerFolder> all = data.listServers();
      if (uri.isEmpty()) {
        return all;
      }
      ServerFolder wanted = data.server(ListenUri.parse(uri.get()));
      if (!all.contains(wanted)) {
        throw new CommandFailedException(
            ExitCode.FAILED, "no server " + uri.get() + " in " + data.root());
      }
      return List.of(wanted);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new CommandFailedException(ExitCode.FAILED, "can't read " + data.root() + ": " + e);
    }
  }
}
