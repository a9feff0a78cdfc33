package io.duckspool.writer.sink;

import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import java.util.Map;

/**
 * What a target may have beyond the position of its ledger row, where each table has a ledger of
 * its own: a catalog may have applied the last seal to some of its tables alone. What lies between
 * the row's position and this one is read again, and each row stored where it is missing.
 *
 * @param position the furthest that any table is
 * @param runId run of the receiver that made the segment of {@code position.next()}
 * @param next by name of the table, those that are ahead of the row: index of the first entry whose
 *     rows they may lack
 */
public record TablesAhead(SpoolPosition position, String runId, Map<String, SpoolIndex> next) {

  public TablesAhead {
    next = Map.copyOf(next);
  }

  /** Whether the table has the rows of an entry already. */
  public boolean has(String table, SpoolIndex entry) {
    SpoolIndex first = next.get(table);
    return first != null && entry.compareTo(first) < 0;
  }
}
