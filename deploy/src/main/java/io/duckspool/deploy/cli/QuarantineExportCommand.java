package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.server.DataFolder;
import io.duckspool.writer.quarantine.QuarantineNote;
import io.duckspool.writer.quarantine.QuarantinedFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool quarantine export}. */
@Command(
    name = "export",
    description = {
      "Gives out what is in quarantine, as OTLP/JSON or as it was received; nothing is changed.",
      "What can't be had as OTLP/JSON is named and counted, and the exit code is 1: --format raw"
          + " gives it."
    },
    mixinStandardHelpOptions = true)
final class QuarantineExportCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private ExportOptions options = new ExportOptions();

  @Parameters(
      paramLabel = "SERVER",
      arity = "0..1",
      description = "The server, by its URI, or by its spool id once it is stopped.")
  private @Nullable String server;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  QuarantineExportCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, IOException {
    DataFolder data = new DataFolder(common.load().data());
    QuarantinePlace place = QuarantinePlace.findOne(data, Optional.ofNullable(server), "as SERVER");
    IndexRange range = options.range();
    return options.run(
        spec.commandLine().getErr(),
        run -> {
          for (QuarantinedFile file : place.files()) {
            if (isIn(file, range)) {
              export(file, run);
            }
          }
        });
  }

  private static void export(QuarantinedFile file, ExportRun run) throws IOException {
    try {
      run.file(file);
    } catch (NoSuchFileException e) {
      run.fail(String.valueOf(file.path().getFileName()), "it is gone: stored or given up");
    }
  }

  /** Damage is in a range when a part of it is; what has no index is in none but that of all. */
  private static boolean isIn(QuarantinedFile file, IndexRange range) {
    return file.index()
        .map(index -> range.overlaps(index, file.note().map(QuarantineNote::next).orElse(index)))
        .orElse(range.isAll());
  }
}
