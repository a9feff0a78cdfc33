package io.duckspool.writer.pipeline;

import io.duckspool.writer.batch.SealLimits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How large the next batch may become: as configured, or less after seals that ran out of memory.
 * Each such seal halves what the next one may hold; after every few seals that work it doubles
 * again, until the configured limits are reached. One entry always fits.
 *
 * <p>Used by the pipeline's thread.
 */
final class BatchBounds {

  /** Seals that have to work before a batch may be twice as large: a guess. */
  static final int SEALS_BEFORE_GROWTH = 8;

  private static final Logger LOG = LoggerFactory.getLogger(BatchBounds.class);

  private final String listenUri;
  private SealLimits configured;
  private long maxRows = Long.MAX_VALUE;
  private long maxBytes = Long.MAX_VALUE;
  private int sealsSinceChange;

  BatchBounds(String listenUri, SealLimits configured) {
    this.listenUri = listenUri;
    this.configured = configured;
  }

  /** Other limits, from now on. */
  void configure(SealLimits limits) {
    configured = limits;
  }

  /** What {@link io.duckspool.writer.batch.SealPolicy} decides by. */
  SealLimits limits() {
    if (!isReduced()) {
      return configured;
    }
    return new SealLimits(
        configured.sealTargetBytes(),
        configured.sealMaxAgeMillis(),
        Math.min(configured.maxBatchBytes(), maxBytes),
        Math.min(configured.maxBatchRows(), maxRows));
  }

  boolean isReduced() {
    return maxRows < configured.maxBatchRows() || maxBytes < configured.maxBatchBytes();
  }

  /**
   * A seal ran out of memory.
   *
   * @param rowCount rows that it held
   * @param decodedBytes bytes of those rows
   */
  void ranOutOfMemory(long rowCount, long decodedBytes) {
    maxRows = Math.max(1, Math.min(rowCount, configured.maxBatchRows()) / 2);
    maxBytes = Math.max(1, Math.min(decodedBytes, configured.maxBatchBytes()) / 2);
    sealsSinceChange = 0;
    LOG.warn(
        "{}: a seal of {} rows in {} bytes ran out of memory, the next ones hold at most {} rows in"
            + " {} bytes; raise duckdb.memory_limit, or lower writer.max_batch_bytes",
        listenUri,
        rowCount,
        decodedBytes,
        maxRows,
        maxBytes);
  }

  /** A seal is committed. */
  void sealed() {
    if (!isReduced() || ++sealsSinceChange < SEALS_BEFORE_GROWTH) {
      return;
    }
    sealsSinceChange = 0;
    maxRows = doubled(maxRows);
    maxBytes = doubled(maxBytes);
    if (!isReduced()) {
      maxRows = Long.MAX_VALUE;
      maxBytes = Long.MAX_VALUE;
      LOG.info("{}: batches may be as large as configured again", listenUri);
    }
  }

  private static long doubled(long bound) {
    return bound > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : 2 * bound;
  }
}
