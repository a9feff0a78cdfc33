package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.SealedBatch;
import java.sql.SQLException;

/**
 * What one kind of catalog does in its own way, under a ledger that is a table beside the rows: a
 * {@link LedgerTableSink} decides what happens when. Used under the database's commit lock.
 */
interface LedgerCatalog {

  CatalogKind kind();

  /**
   * The tables are made and checked in the open transaction: tells the catalog what else it has to
   * know of them. A catalog that can't be told before they are committed commits them, and leaves
   * another transaction open. Repeatable.
   *
   * @throws SinkException.Refused the tables can't be written to
   */
  void settle(Session session) throws SQLException, SinkException;

  /**
   * Does what can be done of a seal before its transaction. Called again for each attempt on the
   * same batch.
   */
  void stage(Session session, SealedBatch batch, LedgerMove move)
      throws SQLException, SinkException;

  /**
   * Adds a batch's rows of one table to the open transaction.
   *
   * @return rows added
   */
  long insert(Session session, SealedBatch batch, OtlpTable table) throws SQLException;

  /**
   * Gives the open transaction a text for the catalog's own history, where it keeps one.
   *
   * @param details JSON
   */
  void describe(Session session, String message, String details) throws SQLException;

  /** The seal is committed. Never fails. */
  void committed(Session session);

  /** COMMIT failed: says what is known of its fate. */
  SinkException commitFailure(String target, SQLException failure);

  /** As {@link Sink#maintain}. */
  void maintain(Session session) throws SQLException, SinkException;
}
