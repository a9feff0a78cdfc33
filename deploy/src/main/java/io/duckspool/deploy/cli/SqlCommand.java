package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import io.duckspool.writer.sink.SqlRunner;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code duckspool sql}: asks the running writer, which holds the database; without one takes its
 * lock for as long as the query runs, so that no writer starts meanwhile.
 */
@Command(
    name = "sql",
    description = "Runs one SELECT and prints its rows.",
    mixinStandardHelpOptions = true)
final class SqlCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private JsonOption json = new JsonOption();

  @Option(names = "--csv", description = "Print CSV with a header line.")
  private boolean csv;

  @Parameters(paramLabel = "SELECT", description = "The statement, quoted as one word.")
  private String sql;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SqlCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException {
    if (csv && json.isSet()) {
      throw new CommandFailedException(ExitCode.USAGE, "--csv and --json: one of them");
    }
    DuckspoolConfig config = common.load();
    try (SqlSource source = SqlSource.open(config, "sql")) {
      if (csv || json.isSet()) {
        source.write(sql, csv ? SqlRunner.Format.CSV : SqlRunner.Format.JSON, System.out);
        System.out.flush();
      } else {
        // A table needs the width of its columns first.
        source.read(sql, rows -> new RowTable(spec.commandLine().getOut()).print(rows));
      }
      return ExitCode.DONE;
    } catch (IOException e) {
      throw new CommandFailedException(ExitCode.FAILED, "reading the rows failed: " + e);
    }
  }
}
