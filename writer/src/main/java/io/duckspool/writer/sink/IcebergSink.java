package io.duckspool.writer.sink;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.sink.LedgerProperty.Place;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.memory.OutOfMemoryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A schema of an Iceberg REST catalog as target. The ledger is kept in properties of the tables
 * ({@link IcebergLedger}): a table's own row moves in the commit that adds rows to it.
 *
 * <p>Invariants: of two commits that start from one state of a table the catalog takes one, so an
 * entry's rows are in a table exactly when its row has passed the entry, whatever becomes of the
 * other tables of the seal. What was written is never deleted here: after a COMMIT without an
 * answer DuckDB would remove the files of a commit that was applied (see {@code AttachStatements}).
 *
 * <p>If the process dies here: each table has its rows of the seal or not; the next start reads how
 * far each is, reads the seal again, and gives rows to those that lack them.
 */
final class IcebergSink implements Sink {

  private static final Logger LOG = LoggerFactory.getLogger(IcebergSink.class);
  private static final int WRITER_ID_BYTES = 8;

  /** Seals between two looks at the number of snapshots: a guess. */
  private static final int SEALS_BETWEEN_COUNTS = 100;

  private final DuckDbDatabase database;
  private final Target target;
  private final String catalogName;
  private final IcebergTables tables;
  private final ProvenanceTable provenance;
  private final ReentrantLock lock;
  private final IcebergLedgerProperties ledgers;
  private final IcebergFence fence;

  /** By spool, the last row that this sink knows to be in all tables. */
  private final Map<String, LedgerRow> settled = new ConcurrentHashMap<>();

  private int sealsSinceCount;

  IcebergSink(DuckDbDatabase database, Target target, String catalogName) {
    this.database = database;
    this.target = target;
    this.catalogName = catalogName;
    this.tables = new IcebergTables(catalogName, target, database.snapshots(catalogName));
    this.provenance = new ProvenanceTable(tables::qualified);
    this.lock = database.commitLock(catalogName);
    String writer = newWriterId();
    this.ledgers = new IcebergLedgerProperties(tables, writer);
    this.fence = new IcebergFence(target(), writer);
  }

