package io.duckspool.deploy.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminClient;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.config.DuckDbConfig;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.process.ExitCode;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.KnownParquetRoots;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.writer.sink.Declared;
import io.duckspool.writer.sink.DuckDbDatabase;
import io.duckspool.writer.sink.DuckDbSettings;
import io.duckspool.writer.sink.ParquetSettings;
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
import java.util.function.Consumer;

/**
 * Answers queries: the running writer, which holds the database; without one the database itself,
 * with the writer's lock held until this is closed, so that no writer starts meanwhile. Used by one
 * thread.
 */
abstract class SqlSource implements AutoCloseable {
  // A query on a big table may take its time; a person ends it with Ctrl-C.
  private static final Duration TIMEOUT = Duration.ofHours(1);
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(5);

  /** Takes rows as a JSON array. */
  @FunctionalInterface
  interface Rows {
    void read(InputStream rows) throws IOException;
  }

  /** The running writer, or the database where none listens. */
  static SqlSource open(DuckspoolConfig config, String purpose)
      throws CommandFailedException, IOException {
    Optional<AdminClient> writer = runningWriter(config);
    return writer.isPresent() ? new Asked(writer.get(), config) : Opened.open(config, purpose);
  }

  /** The running writer; empty: there is none. */
  abstract Optional<AdminClient> writer();

  /**
   * Runs one SELECT and writes its rows as they arrive, as an array of JSON objects or as CSV.
   *
   * @param out borrowed until return, not closed
   */
  abstract void write(String sql, SqlRunner.Format format, OutputStream out)
      throws CommandFailedException, IOException;

  /** Runs one SELECT, and passes its rows on as JSON once all are there. */
  void read(String sql, Rows rows) throws CommandFailedException, IOException {
    // On disk: memory is for the query.
    Path answer = Files.createTempFile("duckspool-sql", ".json");
    try {
      try (OutputStream out = Files.newOutputStream(answer)) {
        write(sql, SqlRunner.Format.JSON, out);
      }
      try (InputStream in = Files.newInputStream(answer)) {
        rows.read(in);
      }
    } finally {
      Files.delete(answer);
    }
  }

  /** Runs one SELECT, and passes its rows on one by one, as objects by column. */
  void rows(String sql, Consumer<JsonNode> row) throws CommandFailedException, IOException {
    read(
        sql,
        in -> {
          try (MappingIterator<JsonNode> rows =
              new ObjectMapper().readerFor(JsonNode.class).readValues(in)) {
            while (rows.hasNextValue()) {
              row.accept(rows.nextValue());
            }
          }
        });
  }

  @Override
  public abstract void close() throws IOException;

  private static Optional<AdminClient> runningWriter(DuckspoolConfig config)
      throws CommandFailedException {
    if (!Files.exists(config.control().tokenFile())) {
      // The first process to start makes it: none ever did.
      return Optional.empty();
    }
    AdminClient writer = new AdminClient(config.writer().control(), config.control().tokenFile());
    try {
      writer.probe("/healthz", PROBE_TIMEOUT);
      return Optional.of(writer);
    } catch (ConnectException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw unreachable(config, e);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static CommandFailedException unreachable(DuckspoolConfig config, Exception e) {
    return new CommandFailedException(
        ExitCode.UNREACHABLE,
        "the writer on " + config.writer().control() + " can't be asked: " + e);
  }

  private static CommandFailedException interrupted() {
    Thread.currentThread().interrupt();
    return new CommandFailedException(ExitCode.FAILED, "interrupted");
  }

  /** By its control port. */
  private static final class Asked extends SqlSource {
    private final AdminClient writer;
    private final DuckspoolConfig config;

    Asked(AdminClient writer, DuckspoolConfig config) {
      this.writer = writer;
      this.config = config;
    }

    @Override
    Optional<AdminClient> writer() {
      return Optional.of(writer);
    }

    @Override
    void write(String sql, SqlRunner.Format format, OutputStream out)
        throws CommandFailedException, IOException {
      try (InputStream answer = ask(sql, format)) {
        answer.transferTo(out);
      }
    }

    private InputStream ask(String sql, SqlRunner.Format format) throws CommandFailedException {
      String name = format == SqlRunner.Format.CSV ? "csv" : "json";
      try {
        return writer.sql(new AdminApi.Sql(sql, name), TIMEOUT);
      } catch (NoSuchFileException e) {
        throw new CommandFailedException(
            ExitCode.FAILED, "the control token is gone: " + e.getMessage());
      } catch (IOException e) {
        throw unreachable(config, e);
      } catch (AdminException e) {
        throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }

    @Override
    public void close() {
      // Nothing is held between two calls.
    }
  }

  /** The file, read-only. */
  private static final class Opened extends SqlSource {
    private final ProcessLock lock;
    private final DuckDbDatabase database;

    private Opened(ProcessLock lock, DuckDbDatabase database) {
      this.lock = lock;
      this.database = database;
    }

    static SqlSource open(DuckspoolConfig config, String purpose)
        throws CommandFailedException, IOException {
      DataFolder data = new DataFolder(config.data());
      if (!Files.isDirectory(data.root())) {
        throw new CommandFailedException(
            ExitCode.FAILED, "there is no data folder " + data.root() + " yet");
      }
      ProcessLock lock;
      try {
        lock = ProcessLock.take(data.writerLock(), "writer", purpose);
      } catch (ProcessLock.LockedException e) {
        throw new CommandFailedException(
            ExitCode.UNREACHABLE,
            "no writer answers on " + config.writer().control() + ", and " + e.getMessage());
      }
      try {
        return new Opened(lock, DuckDbDatabase.openReadOnly(settings(config), System::nanoTime));
      } catch (SinkException e) {
        lock.close();
        throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
      }
    }

    @Override
    Optional<AdminClient> writer() {
      return Optional.empty();
    }

    @Override
    void write(String sql, SqlRunner.Format format, OutputStream out)
        throws CommandFailedException, IOException {
      try {
        database
            .sqlRunner()
            .run(
                sql,
                format,
                new SqlRunner.Limits(Long.MAX_VALUE, Long.MAX_VALUE, TIMEOUT.toMillis()),
                out,
                () -> false);
      } catch (QueryException e) {
        throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
      }
    }

    @Override
    public void close() throws IOException {
      database.close();
      lock.close();
    }

    private static DuckDbSettings settings(DuckspoolConfig config) throws IOException {
      DuckDbConfig duckdb = config.duckdb();
      return new DuckDbSettings(
          duckdb.isInMemory() ? Optional.empty() : Optional.of(Path.of(duckdb.database())),
          duckdb.memoryLimit().bytes(),
          duckdb.threads(),
          duckdb.tempDirectory(),
          Optional.of(duckdb.extensionDirectory()),
          duckdb.installExtensions(),
          duckdb.initSql(),
          new Declared(config.catalogs(), config.secrets()),
          new ParquetSettings(Optional.empty(), KnownParquetRoots.of(config)));
    }
  }
}
