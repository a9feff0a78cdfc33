package io.duckspool.writer.sink;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** The statements on {@code duckspool_ledger}, each in the session's transaction. */
final class LedgerTable {

  private final String table;

  /**
   * @param table qualified, quoted name
   */
  LedgerTable(String table) {
    this.table = table;
  }

  Optional<LedgerRow> read(Session session, String spoolId) throws SQLException, SinkException {
    List<LedgerRow> rows =
        session.query(
            row -> ledgerRow(spoolId, row),
            "SELECT listen_uri, run_id, next_index, cumulative_entries, cumulative_rows,"
                + " cumulative_bytes, seals, epoch_us(updated_at) FROM "
                + table
                + " WHERE spool_id = ?",
            spoolId);
    if (rows.size() > 1) {
      throw new SinkException.Refused(
          table + " has " + rows.size() + " rows for spool " + spoolId + ", expected one");
    }
    return rows.stream().findFirst();
  }

  /**
   * Moves the row from where the last seal ended; an append-only ledger would not fence.
   *
   * @return rows changed; anything but 1 is to be rolled back
   */
  long move(Session session, LedgerMove move, Instant now) throws SQLException {
    SpoolPosition next = move.next();
    return session.update(
        "UPDATE "
            + table
            + " SET run_id = ?, next_index = ?, cumulative_entries = ?, cumulative_rows = ?,"
            + " cumulative_bytes = ?, seals = seals + 1, updated_at = make_timestamp(?)"
            + " WHERE spool_id = ? AND next_index = ?",
        move.runId(),
        next.next().toLong(),
        next.entries(),
        next.rows(),
        next.bytes(),
        micros(now),
        move.spoolId(),
        move.first().toLong());
  }

  void insert(Session session, LedgerRow row) throws SQLException {
    SpoolPosition position = row.position();
    session.update(
        "INSERT INTO "
            + table
            + " (spool_id, listen_uri, run_id, next_index, cumulative_entries, cumulative_rows,"
            + " cumulative_bytes, seals, updated_at)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, make_timestamp(?))",
        row.spoolId(),
        row.listenUri(),
        row.runId(),
        position.next().toLong(),
        position.entries(),
        position.rows(),
        position.bytes(),
        row.seals(),
        micros(row.updatedAt()));
  }

  /** Returns the number of rows removed. */
  long remove(Session session, String spoolId) throws SQLException {
    return session.update("DELETE FROM " + table + " WHERE spool_id = ?", spoolId);
  }

  static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  private static LedgerRow ledgerRow(String spoolId, ResultSet row) throws SQLException {
    SpoolPosition position =
        new SpoolPosition(
            SpoolIndex.ofLong(row.getLong(3)), row.getLong(4), row.getLong(5), row.getLong(6));
    return new LedgerRow(
        spoolId,
        row.getString(1),
        row.getString(2),
        position,
        row.getLong(7),
        Instant.EPOCH.plus(row.getLong(8), ChronoUnit.MICROS));
  }
}
