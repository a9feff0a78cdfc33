package io.duckspool.writer.sink;

import io.duckspool.spool.SpoolIndex;
import java.util.Optional;

/** What became of a step of the ledger whose commit had no answer. */
public sealed interface MoveFate {

  /** It was made, with the rows. */
  record Made(LedgerRow ledger) implements MoveFate {}

  /** Nothing of it was made; another attempt may be made. */
  record NotMade() implements MoveFate {}

  /** Some tables have their rows, others don't: read the ledger again, which says which. */
  record PartlyMade() implements MoveFate {}

  /** The ledger stands at neither end of the step. */
  record Elsewhere(SpoolIndex at) implements MoveFate {}

  /** There is no ledger row any more. */
  record Gone() implements MoveFate {}

  /** The fate by a ledger whose tables all move at once. */
  static MoveFate of(Optional<LedgerRow> ledger, LedgerMove move) {
    if (ledger.isEmpty()) {
      return new Gone();
    }
    SpoolIndex at = ledger.get().position().next();
    if (at.equals(move.next().next())) {
      return new Made(ledger.get());
    }
    return at.equals(move.first()) ? new NotMade() : new Elsewhere(at);
  }
}