  private static String newWriterId() {
    byte[] id = new byte[WRITER_ID_BYTES];
    new SecureRandom().nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  /** Work in a session of its own. */
  @FunctionalInterface
  private interface Work<T> {
    T run(Session session) throws SQLException, SinkException;
  }

  @Override
  public String target() {
    return catalogName + "." + target.schema();
  }

  @Override
  public String catalogName() {
    return catalogName;
  }

  @Override
  public CatalogKind kind() {
    return CatalogKind.ICEBERG;
  }

  @Override
  public LedgerRow prepare(LedgerRow first) throws SinkException {
    return locked(
        session -> {
          tables.prepare(session);
          Optional<IcebergLedger> present = ledgers.readNow(session, first.spoolId());
          if (present.isPresent()) {
            return row(present.get());
          }
          begin(session, 0, first);
          return first;
        });
  }

  @Override
  public void check() throws SinkException {
    locked(
        session -> {
          tables.prepare(session);
          return true;
        });
  }

  @Override
  public Optional<LedgerRow> readLedger(String spoolId) throws SinkException {
    return inSession(session -> ledgers.readNow(session, spoolId).map(this::row));
  }

  /** As the furthest table says: whether the others have their rows, the counts tell. */
  @Override
  public Audit audit(String spoolId) throws SinkException {
    return inSession(
        session -> {
          Optional<LedgerRow> ledger =
              ledgers.readNow(session, spoolId).map(IcebergLedger::furthest);
          session.begin();
          return new Audit(
              ledger,
              ledger.isPresent() && target.provenance()
                  ? Optional.of(provenance.read(session, spoolId))
                  : Optional.empty());
        });
  }

  @Override
  public Commit commit(SealedBatch batch, LedgerMove move) throws SinkException {
    return SealTurn.take(database, lock, target(), () -> commitOnce(batch, move));
  }

  @Override
  public MoveFate fateOf(SealedBatch batch, LedgerMove move) throws SinkException {
    Optional<IcebergLedger> found = inSession(session -> ledgers.readNow(session, move.spoolId()));
    if (found.isEmpty()) {
      return new MoveFate.Gone();
    }
    IcebergLedger ledger = found.get();
    List<String> moving = moving(batch, move);
    long moved = moving.stream().filter(table -> ledger.isMoved(move, table)).count();
    if (moving.isEmpty() ? isBehind(ledger, move) : moved == moving.size()) {
      return new MoveFate.Made(settle(after(move, ledger.furthest())));
    }
    if (moved > 0) {
      return new MoveFate.PartlyMade();
    }
    return ledger.standsAt(move)
        ? new MoveFate.NotMade()
        : new MoveFate.Elsewhere(ledger.furthest().position().next());
  }

  @Override
  public void setLedger(LedgerRow row) throws SinkException {
    locked(
        session -> {
          tables.prepare(session);
          long before =
              ledgers.readNow(session, row.spoolId()).map(IcebergLedger::epoch).orElse(0L);
          // Of a clock, so that no two calls give one epoch two meanings: either may be applied
          // late, and the later one has to count.
          begin(session, Math.max(before + 1, database.clock().millis()), row);
          return row;
        });
  }

  @Override
  public boolean removeLedger(String spoolId) throws SinkException {
    return locked(
        session -> {
          boolean isRemoved = ledgers.remove(session, spoolId);
          settled.remove(spoolId);
          return isRemoved;
        });
  }

  @Override
  public void maintain() throws SinkException {
    throw new SinkException.Refused(
        "target "
            + target()
            + ": DuckDB maintains no Iceberg tables; see docs/targets/iceberg.md for who does");
  }

  @Override
  public void close() {
    // Sessions are closed with their task; the database is the writer's.
  }

  private Commit commitOnce(SealedBatch batch, LedgerMove move) throws SinkException {
    Commit commit;
    try (Session session = database.openSession(catalogName)) {
      long began = database.nanoTicker().getAsLong();
      LedgerRow row = write(session, batch, move);
      long appended = database.nanoTicker().getAsLong();
      try {
        session.commit();
      } catch (SQLException e) {
        throw IcebergErrors.ofCommit(target(), e);
      }
      CrashPoint.ICEBERG_COMMITTED.reached();
      long committed = database.nanoTicker().getAsLong();
      commit = new Commit(settle(row), appended - began, committed - appended);
    } catch (SQLException e) {
      throw failure(e, IcebergErrors.ofSeal(target(), e));
    } catch (OutOfMemoryException e) {
      throw new SinkException.Unavailable("target " + target() + ": no memory for a stream", e);
    }
    countSnapshots();
    return commit;
  }

  /**
   * Everything between BEGIN and COMMIT. The properties of the tables that get rows are set first:
   * with that, DuckDB takes the state of a table that its commit will require the catalog to have.
   * What it reads of a table before, another session may change under it.
   */
  private LedgerRow write(Session session, SealedBatch batch, LedgerMove move)
      throws SQLException, SinkException {
    List<String> moving = moving(batch, move);
    session.begin();
    CrashPoint.ICEBERG_BEGUN.reached();
    IcebergLedger before =
        ledgers.read(session, move.spoolId()).orElseThrow(() -> fence.fenced(move, "no row"));
    LedgerRow row = after(move, before.furthest());
    ledgers.move(session, before, row, confirmed(before, move), moving);
    requireStandingAt(session, move, before.epoch());
    CrashPoint.ICEBERG_LEDGER_MOVED.reached();
    for (OtlpTable table : OtlpTable.values()) {
      insert(session, batch, table);
    }
    if (moving.contains(TableDefinition.SEALS.name())) {
      Provenance.insert(
          session,
          tables.qualified(TableDefinition.SEALS.name()),
          batch,
          move,
          row.seals(),
          database.clock().instant());
    }
    if (moving.isEmpty() && !isBehind(before, move)) {
      ledgers.noteEmpty(session, before, row);
    }
    CrashPoint.ICEBERG_BEFORE_COMMIT.reached();
    return row;
  }

  /** What the catalog will require of the tables that get rows is what this writer knows. */
  private void requireStandingAt(Session session, LedgerMove move, long epoch)
      throws SQLException, SinkException {
    Optional<IcebergLedger> found = ledgers.read(session, move.spoolId());
    if (found.isPresent() && found.get().epoch() == epoch && found.get().standsAt(move)) {
      return;
    }
    Optional<IcebergLedger> now;
    try (Session fresh = database.openSession(catalogName)) {
      now = ledgers.readNow(fresh, move.spoolId());
    }
    throw fence.verdict(move, found, now);
  }

  private void insert(Session session, SealedBatch batch, OtlpTable table) throws SinkException {
    long rows = batch.rows(table);
    if (rows == 0) {
      return;
    }
    long inserted;
    try {
      TableDefinition into = TableDefinition.of(table, target.promoted());
      inserted =
          session.insert(batch, table, tables.qualified(into.name()), tables.columnList(into));
    } catch (SQLException e) {
      throw failure(e, DuckDbErrors.ofInsert(target(), e));
    }
    if (inserted != rows) {
      throw new IllegalStateException(
          table.tableName() + ": inserted " + inserted + " rows, expected " + rows);
    }
    CrashPoint.ICEBERG_TABLE_INSERTED.reached(table.tableName());
  }

  /** Tables that get rows in a seal. Its row in the provenance may be there already. */
  private List<String> moving(SealedBatch batch, LedgerMove move) {
    List<String> moving = new ArrayList<>();
    for (OtlpTable table : OtlpTable.values()) {
      if (batch.rows(table) > 0) {
        moving.add(table.tableName());
      }
    }
    String seals = TableDefinition.SEALS.name();
    boolean isThere =
        move.ahead()
            .map(ahead -> ahead.next().get(seals))
            .filter(next -> next.compareTo(move.next().next()) >= 0)
            .isPresent();
    if (target.provenance() && !isThere) {
      moving.add(seals);
    }
    return moving;
  }

  /** Whether a step of the ledger ends where some table is already. */
  private static boolean isBehind(IcebergLedger ledger, LedgerMove move) {
    return ledger.furthest().position().compareTo(move.next()) >= 0;
  }

  /** Up to where all tables are known to be complete when a step begins. */
  private static Place confirmed(IcebergLedger before, LedgerMove move) {
    return before.furthest().position().next().equals(move.first())
        ? Place.of(before.furthest())
        : before.confirmed();
  }

  private LedgerRow after(LedgerMove move, LedgerRow before) {
    boolean isCounted = before.position().compareTo(move.next()) < 0;
    return new LedgerRow(
        move.spoolId(),
        move.listenUri(),
        move.runId(),
        move.next(),
        isCounted ? before.seals() + 1 : before.seals(),
        database.clock().instant(),
        move.ahead().filter(ahead -> ahead.position().compareTo(move.next()) > 0));
  }

  private void begin(Session session, long epoch, LedgerRow row) throws SQLException {
    ledgers.begin(session, epoch, row);
    CrashPoint.ICEBERG_LEDGER_BEGUN.reached();
  }

  /** The row for a pipeline; what this sink has itself seen committed is in all tables. */
  private LedgerRow row(IcebergLedger ledger) {
    LedgerRow furthest = ledger.furthest();
    fence.seen(ledger);
    LedgerRow known = settled.get(furthest.spoolId());
    return known != null && known.position().equals(furthest.position()) ? furthest : ledger.row();
  }

  private LedgerRow settle(LedgerRow row) {
    if (row.ahead().isEmpty()) {
      settled.put(row.spoolId(), row);
    }
    return row;
  }

  private void countSnapshots() {
    if (++sealsSinceCount % SEALS_BETWEEN_COUNTS != 0) {
      return;
    }
    try (Session session = database.openSession(catalogName)) {
      for (OtlpTable table : OtlpTable.values()) {
        tables.countSnapshots(session, table.tableName());
      }
    } catch (SQLException e) {
      LOG.debug("{}: the snapshots can't be counted", target(), e);
    }
  }

  private <T> T locked(Work<T> work) throws SinkException {
    lock.lock();
    try {
      return inSession(work);
    } finally {
      lock.unlock();
    }
  }

  private <T> T inSession(Work<T> work) throws SinkException {
    try (Session session = database.openSession(catalogName)) {
      return work.run(session);
    } catch (SQLException e) {
      throw failure(e, IcebergErrors.ofStatement(target(), e));
    }
  }

  /** Where DuckDB takes the schema for missing without asking, only another ATTACH helps. */
  private SinkException failure(SQLException e, SinkException sorted) {
    if (!IcebergErrors.isSchemaForgotten(e)) {
      return sorted;
    }
    database.attachAnew(catalogName, "schema " + target.schema() + " was not there, once");
    return new SinkException.Unavailable(sorted.reason() + "; the catalog is attached anew", e);
  }
}
