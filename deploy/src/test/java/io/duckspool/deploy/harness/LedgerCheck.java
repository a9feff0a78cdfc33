package io.duckspool.deploy.harness;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The writer's own books: the seals of a spool must follow each other without gap or overlap up to
 * the ledger's index, and the rows they claim must be the rows in the tables.
 */
final class LedgerCheck {
  private LedgerCheck() {}

  static void assertAgrees(Connection connection) throws SQLException {
    for (Map<String, @Nullable Object> ledger :
        Tables.rows(connection, "SELECT spool_id, next_index, seals FROM duckspool_ledger")) {
      List<Map<String, @Nullable Object>> seals =
          Tables.rows(
              connection,
              "SELECT seal_id, first_index, next_index FROM duckspool_seals WHERE spool_id = '"
                  + ledger.get("spool_id")
                  + "' ORDER BY seal_id");
      long next = -1;
      for (Map<String, @Nullable Object> seal : seals) {
        long first = number(seal, "first_index");
        if (next >= 0 && first != next) {
          throw new AssertionError("seal " + seal + " begins elsewhere than at " + next);
        }
        next = number(seal, "next_index");
        if (next <= first) {
          throw new AssertionError("an empty range: seal " + seal);
        }
      }
      if (!seals.isEmpty() && next != number(ledger, "next_index")) {
        throw new AssertionError("the last seal ends at " + next + ", the ledger says " + ledger);
      }
    }
    for (String table : Tables.signalTables()) {
      long claimed =
          Tables.number(
              connection,
              "SELECT coalesce(sum(CAST(rows_by_table ->> '"
                  + table
                  + "' AS BIGINT)), 0) FROM duckspool_seals");
      long present = Tables.number(connection, "SELECT count(*) FROM " + table);
      if (claimed != present) {
        throw new AssertionError(
            "the seals claim " + claimed + " rows of " + table + ", it has " + present);
      }
    }
  }

  private static long number(Map<String, @Nullable Object> row, String column) {
    if (row.get(column) instanceof Number number) {
      return number.longValue();
    }
    throw new AssertionError("no number in " + column + ": " + row);
  }
}
