package io.duckspool.writer.pipeline;

import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.sink.Audit;
import io.duckspool.writer.sink.CatalogKind;
import io.duckspool.writer.sink.Commit;
import io.duckspool.writer.sink.LedgerMove;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.MoveFate;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** A real sink with faults: by the number of the step, or for the next commits. */
final class FaultySink implements Sink {

  /** What goes wrong with a commit. */
  enum Fault {
    NONE,
    UNAVAILABLE,
    ENTRY_FAULT,
    UNKNOWN_NOT_APPLIED,
    UNKNOWN_BUT_APPLIED,
    REFUSED
  }

  /** Which entries the target refuses. */
  interface Refuses {
    boolean refuses(LedgerMove move, SealedBatch batch);
  }

  private final Sink real;
  private final List<LedgerMove> commits = new ArrayList<>();
  private int failStep;
  private int steps;
  private Fault fault = Fault.NONE;
  private int faultCount;
  private int attempts;
  private boolean isReadBroken;
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private boolean isDown;
  private CatalogKind kind;
  private Optional<SinkException> maintenanceFailure = Optional.empty();
  private int maintenances;
  private long maxRows = Long.MAX_VALUE;
  private Refuses refuses = (move, batch) -> false;

  FaultySink(Sink real) {
    this.real = real;
    this.kind = real.kind();
  }

  /** The Nth call from now fails; 0: none. */
  void failStep(int n) {
    failStep = n;
    steps = 0;
  }

  int steps() {
    return steps;
  }

  void failCommits(Fault with, int count) {
    fault = with;
    faultCount = count;
  }

  void breakReads(boolean isBroken) {
    isReadBroken = isBroken;
  }

  /** Nothing is answered, nothing is done. */
  void goDown(boolean down) {
    isDown = down;
  }

  /** Every call waits until the gate opens. */
  void waitFor(CountDownLatch other) {
    gate = other;
  }

  /** A batch with more rows needs more memory than there is. */
  void holdRows(long most) {
    maxRows = most;
  }

  void refuse(Refuses which) {
    refuses = which;
  }

  List<LedgerMove> commits() {
    return commits;
  }

  int attempts() {
    return attempts;
  }

  @Override
  public String target() {
    return real.target();
  }

  @Override
  public String catalogName() {
    return real.catalogName();
  }

  void pretendToBe(CatalogKind other) {
    kind = other;
  }

  /** What the next maintenances fail with. */
  void failMaintenance(Optional<SinkException> failure) {
    maintenanceFailure = failure;
  }

  int maintenances() {
    return maintenances;
  }

  @Override
  public CatalogKind kind() {
    return kind;
  }

  @Override
  public void maintain() throws SinkException {
    maintenances++;
    if (maintenanceFailure.isPresent()) {
      throw maintenanceFailure.get();
    }
    real.maintain();
  }

  @Override
  public LedgerRow prepare(LedgerRow first) throws SinkException {
    step();
    return real.prepare(first);
  }

  @Override
  public void check() throws SinkException {
    step();
    real.check();
  }

  @Override
  public Optional<LedgerRow> readLedger(String spoolId) throws SinkException {
    step();
    if (isReadBroken) {
      throw new SinkException.Unavailable("down on purpose");
    }
    return real.readLedger(spoolId);
  }

  @Override
  public Commit commit(SealedBatch batch, LedgerMove move) throws SinkException {
    attempts++;
    step();
    if (refuses.refuses(move, batch)) {
      throw new SinkException.EntryFault("constraint, on purpose", new RuntimeException("test"));
    }
    if (batch.rows() > maxRows) {
      throw new SinkException.Unavailable("target x: Out of Memory Error: on purpose");
    }
    Fault now = faultCount-- > 0 ? fault : Fault.NONE;
    switch (now) {
      case UNAVAILABLE -> throw new SinkException.Unavailable("down on purpose");
      case REFUSED -> throw new SinkException.Refused("refused on purpose");
      case ENTRY_FAULT ->
          throw new SinkException.EntryFault("constraint, on purpose", new RuntimeException("x"));
      case UNKNOWN_NOT_APPLIED ->
          throw new SinkException.UnknownOutcome("unknown on purpose", new RuntimeException("x"));
      case UNKNOWN_BUT_APPLIED -> {
        commits.add(move);
        Commit unused = real.commit(batch, move);
        throw new SinkException.UnknownOutcome("unknown on purpose", new RuntimeException("x"));
      }
      case NONE -> {
        // Goes on below.
      }
    }
    Commit commit = real.commit(batch, move);
    commits.add(move);
    step(); // Applied, and yet the answer gets lost.
    return commit;
  }

  @Override
  public MoveFate fateOf(SealedBatch batch, LedgerMove move) throws SinkException {
    step();
    if (isReadBroken) {
      throw new SinkException.Unavailable("down on purpose");
    }
    return real.fateOf(batch, move);
  }

  @Override
  public Audit audit(String spoolId) throws SinkException {
    step();
    return real.audit(spoolId);
  }

  @Override
  public boolean notesSeals() {
    return real.notesSeals();
  }

  @Override
  public Set<String> sealed(Set<String> spoolIds) throws SinkException {
    step();
    return real.sealed(spoolIds);
  }

  @Override
  public void setLedger(LedgerRow row) throws SinkException {
    step();
    real.setLedger(row);
  }

  @Override
  public boolean removeLedger(String spoolId) throws SinkException {
    step();
    return real.removeLedger(spoolId);
  }

  @Override
  public void close() {
    real.close();
  }

  private void step() throws SinkException {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (isDown) {
      throw new SinkException.Unavailable("down on purpose");
    }
    steps++;
    if (steps == failStep) {
      throw new SinkException.UnknownOutcome("failed on purpose", new RuntimeException("test"));
    }
  }
}
