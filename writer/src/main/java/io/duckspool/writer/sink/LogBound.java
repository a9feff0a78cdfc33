package io.duckspool.writer.sink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the write-ahead log of a DuckDB file from growing without end while there are queries. A
 * commit checkpoints once the log is long enough, but not while another transaction is open; of
 * queries that overlap, one always has one open. So from twice that length on queries are kept out
 * for a moment until those that run have ended; from four times on they are cancelled.
 *
 * <p>Used under the commit lock of the file.
 */
final class LogBound {

  private static final Logger LOG = LoggerFactory.getLogger(LogBound.class);

  /** In lengths at which a commit checkpoints. */
  private static final int OVERDUE = 2;

  private static final int FULL = 4;

  private final Path log;
  private final long checkpointBytes;

  /** Where the log has to be for the next attempt: not each seal waits for a long query. */
  private long nextBytes;

  /**
   * For one database.
   *
   * @param database its file
   * @param checkpointBytes length of the log at which a commit checkpoints, > 0
   */
  LogBound(Path database, long checkpointBytes) {
    this.log = database.resolveSibling(database.getFileName() + ".wal");
    this.checkpointBytes = checkpointBytes;
    this.nextBytes = OVERDUE * checkpointBytes;
  }

  /**
   * Called after a commit. Blocks for some seconds at most; fails for nothing.
   *
   * @param session without a transaction
   * @param catalog the database's name
   */
  void keep(Session session, QueryGate queries, String catalog) {
    long bytes = bytes();
    if (bytes < checkpointBytes) {
      nextBytes = OVERDUE * checkpointBytes; // A commit has checkpointed by itself.
    }
    if (bytes < nextBytes) {
      return;
    }
    String reason = "the log of the database has to be checkpointed";
    try (QueryGate.Hold hold =
        bytes >= FULL * checkpointBytes ? queries.clear(reason) : queries.drain()) {
      if (hold.cancelled() > 0) {
        LOG.warn("{}: {} bytes, {} queries cancelled", reason, bytes, hold.cancelled());
      }
      if (hold.isClear()) {
        session.execute("CHECKPOINT " + Identifiers.quote(catalog));
      }
    } catch (SQLException e) {
      LOG.warn("{}: {} bytes, checkpointing failed", reason, bytes, e);
    }
    nextBytes = Math.max(OVERDUE * checkpointBytes, bytes() + checkpointBytes / 2);
  }

  private long bytes() {
    try {
      return Files.size(log);
    } catch (NoSuchFileException e) {
      return 0; // All is checkpointed.
    } catch (IOException e) {
      LOG.debug("the size of {} is not known", log, e);
      return 0;
    }
  }
}
