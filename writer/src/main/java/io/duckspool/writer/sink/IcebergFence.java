package io.duckspool.writer.sink;

import io.duckspool.spool.SpoolIndex;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Judges a ledger that isn't where a seal begins: whether another writer moved it, or a commit of
 * this one, or of the one before, that was given up for lost. Thread-safe.
 */
final class IcebergFence {

  private final String target;
  private final String writer;

  /** By spool, who wrote here before this writer, until it is made use of. */
  private final Map<String, Set<String>> predecessors = new ConcurrentHashMap<>();

  /**
   * @param target for messages
   * @param writer id of this writer
   */
  IcebergFence(String target, String writer) {
    this.target = target;
    this.writer = writer;
  }

  /** The ledger is read; who wrote it before the first time is a predecessor. */
  void seen(IcebergLedger ledger) {
    predecessors.putIfAbsent(ledger.furthest().spoolId(), Set.copyOf(ledger.writers().values()));
  }

  /**
   * Says what it means that a seal's transaction doesn't find the ledger where the seal begins.
   *
   * @param found as the transaction sees it
   * @param now as it is
   */
  SinkException verdict(
      LedgerMove move, Optional<IcebergLedger> found, Optional<IcebergLedger> now) {
    SpoolIndex expected = IcebergLedger.expectedFurthest(move);
    String at =
        found.map(ledger -> "next_index " + ledger.furthest().position().next()).orElse("no row");
    if (now.isPresent() && now.get().standsAt(move)) {
      // DuckDB goes by its own clock when it picks the state of a table for a transaction.
      return new SinkException.Unavailable(
          "target "
              + target
              + ": its tables look as they did before the last seal ("
              + at
              + ", expected "
              + expected
              + "), as they do while the catalog's clock is ahead of this machine's");
    }
    Set<String> others = found.map(ledger -> ledger.writersOfWhatDiffers(move)).orElse(Set.of());
    if (!others.isEmpty() && isOwnOrOfPredecessors(move.spoolId(), others)) {
      return new SinkException.Overtaken(
          "ledger of " + target + ": expected next_index " + expected + ", found " + at);
    }
    return fenced(move, at);
  }

  SinkException.Fenced fenced(LedgerMove move, String found) {
    return new SinkException.Fenced(
        "ledger of "
            + target
            + " for spool "
            + move.spoolId()
            + ": expected next_index "
            + IcebergLedger.expectedFurthest(move)
            + ", found "
            + found);
  }

  /** A predecessor is believed once: what it had sent when it ended is one commit at most. */
  private boolean isOwnOrOfPredecessors(String spoolId, Set<String> others) {
    Set<String> strangers = new HashSet<>(others);
    strangers.remove(writer);
    Set<String> before = predecessors.put(spoolId, Set.of());
    return strangers.isEmpty() || (before != null && before.containsAll(strangers));
  }
}
