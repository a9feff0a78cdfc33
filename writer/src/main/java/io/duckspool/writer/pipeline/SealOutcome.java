package io.duckspool.writer.pipeline;

import io.duckspool.writer.sink.Commit;

/** What came of an attempt to commit a batch. */
sealed interface SealOutcome {

  /** The rows and the ledger are in the target. */
  record Committed(Commit commit) implements SealOutcome {}

  /** The target failed, nothing is in it: try again later. */
  record Failed(String error) implements SealOutcome {}

  /**
   * The batch needs more memory than there is, nothing is in the target: try with a smaller one.
   */
  record OutOfMemory(String error) implements SealOutcome {}

  /** A commit of an earlier batch, not of this one, has moved the ledger: read it again. */
  record LedgerMoved(String error) implements SealOutcome {}

  /** One of the entries is to blame, nothing is in the target. */
  record EntryToBlame(String error) implements SealOutcome {}

  /** The target is not fit to take the rows, and won't be by waiting. */
  record Refused(String error) implements SealOutcome {}

  /** Another writer moves this ledger: never try again. */
  record Fenced(String error) implements SealOutcome {}
}
