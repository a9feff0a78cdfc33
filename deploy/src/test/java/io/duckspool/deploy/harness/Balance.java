package io.duckspool.deploy.harness;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;

/**
 * The oracle: holds what clients were told against what is in the tables. Each acked request must
 * be there with each of its rows exactly once; any other that is there must have been sent, and be
 * there once and whole.
 */
public final class Balance {
  private static final int MAX_EXAMPLES = 10;

  private final TreeMap<String, Integer> counts = new TreeMap<>();
  private final List<String> examples = new ArrayList<>();
  private final BitSet lost = new BitSet();
  private final BitSet present = new BitSet();
  private long presentCount;

  private Balance() {}

  /** Reads all signal tables over the connection, which stays open. */
  public static Balance of(AckLog log, Connection connection) throws SQLException {
    Balance balance = new Balance();
    balance.compare(log, connection);
    for (String complaint : List.of(log.firstComplaint(), log.sharedIndex())) {
      if (!complaint.isEmpty()) {
        balance.fault("broken reply", complaint);
      }
    }
    return balance;
  }

  /** Fails unless every acked row is there once, and nothing else but what was sent. */
  public void assertExact() {
    assertNoFaultBut("");
    if (!lost.isEmpty()) {
      throw new AssertionError(
          lost.cardinality() + " acked requests are lost: " + lost + "\n" + this);
    }
  }

  /** Fails for anything but acked requests that are missing altogether. */
  public void assertNothingButLosses() {
    assertNoFaultBut("");
  }

  /** The acked requests of which no row is there. */
  public BitSet lostRequests() {
    return lost;
  }

  /** The requests that were sent and are there. */
  public BitSet presentRequests() {
    return present;
  }

  @Override
  public String toString() {
    return counts
        + " "
        + examples
        + ", "
        + presentCount
        + " requests present, "
        + lost.cardinality()
        + " acked requests lost";
  }

  private void assertNoFaultBut(String allowed) {
    if (counts.keySet().stream().anyMatch(fault -> !fault.equals(allowed))) {
      throw new AssertionError("the balance is broken: " + this);
    }
  }

  private void compare(AckLog log, Connection connection) throws SQLException {
    int perRequest = log.recordsPerRequest();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query(perRequest))) {
      while (rows.next()) {
        long request = rows.getLong(1);
        long count = rows.getLong(2);
        long distinct = rows.getLong(3);
        AckLog.State state = log.state(request);
        String found =
            "request "
                + request
                + " ("
                + state
                + "): "
                + count
                + " rows, "
                + distinct
                + " different ones, of "
                + perRequest;
        presentCount++;
        if (state == AckLog.State.UNSENT) {
          fault("never sent", found);
          continue;
        }
        present.set((int) request);
        if (count != distinct) {
          fault("doubled", found);
        }
        if (distinct != perRequest) {
          fault("partly there", found);
        }
      }
    }
    for (int request = 0; request < log.sentCount(); request++) {
      if (log.state(request) == AckLog.State.ACKED && !present.get(request)) {
        lost.set(request);
        if (examples.size() < MAX_EXAMPLES) {
          long index = log.index(request);
          examples.add("lost: request " + request + " at " + (index >>> 32) + "-" + (int) index);
        }
      }
    }
  }

  private void fault(String kind, String example) {
    counts.merge(kind, 1, Integer::sum);
    if (examples.size() < MAX_EXAMPLES) {
      examples.add(kind + ": " + example);
    }
  }

  private static String query(int perRequest) {
    StringBuilder ids = new StringBuilder();
    for (Tables.Stamped table : Tables.STAMPED) {
      ids.append(ids.isEmpty() ? "" : " UNION ALL ")
          .append(
              "SELECT CAST(substr(%1$s, 4, 12) AS BIGINT) AS id FROM %2$s"
                  .formatted(table.column(), table.table()))
          .append(" WHERE starts_with(%s, 'id=')".formatted(table.column()));
    }
    return "SELECT id // %d AS request, count(*), count(DISTINCT id) FROM (%s) GROUP BY 1"
        .formatted(perRequest, ids);
  }
}
