package io.duckspool.writer.sink;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.sink.store.DeniedException;
import io.duckspool.writer.sink.store.IoGate;
import io.duckspool.writer.sink.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * Plain Parquet files as target: below a folder, or a prefix in S3. There is no transaction, so a
 * seal is decided by one small file, its {@link SealIntent}:
 *
 * <ol>
 *   <li>DuckDB writes the rows into a staging folder of this machine, one file for each table and
 *       day;
 *   <li>these are synced;
 *   <li>the intent is written, if there is none, which names each file with its place;
 *   <li>each file is given its place: renamed, copied beside it and renamed, or uploaded;
 *   <li>their folders are synced;
 *   <li>the ledger is replaced, if it still is what was read;
 *   <li>the intent is removed, then what is staged.
 * </ol>
 *
 * <p>Invariants: each file is whole when its name is there; each row is in one file. A seal of
 * several files appears file by file. One spool is written by one writer at a time: kept up by a
 * lock in a folder, by conditional requests in S3, see {@link
 * io.duckspool.writer.sink.store.FolderStore} and {@link io.duckspool.writer.sink.store.S3Store}.
 *
 * <p>If the process dies here: before (3) nothing is in the root, and staging is thrown away; after
 * it {@link ParquetSpool#settle} goes on in the list.
 */
final class ParquetSink implements Sink {

  private final DuckDbDatabase database;
  private final Target target;
  private final String catalog;
  private final ObjectStore store;
  private final Path stagingRoot;
  private final IoGate gate;
  private final ParquetViews views;
  private final ParquetFormat format;

  /** Attempts whose intent may or may not have been written. */
  private final Set<String> doubtful = ConcurrentHashMap.newKeySet();

  /** Whether the root was seen: then one that is empty is no new one. */
  private volatile boolean isMade;

  /**
   * @param catalog name of the default database, which has the views
   * @param store stays open
   * @param stagingRoot absolute, where DuckDB may write
   */
  ParquetSink(
      DuckDbDatabase database,
      Target target,
      String catalog,
      ObjectStore store,
      Path stagingRoot,
      IoGate gate) {
    this.database = database;
    this.target = target;
    this.catalog = catalog;
    this.store = store;
    this.stagingRoot = stagingRoot;
    this.gate = gate;
    this.views = new ParquetViews(catalog, target, store.location());
    this.format = new ParquetFormat(store, new Staging(stagingRoot, "schema", gate));
  }

  /** Work on the files of a spool, under its lock. */
  @FunctionalInterface
  private interface Work<T> {
    T run(ParquetSpool spool) throws IOException, SinkException;
  }

  @Override
  public String target() {
    return "Parquet root " + store.location();
  }

  @Override
  public String catalogName() {
    return catalog;
  }

  @Override
  public CatalogKind kind() {
    return CatalogKind.PARQUET;
  }

  @Override
  public LedgerRow prepare(LedgerRow first) throws SinkException {
    List<String> made = new ArrayList<>();
    boolean isDone = false;
    try {
      inSession(session -> format.make(session, target.createTables(), made));
      made.add(ParquetSpool.lockFile(first.spoolId()));
      LedgerRow row =
          underLock(first.spoolId(), spool -> withViews(() -> ledgerOf(spool, first, made)));
      isDone = true;
      isMade = true;
      return row;
    } catch (IOException e) {
      throw refusedOrUnavailable(e);
    } finally {
      if (!isDone) {
        format.unmake(made);
      }
    }
  }

  private static LedgerRow ledgerOf(ParquetSpool spool, LedgerRow first, List<String> made)
      throws IOException, SinkException {
    Optional<ParquetSpool.At> present = spool.settle();
    if (present.isPresent()) {
      return present.get().ledger().row();
    }
    made.add(ParquetLedger.fileName(first.spoolId()));
    if (!spool.create(first)) {
      made.remove(made.size() - 1);
      throw new SinkException.Fenced("its ledger was made at the same moment");
    }
    return first;
  }

  @Override
  public void check() throws SinkException {
    try {
      inSession(session -> format.require(session, target.createTables()));
      boolean unused = withViews(() -> true);
      isMade = true;
    } catch (IOException e) {
      throw refusedOrUnavailable(e);
    }
  }

  @Override
  public Optional<LedgerRow> readLedger(String spoolId) throws SinkException {
    try {
      if (!format.isPresent()) {
        if (isMade) {
          throw new SinkException.Unavailable(target() + ": " + format.gone());
        }
        return Optional.empty();
      }
      return underLock(spoolId, ParquetSpool::settle).map(at -> at.ledger().row());
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  @Override
  public Commit commit(SealedBatch batch, LedgerMove move) throws SinkException {
    try {
      return underLock(move.spoolId(), spool -> commit(spool, batch, move));
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private Commit commit(ParquetSpool spool, SealedBatch batch, LedgerMove move)
      throws IOException, SinkException {
    Optional<ParquetSpool.At> found = spool.settle();
    if (found.isEmpty()) {
      throw format.isPresent()
          ? fenced(move, "no ledger")
          : new SinkException.Unavailable(target() + ": " + format.gone());
    }
    isMade = true;
    ParquetSpool.At at = found.get();
    if (!at.next().equals(move.first())) {
      return finishedBefore(at, move);
    }
    long began = database.nanoTicker().getAsLong();
    SealIntent intent = stage(spool, at, batch, move);
    long staged = database.nanoTicker().getAsLong();
    LedgerRow row = decide(spool, at, intent, move);
    long decided = database.nanoTicker().getAsLong();
    return new Commit(row, staged - began, decided - staged);
  }

  /** The ledger has left its place: by a seal of ours that had been left half done, or not. */
  private Commit finishedBefore(ParquetSpool.At at, LedgerMove move) throws SinkException {
    if (at.finished().isEmpty()) {
      throw fenced(move, "next_index " + at.next());
    }
    if (at.finished().get().next().equals(move.next())) {
      return new Commit(at.ledger().row(), 0, 0);
    }
    throw new SinkException.Overtaken("to " + at.next());
  }

  /** Everything before the intent: nothing of it is in the root, and all of it can be repeated. */
  private SealIntent stage(
      ParquetSpool spool, ParquetSpool.At at, SealedBatch batch, LedgerMove move)
      throws IOException, SinkException {
    boolean isStaged = false;
    try {
      Path attempt = SealTurn.take(database, target(), () -> copy(spool, at, batch, move));
      CrashPoint.EXPORT_COPIED.reached();
      spool.staging().sync(attempt);
      CrashPoint.EXPORT_STAGED.reached();
      List<SealIntent.File> files = placed(spool.staging().files(attempt), attempt, at, move);
      isStaged = true;
      return SealIntent.of(
          move, at.ledger().row().seals() + 1, String.valueOf(attempt.getFileName()), files);
    } finally {
      if (!isStaged) {
        spool.staging().clearQuietly(); // A full disk needs the room.
      }
    }
  }

  /** Has DuckDB write a batch's rows into files of a new folder. */
  private Path copy(ParquetSpool spool, ParquetSpool.At at, SealedBatch batch, LedgerMove move)
      throws SinkException {
    Map<String, String> metadata =
        target.provenance()
            ? ParquetStatements.metadata(move, at.ledger(), batch, database.clock().instant())
            : Map.of();
    try (Session session = database.openSession()) {
      Path attempt = spool.staging().begin();
      for (OtlpTable table : OtlpTable.values()) {
        if (batch.rows(table) > 0) {
          String folder = attempt.resolve(table.tableName()).toString();
          String sql = ParquetStatements.copyRows(table, folder, metadata);
          long copied = session.updateWithArrival(batch, table, sql);
          if (copied != batch.rows(table)) {
            throw new IllegalStateException(
                table + ": copied " + copied + " rows, expected " + batch.rows(table));
          }
        }
      }
      return attempt;
    } catch (SQLException e) {
      throw DuckDbErrors.ofInsert(target(), e);
    } catch (IOException e) {
      throw unavailable(e);
    } catch (OutOfMemoryException e) {
      throw new SinkException.Unavailable("target " + target() + ": no memory for a stream", e);
    }
  }

  /** Gives each staged file a name that nothing has yet. */
  private List<SealIntent.File> placed(
      List<Path> staged, Path attempt, ParquetSpool.At at, LedgerMove move)
      throws IOException, SinkException {
    List<SealIntent.File> files = new ArrayList<>();
    long number = ParquetLayout.firstNumber(at.ledger());
    for (Path file : staged) {
      long bytes = Files.size(attempt.resolve(file));
      if (bytes > store.maxFileBytes()) {
        throw SinkException.Unavailable.tooLarge(
            target() + ": a file of " + bytes + " bytes, at most " + store.maxFileBytes());
      }
      String partition = String.valueOf(file.getParent());
      String name = ParquetLayout.dataFile(partition, move, number++);
      while (store.length(name).isPresent()) {
        name = ParquetLayout.dataFile(partition, move, number++);
      }
      files.add(new SealIntent.File(file.toString(), name, bytes));
    }
    return files;
  }

  /** From the intent on a failure says nothing: whoever reads the ledger next finishes the list. */
  private LedgerRow decide(
      ParquetSpool spool, ParquetSpool.At at, SealIntent intent, LedgerMove move)
      throws SinkException {
    try {
      Optional<LedgerRow> row = spool.seal(at, intent);
      if (row.isPresent()) {
        doubtful.clear();
        return row.get();
      }
      Optional<SealIntent> other = spool.intent();
      if (other.isPresent() && !isBehind(at, other.get())) {
        throw fenced(move, "the intent of another writer");
      }
      throw new SinkException.Unavailable(target() + ": an earlier attempt was applied late");
    } catch (IOException e) {
      doubtful.add(intent.attempt());
      throw new SinkException.UnknownOutcome(
          "target "
              + target()
              + ": it is not known how far a seal got, which the next look at its ledger finishes: "
              + e,
          e);
    }
  }

  /**
   * Whether an intent says nothing about another writer: it may be of an attempt of ours, or the
   * ledger has passed it. A storage may apply a request late, though it was sent again and done
   * meanwhile: the object without a byte that an intent leaves has the version of the one before
   * it, so the condition holds again.
   */
  private boolean isBehind(ParquetSpool.At at, SealIntent other) {
    return doubtful.contains(other.attempt()) || other.first().compareTo(at.next()) < 0;
  }

  @Override
  public Audit audit(String spoolId) throws SinkException {
    try {
      return format.isPresent()
          ? underLock(spoolId, spool -> audit(spoolId, spool.settle()))
          : new Audit(Optional.empty(), Optional.empty());
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private Audit audit(String spoolId, Optional<ParquetSpool.At> at) throws SinkException {
    if (at.isEmpty() || !target.provenance()) {
      return new Audit(at.map(found -> found.ledger().row()), Optional.empty());
    }
    ParquetLedger ledger = at.get().ledger();
    try (Session session = database.openSession()) {
      session.begin();
      Audit.Provenance files =
          new ProvenanceTable(
                  new TargetTables(catalog, target)::qualified,
                  ParquetStatements.sealsWithoutGaps(store.location()))
              .read(session, spoolId);
      // Behind the last file lie only seals without a row.
      Optional<SpoolIndex> next =
          files.next().map(end -> end.equals(ledger.filesIndex()) ? at.get().next() : end);
      return new Audit(
          Optional.of(ledger.row()),
          Optional.of(
              new Audit.Provenance(
                  files.sealCount(),
                  files.first(),
                  next,
                  files.breakCount(),
                  files.breaks(),
                  files.tables())));
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement(target(), e);
    }
  }

  @Override
  public void setLedger(LedgerRow row) throws SinkException {
    try {
      inSession(session -> format.make(session, target.createTables(), new ArrayList<>()));
      boolean unused =
          underLock(
              row.spoolId(),
              spool -> {
                spool.set(row);
                return true;
              });
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  @Override
  public boolean removeLedger(String spoolId) throws SinkException {
    try {
      return format.isPresent() && underLock(spoolId, ParquetSpool::remove);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  @Override
  public void maintain() {
    // Files are never merged: others may read them at any time.
  }

  @Override
  public void close() {
    // The store is shared by all sinks on its root, and closed with the database.
  }

  /** What is done on the root with DuckDB's help. */
  @FunctionalInterface
  private interface InSession {
    void run(Session session) throws IOException, SQLException, SinkException;
  }

  /**
   * Does something once it is clear that the views can be made. One session at a time: a second one
   * would wait for a database that waits for the first to be opened anew.
   */
  private void inSession(InSession work) throws IOException, SinkException {
    try (Session session = database.openSession()) {
      views.check(session);
      work.run(session);
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement(target(), e);
    }
  }

  private <T> T underLock(String spoolId, Work<T> work) throws IOException, SinkException {
    Staging staging = new Staging(stagingRoot, spoolId, gate);
    try (ObjectStore.Lease unused = store.lock(spoolId)) {
      return work.run(new ParquetSpool(store, spoolId, staging, database.clock()));
    }
  }

  /** What is done in one transaction with the views. */
  @FunctionalInterface
  private interface WithViews<T> {
    T run() throws IOException, SinkException;
  }

  private <T> T withViews(WithViews<T> work) throws IOException, SinkException {
    database.commitLock().lock();
    try (Session session = database.openSession()) {
      session.begin();
      views.make(session);
      T result = work.run();
      session.commit();
      return result;
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement(target(), e);
    } finally {
      database.commitLock().unlock();
    }
  }

  private SinkException fenced(LedgerMove move, String found) {
    return new SinkException.Fenced(
        "ledger of "
            + target()
            + " for spool "
            + move.spoolId()
            + ": expected next_index "
            + move.first()
            + ", found "
            + found);
  }

  private SinkException refusedOrUnavailable(IOException e) {
    return e instanceof DeniedException
        ? new SinkException.Refused(target() + " can't be used: " + e.getMessage(), e)
        : unavailable(e);
  }

  private SinkException unavailable(IOException e) {
    return new SinkException.Unavailable("target " + target() + ": " + e, e);
  }
}
