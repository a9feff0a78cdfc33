package io.duckspool.deploy.reconcile;

import io.duckspool.deploy.load.Stamp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Holds what a client was told against the tables, by ranges of requests: in memory are a byte and
 * two bits for each request, and the counts of one range. Each accepted request must be there with
 * each of its rows exactly once; another that is there must have been sent, and be there once and
 * whole. Used by one thread.
 */
public final class Comparison {
  private static final int MAX_EXAMPLES = 10;

  /** Rows of one answer: below what a server lets through. */
  private static final long MAX_REQUESTS_PER_QUERY = 5_000;

  /** Sequence numbers that a query tells apart: some 200 MB in DuckDB. */
  private static final long MAX_RECORDS_PER_QUERY = 4_000_000;

  private final Acks acks;
  private final StampedTables tables;
  private final RowSource source;
  private final BitSet missing = new BitSet();
  private final BitSet present = new BitSet();
  private final List<String> examples = new ArrayList<>();
  private long committedRows;
  private long partlyMissingRows;
  private long doubledRows;
  private long unexpectedRows;
  private long unansweredRows;

  private Comparison(Acks acks, StampedTables tables, RowSource source) {
    this.acks = acks;
    this.tables = tables;
    this.source = source;
  }

  /**
   * Reads all signal tables.
   *
   * @param qualifier what stands before a table's name, as {@code "catalog"."schema".}; or empty
   */
  public static Comparison of(Acks acks, Stamp stamp, String qualifier, RowSource source)
      throws IOException {
    Comparison comparison = new Comparison(acks, new StampedTables(stamp, qualifier), source);
    comparison.compare();
    return comparison;
  }

  /** Accepted requests of which no row is there. */
  public BitSet missingRequests() {
    return (BitSet) missing.clone();
  }

  /** Requests that were sent of which a row is there. */
  public BitSet presentRequests() {
    return (BitSet) present.clone();
  }

  /** Different rows of accepted requests. */
  public long committedRows() {
    return committedRows;
  }

  /** Rows that are missing of requests of which others are there. */
  public long partlyMissingRows() {
    return partlyMissingRows;
  }

  /** Rows beside the first of their sequence number. */
  public long doubledRows() {
    return doubledRows;
  }

  /** Rows of requests that were refused, or never sent. */
  public long unexpectedRows() {
    return unexpectedRows;
  }

  /** Different rows of requests that got a 5xx, or no reply. */
  public long unansweredRows() {
    return unansweredRows;
  }

  /** The first faults, in words. */
  public List<String> examples() {
    return List.copyOf(examples);
  }

  private void compare() throws IOException {
    int records = acks.recordsPerRequest();
    long step = Math.max(1, Math.min(MAX_REQUESTS_PER_QUERY, MAX_RECORDS_PER_QUERY / records));
    for (long first = 0; first < acks.end(); first += step) {
      long next = Math.min(first + step, acks.end());
      source.rows(
          tables.requests(first, next, records),
          row ->
              found(
                  row.path("request").asLong(),
                  row.path("rows_found").asLong(),
                  row.path("different_rows").asLong()));
    }
    source.rows(
        tables.from(acks.end(), records),
        row -> foundBehind(row.path("rows_found").asLong(), row.path("different_rows").asLong()));
    for (long request = 0; request < acks.end(); request++) {
      if (acks.outcome(request) == Acks.Outcome.ACCEPTED && !present.get((int) request)) {
        missing.set((int) request);
      }
    }
  }

  private void found(long request, long rows, long different) {
    Acks.Outcome outcome = acks.outcome(request);
    boolean isNeverSent = outcome == Acks.Outcome.NONE && acks.isComplete();
    if (outcome == Acks.Outcome.REFUSED || isNeverSent) {
      unexpectedRows += rows;
      example(isNeverSent ? "never sent" : "refused, but there", request, rows, different);
      return;
    }
    present.set((int) request);
    if (outcome == Acks.Outcome.ACCEPTED) {
      committedRows += different;
    } else {
      unansweredRows += different;
    }
    if (rows != different) {
      doubledRows += rows - different;
      example("doubled", request, rows, different);
    }
    if (different < acks.recordsPerRequest()) {
      partlyMissingRows += acks.recordsPerRequest() - different;
      example("partly there", request, rows, different);
    }
  }

  /** Rows behind the last request that was noted. */
  private void foundBehind(long rows, long different) {
    if (acks.isComplete()) {
      unexpectedRows += rows;
      if (rows > 0) {
        add("never sent: " + rows + " rows behind the last request");
      }
      return;
    }
    // The load was killed: the requests it had in flight are in no line.
    unansweredRows += different;
    doubledRows += rows - different;
    if (rows != different) {
      add("doubled: " + (rows - different) + " rows behind the last request of the log");
    }
  }

  private void example(String fault, long request, long rows, long different) {
    add(
        fault
            + ": request "
            + request
            + ": "
            + rows
            + " rows, "
            + different
            + " different ones, of "
            + acks.recordsPerRequest());
  }

  private void add(String example) {
    if (examples.size() < MAX_EXAMPLES) {
      examples.add(example);
    }
  }
}
