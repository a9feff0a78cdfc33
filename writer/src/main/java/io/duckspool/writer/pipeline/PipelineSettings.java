package io.duckspool.writer.pipeline;

import io.duckspool.common.otlp.PromotedKeys;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.writer.batch.SealLimits;

/**
 * What a pipeline is made with.
 *
 * @param spoolId id of the spool, 32 lower-case hex characters
 * @param listenUri canonical URI of the server
 * @param folder the server's folder
 * @param limits when a batch is sealed
 * @param maxEntryBytes largest payload of an entry
 * @param isTargetVolatile whether the target ends with the process, so that a missing ledger is no
 *     loss
 * @param promoted attributes that rows have in columns of their own
 */
public record PipelineSettings(
    String spoolId,
    String listenUri,
    ServerFolder folder,
    SealLimits limits,
    int maxEntryBytes,
    boolean isTargetVolatile,
    PromotedKeys promoted) {

  /** A pipeline that promotes no attribute. */
  public PipelineSettings(
      String spoolId,
      String listenUri,
      ServerFolder folder,
      SealLimits limits,
      int maxEntryBytes,
      boolean isTargetVolatile) {
    this(spoolId, listenUri, folder, limits, maxEntryBytes, isTargetVolatile, PromotedKeys.NONE);
  }
}
