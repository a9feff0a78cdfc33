package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.SealedBatch;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * A schema of a catalog as target, where the ledger is a table beside the rows and moves in their
 * transaction. What kinds of catalogs do each in its own way is a {@link LedgerCatalog}'s.
 */
final class LedgerTableSink implements Sink {

  private final DuckDbDatabase database;
  private final Target target;
  private final String catalogName;
  private final TargetTables tables;
  private final LedgerTable ledger;
  private final ProvenanceTable provenance;
  private final LedgerCatalog catalog;

  private LedgerTableSink(
      DuckDbDatabase database, Target target, String catalogName, CatalogFactory catalogs) {
    this.database = database;
    this.target = target;
    this.catalogName = catalogName;
    this.tables = new TargetTables(catalogName, target);
    this.ledger = new LedgerTable(tables.qualified(TableDefinition.LEDGER));
    this.provenance = new ProvenanceTable(tables::qualified);
    this.catalog = catalogs.of(tables);
  }

  /** A schema of a DuckDB database. */
  static LedgerTableSink ofDuckDb(
      DuckDbDatabase database, Target target, String catalogName, CatalogKind kind) {
    return new LedgerTableSink(
        database,
        target,
        catalogName,
        tables ->
            new DuckDbCatalog(
                kind, catalogName, target, tables, database.log(catalogName), database.queries()));
  }

  /** A schema of a DuckLake. */
  static LedgerTableSink ofDuckLake(
      DuckDbDatabase database, Target target, String catalogName, CatalogConfig.DuckLake config) {
    return new LedgerTableSink(
        database,
        target,
        catalogName,
        tables ->
            new DuckLakeCatalog(
                catalogName,
                target,
                tables,
                LakeMetadata.of(catalogName, config),
                database.clock()));
  }

  /** Makes the catalog's side for the tables of a target. */
  @FunctionalInterface
  private interface CatalogFactory {
    LedgerCatalog of(TargetTables tables);
  }

