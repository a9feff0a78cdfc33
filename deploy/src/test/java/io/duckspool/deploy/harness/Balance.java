package io.duckspool.deploy.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.duckspool.deploy.reconcile.Comparison;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * The oracle: holds what clients were told against what is in the tables. Each acked request must
 * be there with each of its rows exactly once; any other that is there must have been sent, and be
 * there once and whole.
 */
public final class Balance {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Comparison comparison;
  private final List<String> complaints = new ArrayList<>();
  private final List<String> lostPlaces = new ArrayList<>();

  private Balance(Comparison comparison) {
    this.comparison = comparison;
  }

  /** Reads all signal tables over the connection, which stays open. */
  public static Balance of(AckLog log, Connection connection) throws SQLException {
    Balance balance;
    try {
      balance =
          new Balance(
              Comparison.of(
                  log.acks(), Stamped.STAMP, "", (sql, row) -> rows(connection, sql, row)));
    } catch (IOException e) {
      if (e.getCause() instanceof SQLException failure) {
        throw failure;
      }
      throw new UncheckedIOException(e);
    }
    for (String complaint : List.of(log.firstComplaint(), log.sharedIndex())) {
      if (!complaint.isEmpty()) {
        balance.complaints.add("broken reply: " + complaint);
      }
    }
    balance.lostRequests().stream()
        .limit(10)
        .forEach(
            request -> {
              long index = log.index(request);
              balance.lostPlaces.add(
                  "request " + request + " at " + (index >>> 32) + "-" + (int) index);
            });
    return balance;
  }

  /** Fails unless every acked row is there once, and nothing else but what was sent. */
  public void assertExact() {
    assertNothingButLosses();
    if (!lostRequests().isEmpty()) {
      throw new AssertionError("acked requests are lost: " + lostRequests() + "\n" + this);
    }
  }

  /** Fails for anything but acked requests that are missing altogether. */
  public void assertNothingButLosses() {
    if (!complaints.isEmpty()
        || comparison.doubledRows() > 0
        || comparison.partlyMissingRows() > 0
        || comparison.unexpectedRows() > 0) {
      throw new AssertionError("the balance is broken: " + this);
    }
  }

  /** The acked requests of which no row is there. */
  public BitSet lostRequests() {
    return comparison.missingRequests();
  }

  /** Rows beside the first of their sequence number. */
  public long doubledRows() {
    return comparison.doubledRows();
  }

  /** The requests that were sent and are there. */
  public BitSet presentRequests() {
    return comparison.presentRequests();
  }

  @Override
  public String toString() {
    return complaints
        + " "
        + comparison.examples()
        + ", "
        + presentRequests().cardinality()
        + " requests present, "
        + lostRequests().cardinality()
        + " acked requests lost "
        + lostPlaces;
  }

  static void rows(Connection connection, String sql, Consumer<JsonNode> row) throws IOException {
    try {
      Tables.rows(connection, sql).forEach(found -> row.accept(JSON.valueToTree(found)));
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }
}
