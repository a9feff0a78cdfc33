package io.duckspool.writer.sink;

import io.duckspool.writer.batch.SealedBatch;
import java.util.Optional;
import java.util.Set;

/**
 * Writes to one target, together with the ledger that says how far each spool got there.
 *
 * <p>Invariant: rows and the ledger's move become visible, and durable, in one step. Used by one
 * pipeline thread at a time for {@link #commit}; the other methods may be called from admin threads
 * meanwhile. Sinks on one target share its commit lock. Closed by the pipeline; the database behind
 * it belongs to the writer.
 *
 * <p>If the process dies here: before COMMIT returned, the target holds either all of the batch and
 * the moved ledger, or neither; the next start reads the ledger and goes on from there.
 */
public interface Sink extends AutoCloseable {

  /** The target as text, for messages: {@code <catalog>.<schema>}. */
  String target();

  /** Name of the catalog that {@link Target#catalog()} stands for. */
  String catalogName();

  /** What {@link #catalogName} is to the writer. */
  CatalogKind kind();

  /**
   * Checks or creates schema, tables and the ledger row, all in one transaction. The tables are
   * created when the target says so, and checked by column name and type in any case. Repeatable: a
   * ledger row that is there stays as it is.
   *
   * @param first the row of a spool nothing was committed from
   * @return the row that is there now
   * @throws SinkException.Refused what is missing or has another type; nothing is left behind
   */
  LedgerRow prepare(LedgerRow first) throws SinkException;

  /**
   * Checks or creates schema and tables as {@link #prepare} does, but touches no ledger row: for a
   * server that was made earlier.
   */
  void check() throws SinkException;

  /** The committed ledger row of a spool; empty when there is none, or no ledger at all. */
  Optional<LedgerRow> readLedger(String spoolId) throws SinkException;

  /**
   * Commits the batch's rows and moves the ledger by compare-and-set in one transaction. Blocking,
   * durable on return. The batch stays the caller's, to be tried again or closed.
   *
   * @throws SinkException.Fenced the row does not stand at {@code move.first()}
   * @throws SinkException.UnknownOutcome the COMMIT's fate isn't known
   */
  Commit commit(SealedBatch batch, LedgerMove move) throws SinkException;

  /**
   * What became of a commit that ended in {@link SinkException.UnknownOutcome}, as the ledger says
   * now. It may yet be applied later; another attempt then fails.
   *
   * @param batch of that commit, borrowed until return
   */
  default MoveFate fateOf(SealedBatch batch, LedgerMove move) throws SinkException {
    return MoveFate.of(readLedger(move.spoolId()), move);
  }

  /** What the target says of a spool and of its tables, all at one moment. Blocking. */
  default Audit audit(String spoolId) throws SinkException {
    return new Audit(readLedger(spoolId), Optional.empty());
  }

  /** Whether the target notes each seal for good, so that {@link #sealed} can tell. */
  default boolean notesSeals() {
    return false;
  }

  /**
   * Which of these spools the target has a note of a seal of.
   *
   * @param spoolIds ids of spools or of replays, not empty
   */
  default Set<String> sealed(Set<String> spoolIds) throws SinkException {
    throw new SinkException.Refused("target " + target() + " notes no seals");
  }

  /** Writes the ledger row whatever stood there; an operator's act. */
  void setLedger(LedgerRow row) throws SinkException;

  /**
   * Removes the ledger row of a spool that is no more; the rows stay.
   *
   * @return false when there was none
   */
  boolean removeLedger(String spoolId) throws SinkException;

  /**
   * Maintains the catalog, between commits: writes out what its log holds. Blocking; changes no
   * row.
   *
   * @throws SinkException.Refused the catalog has no such thing
   */
  void maintain() throws SinkException;

  /** Frees what the sink itself holds. Idempotent; never fails. */
  @Override
  void close();
}
