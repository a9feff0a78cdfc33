package io.duckspool.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.config.ParquetRoot;
import io.duckspool.common.config.PromotedAttributes;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.process.ExitCode;
import io.duckspool.writer.sink.Ddl;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

  @Option(names = "--json", description = "Print an array of the statements.")
  private boolean isJson;

  @Option(names = "--catalog", description = "Qualifies the names; default: not qualified.")
  private String catalog = "";

  @Option(names = "--schema", description = "Where the tables are; default: ${DEFAULT-VALUE}.")
  private String schema = "main";

  @Option(
      names = "--parquet-export-path",
      paramLabel = "PATH",
      description = {
        "For Parquet files in a folder or s3://bucket/prefix: the views over them, in the default",
        "database, and the files without rows that these need."
      })
  private @Nullable String parquetExportPath;

  @Option(
      names = "--promote-resource-attributes",
      paramLabel = "KEYS",
      split = ",",
      description = "Resource attributes that get a column of their own, separated by commas.")
  private List<String> promoteResourceAttributes = List.of();

  @Option(
      names = "--promote-scope-attributes",
      paramLabel = "KEYS",
      split = ",",
      description = "Scope attributes that get a column of their own, separated by commas.")
  private List<String> promoteScopeAttributes = List.of();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  DdlCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException, JsonProcessingException {
    DuckspoolConfig config = common.load();
    PromotedKeys promoted =
        new PromotedKeys(
            keys("--promote-resource-attributes", promoteResourceAttributes),
            keys("--promote-scope-attributes", promoteScopeAttributes));
    if (parquetExportPath != null) {
      if (!catalog.isEmpty() || promoted.count() > 0) {
        throw new CommandFailedException(
            ExitCode.USAGE,
            "--parquet-export-path can't be given together with --catalog or promoted attributes");
      }
      printParquet(root(parquetExportPath), config.writer().hasProvenance(Optional.empty()));
      return ExitCode.DONE;
    }
    Optional<CatalogConfig> target = config.catalog(catalog);
    boolean provenance = config.writer().hasProvenance(target);
    List<String> statements =
        target.filter(CatalogConfig.Iceberg.class::isInstance).isPresent()
            ? Ddl.statementsWithoutLedger(catalog, schema, provenance, promoted)
            : Ddl.statements(catalog, schema, provenance, promoted);
    print(statements);
    return ExitCode.DONE;
  }

  private void print(List<String> statements) throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    if (isJson) {
      out.println(new ObjectMapper().writeValueAsString(statements));
    } else {
      statements.forEach(statement -> out.println(statement + ";"));
    }
  }

  private void printParquet(ParquetRoot root, boolean provenance) throws JsonProcessingException {
    if (!isJson && root instanceof ParquetRoot.Folder folder) {
      PrintWriter out = spec.commandLine().getOut();
      out.println("-- The folders must be there:");
      for (OtlpTable table : OtlpTable.values()) {
        out.println("--   " + folder.path().resolve(table.tableName()));
      }
    }
    print(Ddl.parquetStatements(root.location(), schema, provenance));
  }

  private static ParquetRoot root(String path) throws CommandFailedException {
    try {
      return ParquetRoot.parse(path);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(ExitCode.USAGE, "--parquet-export-path: " + e.getMessage());
    }
  }

  private static List<String> keys(String option, List<String> given)
      throws CommandFailedException {
    List<String> keys = given.stream().map(String::strip).toList();
    if (keys.contains("")) {
      throw new CommandFailedException(ExitCode.USAGE, option + ": a key must not be empty");
    }
    Optional<String> collision = PromotedAttributes.collision(keys);
    if (collision.isPresent()) {
      throw new CommandFailedException(ExitCode.USAGE, option + ": " + collision.get());
    }
    return keys;
  }
}