  /** Work in a transaction. */
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
    return catalog.kind();
  }

  @Override
  public LedgerRow prepare(LedgerRow first) throws SinkException {
    return inTransaction(
        "ledger of " + first.listenUri(),
        session -> {
          prepareTables(session);
          Optional<LedgerRow> present = ledger.read(session, first.spoolId());
          if (present.isPresent()) {
            return present.get();
          }
          ledger.insert(session, first);
          return first;
        });
  }

  @Override
  public void check() throws SinkException {
    inTransaction(
        "tables",
        session -> {
          prepareTables(session);
          return true;
        });
  }

  private void prepareTables(Session session) throws SQLException, SinkException {
    tables.prepare(session);
    catalog.settle(session);
  }

  @Override
  public Optional<LedgerRow> readLedger(String spoolId) throws SinkException {
    try (Session session = database.openSession(catalogName)) {
      return tables.exists(session, TableDefinition.LEDGER)
          ? ledger.read(session, spoolId)
          : Optional.empty();
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement(target(), e);
    }
  }

  @Override
  public Audit audit(String spoolId) throws SinkException {
    try (Session session = database.openSession(catalogName)) {
      session.begin();
      if (!tables.exists(session, TableDefinition.LEDGER)) {
        return new Audit(Optional.empty(), Optional.empty());
      }
      return new Audit(
          ledger.read(session, spoolId),
          tables.exists(session, TableDefinition.SEALS)
              ? Optional.of(provenance.read(session, spoolId))
              : Optional.empty());
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement(target(), e);
    }
  }

  @Override
  public boolean notesSeals() {
    return target.provenance();
  }

  @Override
  public Set<String> sealed(Set<String> spoolIds) throws SinkException {
    try (Session session = database.openSession(catalogName)) {
      return tables.exists(session, TableDefinition.SEALS)
          ? provenance.sealed(session, spoolIds)
          : Set.of();
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement(target(), e);
    }
  }

  @Override
  public Commit commit(SealedBatch batch, LedgerMove move) throws SinkException {
    return SealTurn.take(database, target(), () -> commitOnce(batch, move));
  }

  private Commit commitOnce(SealedBatch batch, LedgerMove move) throws SinkException {
    try (Session session = database.openSession(catalogName)) {
      long began = database.nanoTicker().getAsLong();
      catalog.stage(session, batch, move);
      LedgerRow row = write(session, batch, move);
      long appended = database.nanoTicker().getAsLong();
      try {
        session.commit();
      } catch (SQLException e) {
        throw catalog.commitFailure(target(), e);
      }
      CrashPoint.SEAL_COMMITTED.reached();
      long committed = database.nanoTicker().getAsLong();
      catalog.committed(session);
      return new Commit(row, appended - began, committed - appended);
    } catch (SQLException e) {
      throw DuckDbErrors.ofSeal(target(), e);
    } catch (OutOfMemoryException e) {
      throw new SinkException.Unavailable("target " + target() + ": no memory for a stream", e);
    }
  }

  @Override
  public void setLedger(LedgerRow row) throws SinkException {
    inTransaction(
        "ledger of " + row.listenUri() + " set",
        session -> {
          prepareTables(session);
          ledger.remove(session, row.spoolId());
          ledger.insert(session, row);
          return row;
        });
  }

  @Override
  public boolean removeLedger(String spoolId) throws SinkException {
    return inTransaction(
        "ledger of spool " + spoolId + " removed",
        session ->
            tables.exists(session, TableDefinition.LEDGER) && ledger.remove(session, spoolId) > 0);
  }

  @Override
  public void maintain() throws SinkException {
    database.commitLock().lock();
    try (Session session = database.openSession(catalogName)) {
      catalog.maintain(session);
    } catch (SQLException e) {
      throw DuckDbErrors.ofMaintenance(target(), e);
    } finally {
      database.commitLock().unlock();
    }
  }

  @Override
  public void close() {
    // Sessions are closed with their task; the database is the writer's.
  }

  /**
   * Everything between BEGIN and COMMIT. The ledger goes first: a fenced seal then costs nothing,
   * and two writers collide on the one row before either has written much.
   */
  private LedgerRow write(Session session, SealedBatch batch, LedgerMove move)
      throws SQLException, SinkException {
    session.begin();
    CrashPoint.SEAL_BEGUN.reached();
    long moved = ledger.move(session, move, database.clock().instant());
    if (moved != 1) {
      throw fenced(session, move, moved);
    }
    CrashPoint.SEAL_LEDGER_MOVED.reached();
    for (OtlpTable table : OtlpTable.values()) {
      insert(session, batch, table);
    }
    LedgerRow row =
        ledger
            .read(session, move.spoolId())
            .orElseThrow(() -> new IllegalStateException("the moved ledger row is gone"));
    if (target.provenance()) {
      Provenance.insert(
          session,
          tables.qualified(TableDefinition.SEALS),
          batch,
          move,
          row.seals(),
          database.clock().instant());
    }
    catalog.describe(session, "seal " + row.seals() + " of " + move.listenUri(), details(move));
    CrashPoint.SEAL_BEFORE_COMMIT.reached();
    return row;
  }

  private void insert(Session session, SealedBatch batch, OtlpTable table) throws SinkException {
    long rows = batch.rows(table);
    if (rows == 0) {
      return;
    }
    long inserted;
    try {
      inserted = catalog.insert(session, batch, table);
    } catch (SQLException e) {
      throw DuckDbErrors.ofInsert(target(), e);
    }
    if (inserted != rows) {
      throw new IllegalStateException(
          table.tableName() + ": inserted " + inserted + " rows, expected " + rows);
    }
    CrashPoint.SEAL_TABLE_INSERTED.reached(table.tableName());
  }

  private SinkException fenced(Session session, LedgerMove move, long moved)
      throws SQLException, SinkException {
    String found =
        ledger
            .read(session, move.spoolId())
            .map(row -> "next_index " + row.position().next())
            .orElse("no row");
    return new SinkException.Fenced(
        "ledger of "
            + target()
            + " for spool "
            + move.spoolId()
            + ": expected next_index "
            + move.first()
            + ", found "
            + found
            + (moved > 1 ? " in " + moved + " rows" : ""));
  }

  /** The index range of a seal, as JSON. */
  private static String details(LedgerMove move) {
    return "{\"spool_id\":\""
        + move.spoolId()
        + "\",\"first_index\":"
        + move.first().toLong()
        + ",\"next_index\":"
        + move.next().next().toLong()
        + "}";
  }

  /**
   * @param message what the work is, for the catalog's history
   */
  private <T> T inTransaction(String message, Work<T> work) throws SinkException {
    database.commitLock().lock();
    try (Session session = database.openSession(catalogName)) {
      session.begin();
      T result = work.run(session);
      catalog.describe(session, message, "{}");
      session.commit();
      return result;
    } catch (SQLException e) {
      throw DuckDbErrors.ofStatement(target(), e);
    } finally {
      database.commitLock().unlock();
    }
  }
}
