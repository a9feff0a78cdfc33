package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.chronicle.SpoolInspection;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool spool export}. */
@Command(
    name = "export",
    description = {
      "Gives out the requests that the journal of a server holds, as OTLP/JSON or as they were"
          + " received; nothing is changed.",
      "What is committed stays in the journal until its segment goes: spool inspect prints the"
          + " committed index, from which on --from leaves it out.",
      "All damage of the journal is named, and --format raw gives its bytes; where they are not"
          + " given, or none are left, the exit code is 1."
    },
    mixinStandardHelpOptions = true)
final class SpoolExportCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private ExportOptions options = new ExportOptions();

  @Parameters(
      paramLabel = "URI",
      arity = "0..1",
      description = "The server; default: the only one.")
  private @Nullable String uri;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SpoolExportCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, IOException {
    DataFolder data = new DataFolder(common.load().data());
    List<ServerFolder> folders = SpoolCommand.folders(data, Optional.ofNullable(uri));
    if (folders.size() != 1) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          folders.isEmpty()
              ? "no server in " + data.root()
              : "there are several servers, name one by its URI");
    }
    SpoolInspection spool = SpoolInspection.of(folders.get(0).path());
    IndexRange range = options.range();
    return options.run(spec.commandLine().getErr(), run -> export(spool, range, run));
  }

  /** Says of the whole spool what is damaged: nobody may take an export for all there was. */
  private static void export(SpoolInspection spool, IndexRange range, ExportRun run)
      throws IOException, SpoolReadException {
    spool.payloads(
        range.from(),
        (envelope, array) -> {
          if (range.isPassedBy(envelope.index())) {
            return false;
          }
          run.entry(envelope, array, Optional.empty());
          return true;
        });
    for (SpoolInspection.Problem problem : spool.verify().problems()) {
      run.damage(problem, range.overlaps(problem.first(), problem.next()));
    }
  }
}
