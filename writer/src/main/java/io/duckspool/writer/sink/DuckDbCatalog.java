package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.SealedBatch;
import java.sql.SQLException;
import java.util.Optional;

/** A DuckDB file: its own log makes a transaction durable, so there is nothing to do around it. */
final class DuckDbCatalog implements LedgerCatalog {

  private final CatalogKind kind;
  private final String catalog;
  private final Target target;
  private final TargetTables tables;
  private final Optional<LogBound> log;
  private final QueryGate queries;

  DuckDbCatalog(
      CatalogKind kind,
      String catalog,
      Target target,
      TargetTables tables,
      Optional<LogBound> log,
      QueryGate queries) {
    this.kind = kind;
    this.catalog = catalog;
    this.target = target;
    this.tables = tables;
    this.log = log;
    this.queries = queries;
  }

  @Override
  public CatalogKind kind() {
    return kind;
  }

  @Override
  public void settle(Session session) {
    // The tables are all there is.
  }

  @Override
  public void stage(Session session, SealedBatch batch, LedgerMove move) {
    // The rows go into the transaction as they are.
  }

  @Override
  public long insert(Session session, SealedBatch batch, OtlpTable table) throws SQLException {
    TableDefinition into = TableDefinition.of(table, target.promoted());
    return session.insert(batch, table, tables.qualified(into), into.columnList());
  }

  @Override
  public void describe(Session session, String message, String details) {
    // It keeps no history.
  }

  @Override
  public void committed(Session session) {
    log.ifPresent(bound -> bound.keep(session, queries, catalog));
  }

  @Override
  public SinkException commitFailure(String target, SQLException failure) {
    return DuckDbErrors.ofCommit(target, failure);
  }

  @Override
  public void maintain(Session session) throws SQLException {
    session.execute("CHECKPOINT " + Identifiers.quote(catalog));
  }
}
