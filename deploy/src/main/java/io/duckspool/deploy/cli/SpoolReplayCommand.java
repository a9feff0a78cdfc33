package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool spool replay}. */
@Command(
    name = "replay",
    description = {
      "Gives the kept spool of a stopped server another target; what was not yet committed goes"
          + " there, and the spool is removed once it is.",
      "Needs the running writer."
    },
    mixinStandardHelpOptions = true)
final class SpoolReplayCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "URI", description = "The stopped server, as otlp:host:port.")
  private String uri;

  @Option(
      names = "--catalog",
      description = "A catalog attached in the writer; default: its default database.")
  private @Nullable String catalog;

  @Option(names = "--schema", description = "Where the tables are; default: main.")
  private @Nullable String schema;

  @Option(
      names = "--parquet-export-path",
      paramLabel = "PATH",
      description = "A folder or s3://bucket/prefix for Parquet files, instead of a catalog.")
  private @Nullable String parquetExportPath;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SpoolReplayCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException {
    AdminApi.Replay request =
        new AdminApi.Replay(
            ControlCall.canonical(uri),
            catalog,
            schema,
            ControlCall.parquetRoot(parquetExportPath));
    ControlCall writer = ControlCall.toWriter(common.load());
    String answer = writer.post(AdminApi.REPLAY, request, TIMEOUT);
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(answer);
    } else {
      AdminApi.Replayed replayed = writer.read(answer, AdminApi.Replayed.class);
      out.println(
          "%,d entries with %,d rows go to the new target, from %s on"
              .formatted(replayed.pendingEntries(), replayed.pendingRows(), replayed.nextIndex()));
      if (replayed.mayDoubleEntries() > 0) {
        out.println(
            "the old target's ledger can't be read: it may have up to %,d of these entries, too"
                .formatted(replayed.mayDoubleEntries()));
      }
    }
    return ExitCode.DONE;
  }
}
