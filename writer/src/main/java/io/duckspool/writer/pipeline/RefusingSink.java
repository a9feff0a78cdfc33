package io.duckspool.writer.pipeline;

import io.duckspool.writer.batch.SealedBatch;
import io.duckspool.writer.sink.CatalogKind;
import io.duckspool.writer.sink.Commit;
import io.duckspool.writer.sink.LedgerMove;
import io.duckspool.writer.sink.LedgerRow;
import io.duckspool.writer.sink.Sink;
import io.duckspool.writer.sink.SinkException;
import java.util.Optional;

/** Stands for a target that this writer can't open at all, and says why. Thread-safe. */
final class RefusingSink implements Sink {

  private final String reason;

  RefusingSink(String reason) {
    this.reason = reason;
  }

  @Override
  public String target() {
    return "none";
  }

  @Override
  public String catalogName() {
    return "";
  }

  @Override
  public CatalogKind kind() {
    return CatalogKind.DEFAULT;
  }

  @Override
  public LedgerRow prepare(LedgerRow first) throws SinkException {
    throw refused();
  }

  @Override
  public void check() throws SinkException {
    throw refused();
  }

  @Override
  public Optional<LedgerRow> readLedger(String spoolId) throws SinkException {
    throw refused();
  }

  @Override
  public Commit commit(SealedBatch batch, LedgerMove move) throws SinkException {
    throw refused();
  }

  @Override
  public void setLedger(LedgerRow row) throws SinkException {
    throw refused();
  }

  @Override
  public boolean removeLedger(String spoolId) throws SinkException {
    throw refused();
  }

  @Override
  public void maintain() throws SinkException {
    throw refused();
  }

  @Override
  public void close() {
    // It holds nothing.
  }

  private SinkException refused() {
    return new SinkException.Refused(reason);
  }
}
