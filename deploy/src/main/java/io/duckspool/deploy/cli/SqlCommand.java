package io.duckspool.deploy.cli;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.config.ConfigException;
import io.duckspool.common.config.DuckDbConfig;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.writer.sink.DuckDbDatabase;
import io.duckspool.writer.sink.DuckDbSettings;
import io.duckspool.writer.sink.QueryException;
import io.duckspool.writer.sink.SinkException;
import io.duckspool.writer.sink.SqlRunner;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
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
  // A query on a big table may take its time; a person ends it with Ctrl-C.
  private static final Duration TIMEOUT = Duration.ofHours(1);

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
    try {
      if (!askWriter(config)) {
        openDatabase(config);
      }
      return ExitCode.DONE;
    } catch (IOException e) {
      throw new CommandFailedException(ExitCode.FAILED, "reading the rows failed: " + e);
    }
  }

  /** False when no writer listens. */
  private boolean askWriter(DuckspoolConfig config) throws CommandFailedException, IOException {
    if (!Files.exists(config.control().tokenFile())) {
      // The first process to start makes it: none ever did.
      return false;
    }
    AdminClient writer = new AdminClient(config.writer().control(), config.control().tokenFile());
    InputStream rows;
    try {
      rows = writer.sql(new AdminApi.Sql(sql, csv ? "csv" : "json"), TIMEOUT);
    } catch (ConnectException | NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new CommandFailedException(
          ExitCode.UNREACHABLE,
          "the writer on " + config.writer().control() + " can't be asked: " + e);
    } catch (AdminException e) {
      throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailedException(ExitCode.FAILED, "interrupted");
    }
    try (rows) {
      print(rows);
    }
    return true;
  }

  private void openDatabase(DuckspoolConfig config) throws CommandFailedException, IOException {
    DataFolder data = new DataFolder(config.data());
    if (!Files.isDirectory(data.root())) {
      throw new CommandFailedException(
          ExitCode.FAILED, "there is no data folder " + data.root() + " yet");
    }
    try (ProcessLock lock = ProcessLock.take(data.writerLock(), "writer", "sql");
        DuckDbDatabase database = DuckDbDatabase.openReadOnly(settings(config))) {
      query(database);
    } catch (ProcessLock.LockedException e) {
      throw new CommandFailedException(
          ExitCode.UNREACHABLE,
          "no writer answers on " + config.writer().control() + ", and " + e.getMessage());
    } catch (SinkException e) {
      throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private void query(DuckDbDatabase database) throws CommandFailedException, IOException {
    try {
      if (csv || json.isSet()) {
        run(database, System.out);
        System.out.flush();
      } else {
        // A table needs the width of its columns first; memory is for the query.
        Path rows = Files.createTempFile("duckspool-sql", ".json");
        try {
          try (OutputStream out = Files.newOutputStream(rows)) {
            run(database, out);
          }
          try (InputStream in = Files.newInputStream(rows)) {
            print(in);
          }
        } finally {
          Files.delete(rows);
        }
      }
    } catch (QueryException e) {
      throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private void run(DuckDbDatabase database, OutputStream out) throws QueryException, IOException {
    database
        .sqlRunner()
        .run(
            sql,
            csv ? SqlRunner.Format.CSV : SqlRunner.Format.JSON,
            new SqlRunner.Limits(Long.MAX_VALUE, TIMEOUT.toMillis()),
            out);
  }

  private void print(InputStream rows) throws IOException {
    if (csv || json.isSet()) {
      rows.transferTo(System.out);
      System.out.flush();
    } else {
      new RowTable(spec.commandLine().getOut()).print(rows);
    }
  }

  private static DuckDbSettings settings(DuckspoolConfig config) {
    DuckDbConfig duckdb = config.duckdb();
    return new DuckDbSettings(
        duckdb.isInMemory() ? Optional.empty() : Optional.of(Path.of(duckdb.database())),
        duckdb.memoryLimit().bytes(),
        duckdb.threads(),
        duckdb.tempDirectory(),
        Optional.of(duckdb.extensionDirectory()),
        duckdb.installExtensions(),
        duckdb.initSql());
  }
}
