package io.duckspool.writer.sink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writer's DuckDB instance: the default database, held exclusively, from which all sinks and
 * queries take their connections. Thread-safe. Closed by the writer, after its sinks.
 *
 * <p>After a fatal error DuckDB refuses every statement until the instance is closed; the next
 * session opens it anew, which also settles what became of a COMMIT that failed.
 *
 * <p>If the process dies here: DuckDB replays its write-ahead log at the next opening, and each
 * transaction is there whole or not at all. A log that a power cut has torn is cut where it is torn
 * ({@link TornLog}).
 */
public final class DuckDbDatabase implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DuckDbDatabase.class);

  /**
   * Size of the write-ahead log at which a commit checkpoints, at most, and as a share of the
   * memory limit: what isn't checkpointed stays in memory. Measured with 100,000 rows a seal: at
   * DuckDB's own 16 MiB each seal checkpoints, at a third of the throughput of 1 GiB; more log
   * means a longer replay after a crash.
   */
  private static final long MAX_CHECKPOINT_BYTES = 256L << 20;

  private static final int CHECKPOINT_SHARE = 4;

  private final DuckDbSettings settings;
  private final InstantSource clock;
  private final LongSupplier nanoTicker;
  private final StepGate gate;
  private final ReentrantLock commitLock = new ReentrantLock();
  private final QueryGate queries = new QueryGate();

  /** All below are guarded by this object's monitor. */
  private final Set<Session> sessions = new HashSet<>();

  private Instance instance;
  private boolean invalid;
  private boolean closed;

  private DuckDbDatabase(
      DuckDbSettings settings,
      InstantSource clock,
      LongSupplier nanoTicker,
      StepGate gate,
      Instance instance) {
    this.settings = settings;
    this.clock = clock;
    this.nanoTicker = nanoTicker;
    this.gate = gate;
    this.instance = instance;
  }

  /**
   * Opens the default database.
   *
   * @param clock for {@code updated_at} and {@code committed_at}
   * @param nanoTicker for durations
   * @throws SinkException.Unavailable it can't be opened; when another process holds the file, the
   *     message names that process
   */
  public static DuckDbDatabase open(
      DuckDbSettings settings, InstantSource clock, LongSupplier nanoTicker) throws SinkException {
    return open(settings, clock, nanoTicker, StepGate.OPEN);
  }

  static DuckDbDatabase open(
      DuckDbSettings settings, InstantSource clock, LongSupplier nanoTicker, StepGate gate)
      throws SinkException {
    if (settings.database().isEmpty()) {
      LOG.warn("duckdb.database is :memory:, all rows are lost when the writer exits");
    }
    return new DuckDbDatabase(settings, clock, nanoTicker, gate, openInstance(settings, false));
  }

  /**
   * Opens the default database for queries alone, when no writer runs. It still locks the file
   * against a writer.
   *
   * @param nanoTicker for the time of queries
   * @throws SinkException.Unavailable it can't be opened, or there is no file
   */
  public static DuckDbDatabase openReadOnly(DuckDbSettings settings, LongSupplier nanoTicker)
      throws SinkException {
    if (settings.database().isEmpty()) {
      throw new SinkException.Refused(
          "duckdb.database is :memory:, without a writer there is nothing to query");
    }
    Path file = settings.database().get();
    if (!Files.exists(file)) {
      throw new SinkException.Unavailable("there is no DuckDB file " + file + " yet");
    }
    // Nothing is written, so the clock isn't read.
    return new DuckDbDatabase(
        settings, InstantSource.system(), nanoTicker, StepGate.OPEN, openInstance(settings, true));
  }

  /**
   * A sink on a target, not yet checked.
   *
   * @throws SinkException.Refused a kind of target that this version doesn't support
   */
  public Sink sink(Target target) throws SinkException {
    if (target.parquetExportPath().isPresent()) {
      throw new SinkException.Refused(
          "parquet_export_path "
              + target.parquetExportPath().get()
              + ": Parquet targets are not supported by this version");
    }
    if (target.schema().indexOf('\0') >= 0) {
      throw new SinkException.Refused("schema must not contain U+0000");
    }
    String defaultCatalog = defaultCatalog();
    if (target.catalog().isEmpty() || target.catalog().equalsIgnoreCase(defaultCatalog)) {
      return new DuckDbSink(this, target, defaultCatalog, CatalogKind.DEFAULT);
    }
    String catalog = new Catalogs(settings.catalogs()).require(target.catalog());
    requireWritable(catalog);
    return new DuckDbSink(this, target, catalog, CatalogKind.DUCKDB);
  }

  private void requireWritable(String catalog) throws SinkException {
    boolean isReadOnly;
    try (Session session = openSession()) {
      isReadOnly =
          session
              .queryOne(
                  row -> row.getBoolean(1),
                  "SELECT readonly FROM duckdb_databases() WHERE database_name = ?",
                  catalog)
              .orElseThrow(
                  () -> new SinkException.Refused("catalog " + catalog + " is not attached"));
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement("catalog " + catalog, e);
    }
    if (isReadOnly) {
      throw new SinkException.Refused(
          "catalog " + catalog + " is attached read-only, a target must be writable");
    }
  }

  /** Runs read-only queries on this database. */
  public SqlRunner sqlRunner() {
    return new SqlRunner(this, queries);
  }

  /** What the database holds now; empty when it is closed or takes no statement. */
  public Optional<DatabaseMemory> memory() {
    try (Session session = openSession()) {
      return session.queryOne(
          row -> new DatabaseMemory(row.getLong(1), row.getLong(2)),
          "SELECT sum(memory_usage_bytes)::BIGINT, sum(temporary_storage_bytes)::BIGINT"
              + " FROM duckdb_memory()");
    } catch (SQLException e) {
      LOG.debug("DuckDB does not say what memory it holds", e);
      return Optional.empty();
    }
  }

  /** Checkpoints and closes the database. Idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    closeConnections();
  }

  InstantSource clock() {
    return clock;
  }

  LongSupplier nanoTicker() {
    return nanoTicker;
  }

  /** Held during a commit: one at a time, so that a batch has DuckDB's memory for itself. */
  ReentrantLock commitLock() {
    return commitLock;
  }

  /** The queries that run on this database. */
  QueryGate queries() {
    return queries;
  }

  /** A connection of its own for one task. */
  synchronized Session openSession() throws SQLException {
    if (closed) {
      throw new SQLException("the database is closed");
    }
    if (invalid) {
      LOG.warn("reopening the database after a fatal error");
      closeConnections();
      instance = connect(settings, false);
      invalid = false;
    }
    Session session = new Session(this, instance.root().duplicate(), gate);
    sessions.add(session);
    return session;
  }

  synchronized void release(Session session) {
    if (sessions.remove(session)) {
      closeQuietly(session.connection());
    }
  }

  /** Notes that the instance is dead; the next session opens it anew. */
  synchronized void invalidate() {
    invalid = true;
  }

  private String defaultCatalog() throws SinkException {
    try (Session session = openSession()) {
      return session.queryOne(row -> row.getString(1), "SELECT current_database()").orElseThrow();
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement("default database", e);
    }
  }

  private void closeConnections() {
    List<Session> open = new ArrayList<>(sessions);
    sessions.clear();
    open.forEach(session -> closeQuietly(session.connection()));
    instance.close();
  }

  private static void closeQuietly(DuckDBConnection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.warn("closing a DuckDB connection failed", e);
    }
  }

  private static Instance openInstance(DuckDbSettings settings, boolean readOnly)
      throws SinkException {
    try {
      return connect(settings, readOnly);
    } catch (SQLException e) {
      throw DuckDbErrors.ofOpen(settings.database(), e);
    }
  }

  private static Instance connect(DuckDbSettings settings, boolean readOnly) throws SQLException {
    SpillFolder spill = createSpillFolder(settings);
    Instance instance = new Instance(connect(settings, spill, readOnly), spill);
    spill.removeOthers();
    try {
      setUp(instance, settings, readOnly);
      return instance;
    } catch (SQLException e) {
      instance.close();
      throw e;
    }
  }

  /** What needs the files of others comes first, then the instance is confined. */
  private static void setUp(Instance instance, DuckDbSettings settings, boolean readOnly)
      throws SQLException {
    if (settings.initSql().isPresent()) {
      try (Statement statement = instance.root().createStatement()) {
        statement.execute(settings.initSql().get());
      } catch (SQLException e) {
        throw new SQLException("duckdb.init_sql failed: " + DuckDbErrors.message(e), e);
      }
    }
    Catalogs catalogs = new Catalogs(settings.catalogs());
    catalogs.attach(instance.root(), readOnly);
    List<Path> files = new ArrayList<>(catalogs.files());
    settings.database().map(Path::toAbsolutePath).ifPresent(files::add);
    Confinement.apply(instance.root(), List.of(instance.spill().path()), files);
  }

  private static SpillFolder createSpillFolder(DuckDbSettings settings) throws SQLException {
    try {
      return SpillFolder.create(settings);
    } catch (IOException e) {
      throw new SQLException("duckdb.temp_directory can't be used: " + e, e);
    }
  }

  private static DuckDBConnection connect(
      DuckDbSettings settings, SpillFolder spill, boolean readOnly) throws SQLException {
    try {
      return connectWhole(settings, spill, readOnly);
    } catch (SQLException e) {
      spill.close();
      throw e;
    }
  }

  private static DuckDBConnection connectWhole(
      DuckDbSettings settings, SpillFolder spill, boolean readOnly) throws SQLException {
    String name =
        settings.database().map(file -> file.toAbsolutePath().toString()).orElse(":memory:");
    String url = "jdbc:duckdb:" + name;
    Connection connection;
    try {
      connection = DriverManager.getConnection(url, properties(settings, spill.path(), readOnly));
    } catch (SQLException e) {
      if (readOnly || !TornLog.cutOff(e)) {
        throw e;
      }
      connection = DriverManager.getConnection(url, properties(settings, spill.path(), readOnly));
    }
    return connection.unwrap(DuckDBConnection.class);
  }

  /** All that must hold before the write-ahead log is replayed, so not by SET after opening. */
  private static Properties properties(DuckDbSettings settings, Path spill, boolean readOnly) {
    long checkpointBytes =
        Math.min(MAX_CHECKPOINT_BYTES, settings.memoryLimitBytes() / CHECKPOINT_SHARE);
    Properties properties = new Properties();
    properties.setProperty("memory_limit", kib(settings.memoryLimitBytes()));
    properties.setProperty("threads", Integer.toString(settings.threads()));
    properties.setProperty("temp_directory", spill.toString());
    properties.setProperty("preserve_insertion_order", "false");
    properties.setProperty("autoinstall_known_extensions", "false");
    // Else freed memory goes back to the system only while DuckDB allocates: measured after a
    // drain, up to 500 MiB stay resident that no buffer uses.
    properties.setProperty("allocator_background_threads", "true");
    properties.setProperty("checkpoint_threshold", kib(checkpointBytes));
    properties.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
    if (readOnly) {
      properties.setProperty(
          DuckDBDriver.DUCKDB_ACCESS_MODE_PROPERTY, DuckDBDriver.DUCKDB_ACCESS_MODE_READ_ONLY);
    }
    settings
        .extensionDirectory()
        .map(folder -> folder.toAbsolutePath().toString())
        .ifPresent(folder -> properties.setProperty("extension_directory", folder));
    return properties;
  }

  private static String kib(long bytes) {
    return bytes / 1024 + "KiB";
  }

  /** One opening of the database: it lives as long as a connection to it is open. */
  private record Instance(DuckDBConnection root, SpillFolder spill) {

    void close() {
      closeQuietly(root);
      spill.close();
    }
  }
}
