package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code duckspool quarantine replay}. */
@Command(
    name = "replay",
    description = {
      "Stores entries in quarantine, each once, after what was wrong was put right: a fixed target,"
          + " a newer writer. What can't be stored stays, with its new error, and the exit code"
          + " is 1.",
      "Needs the running writer; the server's own requests wait meanwhile. Safe to repeat."
    },
    mixinStandardHelpOptions = true)
final class QuarantineReplayCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  /** Entries of one call: each call has a time limit. */
  private static final int ENTRIES_PER_CALL = 100;

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();
  @Mixin private QuarantineChoice choice = new QuarantineChoice();

  @Option(
      names = "--into",
      paramLabel = "URI",
      description =
          "The server whose target gets the rows; needed for what a stopped server left, which has"
              + " no target any more.")
  private @Nullable String into;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  QuarantineReplayCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, IOException {
    DuckspoolConfig config = common.load();
    QuarantinePlace place = choice.place(new DataFolder(config.data()));
    if (!place.isKept() && into != null && !ControlCall.canonical(into).equals(place.server())) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          place.server() + " is there: its entries go to its own target, without --into");
    }
    if (place.isKept() && into == null) {
      throw new CommandFailedException(
          ExitCode.USAGE, "its server was stopped: say --into URI, of a server that is there");
    }
    String uri = into == null ? place.server() : ControlCall.canonical(into);
    List<String> indices = choice.indices(place);
    ControlCall writer = ControlCall.toWriter(config);
    long entries = 0;
    long rows = 0;
    List<AdminApi.QuarantineFailure> failures = new ArrayList<>();
    for (int at = 0; at < indices.size(); at += ENTRIES_PER_CALL) {
      List<String> part = indices.subList(at, Math.min(indices.size(), at + ENTRIES_PER_CALL));
      AdminApi.QuarantineReplayed replayed =
          writer.read(
              writer.post(
                  AdminApi.QUARANTINE_REPLAY,
                  new AdminApi.QuarantineReplay(uri, place.isKept() ? place.server() : null, part),
                  TIMEOUT),
              AdminApi.QuarantineReplayed.class);
      entries += replayed.replayedEntries();
      rows += replayed.replayedRows();
      failures.addAll(replayed.failures());
    }
    print(new AdminApi.QuarantineReplayed(uri, place.server(), entries, rows, failures));
    return failures.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
  }

  private void print(AdminApi.QuarantineReplayed all) throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(AdminJson.MAPPER.writeValueAsString(all));
      return;
    }
    QuarantineChoice.print(all.failures(), spec.commandLine().getErr());
    out.println(
        "stored %,d entries with %,d rows%s"
            .formatted(
                all.replayedEntries(),
                all.replayedRows(),
                all.failures().isEmpty()
                    ? ""
                    : "; %,d could not be stored".formatted(all.failures().size())));
  }
}
