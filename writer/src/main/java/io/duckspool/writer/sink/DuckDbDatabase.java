package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writer's DuckDB instance: the default database, held exclusively, from which all sinks and
 * queries take their connections. Thread-safe. Closed by the writer, after its sinks.
 *
 * <p>After a fatal error DuckDB refuses every statement until the instance is closed; the next
 * session opens it anew, which also settles what became of a COMMIT that failed. Where lakes are
 * attached, the process is to end instead ({@link #onEnd}): a transaction that is open in a lake
 * can't be rolled back any more, and keeps the instance from being closed. Measured with DuckDB
 * 1.5.5: who opens the file then waits for ever, at the cost of a core.
 *
 * <p>If the process dies here: DuckDB replays its write-ahead log at the next opening, and each
 * transaction is there whole or not at all. A log that a power cut has torn is cut where it is torn
 * ({@link TornLog}); one that is damaged otherwise is refused ({@link DamagedLog}).
 */
public final class DuckDbDatabase implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DuckDbDatabase.class);

  /** How long the instance waits for a moment without sessions to be opened anew. */
  private static final int REOPENING_STEPS = 300;

  private static final long REOPENING_STEP_MILLIS = 100;

  /** In {@code init_sql}, the ATTACH of a lake. */
  private static final Pattern LAKE = Pattern.compile("(?i)ducklake:");

  private final Catalogs catalogs;
  private final ParquetRoots parquetRoots;
  private final Reattachment reattachment;
  private final Renewal renewal;
  private final InstantSource clock;
  private final LongSupplier nanoTicker;
  private final StepGate gate;
  private final ReentrantLock commitLock = new ReentrantLock();
  private final Map<String, ReentrantLock> remoteLocks = new ConcurrentHashMap<>();
  private final Map<String, SnapshotWatch> snapshots = new ConcurrentHashMap<>();
  private final Map<Path, LogBound> logs = new ConcurrentHashMap<>();
  private final QueryGate queries = new QueryGate();

  /** All below are guarded by this object's monitor. */
  private final Set<Session> sessions = new HashSet<>();

  private DuckDbSettings settings;
  private DuckDbInstance instance;
  private boolean invalid;

  /** Nothing is left but to end the process. */
  private boolean isStopping;

  private Consumer<SQLException> end = failure -> {};

  private boolean isReopening;
  private boolean closed;

  private DuckDbDatabase(
      DuckDbSettings settings,
      InstantSource clock,
      LongSupplier nanoTicker,
      StepGate gate,
      Renewal renewal,
      DuckDbInstance instance) {
    this.settings = settings;
    this.catalogs = new Catalogs(settings.declared());
    this.parquetRoots = new ParquetRoots(settings.declared().secrets());
    this.reattachment = new Reattachment(settings, nanoTicker);
    this.renewal = renewal;
    renewal.opened();
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
    return open(settings, clock, nanoTicker, gate, Renewal.of(settings, Renewal.GROWTH_BYTES));
  }

  static DuckDbDatabase open(
      DuckDbSettings settings,
      InstantSource clock,
      LongSupplier nanoTicker,
      StepGate gate,
      Renewal renewal)
      throws SinkException {
    if (settings.database().isEmpty()) {
      LOG.warn("duckdb.database is :memory:, all rows are lost when the writer exits");
    }
    return new DuckDbDatabase(
        settings, clock, nanoTicker, gate, renewal, openInstance(settings, false));
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
        settings,
        InstantSource.system(),
        nanoTicker,
        StepGate.OPEN,
        Renewal.of(settings, Renewal.GROWTH_BYTES),
        openInstance(settings, true));
  }

  /**
   * A sink on a target, not yet checked.
   *
   * @throws SinkException.Refused a kind of target that this version doesn't support
   */
  public Sink sink(Target target) throws SinkException {
    return new SinkFactory(this, catalogs, parquetRoots).sink(target);
  }

  /** Parquet roots whose files may be read. */
  Set<String> readableParquetRoots() {
    return settings().parquet().roots();
  }

  synchronized DuckDbSettings settings() {
    return settings;
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

  /** The snapshots of the tables in Iceberg catalogs, as they were last looked at. */
  public List<TableSnapshots> snapshots() {
    return snapshots.values().stream().flatMap(watch -> watch.counts().stream()).toList();
  }

  /** Checkpoints and closes the database. Idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (!isStopping) {
      closeConnections();
    }
    parquetRoots.close();
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

  /**
   * Held during a commit to a catalog that is asked over the network: one at a time for each of
   * them, and none for long because another catalog doesn't answer.
   */
  ReentrantLock commitLock(String catalog) {
    return remoteLocks.computeIfAbsent(catalog, name -> new ReentrantLock());
  }

  /** The snapshots of the tables in an Iceberg catalog. */
  SnapshotWatch snapshots(String catalog) {
    return snapshots.computeIfAbsent(catalog, SnapshotWatch::new);
  }

  /** Has a catalog attached anew before the next session on it. */
  synchronized void attachAnew(String catalog, String reason) {
    if (!closed && !invalid) {
      instance.unattached().put(catalog, "catalog " + catalog + ": " + reason);
    }
  }

  /**
   * What bounds the write-ahead log of a database file.
   *
   * @param catalog the default database, or a declared one; empty for one without a file
   */
  Optional<LogBound> log(String catalog) {
    DuckDbSettings now = settings();
    Optional<Path> file =
        now.declared().catalogs().get(catalog) instanceof CatalogConfig.DuckDb declared
            ? Optional.of(declared.path())
            : now.database();
    return file.map(
        path ->
            logs.computeIfAbsent(
                path, key -> new LogBound(key, DuckDbInstance.checkpointBytes(now))));
  }

  /** The queries that run on this database. */
  QueryGate queries() {
    return queries;
  }

  /** A connection of its own for one task. */
  synchronized Session openSession() throws SQLException {
    for (int i = 0; i < REOPENING_STEPS && isReopening; i++) {
      pause();
    }
    if (closed) {
      throw new SQLException("the database is closed");
    }
    if (isReopening) {
      throw new SQLException("the database is being opened anew, try again");
    }
    if (isStopping) {
      throw new SQLException("DuckDB failed fatally, and can't be opened anew in this process");
    }
    if (invalid) {
      LOG.warn("reopening the database after a fatal error");
      openAnew();
    } else if (sessions.isEmpty() && renewal.isDue()) {
      LOG.debug("reopening the database to have memory back");
      openAnew();
    }
    Session session = new Session(this, instance.root().duplicate(), gate);
    sessions.add(session);
    return session;
  }

  /**
   * A connection for one task on a catalog. One that was away when the database was opened is
   * attached first, if it is back.
   *
   * @throws SQLException why the catalog is not attached
   */
  Session openSession(String catalog) throws SQLException {
    Optional<String> unattached = whyUnattached(catalog);
    if (unattached.isPresent()) {
      if (settings().database().isEmpty()) {
        throw new SQLException(
            unattached.get()
                + "; it is tried again when the writer starts: to attach it now would lose what"
                + " the database in memory holds");
      }
      reattachment.probe(catalog);
      reopen(catalog);
    }
    return openSession();
  }

  /** Why a catalog that is declared is not attached; empty when it is. */
  synchronized Optional<String> whyUnattached(String catalog) {
    return Optional.ofNullable(instance.unattached().get(catalog));
  }

  /** Opens the instance anew to have a catalog attached. */
  private void reopen(String catalog) throws SQLException {
    reopen(
        "catalog " + catalog + " is attached",
        () -> instance.unattached().containsKey(catalog),
        UnaryOperator.identity());
    Optional<String> unattached = whyUnattached(catalog);
    if (unattached.isPresent()) {
      throw new SQLException(unattached.get());
    }
  }

  /**
   * Has DuckDB read a Parquet root: one that it wasn't opened with needs it opened anew.
   *
   * @throws SQLException it can't be opened anew now, or at all
   */
  void allow(String location) throws SinkException, SQLException {
    if (readableParquetRoots().contains(location)) {
      return;
    }
    if (settings().database().isEmpty()) {
      throw new SinkException.Refused(
          "Parquet root "
              + location
              + " is not known since the writer's start, and to open the database in memory anew"
              + " would lose what it holds: declare the server in duckspool.yaml and start the"
              + " writer again");
    }
    reopen(
        "Parquet root " + location + " is made readable",
        () -> !settings.parquet().roots().contains(location),
        before -> before.with(before.parquet().withRoot(location)));
  }

  /** Opens the instance anew, in a moment without sessions. */
  private void reopen(
      String purpose, BooleanSupplier isNeeded, UnaryOperator<DuckDbSettings> change)
      throws SQLException {
    try (QueryGate.Hold hold = queries.clear(purpose)) {
      reopenBetweenSessions(purpose, hold.cancelled(), isNeeded, change);
    }
  }

  private synchronized void reopenBetweenSessions(
      String purpose,
      int cancelledQueries,
      BooleanSupplier isNeeded,
      UnaryOperator<DuckDbSettings> change)
      throws SQLException {
    if (!isNeeded.getAsBoolean()) {
      return; // Another thread was faster.
    }
    LOG.info("opening the database anew: {}, {} queries cancelled", purpose, cancelledQueries);
    isReopening = true;
    try {
      for (int i = 0; i < REOPENING_STEPS && !sessions.isEmpty(); i++) {
        pause();
      }
      if (closed || !sessions.isEmpty()) {
        throw new SQLException(
            "the database is in use, so it can't be opened anew now (" + purpose + "), try again");
      }
      settings = change.apply(settings);
      openAnew();
    } finally {
      isReopening = false;
      notifyAll();
    }
  }

  /** Waits a step for sessions to end, or for the instance to be open again. */
  private synchronized void pause() throws SQLException {
    try {
      wait(REOPENING_STEP_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted", e);
    }
  }

  synchronized void release(Session session) {
    if (sessions.remove(session) && !isStopping) {
      DuckDbInstance.close(session.connection());
      notifyAll();
    }
  }

  /**
   * Notes that the instance is dead: the next session opens it anew, or the process stops.
   *
   * @param failure what DuckDB said
   */
  synchronized void invalidate(SQLException failure) {
    invalid = true;
    if (!isStopping && hasLake()) {
      isStopping = true;
      new Thread(() -> end.accept(failure), "duckdb-end").start();
    }
  }

  /**
   * Says what ends the process when DuckDB has failed fatally and can't be opened anew; without it
   * every later session fails.
   *
   * @param how gets what DuckDB said, in a thread of its own, once
   */
  public synchronized void onEnd(Consumer<SQLException> how) {
    end = how;
  }

  private boolean hasLake() {
    return settings.declared().catalogs().values().stream()
            .anyMatch(CatalogConfig.DuckLake.class::isInstance)
        || settings.initSql().filter(sql -> LAKE.matcher(sql).find()).isPresent();
  }

  /** The name of the default database. */
  String defaultCatalog() throws SinkException {
    try (Session session = openSession()) {
      return session.queryOne(row -> row.getString(1), "SELECT current_database()").orElseThrow();
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement("default database", e);
    }
  }

  private void openAnew() throws SQLException {
    closeConnections();
    invalid = true; // Until it is open again, whatever happens.
    instance = DuckDbInstance.open(settings, false);
    invalid = false;
    renewal.opened();
  }

  private void closeConnections() {
    List<Session> open = new ArrayList<>(sessions);
    sessions.clear();
    open.forEach(session -> DuckDbInstance.close(session.connection()));
    instance.close();
  }

  private static DuckDbInstance openInstance(DuckDbSettings settings, boolean readOnly)
      throws SinkException {
    DuckDbInstance instance;
    try {
      instance = DuckDbInstance.open(settings, readOnly);
    } catch (SQLException e) {
      throw DuckDbErrors.ofOpen(settings.database(), e);
    }
    instance.unattached().values().forEach(reason -> LOG.warn("{}", reason));
    return instance;
  }
}
