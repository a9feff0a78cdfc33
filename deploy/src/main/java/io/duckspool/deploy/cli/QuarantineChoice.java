package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.QuarantinedFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which entries of which quarantine a command is about. */
final class QuarantineChoice {
  @Parameters(
      paramLabel = "INDEX",
      arity = "0..*",
      description = "Entries, as quarantine list has them.")
  private List<String> indices = new ArrayList<>();

  @Option(names = "--all", description = "All that is in the quarantine.")
  private boolean isAll;

  @Option(
      names = "--server",
      paramLabel = "SERVER",
      description =
          "The server, by its URI, or by its spool id once it is stopped; needed where several have"
              + " a quarantine.")
  private @Nullable String server;

  /** The quarantine: the one that was named, or the only one. */
  QuarantinePlace place(DataFolder data) throws CommandFailedException {
    if (isAll == !indices.isEmpty()) {
      throw new CommandFailedException(ExitCode.USAGE, "name entries by INDEX, or say --all");
    }
    return QuarantinePlace.findOne(data, Optional.ofNullable(server), "with --server");
  }

  /** The entries; of all, those whose files have an index for a name. */
  List<String> indices(QuarantinePlace place) throws CommandFailedException, IOException {
    List<String> chosen = new ArrayList<>();
    if (isAll) {
      for (QuarantinedFile file : place.files()) {
        file.index().map(SpoolIndex::toString).ifPresent(chosen::add);
      }
      return chosen;
    }
    for (String index : indices) {
      chosen.add(QuarantineShowCommand.parse(index).toString());
    }
    return chosen;
  }

  /** Says what could not be done. */
  static void print(List<AdminApi.QuarantineFailure> failures, PrintWriter err) {
    for (AdminApi.QuarantineFailure failure : failures) {
      err.println(
          RowTable.oneLine(failure.index() + ": " + failure.reason() + ": " + failure.error()));
    }
    err.flush();
  }
}
