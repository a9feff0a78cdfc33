package io.duckspool.writer.sink;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The writer's DuckDB instance: the default database, held exclusively, from which all sinks and
 * queries take their connections. Thread-safe. Closed by the writer, after its sinks.
 */
public final class DuckDbDatabase implements AutoCloseable {

  private DuckDbDatabase() {}

  /**
   * Opens the default database.
   *
   * @param clock for {@code updated_at} and {@code committed_at}
   * @param nanoTicker for durations
   * @throws SinkException.Unavailable it can't be opened; when another process holds the file, the
   *     message names that process
   */
  public static DuckDbDatabase open(
      DuckDbSettings settings, InstantSource clock, LongSupplier nanoTicker) throws SinkException {
    throw new UnsupportedOperationException(settings + " " + clock + nanoTicker);
  }

  /**
   * A sink on a target, not yet checked.
   *
   * @throws SinkException.Refused a kind of target that this version doesn't support
   */
  public Sink sink(Target target) throws SinkException {
    throw new UnsupportedOperationException(target.schema());
  }

  /** Runs read-only queries on this database. */
  public SqlRunner sqlRunner() {
    throw new UnsupportedOperationException();
  }

  /** Checkpoints and closes the database. Idempotent. */
  @Override
  public void close() {}
}
