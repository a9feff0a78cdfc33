package io.duckspool.writer.sink;

import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether catalogs that were away when the database was opened can be attached by now. A
 * confined instance attaches nothing any more, and opening it anew disturbs all who use it: so an
 * instance of its own tries first. Thread-safe.
 */
final class Reattachment {

  /** Between two attempts on one catalog, however many pipelines wait for it: a guess. */
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final DuckDbSettings settings;
  private final LongSupplier nanoTicker;
  private final Map<String, Attempt> attempts = new ConcurrentHashMap<>();

  Reattachment(DuckDbSettings settings, LongSupplier nanoTicker) {
    this.settings = settings;
    this.nanoTicker = nanoTicker;
  }

  /** The last attempt on a catalog; guarded by its monitor. */
  private static final class Attempt {
    private long endedNanos;
    private @Nullable String failure;
  }

  /**
   * Returns when the catalog can be attached. Blocks as long as an attempt takes; one at a time.
   *
   * @throws SQLException why it can't, as it was found now or a moment ago
   */
  void probe(String catalog) throws SQLException {
    Attempt attempt = attempts.computeIfAbsent(catalog, name -> new Attempt());
    synchronized (attempt) {
      if (attempt.failure != null && nanoTicker.getAsLong() - attempt.endedNanos < PAUSE_NANOS) {
        throw new SQLException(attempt.failure);
      }
      try {
        DuckDbInstance.probe(settings, catalog);
        attempt.failure = null;
      } catch (SQLException e) {
        attempt.failure = DuckDbErrors.message(e);
        throw e;
      } finally {
        attempt.endedNanos = nanoTicker.getAsLong();
      }
    }
  }
}
