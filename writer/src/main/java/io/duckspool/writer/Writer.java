package io.duckspool.writer;

import io.duckspool.common.admin.ControlGuard;
import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.config.ConfigLoader;
import io.duckspool.common.config.ConfigLoader.Role;
import io.duckspool.common.config.DuckDbConfig;
import io.duckspool.common.config.DuckspoolConfig;
import io.duckspool.common.metrics.MetricsPage;
import io.duckspool.common.process.ServiceProcess;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.DataFolder;
import io.duckspool.common.server.KnownParquetRoots;
import io.duckspool.common.server.ProcessLock;
import io.duckspool.spool.SpoolStore;
import io.duckspool.spool.chronicle.ChronicleSpoolStore;
import io.duckspool.writer.batch.BatchMemory;
import io.duckspool.writer.control.ControlServer;
import io.duckspool.writer.control.ControlServices;
import io.duckspool.writer.control.WriterMetrics;
import io.duckspool.writer.pipeline.BlamelessEnd;
import io.duckspool.writer.pipeline.PipelineDefaults;
import io.duckspool.writer.pipeline.PipelineParts;
import io.duckspool.writer.pipeline.Pipelines;
import io.duckspool.writer.pipeline.ReceiverWatch;
import io.duckspool.writer.pipeline.ServerCalls;
import io.duckspool.writer.pipeline.ServerScan;
import io.duckspool.writer.pipeline.Verifier;
import io.duckspool.writer.sink.Declared;
import io.duckspool.writer.sink.DuckDbDatabase;
import io.duckspool.writer.sink.DuckDbSettings;
import io.duckspool.writer.sink.ParquetSettings;
import io.duckspool.writer.sink.SinkException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writer process, from its parts. What a receiver accepted flows through them in this order:
 *
 * <pre>
 * ServerScan     finds the servers in the data folder
 * Pipeline       one a server, each on a thread of its own:
 *   SpoolTailer    reads entries up to the durable mark
 *   EntryDecoder   inflates and parses
 *   Batch          columns of rows
 *   SealPolicy     decides when
 *   Sink           commits rows and ledger in one transaction
 *   Progress       publishes the checkpoint, deletes what is committed
 * ControlServer  what receiver and operators ask for
 * </pre>
 *
 * <p>Started and closed by one thread. {@link #close} drains every spool up to its durable mark for
 * a bounded time; what is left is committed after the next start.
 */
public final class Writer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Writer.class);

  /** Less than the time that supervisors commonly leave between SIGTERM and SIGKILL: a guess. */
  private static final Duration MAX_DRAIN = Duration.ofSeconds(30);

  /**
   * Beyond the batches themselves: a batch overshoots by the last entry, which may be as large as
   * the receiver's default {@code max_expanded_bytes}, in buffers that grow by doubling.
   */
  private static final long MAX_OVERSHOOT_BYTES = 2L << 30;

  private static final String FATAL_WITH_A_LAKE =
      "DuckDB failed fatally, and can't be opened anew while a lake is attached; what was not"
          + " committed is stored after the next start";

  private static final int RUN_ID_BYTES = 16;

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private Writer() {}

  /**
   * Starts the process's work on a configured data folder. When it returns the control port is open
   * and every remembered server has its pipeline.
   *
   * @throws IOException when another writer runs on the folder, the port is taken, or the default
   *     database can't be opened; the message says which, and nothing is left running
   */
  public static Writer start(ConfigLoader.Loaded loaded) throws IOException {
    InstantSource clock = InstantSource.system();
    LongSupplier nanoTicker = System::nanoTime;
    Writer writer = new Writer();
    boolean isComplete = false;
    try {
      writer.open(loaded, new ChronicleSpoolStore(clock, nanoTicker), clock, nanoTicker);
      isComplete = true;
      return writer;
    } finally {
      if (!isComplete) {
        writer.close();
      }
    }
  }

  private void open(
      ConfigLoader.Loaded loaded, SpoolStore store, InstantSource clock, LongSupplier nanoTicker)
      throws IOException {
    DuckspoolConfig config = loaded.config();
    DataFolder data = new DataFolder(config.data());
    data.create();
    pushed(ProcessLock.take(data.writerLock(), "writer", newRunId()));
    BlamelessEnd.settle(data);
    ControlToken token = ControlToken.readOrCreate(config.control().tokenFile());

    long batchBytes = config.writer().maxBatchBytes().bytes();
    DuckDbDatabase database = pushed(openDatabase(config, batchBytes, clock, nanoTicker));
    database.onEnd(failure -> BlamelessEnd.end(data, FATAL_WITH_A_LAKE, failure));
    BatchMemory memory = pushed(new BatchMemory(2 * batchBytes + MAX_OVERSHOOT_BYTES, batchBytes));
    PipelineParts pipelineParts =
        new PipelineParts(
            data, store, new ReceiverWatch(data, nanoTicker), memory, clock, nanoTicker);
    PipelineDefaults defaults =
        new PipelineDefaults(
            batchBytes,
            config.writer().maxBatchRows(),
            catalog -> config.writer().hasProvenance(config.catalog(catalog)),
            config.duckdb().isInMemory());
    Pipelines pipelines = new Pipelines(pipelineParts, defaults, database::sink);
    parts.push(() -> pipelines.close(MAX_DRAIN.toMillis()));
    ServerScan scan = pushed(new ServerScan(data, pipelines));
    scan.start();
    ControlGuard guard =
        new ControlGuard(token, config.writer().control(), config.control().allowOtherHostname());
    pushed(
        ControlServer.open(
            config.writer().control(),
            guard,
            new ControlServices(
                pipelines,
                new ServerCalls(pipelineParts, defaults, database::sink, pipelines),
                new Verifier(pipelines, defaults, database::sink),
                database.sqlRunner(),
                loaded.values(),
                new MetricsPage(
                    new WriterMetrics(pipelines, memory, database::memory, database::snapshots)))));
    LOG.info(
        "writer started, data folder {}, database {}", data.root(), config.duckdb().database());
  }

  private static DuckDbDatabase openDatabase(
      DuckspoolConfig loaded, long batchBytes, InstantSource clock, LongSupplier nanoTicker)
      throws IOException {
    DuckDbConfig config = loaded.duckdb();
    // Batches are off-heap and stay while DuckDB takes their rows over: both share the one limit.
    long limitBytes = config.memoryLimit().bytes();
    long databaseBytes = limitBytes - Math.min(batchBytes, limitBytes / 2);
    AtomicFile.createFolder(config.tempDirectory());
    Optional<Path> file = Optional.empty();
    if (!config.isInMemory()) {
      Path path = Path.of(config.database()).toAbsolutePath();
      createFolderOf(path);
      file = Optional.of(path);
    }
    for (CatalogConfig catalog : loaded.catalogs().values()) {
      if (catalog instanceof CatalogConfig.DuckDb other) {
        createFolderOf(other.path());
      } else if (catalog instanceof CatalogConfig.DuckLake lake
          && lake.metadataFile().isPresent()) {
        createFolderOf(lake.metadataFile().get());
      }
    }
    DataFolder data = new DataFolder(loaded.data());
    Path staging = data.staging();
    AtomicFile.createFolder(staging);
    try {
      return DuckDbDatabase.open(
          new DuckDbSettings(
              file,
              databaseBytes,
              config.threads(),
              config.tempDirectory(),
              Optional.of(config.extensionDirectory()),
              config.installExtensions(),
              config.initSql(),
              new Declared(loaded.catalogs(), loaded.secrets()).notedIn(data.root()),
              new ParquetSettings(Optional.of(staging), KnownParquetRoots.of(loaded))),
          clock,
          nanoTicker);
    } catch (SinkException e) {
      throw new IOException(e.reason(), e);
    }
  }

  private static void createFolderOf(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      AtomicFile.createFolder(folder);
    }
  }

  private <T extends AutoCloseable> T pushed(T part) {
    parts.push(part);
    return part;
  }

  private static String newRunId() {
    byte[] id = new byte[RUN_ID_BYTES];
    new SecureRandom().nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  /** Drains for a bounded time and ends the work, as the type says; safe to call twice. */
  @Override
  public synchronized void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        LOG.error("a part of the writer could not be closed", e);
      }
    }
  }

  /** Runs the writer as a process of its own: {@code [--config FILE] [--data DIR]}. */
  public static void main(String[] arguments) {
    System.exit(ServiceProcess.main("writer", Role.WRITER, arguments, Writer::start));
  }
}
