package io.duckspool.writer.sink;

import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.writer.batch.SealedBatch;
import java.sql.SQLException;
import java.time.Instant;
import java.util.StringJoiner;

/** What is noted of a seal beside its rows, in whatever form the target has. */
final class Provenance {

  private Provenance() {}

  /**
   * Adds the row of a seal to {@code duckspool_seals}, in the session's transaction.
   *
   * @param table qualified, quoted name
   */
  static void insert(
      Session session,
      String table,
      SealedBatch batch,
      LedgerMove move,
      long sealId,
      Instant committedAt)
      throws SQLException {
    session.update(
        "INSERT INTO "
            + table
            + " (spool_id, listen_uri, seal_id, first_index, next_index, \"trigger\","
            + " rows_by_table, started_at, committed_at)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, make_timestamp(?), make_timestamp(?))",
        move.spoolId(),
        move.listenUri(),
        sealId,
        move.first().toLong(),
        move.next().next().toLong(),
        move.trigger().text(),
        rowsByTable(batch),
        LedgerTable.micros(move.startedAt()),
        LedgerTable.micros(committedAt));
  }

  /**
   * The rows of a batch by table, as a JSON object, those among them that the target had before;
   * tables without a row are left out.
   */
  static String rowsByTable(SealedBatch batch) {
    StringJoiner json = new StringJoiner(",", "{", "}");
    for (OtlpTable table : OtlpTable.values()) {
      long rows = batch.rows(table) + batch.skippedRows(table);
      if (rows > 0) {
        json.add("\"" + table.tableName() + "\":" + rows);
      }
    }
    return json.toString();
  }
}
