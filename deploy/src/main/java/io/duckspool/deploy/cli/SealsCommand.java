package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.process.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
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

/** {@code duckspool seals}. */
@Command(
    name = "seals",
    description = "Lists the last seals, newest first. --json has all columns.",
    mixinStandardHelpOptions = true)
final class SealsCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "URI", arity = "0..1", description = "The server; default: all.")
  private @Nullable String uri;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many of each server; default: ${DEFAULT-VALUE}.")
  private int limit;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SealsCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, JsonProcessingException {
    if (limit < 1) {
      throw new CommandFailedException(ExitCode.USAGE, "--limit must be > 0, got " + limit);
    }
    String server = uri == null ? null : ControlCall.canonical(uri);
    ControlCall receiver = ControlCall.toReceiver(common.load());
    Map<String, Integer> counts = new LinkedHashMap<>();
    List<AdminApi.SealRow> seals =
        receiver.list(AdminApi.SEAL_LIST, AdminApi.SealRow.class, TIMEOUT).stream()
            .filter(seal -> server == null || seal.listenUri().equals(server))
            .filter(seal -> counts.merge(seal.spoolId(), 1, Integer::sum) <= limit)
            .toList();
    PrintWriter out = spec.commandLine().getOut();
    if (json.isSet()) {
      out.println(AdminJson.MAPPER.writeValueAsString(seals));
    } else {
      new RowTable(out).print(seals.stream().map(SealsCommand::row).toList());
    }
    return ExitCode.DONE;
  }

  private static Map<String, @Nullable Object> row(AdminApi.SealRow seal) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("server", seal.listenUri());
    row.put("seal", seal.sealId());
    row.put("trigger", seal.trigger());
    row.put("started at", seal.startedAt());
    row.put("took", AmountText.age(seal.durationMs()));
    row.put("entries", seal.entries());
    row.put("rows", seal.rows());
    row.put("bytes", AmountText.bytes(seal.bytes()));
    row.put("next index", seal.nextIndex());
    row.put("status", seal.status());
    row.put("error", seal.error() == null ? "" : seal.error());
    return row;
  }
}
