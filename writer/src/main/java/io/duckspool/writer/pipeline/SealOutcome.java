package io.duckspool.writer.pipeline;

import io.duckspool.writer.sink.Commit;

/** What came of an attempt to commit a batch. */
sealed interface SealOutcome {

  /** The rows and the ledger are in the target. */
  record Committed(Commit commit) implements SealOutcome {}

  /** The target failed, nothing is in it: try again later. */
  record Failed(String error) implements SealOutcome {}

  /** One of the entries is to blame, nothing is in the target. */
  record EntryToBlame(String error) implements SealOutcome {}

  /** The target is not fit to take the rows, and won't be by waiting. */
  record Refused(String error) implements SealOutcome {}

  /** Another writer moves this ledger: never try again. */
  record Fenced(String error) implements SealOutcome {}
}
