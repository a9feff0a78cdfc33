package io.duckspool.writer.sink;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One query while it runs: how others end it. Thread-safe. */
final class RunningQuery {

  private static final Logger LOG = LoggerFactory.getLogger(RunningQuery.class);

  private final AtomicReference<QueryException> ending = new AtomicReference<>();

  /** Guarded by this object's monitor: nothing of it must be closed while it is interrupted. */
  private @Nullable Running running;

  private boolean isWriting;

  private record Running(DuckDBConnection connection, Statement statement) {}

  /** Ends the query for a reason; the first one counts. */
  void end(QueryException reason) {
    boolean unused = ending.compareAndSet(null, reason);
    interrupt();
  }

  /** Why the query has to end; empty: it may go on. */
  Optional<QueryException> ending() {
    return Optional.ofNullable(ending.get());
  }

  /** What is to be interrupted from now on. */
  synchronized void attach(DuckDBConnection connection, Statement statement) {
    running = new Running(connection, statement);
  }

  /** Called before what was attached is closed. */
  synchronized void detach() {
    running = null;
  }

  /**
   * Called before the output is touched.
   *
   * @throws QueryException the query has to end
   */
  synchronized void beginWriting() throws QueryException {
    if (ending.get() != null) {
      throw ending.get();
    }
    isWriting = true;
  }

  /** True when the query will never touch its output: its caller needs not wait for it. */
  synchronized boolean giveUp() {
    return !isWriting;
  }

  /** Interrupts DuckDB. It forgets that when it begins its next step, so this is repeated. */
  synchronized void interrupt() {
    if (running == null) {
      return;
    }
    try {
      DriverInterrupt.interrupt(running.connection(), running.statement());
    } catch (SQLException e) {
      LOG.debug("a query ended while it was being interrupted", e);
    }
  }
}
