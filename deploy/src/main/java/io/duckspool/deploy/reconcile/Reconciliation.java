package io.duckspool.deploy.reconcile;

import io.duckspool.deploy.load.AckLogReader;
import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Makes the balance of an ack log. Used by one thread. */
public final class Reconciliation {
  private static final int MAX_EXAMPLES = 10;

  private final AckLogReader log;
  private final SpoolState spool;
  private long quarantinedRequests;
  private long pendingRequests;
  private long lostRequests;
  private final List<String> examples = new ArrayList<>();

  private Reconciliation(AckLogReader log, SpoolState spool) {
    this.log = log;
    this.spool = spool;
  }

  /**
   * Reads the log, the tables, and the log again for what is not in them.
   *
   * @param spool taken before
   * @param qualifier what stands before a table's name, as {@code "catalog"."schema".}; or empty
   */
  public static Balance balance(
      AckLogReader log, SpoolState spool, String qualifier, RowSource source)
      throws IOException, AckLogReader.BadAckLogException {
    Acks acks = read(log);
    Comparison comparison = Comparison.of(acks, log.stamp(), qualifier, source);
    Reconciliation reconciliation = new Reconciliation(log, spool);
    reconciliation.explain(comparison.missingRequests());
    return reconciliation.sum(acks, comparison);
  }

  /** Where the last accepted entry of the log stands; empty: no reply said. */
  public static Optional<SpoolIndex> lastIndex(AckLogReader log)
      throws IOException, AckLogReader.BadAckLogException {
    SpoolIndex[] last = {null};
    log.forEach(
        line ->
            accepted(line)
                .filter(index -> last[0] == null || index.compareTo(last[0]) > 0)
                .ifPresent(index -> last[0] = index));
    return Optional.ofNullable(last[0]);
  }

  private static Acks read(AckLogReader log) throws IOException, AckLogReader.BadAckLogException {
    Acks acks = new Acks(log.recordsPerRequest());
    OptionalLong requests =
        log.forEach(
            line ->
                line.status()
                    .ifPresentOrElse(
                        status -> acks.replied(line.request(), status),
                        () -> acks.notReplied(line.request())));
    if (requests.isPresent()) {
      acks.complete();
    }
    return acks;
  }

  private void explain(BitSet missing) throws IOException, AckLogReader.BadAckLogException {
    if (missing.isEmpty()) {
      return;
    }
    log.forEach(
        line -> {
          if (missing.get((int) line.request())) {
            explain(line.request(), accepted(line));
          }
        });
  }

  private void explain(long request, Optional<SpoolIndex> index) {
    if (index.isPresent() && spool.isQuarantined(index.get())) {
      quarantinedRequests++;
    } else if (index.isPresent() && spool.isPending(index.get())) {
      pendingRequests++;
    } else {
      lostRequests++;
      if (examples.size() < MAX_EXAMPLES) {
        examples.add("lost: request " + request + index.map(at -> " at index " + at).orElse(""));
      }
    }
  }

  private Balance sum(Acks acks, Comparison comparison) {
    long records = acks.recordsPerRequest();
    Map<String, Long> rejected = new TreeMap<>();
    acks.requestsByReason().forEach((reason, count) -> rejected.put(reason, count * records));
    List<String> all = new ArrayList<>(examples);
    all.addAll(comparison.examples());
    return new Balance(
        acks.notedCount() * records,
        acks.acceptedCount() * records,
        rejected,
        comparison.committedRows(),
        quarantinedRequests * records,
        pendingRequests * records,
        lostRequests * records + comparison.partlyMissingRows(),
        comparison.doubledRows(),
        comparison.unexpectedRows(),
        comparison.unansweredRows(),
        all);
  }

  private static Optional<SpoolIndex> accepted(AckLogReader.Line line) {
    return line.status().isPresent()
            && Acks.Outcome.ofStatus(line.status().getAsInt()) == Acks.Outcome.ACCEPTED
        ? line.index().map(SpoolIndex::parse)
        : Optional.empty();
  }
}
