package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.chronicle.SpoolInspection;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool spool verify}. */
@Command(
    name = "verify",
    description = {
      "Checks every checksum, counter and link of a server's spool, up to the durable mark.",
      "Ends with 0 when all are right, 1 when something is damaged or missing."
    },
    mixinStandardHelpOptions = true)
final class SpoolVerifyCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "URI", arity = "0..1", description = "The server; default: all.")
  private @Nullable String uri;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SpoolVerifyCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, JsonProcessingException {
    DataFolder data = new DataFolder(common.load().data());
    PrintWriter out = spec.commandLine().getOut();
    List<Map<String, Object>> reports = new ArrayList<>();
    boolean isSound = true;
    for (ServerFolder folder : SpoolCommand.folders(data, Optional.ofNullable(uri))) {
      SpoolInspection.Verdict verdict = verdict(folder);
      isSound &= verdict.isSound();
      if (json.isSet()) {
        reports.add(report(folder, verdict));
      } else {
        print(folder, verdict, out);
      }
    }
    if (json.isSet()) {
      out.println(new ObjectMapper().writeValueAsString(reports));
    }
    return isSound ? ExitCode.DONE : ExitCode.FAILED;
  }

  private static SpoolInspection.Verdict verdict(ServerFolder folder)
      throws CommandFailedException {
    try {
      return SpoolInspection.of(folder.path()).verify();
    } catch (SpoolReadException e) {
      throw new CommandFailedException(ExitCode.FAILED, folder.name() + ": " + e.getMessage());
    }
  }

  private static void print(ServerFolder folder, SpoolInspection.Verdict verdict, PrintWriter out) {
    out.printf(
        "%s: %s: %d segments, %d entries, %d payload bytes%n",
        folder.name(),
        verdict.isSound() ? "sound" : "DAMAGED",
        verdict.segments(),
        verdict.entries(),
        verdict.payloadBytes());
    for (SpoolInspection.Problem problem : verdict.problems()) {
      out.printf(
          "  segment %d, offset %d: %s (entries lost: %d, rows lost: %d)%n",
          problem.segment(),
          problem.offset(),
          problem.message(),
          problem.lostEntries(),
          problem.lostRows());
    }
  }

  private static Map<String, Object> report(ServerFolder folder, SpoolInspection.Verdict verdict) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("server", folder.name());
    report.put("sound", verdict.isSound());
    report.put("segments", verdict.segments());
    report.put("entries", verdict.entries());
    report.put("payload_bytes", verdict.payloadBytes());
    List<Map<String, Object>> problems = new ArrayList<>();
    for (SpoolInspection.Problem problem : verdict.problems()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("segment", problem.segment());
      fields.put("offset", problem.offset());
      fields.put("message", problem.message());
      fields.put("lost_entries", problem.lostEntries());
      fields.put("lost_rows", problem.lostRows());
      problems.add(fields);
    }
    report.put("problems", problems);
    return report;
  }
}
