package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code duckspool top}. */
@Command(
    name = "top",
    description = {
      "Shows rates, lag, disk and seals of all servers, refreshed until Ctrl-C.",
      "--json prints one object a look."
    },
    mixinStandardHelpOptions = true)
final class TopCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** Cursor to the upper left; the lines are written over the last ones, the rest is wiped. */
  private static final String HOME = "\u001b[H";

  private static final String WIPE_LINE = "\u001b[K";
  private static final String WIPE_REST = "\u001b[J";

  /** While a look is drawn a line that is too long is cut: wrapped, it would move all below it. */
  private static final String CUT_LINES = "\u001b[?7l";

  private static final String WRAP_LINES = "\u001b[?7h";

  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "2",
      description = "Time between two looks; default: ${DEFAULT-VALUE}.")
  private int interval;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "0",
      description = "Ends after so many looks; default: never.")
  private int count;

  @Spec private CommandSpec spec;
  private final LongSupplier nanoTicker = System::nanoTime;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  TopCommand() {}

  @Override
  public Integer call()
      throws ConfigException,
          CommandFailedException,
          JsonProcessingException,
          InterruptedException {
    if (interval < 1) {
      throw new CommandFailedException(ExitCode.USAGE, "--interval must be > 0, got " + interval);
    }
    if (count < 0) {
      throw new CommandFailedException(ExitCode.USAGE, "--count must be >= 0, got " + count);
    }
    DuckspoolConfig config = common.load();
    ControlCall receiver = ControlCall.toReceiver(config);
    PrintWriter out = spec.commandLine().getOut();
    boolean isTerminal = System.console() != null && count == 0 && !json.isSet();
    TopScreen last = null;
    for (int look = 0; count == 0 || look < count; look++) {
      if (look > 0) {
        TimeUnit.SECONDS.sleep(interval);
      }
      TopScreen now = look(receiver);
      show(now.rows(last), config.data(), isTerminal, out);
      last = now;
    }
    return ExitCode.DONE;
  }

  private TopScreen look(ControlCall receiver) throws CommandFailedException {
    List<AdminApi.ServerRow> servers =
        receiver.list(AdminApi.SERVER_LIST, AdminApi.ServerRow.class, TIMEOUT);
    long nanos = nanoTicker.getAsLong();
    try {
      List<AdminApi.SealRow> seals =
          receiver.list(AdminApi.SEAL_LIST, AdminApi.SealRow.class, TIMEOUT);
      return new TopScreen(nanos, servers, TopScreen.newest(seals));
    } catch (CommandFailedException e) {
      if (e.exitCode() != ExitCode.UNREACHABLE) {
        throw e;
      }
      return new TopScreen(nanos, servers, Map.of());
    }
  }

  private void show(
      List<Map<String, @Nullable Object>> rows, Path data, boolean isTerminal, PrintWriter out)
      throws JsonProcessingException {
    if (json.isSet()) {
      out.println(AdminJson.MAPPER.writeValueAsString(rows));
      out.flush();
      return;
    }
    StringWriter text = new StringWriter();
    RowTable table = new RowTable(new PrintWriter(text));
    if (isTerminal) {
      table.printWithin(spec.usageMessage().autoWidth(true).width(), rows);
    } else {
      table.print(rows);
    }
    text.append("free on the data folder's disk: ").append(free(data)).append('\n');
    out.print(
        isTerminal
            ? HOME
                + CUT_LINES
                + text.toString().replace("\n", WIPE_LINE + "\n")
                + WRAP_LINES
                + WIPE_REST
            : text.toString());
    out.flush();
  }

  private static String free(Path data) {
    try {
      return AmountText.bytes(Files.getFileStore(data).getUsableSpace());
    } catch (IOException e) {
      return "unknown";
    }
  }
}
