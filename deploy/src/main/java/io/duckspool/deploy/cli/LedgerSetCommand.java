package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool ledger set}: the way out where the writer refuses a target. */
@Command(
    name = "set",
    description = {
      "Sets where the running writer goes on, for a server whose target it refuses because ledger"
          + " and spool disagree. Prints what may be lost, and what may be stored twice.",
      "A ledger that agrees with its spool is left alone."
    },
    mixinStandardHelpOptions = true)
final class LedgerSetCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "URI", description = "The server, as otlp:host:port.")
  private String uri;

  @ArgGroup(multiplicity = "1")
  private Place place;

  @Option(
      names = "--accept-gap",
      description = "Give up what is neither in the target nor in the spool any more.")
  private boolean isGapAccepted;

  @Spec private CommandSpec spec;

  /** One of the two. */
  private static final class Place {
    @Option(
        names = "--next",
        paramLabel = "INDEX",
        description = "Go on at this index, segment-sequence; what stands before it is given up.")
    private @Nullable String next;

    @Option(
        names = "--from-oldest",
        description =
            "Go on at the oldest entry of the spool; what the target has of it is doubled.")
    private boolean isFromOldest;
  }

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  LedgerSetCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, IOException {
    AdminApi.SetLedger request =
        new AdminApi.SetLedger(
            ControlCall.canonical(uri), place.isFromOldest ? null : place.next, isGapAccepted);
    ControlCall writer = ControlCall.toWriter(common.load());
    String answer = writer.post(AdminApi.LEDGER, request, TIMEOUT);
    AdminApi.LedgerSet set = writer.read(answer, AdminApi.LedgerSet.class);
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(answer);
    } else {
      out.printf(
          "the ledger stands at %s now; it stood %s%n",
          set.nextIndex(), set.previousIndex() == null ? "nowhere" : "at " + set.previousIndex());
      out.printf(
          "lost, where the target does not have them: %d entries with %d rows%n",
          set.mayLoseEntries(), set.mayLoseRows());
      out.printf(
          "stored twice, where the target has them: %d entries with %d rows%n",
          set.mayDoubleEntries(), set.mayDoubleRows());
    }
    return ExitCode.DONE;
  }
}
