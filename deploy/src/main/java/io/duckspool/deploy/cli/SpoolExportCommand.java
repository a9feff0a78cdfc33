package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.deploy.export.EntryExport;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.chronicle.SpoolInspection;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
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
          + " committed index, from which on --from leaves it out."
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
    SpoolIndex from = options.from();
    Optional<SpoolIndex> to = options.to();
    try (EntryExport export = options.open(System.out)) {
      ExportRun run = new ExportRun(options, export, spec.commandLine().getErr());
      export(spool, from, to, run);
      return run.end();
    } catch (FileAlreadyExistsException e) {
      throw new CommandFailedException(ExitCode.FAILED, ExportOptions.exists(e));
    } catch (SpoolReadException e) {
      throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private static void export(
      SpoolInspection spool, SpoolIndex from, Optional<SpoolIndex> to, ExportRun run)
      throws IOException, SpoolReadException {
    AtomicReference<@Nullable SpoolPosition> last = new AtomicReference<>();
    spool.payloads(
        from,
        (envelope, array) -> {
          if (to.isPresent() && envelope.index().compareTo(to.get()) >= 0) {
            return false;
          }
          SpoolPosition before = last.getAndSet(envelope.after());
          if (before != null && before.entries() != envelope.before().entries()) {
            run.fail(
                before.next() + " to " + envelope.index(),
                "%,d entries with %,d rows can't be read: the spool is damaged, or a segment is gone"
                    .formatted(
                        envelope.before().entries() - before.entries(),
                        envelope.before().rows() - before.rows()));
          }
          run.entry(envelope, array, Optional.empty());
          return true;
        });
  }
}
