package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.quarantine.QuarantineNote;
import io.duckspool.writer.quarantine.QuarantinedFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code duckspool quarantine drop}. */
@Command(
    name = "drop",
    description = {
      "Gives up entries in quarantine: their bytes are deleted, they stay counted as quarantined,"
          + " and the writer's log says so.",
      "Needs the running writer. Without --yes it only says what would be lost."
    },
    mixinStandardHelpOptions = true)
final class QuarantineDropCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  /** Entries of one call, which takes some syncs for each. */
  private static final int ENTRIES_PER_CALL = 100;

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();
  @Mixin private QuarantineChoice choice = new QuarantineChoice();

  @Option(names = "--yes", description = "Really: accepted rows are lost.")
  private boolean isSure;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  QuarantineDropCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, IOException {
    DuckspoolConfig config = common.load();
    QuarantinePlace place = choice.place(new DataFolder(config.data()));
    List<String> indices = choice.indices(place);
    if (!isSure) {
      throw new CommandFailedException(ExitCode.USAGE, wouldBeLost(place, Set.copyOf(indices)));
    }
    ControlCall writer = ControlCall.toWriter(config);
    long entries = 0;
    long rows = 0;
    List<AdminApi.QuarantineFailure> failures = new ArrayList<>();
    for (int at = 0; at < indices.size(); at += ENTRIES_PER_CALL) {
      AdminApi.QuarantineDrop request =
          new AdminApi.QuarantineDrop(
              place.isKept() ? null : place.server(),
              place.isKept() ? place.server() : null,
              indices.subList(at, Math.min(indices.size(), at + ENTRIES_PER_CALL)));
      AdminApi.QuarantineDropped dropped =
          writer.read(
              writer.post(AdminApi.QUARANTINE_DROP, request, TIMEOUT),
              AdminApi.QuarantineDropped.class);
      entries += dropped.droppedEntries();
      rows += dropped.droppedRows();
      failures.addAll(dropped.failures());
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(
          AdminJson.MAPPER.writeValueAsString(
              new AdminApi.QuarantineDropped(place.server(), entries, rows, failures)));
    } else {
      QuarantineChoice.print(failures, spec.commandLine().getErr());
      out.println("gave up %,d entries with %,d rows".formatted(entries, rows));
    }
    return failures.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
  }

  private static String wouldBeLost(QuarantinePlace place, Set<String> indices) throws IOException {
    long entries = 0;
    long rows = 0;
    for (QuarantinedFile file : place.files()) {
      if (file.index().map(SpoolIndex::toString).filter(indices::contains).isPresent()) {
        entries += file.note().map(QuarantineNote::entries).orElse(1L);
        rows += file.note().map(QuarantineNote::rows).orElse(0L);
      }
    }
    return "%,d entries with %,d rows of %s would be lost: say --yes"
        .formatted(entries, rows, place.server());
  }
}
