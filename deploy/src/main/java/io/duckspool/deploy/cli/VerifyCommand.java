package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool verify}. */
@Command(
    name = "verify",
    description = {
      "Checks that what a server accepted is in its target: that spool, ledger and provenance follow"
          + " each other without gap or overlap, and that the tables have the rows that were sealed.",
      "Needs the running writer. Exit code 1 for gaps, overlaps and rows that nobody sealed; rows"
          + " that are missing may have been deleted by their owner, and count with --strict."
    },
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
  /** Counting the rows of a target in object storage takes its time. */
  private static final Duration TIMEOUT = Duration.ofMinutes(30);

  private static final Duration LIST_TIMEOUT = Duration.ofSeconds(30);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(
      paramLabel = "URI",
      arity = "0..1",
      description = "The server, as otlp:host:port; default: all.")
  private @Nullable String uri;

  @Option(names = "--strict", description = "Rows that are missing are a failure, too.")
  private boolean isStrict;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  VerifyCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException {
    ControlCall writer = ControlCall.toWriter(common.load());
    List<String> answers = new ArrayList<>();
    for (String server : servers(writer)) {
      answers.add(writer.post(AdminApi.VERIFY, new AdminApi.ServerUri(server), TIMEOUT));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println("[" + String.join(",", answers) + "]");
    }
    boolean isFailed = false;
    for (String answer : answers) {
      AdminApi.Verified verified = writer.read(answer, AdminApi.Verified.class);
      if (!json.isSet()) {
        print(out, verified);
      }
      isFailed |= verified.status().equals("broken");
      isFailed |= isStrict && !verified.status().equals("ok");
    }
    return isFailed ? ExitCode.FAILED : ExitCode.DONE;
  }

  private List<String> servers(ControlCall writer) throws CommandFailedException {
    if (uri != null) {
      return List.of(ControlCall.canonical(uri));
    }
    return writer.list(AdminApi.PIPELINES, AdminApi.PipelineStatus.class, LIST_TIMEOUT).stream()
        .map(AdminApi.PipelineStatus::listenUri)
        .toList();
  }

  private static void print(PrintWriter out, AdminApi.Verified verified) {
    out.println(verified.listenUri() + ": " + verified.status());
    out.println(
        "  ledger at %s, spool durable up to %s, %s entries pending"
            .formatted(
                orNone(verified.ledgerIndex()),
                orNone(verified.durableIndex()),
                orNone(verified.pendingEntries())));
    if (verified.seals() == null) {
      out.println("  the target keeps no provenance: seals and rows can't be compared");
    } else {
      out.println(
          "  %,d seals, from %s to %s"
              .formatted(
                  verified.seals(), orNone(verified.firstIndex()), orNone(verified.nextIndex())));
      new RowTable(out).print(verified.tables().stream().map(VerifyCommand::row).toList());
    }
    verified.problems().forEach(problem -> out.println("  PROBLEM: " + problem));
    verified.differences().forEach(difference -> out.println("  difference: " + difference));
    out.flush();
  }

  private static Map<String, @Nullable Object> row(AdminApi.VerifiedTable table) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("table", table.table());
    row.put("sealed rows", table.sealedRows());
    row.put("present rows", table.presentRows());
    return row;
  }

  private static String orNone(@Nullable Object value) {
    return value == null ? "none" : value.toString();
  }
}
