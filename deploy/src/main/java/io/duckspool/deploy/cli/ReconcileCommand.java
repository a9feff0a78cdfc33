package io.duckspool.deploy.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.DurationText;
import io.duckspool.common.process.ExitCode;
import io.duckspool.deploy.load.AckLogReader;
import io.duckspool.deploy.reconcile.Balance;
import io.duckspool.deploy.reconcile.Reconciliation;
import io.duckspool.deploy.reconcile.SpoolState;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code duckspool reconcile}. */
@Command(
    name = "reconcile",
    description = {
      "Holds the ack log of `duckspool load` against the tables, and prints the balance, in rows.",
      "Asks the running writer; without one it reads the database. Ends with 1 when rows are lost,"
          + " doubled, or there without having been taken."
    },
    mixinStandardHelpOptions = true)
final class ReconcileCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Parameters(paramLabel = "ACK-LOG", description = "What `duckspool load --ack-log` wrote.")
  private Path ackLog;

  @Option(
      names = "--uri",
      paramLabel = "URI",
      description = "The server that took the load; needed where there are several.")
  private @Nullable String uri;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      defaultValue = "0ms",
      description =
          "How long to wait until the writer has committed what was accepted; default: not at all.")
  private String wait = "";

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ReconcileCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, InterruptedException {
    DuckspoolConfig config = common.load();
    Duration limit;
    try {
      limit = DurationText.parse(wait);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(ExitCode.USAGE, "--wait: " + e.getMessage());
    }
    try (SqlSource source = SqlSource.open(config, "reconcile")) {
      Balance balance = balance(config, source, limit);
      PrintWriter out = spec.commandLine().getOut();
      if (json.isSet()) {
        out.println(balance.toJson());
      } else {
        print(balance, out);
      }
      return balance.isEven() ? ExitCode.DONE : ExitCode.FAILED;
    } catch (AckLogReader.BadAckLogException e) {
      throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new CommandFailedException(ExitCode.FAILED, "the balance can't be made: " + e);
    }
  }

  private Balance balance(DuckspoolConfig config, SqlSource source, Duration limit)
      throws CommandFailedException,
          IOException,
          InterruptedException,
          AckLogReader.BadAckLogException {
    AckLogReader log = AckLogReader.open(ackLog);
    SpoolLookup lookup = SpoolLookup.of(config, Optional.ofNullable(uri), source);
    SpoolState spool = lookup.await(Reconciliation.lastIndex(log), limit);
    try {
      return Reconciliation.balance(
          log, spool, lookup.qualifier(), (sql, row) -> rows(source, sql, row));
    } catch (IOException e) {
      if (e.getCause() instanceof CommandFailedException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private static void rows(SqlSource source, String sql, Consumer<JsonNode> row)
      throws IOException {
    try {
      source.rows(sql, row);
    } catch (CommandFailedException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static void print(Balance balance, PrintWriter out) {
    Map<String, Long> rejected = new TreeMap<>(balance.rejected());
    line(out, "received", balance.received());
    line(out, "accepted", balance.accepted());
    rejected.forEach((reason, rows) -> line(out, "rejected " + reason, rows));
    line(out, "committed", balance.committed());
    line(out, "quarantined", balance.quarantined());
    line(out, "pending", balance.pending());
    line(out, "lost", balance.lost());
    line(out, "doubled", balance.doubled());
    line(out, "unexpected", balance.unexpected());
    line(out, "stored unanswered", balance.storedUnanswered());
    balance.examples().forEach(out::println);
  }

  private static void line(PrintWriter out, String name, long rows) {
    out.printf("%-20s %,15d%n", name, rows);
  }
}
