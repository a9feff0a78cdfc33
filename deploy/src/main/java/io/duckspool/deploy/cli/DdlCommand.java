package io.duckspool.deploy.cli;

import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import io.duckspool.writer.sink.Ddl;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code duckspool ddl}. */
@Command(
    name = "ddl",
    description = {
      "Prints the statements that make the tables of a target, for those who make them themselves",
      "(and serve with --create-tables=false)."
    },
    mixinStandardHelpOptions = true)
final class DdlCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = "--catalog", description = "Qualifies the names; default: not qualified.")
  private String catalog = "";

  @Option(names = "--schema", description = "Where the tables are; default: ${DEFAULT-VALUE}.")
  private String schema = "main";

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  DdlCommand() {}

  @Override
  public Integer call() throws ConfigException {
    DuckspoolConfig config = common.load();
    PrintWriter out = spec.commandLine().getOut();
    Ddl.statements(catalog, schema, config.writer().provenance())
        .forEach(statement -> out.println(statement + ";"));
    return ExitCode.DONE;
  }
}
