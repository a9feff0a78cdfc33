package io.duckspool.deploy.cli;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.writer.sink.DamagedLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code duckspool wal cut}: holds the writer's lock, so that none opens the database meanwhile.
 */
@Command(
    name = "cut",
    description = {
      "Cuts the write-ahead logs of DuckDB files where they are damaged, so that the writer can open them again.",
      "The commits behind the damage are taken out of the database; what the spools still hold is committed again.",
      "What is cut off is kept beside the log. Only while no writer runs."
    },
    mixinStandardHelpOptions = true)
final class WalCutCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(names = "--yes", description = "Really: else it only says what is damaged.")
  private boolean isSure;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  WalCutCommand() {}

  @Override
  public Integer call() throws ConfigException, CommandFailedException {
    DuckspoolConfig config = common.load();
    DataFolder data = new DataFolder(config.data());
    if (!Files.isDirectory(data.root())) {
      throw new CommandFailedException(ExitCode.FAILED, "there is no data folder " + data.root());
    }
    try (ProcessLock lock = ProcessLock.take(data.writerLock(), "writer", "wal-cut")) {
      List<DamagedLog> damaged = new ArrayList<>();
      for (Path database : databases(config)) {
        damaged.addAll(DamagedLog.of(database));
      }
      return cut(damaged);
    } catch (IOException e) {
      throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private int cut(List<DamagedLog> damaged) throws CommandFailedException, IOException {
    if (damaged.isEmpty()) {
      spec.commandLine().getOut().println("no log is damaged");
      return ExitCode.DONE;
    }
    if (!isSure) {
      String all = damaged.stream().map(DamagedLog::description).collect(Collectors.joining("\n"));
      throw new CommandFailedException(ExitCode.USAGE, all + "\nsay --yes to cut");
    }
    for (DamagedLog log : damaged) {
      spec.commandLine()
          .getOut()
          .printf(
              "%s: cut at byte %,d, %,d bytes are kept in %s%n",
              log.log(), log.at(), log.bytesBehind(), log.cut());
    }
    return ExitCode.DONE;
  }

  private static List<Path> databases(DuckspoolConfig config) {
    List<Path> files = new ArrayList<>();
    if (!config.duckdb().isInMemory()) {
      files.add(Path.of(config.duckdb().database()).toAbsolutePath());
    }
    for (CatalogConfig catalog : config.catalogs().values()) {
      DamagedLog.databaseOf(catalog).ifPresent(files::add);
    }
    return files;
  }
}
